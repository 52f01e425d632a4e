"""Room in memory for large bodies: only so many at once, however many requests are under way.

A small body needs none. A large one takes a place as soon as it is more than small, and keeps it until whoever
asked for it is done: a hundred requests of 32 MiB each come one after another, and no small feed waits for them.

One order holds everywhere: whoever has room may wait for a host's turn and a place among the requests, whoever has
those never waits for room. A body that waits leaves its seat meanwhile, its connection open and silent.
"""

from __future__ import annotations

import asyncio
from typing import Self

from monitor.feeds.seat import Seat

SMALL_BYTES = 2**19
"""A body up to this takes no place: 98 of 100 feeds. The polls under way hold 100 MiB of them at once at most: twice
as many as there are places among the requests, since one that waits for room has left its place."""
PLACES = 8
"""Of 32 MiB each at most: another 256 MiB."""


class LargeBodies:
    """What one poll's bodies take up, one after another. Used within `with`, which ends it."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places, self._taken = places, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._taken = False
            self._places.release()

    async def make(self, size_bytes: int, *, clock: asyncio.Timeout, seat: Seat) -> None:
        """Waits until a body of this size, so far, may grow. The clock stands still meanwhile.

        Whoever has a place gives it back in bounded time: what it may wait for, nobody holds who waits for room.
        """
        if size_bytes <= SMALL_BYTES or self._taken:
            return
        if not self._places.locked():
            await self._places.acquire()  # at once
            self._taken = True
            return
        loop, due_s = asyncio.get_running_loop(), clock.when()
        left_s = None if due_s is None else due_s - loop.time()
        clock.reschedule(None)
        async with seat.left():
            await self._places.acquire()
            self._taken = True
        clock.reschedule(None if left_s is None else loop.time() + left_s)
