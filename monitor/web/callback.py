"""Where hubs reach us (WebSub §5.3, §7): they ask whether we asked, and push.

Promise: whatever comes is answered in bounded time and memory; who does not know a subscription's token learns
nothing and has nothing read.
"""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from typing import Protocol

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from monitor import metrics
from monitor.errors import StorageError
from monitor.jobs.websub import PATH, Push

WIRE_BYTES = 10 * 2**20
"""As of a poll."""
BODY_S = 10.0
"""For the whole body: a hub has it ready."""
BODIES = 12
"""Read at once: 120 MiB in all."""
BODIES_OF_A_HUB = 4
"""However many subscriptions it has: its slow bodies leave places to the others."""
PUSHES = 30
PUSHES_S = 60.0
"""So many of one subscription in such a time are taken in, signed or not: what comes more often waits at its hub."""
TOKEN_CHARACTERS = 100
AGAIN_S = 120


class Hears(Protocol):
    async def confirm(self, token: str, said: Mapping[str, str]) -> str | None: ...

    async def hub_of(self, token: str) -> str | None: ...

    def offer(self, push: Push) -> bool: ...


def routes(subscriber: Hears) -> list[Route]:
    """What answers hubs."""
    callback = _Callback(subscriber)
    return [Route(PATH + "{token}", callback.answer, methods=["GET", "POST"])]


class _Callback:
    def __init__(self, subscriber: Hears) -> None:
        self._subscriber = subscriber
        self._bodies: Counter[str] = Counter()
        """Under way, by hub and by token."""
        self._lately: dict[str, deque[float]] = {}
        """When the last pushes of each subscription came."""

    async def answer(self, request: Request) -> Response:
        token = request.path_params["token"]
        if len(token) > TOKEN_CHARACTERS:
            return _answer(404)
        try:
            if request.method == "POST":
                return await self._push(token, request)
            return await self._confirm(token, request)
        except StorageError:
            return _later()

    async def _confirm(self, token: str, request: Request) -> Response:
        """§5.3.1: what was asked for is confirmed by a 2xx with `hub.challenge` as its body, all else is a 404."""
        answer = await self._subscriber.confirm(token, request.query_params)
        return _answer(404) if answer is None else _answer(200, answer)

    async def _push(self, token: str, request: Request) -> Response:
        """§7: acknowledged before it is looked at; 410 tells a hub that nobody is there any more."""
        hub = await self._subscriber.hub_of(token)
        if hub is None:
            return _answer(410)
        if not self._has_place(hub, token):
            metrics.pushes.labels(outcome="put off").inc()
            return _later()
        self._bodies.update((hub, token))
        try:
            async with asyncio.timeout(BODY_S):
                body = await _body(request)
        except (TimeoutError, ClientDisconnect):
            metrics.pushes.labels(outcome="cut off").inc()
            return _answer(408)
        finally:
            self._bodies.subtract((hub, token))
            self._bodies = +self._bodies
        if body is None:
            metrics.pushes.labels(outcome="too large").inc()
            return _answer(413)
        push = Push(
            token=token,
            body=body,
            signature=request.headers.get("x-hub-signature", ""),
            content_type=request.headers.get("content-type", ""),
            content_encoding=request.headers.get("content-encoding", ""),
        )
        return _answer(202) if self._subscriber.offer(push) else _later()

    def _has_place(self, hub: str, token: str) -> bool:
        """One body of a subscription at a time, some of a hub, and no more in a minute than feeds have news."""
        under_way = sum(self._bodies.values()) // 2  # each is counted by its hub and its token
        if under_way >= BODIES or self._bodies[hub] >= BODIES_OF_A_HUB or self._bodies[token]:
            return False
        now_s = asyncio.get_running_loop().time()
        lately = self._lately.setdefault(token, deque(maxlen=PUSHES))
        if len(lately) == PUSHES and now_s - lately[0] < PUSHES_S:
            return False
        lately.append(now_s)
        return True


async def _body(request: Request) -> bytes | None:
    """As it came; None: larger than `WIRE_BYTES`, the rest is not taken."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > WIRE_BYTES:
            return None
    return bytes(body)


def _answer(status: int, text: str = "") -> Response:
    """§8.2: a hub's challenge is a stranger's text, which no browser may take for a page."""
    headers = {"X-Content-Type-Options": "nosniff"}
    return Response(text, status, headers=headers, media_type="application/octet-stream")


def _later() -> Response:
    response = _answer(503)
    response.headers["Retry-After"] = str(AGAIN_S)
    return response
