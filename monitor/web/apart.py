"""Work that takes seconds, in a process of its own: at a low priority, for so long at most, one at a time.

Promise: polls and pages go on meanwhile; what nobody waits for any more is ended at once, and its memory given back.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
from collections.abc import Callable
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, Final, TypeVar

from pebble import ProcessExpired, ProcessPool

from monitor.store import Store

MOST_S: Final = 60.0
NICE: Final = 15
TURN_S: Final = 30.0
"""Who waits longer for a turn is asked to come again."""

_Found = TypeVar("_Found")


class TooLong(Exception):  # noqa: N818 - reads as what it says
    """It takes longer than a page has."""


class Apart:
    """One process at a time, made when it is asked for."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def run(self, call: Callable[..., _Found], url: str, *given: Any, most_s: float = MOST_S) -> _Found:
        """What `call(store, *given)` returns there; `url`: of the database. What is given can be pickled.

        Raises TooLong, and what `call` raises. Cancelled, the process is ended.
        """
        try:
            async with asyncio.timeout(TURN_S):
                await self._turn.acquire()
        except TimeoutError:
            raise TooLong from None
        try:
            return await self._ran(call, url, *given, most_s=most_s)
        finally:
            self._turn.release()

    async def _ran(self, call: Callable[..., _Found], url: str, *given: Any, most_s: float) -> _Found:
        pool = ProcessPool(max_workers=1, initializer=_lower, context=_context())
        running = pool.schedule(_within, args=(call, url, *given), timeout=most_s)
        try:
            return await asyncio.wrap_future(running)
        except (TimeoutError, ProcessExpired) as error:  # ended from outside: memory, a limit
            raise TooLong from error
        finally:
            running.cancel()
            pool.stop()
            with suppress(CancelledError):
                await asyncio.shield(asyncio.to_thread(pool.join))


def _context() -> Any:
    methods = multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")


def _lower() -> None:
    with suppress(OSError):  # a unit's filter of system calls may not allow it
        os.nice(NICE)


def _within(call: Callable[..., _Found], url: str, *given: Any) -> _Found:
    store = Store(url)
    try:
        return call(store, *given)
    finally:
        store.close()
