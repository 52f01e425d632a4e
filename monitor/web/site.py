"""The page and all that stands beside it, as one app: what is not in this list is not answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from loguru import logger
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from monitor.errors import StorageError
from monitor.log import redactor
from monitor.model import Web
from monitor.web import api, guard, live, matches, sessions, templating
from monitor.web.context import NotThere, PageContext
from monitor.web.forms import fields
from monitor.web.pages import alerts, editor, feedback, feeds, now, rules, search, stories, trying
from monitor.web.renewal import Renewal

Answering = Callable[[Request, Exception], Awaitable[Response]]
STATIC: Final = Path(__file__).parent / "static"


def site(
    context: PageContext,
    *,
    listen: str,
    beside: Sequence[BaseRoute] = (),
) -> ASGIApp:
    """The page; `beside` it stands what answers hubs and programs."""

    def clock() -> float:
        return context.now().timestamp()

    web = _web(context)
    templating.hide_with(redactor(context.setup().config.secrets, patterns=()))
    app = Starlette(
        routes=[
            *beside,
            *now.routes(context),
            *stories.routes(context),
            *feedback.routes(context),
            *editor.routes(context),
            *trying.routes(context),
            *rules.routes(context),
            *feeds.routes(context),
            *alerts.routes(context),
            *search.routes(context),
            *api.routes(context),
            *matches.routes(context),
            *live.routes(context),
            *_logins(web, clock),
            Route("/favicon.ico", _icon, methods=["GET"]),
            Route("/robots.txt", _robots, methods=["GET"]),
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        exception_handlers={
            NotThere: _not_there(context),
            StorageError: _away,
            HTTPException: _wrong(context),
            Exception: _broken,
        },
    )
    app.router.redirect_slashes = False
    return guard.Guard(Renewal(app), web=web, listen=listen, now=clock)


def say_where(web: Web, *, listen: str) -> None:
    """The log says where the page is, or why it is closed."""
    if guard.needs_token(listen, web):
        logger.warning("{}; until then only /healthz, /metrics and hubs are answered", guard.CLOSED)
        return
    host, _, port = listen.rpartition(":")
    everywhere = guard.hostname(listen) in {"::", "0.0.0.0"}  # noqa: S104 - what it is told, not what it binds
    logger.info("the page: {}", web.public_url or f"http://{'127.0.0.1' if everywhere else host}:{port}/")


def _web(context: PageContext) -> Callable[[], Web]:
    return lambda: context.setup().config.web


def _logins(web: Callable[[], Web], clock: Callable[[], float]) -> list[Route]:
    tries = sessions.Tries()

    async def login(request: Request) -> Response:
        token = web().token
        if token is None:
            return RedirectResponse("/", status_code=303)
        if request.method == "GET":
            return _html(templating.rendered("login.html", onward="/", said=""))
        given = await fields(request)
        address = request.client.host if request.client else ""
        onward = given.get("onward", "/")
        onward = onward if sessions.is_own_path(onward) else "/"
        if wait_s := tries.wait_s(address, now_s=clock()):
            said = f"Too many wrong tokens: wait {wait_s} s."
            return _html(
                templating.rendered("login.html", onward=onward, said=said),
                status=429,
                headers={"Retry-After": f"{wait_s}"},
            )
        if not sessions.is_token(given.get("token", ""), token):
            tries.failed(address, now_s=clock())
            said = "This is not the token. It stands in monitor.toml, or where `[web] token` leads."
            return _html(templating.rendered("login.html", onward=onward, said=said), status=401)
        response = RedirectResponse(onward, status_code=303)
        response.set_cookie(
            sessions.COOKIE,
            sessions.issue(token, now_s=clock()),
            max_age=sessions.LASTS_S,
            httponly=True,
            samesite="strict",
            secure=_is_encrypted(request, web()),
        )
        return response

    async def logout(_request: Request) -> Response:
        response = RedirectResponse("/login", status_code=303)
        response.delete_cookie(sessions.COOKIE, httponly=True, samesite="strict")
        return response

    return [
        Route("/login", login, methods=["GET", "POST"]),
        Route("/logout", logout, methods=["POST"]),
    ]


def _is_encrypted(request: Request, web: Web) -> bool:
    """Whether the browser came through the proxy that stands before the page, or by TLS."""
    public = urlsplit(web.public_url or "")
    by_name = guard.hostname(public.netloc) == guard.hostname(request.headers.get("host", ""))
    return request.url.scheme == "https" or (public.scheme == "https" and by_name)


def _html(text: str, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(text, status_code=status, headers=headers, media_type="text/html")


async def _icon(_request: Request) -> Response:
    return RedirectResponse("/static/icon.svg", status_code=301)


async def _robots(_request: Request) -> Response:
    return PlainTextResponse("User-agent: *\nDisallow: /\n")


def _not_there(context: PageContext) -> Answering:
    async def answer(request: Request, error: Exception) -> Response:
        if request.url.path.startswith("/api"):
            return JSONResponse({"detail": str(error)}, status_code=404)
        return await context.plain("wrong.html", status=404, title="Not found", said=str(error))

    return answer


def _wrong(context: PageContext) -> Answering:
    async def answer(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        said = error.detail if isinstance(error, HTTPException) else ""
        if status == 404:
            said = "There is no such page."
        if request.url.path.startswith(("/api", "/static")):
            return JSONResponse({"detail": said}, status_code=status)
        title = "Not found" if status == 404 else "Refused"
        return await context.plain("wrong.html", status=status, title=title, said=said)

    return answer


async def _broken(_request: Request, _error: Exception) -> Response:
    """A mistake of ours: it stands in the log with its traceback."""
    return PlainTextResponse("Something went wrong: the log of the monitor says what.\n", status_code=500)


async def _away(_request: Request, error: Exception) -> Response:
    """A busy or lost database: said in plain text, since a page would ask it again."""
    return PlainTextResponse(f"{error}\n", status_code=503, headers={"Retry-After": "10"})
