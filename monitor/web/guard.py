"""Who may ask what: every request passes here, and none is answered that is not allowed.

Promise: a page of another site can neither read nor change anything (Host against DNS rebinding, Origin against
forged requests); from elsewhere than this machine nothing is shown without the token; no response runs foreign code.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from pydantic import SecretStr
from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from monitor.core.alerts.links import is_signed
from monitor.jobs.websub import PATH as HUBS
from monitor.model import Web
from monitor.web import sessions

CLOSED = 'the page is open on this machine alone: give it a token, `[web] token = "${MONITOR_TOKEN}"`'
FORM_BYTES: Final = 512 * 2**10
"""Of a form: a rule has at most some kilobytes."""
UPLOAD_BYTES: Final = 8 * 2**20
UPLOADS: Final = frozenset({"/feeds/import"})
OPEN_PREFIXES: Final = ("/static/",)
OPEN: Final = frozenset({"/login", "/favicon.ico", "/robots.txt"})
STORY: Final = re.compile(r"/stories/([0-9]{1,18})(?:/(?:silence|unsilence|label|unlabel))?", re.ASCII)
"""What the key of a story opens."""
SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # `no-referrer` would make the Origin of our own forms `null`
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a request is not answered."""

    status: int
    said: str


class Guard:
    """An ASGI app around the page's."""

    def __init__(
        self, app: ASGIApp, *, web: Callable[[], Web], listen: str, now: Callable[[], float]
    ) -> None:
        """`web`: the settings in force; `listen`: where it is asked; `now`: seconds since 1970."""
        self._app, self._web, self._listen, self._now = app, web, listen, now

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(HUBS):
            await self._app(scope, receive, send)  # hubs are strangers, known by their tokens
            return
        headers = Headers(scope=scope)
        refused = self._refused(scope, headers)
        answering = _refusal(refused, scope, headers) if refused else self._app
        await answering(scope, receive, _with_headers(send))

    def _refused(self, scope: Scope, headers: Headers) -> Refused | None:
        """The first thing that is wrong, None where it is to be answered."""
        web = self._web()
        path, method = scope["path"], scope["method"]
        if path == "/healthz":
            return None  # whoever watches needs no name, and is told no more than "ok" (`health`)
        host = headers.get("host", "")
        if not is_known_host(host, web=web, listen=self._listen):
            name = hostname(host) or "nothing"
            return Refused(
                403, f'"{name}" is no name of this page: add it to `[web] hosts`, if it is meant to be'
            )
        has_token = sessions.bearer(headers, web.token)
        if foreign := _foreign(headers, host=host, method=method, has_token=has_token):
            return Refused(403, foreign)
        if too_long := _too_long(headers, path=path, method=method):
            return too_long
        if path in OPEN or path.startswith(OPEN_PREFIXES) or has_token:
            return None
        return self._unknown(scope, headers, host=host, web=web)

    def _unknown(self, scope: Scope, headers: Headers, *, host: str, web: Web) -> Refused | None:
        """Why somebody without the token is refused what is not open to all."""
        if web.token is not None:
            known = sessions.is_valid(sessions.cookie(headers), web.token, now_s=self._now())
            known = known or _has_story_key(scope, web.token, now_s=self._now())
            return None if known else Refused(401, "log in with the token of `[web] token`")
        if scope["path"] == "/metrics" or self._is_here(scope, host, web):
            return None
        return Refused(403, CLOSED)

    def _is_here(self, scope: Scope, host: str, web: Web) -> bool:
        """Whether the request can only come from this machine: no proxy stands before the page."""
        client = scope.get("client")
        behind = any(
            name in Headers(scope=scope) for name in ("forwarded", "x-forwarded-for", "x-real-ip", "via")
        )
        public = hostname(urlsplit(web.public_url).netloc) if web.public_url else ""
        proxied = bool(public) and not is_loopback(public)
        return (
            is_loopback(hostname(host)) and (not client or is_loopback(client[0])) and not (behind or proxied)
        )


def _has_story_key(scope: Scope, token: SecretStr, *, now_s: float) -> bool:
    """Whether it is about one story, and came by the link of a message about that story."""
    found = STORY.fullmatch(scope["path"])
    key = QueryParams(scope["query_string"]).get("key", "")
    return found is not None and is_signed(int(found[1]), key, token, now_s=now_s)


def is_known_host(host: str, *, web: Web, listen: str) -> bool:
    """Whether a `Host` is a name of this page. Else it may be a name of an attacker's that leads here."""
    name = hostname(host)
    own = hostname(listen)
    known = {"localhost", "127.0.0.1", "::1", own, *web.hosts}
    for url in (web.public_url, web.callback_url):
        if url:
            known.add(hostname(urlsplit(url).netloc))
    if name in known:
        return True
    if is_loopback(own):
        return False
    return _address(name) is not None or name == socket.gethostname().lower()


def hostname(netloc: str) -> str:
    """The name in `name:port`, in small letters, without brackets and a dot at the end; empty where it is none."""
    netloc = netloc.rpartition("@")[2].lower()
    if netloc.startswith("["):
        return netloc[1:].partition("]")[0]
    return (netloc if netloc.count(":") > 1 else netloc.partition(":")[0]).rstrip(".")


def is_loopback(name: str) -> bool:
    found = _address(name)
    return name == "localhost" or (found is not None and found.is_loopback)


def needs_token(listen: str, web: Web) -> bool:
    """Whether nobody but a proxy or another machine is meant to see the page, and there is no token for them."""
    public = hostname(urlsplit(web.public_url).netloc) if web.public_url else ""
    elsewhere = not is_loopback(hostname(listen)) or (bool(public) and not is_loopback(public))
    return web.token is None and elsewhere


def _address(name: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(name)
    except ValueError:
        return None


def _foreign(headers: Headers, *, host: str, method: str, has_token: bool) -> str:
    """What makes a request another site's; empty where nothing does."""
    origin = headers.get("origin")
    if origin is not None:
        netloc = urlsplit(origin).netloc if "://" in origin else ""
        return "" if netloc and netloc.lower() == host.lower() else "this request comes from another site"
    if method in SAFE or has_token:
        return ""
    if headers.get("sec-fetch-site") == "same-origin":
        return ""
    return "a change is asked for from the page itself, or with the header `Authorization: Bearer TOKEN`"


def _too_long(headers: Headers, *, path: str, method: str) -> Refused | None:
    """A body says how long it is; h11 takes no more than that."""
    length = headers.get("content-length")
    if "transfer-encoding" in headers:
        return Refused(411, "say how long it is (Content-Length)")
    if length is None or method in SAFE:
        return None
    most = UPLOAD_BYTES if path in UPLOADS else FORM_BYTES
    if not length.isascii() or not length.isdigit() or len(length) > 12 or int(length) > most:
        return Refused(413, f"at most {most // 1024} KiB are taken")
    return None


def _refusal(refused: Refused, scope: Scope, headers: Headers) -> Response:
    """Text for programs; people are led to the login."""
    extra = {"Cache-Control": "no-store"}
    if refused.status == HTTPStatus.UNAUTHORIZED:
        extra["WWW-Authenticate"] = 'Bearer realm="monitor"'
    if scope["path"].startswith("/api"):
        return JSONResponse({"detail": refused.said}, status_code=refused.status, headers=extra)
    is_page = "text/html" in headers.get("accept", "") and scope["method"] == "GET"
    if refused.status == HTTPStatus.UNAUTHORIZED and is_page:
        return HTMLResponse(sessions.asks(scope, headers), status_code=HTTPStatus.UNAUTHORIZED, headers=extra)
    return PlainTextResponse(f"{refused.said}\n", status_code=refused.status, headers=extra)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending
