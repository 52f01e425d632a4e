"""Logins: the token is given once, a signed cookie stands for it. Nothing is stored; a new token ends all of them."""

from __future__ import annotations

import hmac
from collections import defaultdict, deque
from hashlib import blake2b
from hmac import compare_digest
from http.cookies import CookieError, SimpleCookie
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final
from urllib.parse import quote

from pydantic import SecretStr
from starlette.datastructures import Headers
from starlette.types import Scope

from monitor.web.templating import rendered

COOKIE: Final = "monitor_session"
LASTS_S: Final = 30 * 86_400
TRIES: Final = 10
"""Wrong tokens in `TRIES_S` seconds from one address; after those it has to wait."""
TRIES_S: Final = 60.0
ADDRESSES: Final = 1000
"""Of which wrong tokens are remembered; the oldest is forgotten first."""
LONGEST_COOKIE: Final = 4096


def bearer(headers: Headers, token: SecretStr | None) -> bool:
    """Whether a program gave the token."""
    kind, _, given = headers.get("authorization", "").partition(" ")
    return token is not None and kind.lower() == "bearer" and is_token(given.strip(), token)


def is_token(given: str, token: SecretStr) -> bool:
    return compare_digest(given.encode(errors="replace"), token.get_secret_value().encode())


def issue(token: SecretStr, *, now_s: float) -> str:
    """A cookie that stands for the token."""
    until = f"{int(now_s) + LASTS_S}"
    return f"{until}.{_signature(until, token)}"


def is_valid(cookie: str, token: SecretStr, *, now_s: float) -> bool:
    until, _, signature = cookie.partition(".")
    if not (until.isascii() and until.isdigit() and len(until) < 20):
        return False
    return compare_digest(signature.encode(), _signature(until, token).encode()) and now_s < int(until)


def cookie(headers: Headers) -> str:
    """What the browser sent, empty where it sent none that can be read."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(headers.get("cookie", "")[:LONGEST_COOKIE])
    except CookieError:
        return ""
    return jar[COOKIE].value if COOKIE in jar else ""


def asks(scope: Scope, headers: Headers) -> str:
    """The login, which leads back to what was asked for.

    A browser keeps a strict cookie to itself where another site's link led here: that page asks once more, by itself.
    """
    path = scope["path"] + (f"?{scope['query_string'].decode('latin-1')}" if scope["query_string"] else "")
    if headers.get("sec-fetch-site") == "cross-site" and COOKIE not in headers.get("cookie", ""):
        return rendered("onward.html", onward=quote(path, safe="/?=&%:+,;@!$'()*~-._"))
    return rendered("login.html", onward=path, said="")


def is_own_path(path: str) -> bool:
    """Whether a path leads to this page and nowhere else."""
    return path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()


class Tries:
    """Wrong tokens, by address; of IPv6 by network: who has one address has 2^64."""

    def __init__(self) -> None:
        self._lately: defaultdict[str, deque[float]] = defaultdict(lambda: deque(maxlen=TRIES))

    def wait_s(self, address: str, *, now_s: float) -> int:
        """How long the address has to wait; 0: not at all."""
        lately = self._lately.get(_network(address))
        if lately is None or len(lately) < TRIES:
            return 0
        return max(0, int(lately[0] + TRIES_S - now_s) + 1) if now_s - lately[0] < TRIES_S else 0

    def failed(self, address: str, *, now_s: float) -> None:
        address = _network(address)
        if len(self._lately) >= ADDRESSES and address not in self._lately:
            self._lately.pop(next(iter(self._lately)))
        self._lately[address].append(now_s)


def _network(address: str) -> str:
    try:
        read = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(read, IPv6Address):
        return str(read.ipv4_mapped or ip_network((read, 64), strict=False))
    return str(read)


def _signature(until: str, token: SecretStr) -> str:
    key = blake2b(token.get_secret_value().encode(), digest_size=32, person=b"monitor-session").digest()
    return hmac.new(key, until.encode(), "sha256").hexdigest()
