"""What tells open pages that there is something new: one look at the database for all of them, every few seconds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from monitor.errors import StorageError
from monitor.store import marks
from monitor.web.context import PageContext

LOOK_S: Final = 5.0
"""Between two looks; nobody looks where no page is open."""
LASTS_S: Final = 50.0
"""Of one answer: shorter than a connection may be (`server`); the browser asks again by itself."""
MOST: Final = 120
"""Pages that are told; more are asked to come later, and work as they do without."""


def routes(context: PageContext) -> list[Route]:
    live = Live(context)
    return [Route("/live", live.answer, methods=["GET"])]


class Live:
    def __init__(self, context: PageContext) -> None:
        self._context = context
        self._open: set[asyncio.Event] = set()
        self._looking: asyncio.Task[None] | None = None
        self._mark = ("", "")

    async def answer(self, _request: Request) -> Response:
        if len(self._open) >= MOST:
            return Response(status_code=503, headers={"Retry-After": "60"})
        headers = {"X-Accel-Buffering": "no", "Cache-Control": "no-store"}
        return StreamingResponse(self._events(), media_type="text/event-stream", headers=headers)

    async def _events(self) -> AsyncIterator[str]:
        """An event for each change; the first says what the page has to compare with."""
        told, clock = asyncio.Event(), asyncio.get_running_loop().time
        until = clock() + LASTS_S
        self._open.add(told)
        try:
            if self._looking is None or self._looking.done():
                await self._look()
                self._looking = asyncio.create_task(self._look_on(), name="look for open pages")
            yield f"retry: 1000\nevent: mark\nid: {self._shown}\ndata: {self._shown}\n\n"
            while (left := until - clock()) > 0:
                try:
                    async with asyncio.timeout(left):
                        await told.wait()
                except TimeoutError:
                    return
                told.clear()
                yield f"event: mark\nid: {self._shown}\ndata: {self._shown}\n\n"
        finally:
            self._open.discard(told)

    @property
    def _shown(self) -> str:
        """What stories, alerts and silences are; and, behind a dot, what has come."""
        return ".".join(f"{hash(one) & 0xFFFFFFFF:x}" for one in self._mark)

    async def _look_on(self) -> None:
        """As long as anybody is there."""
        while self._open:
            await asyncio.sleep(LOOK_S)
            before = self._mark
            await self._look()
            if self._mark != before:
                for told in self._open:
                    told.set()

    async def _look(self) -> None:
        try:
            self._mark = await self._context.read(_marks)
        except StorageError:
            return  # the pages say it themselves


def _marks(connection: Connection) -> tuple[str, str]:
    return marks.mark(connection), marks.arrivals(connection)
