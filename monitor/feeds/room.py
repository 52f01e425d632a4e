"""Room in memory for large bodies: only so many at once, however many requests are under way.

A small body needs none. A large one takes a place as soon as it is more than small, and keeps it until whoever
asked for it is done: a hundred requests of 32 MiB each come one after another, and no small feed waits for them.
"""

from __future__ import annotations

import asyncio
from typing import Self

SMALL_BYTES = 2**20
"""A body up to this takes no place: 99 of 100 feeds; all requests at once hold 100 MiB of them."""
PLACES = 8
"""Of 32 MiB each at most: another 256 MiB."""


class Room:
    """What one poll's bodies take up, one after another. Used within `with`, which ends it."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places, self._taken = places, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._taken:
            self._taken = False
            self._places.release()

    async def make(self, size_bytes: int, *, clock: asyncio.Timeout) -> None:
        """Waits until a body of this size, so far, may grow. The clock stands still meanwhile.

        Whoever has a place gives it back in bounded time, since none of them waits for another place.
        """
        if size_bytes <= SMALL_BYTES or self._taken:
            return
        loop, due_s = asyncio.get_running_loop(), clock.when()
        left_s = None if due_s is None else due_s - loop.time()
        clock.reschedule(None)
        await self._places.acquire()
        self._taken = True
        clock.reschedule(None if left_s is None else loop.time() + left_s)
