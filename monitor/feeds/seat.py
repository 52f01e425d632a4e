"""What a request holds while it is under way: its host's turn and one of the places, in this order.

Both can be left and taken again, so that whoever waits for something else (room for a large body) holds neither:
else polls that have room and want to ask once more would wait for those that ask and want room, for ever.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Self

from monitor.feeds.rate_limit import HostLimits


class Seat:
    """A turn and a place. Used within `async with`; nobody waits inside but for his own host's bytes."""

    def __init__(self, hosts: HostLimits, host: str, places: asyncio.Semaphore) -> None:
        self._hosts, self._host, self._places = hosts, host, places
        self._held = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._take()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._held.aclose()

    @asynccontextmanager
    async def left(self) -> AsyncIterator[None]:
        """Inside, the seat is anybody's; afterwards it is waited for and had again."""
        await self._held.aclose()
        yield
        await self._take()

    async def _take(self) -> None:
        async with AsyncExitStack() as taken:
            await taken.enter_async_context(self._hosts.turn(self._host))
            await taken.enter_async_context(self._places)
            self._held = taken.pop_all()
