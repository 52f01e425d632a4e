"""So much at once and no more, where the things to be bounded are of different sizes."""

from __future__ import annotations

import asyncio
from collections import deque


class Bounded:
    """Takes and gives back parts of a whole. First come, first served: nothing is overtaken by its own kind.

    What is larger than half of the whole is of another kind: one at a time, beside the whole, so that no small one
    waits for it.
    """

    def __init__(self, whole: int) -> None:
        self._whole = whole
        self._small, self._large = _Queue(whole), _Queue(1)

    async def take(self, size: int) -> None:
        """Waits until there is room. Whoever took it gives it back."""
        if self._is_large(size):
            await self._large.take(1)
        else:
            await self._small.take(size)

    def give_back(self, size: int) -> None:
        """What `take` took."""
        if self._is_large(size):
            self._large.give_back(1)
        else:
            self._small.give_back(size)

    def _is_large(self, size: int) -> bool:
        return size > self._whole // 2


class _Queue:
    """Of things none of which is larger than the whole."""

    def __init__(self, whole: int) -> None:
        self._whole, self._taken = whole, 0
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()

    async def take(self, size: int) -> None:
        if not self._waiting and self._fits(size):
            self._taken += size
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append((turn, size))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.give_back(size)
            self._let_in()
            raise

    def give_back(self, size: int) -> None:
        self._taken -= size
        self._let_in()

    def _let_in(self) -> None:
        while self._waiting:
            turn, size = self._waiting[0]
            if not turn.done() and not self._fits(size):
                return
            self._waiting.popleft()
            if not turn.done():
                self._taken += size
                turn.set_result(None)

    def _fits(self, size: int) -> bool:
        return self._taken + size <= self._whole
