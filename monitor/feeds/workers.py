"""Worker processes that read feeds and pages, so that neither a slow nor a fatal document touches the daemon.

Promise: what one document does to its worker, be it an hour of work, a crash or all the memory, becomes that
document's `ParseError`, and the next one finds a worker.
"""

from __future__ import annotations

import asyncio
import hashlib
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Protocol, Self, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from monitor.errors import ParseError, ParseReason
from monitor.feeds import article, robots
from monitor.feeds.parse import parse
from monitor.model import ParsedFeed, Response

MAX_TASKS = 500
"""Documents that a worker reads before a fresh one takes its place: what leaks inside libraries comes back."""
MEMORY_BYTES = 1 << 30
"""Of address space for each worker."""

CONSTS.sleep_unit = 0.25
# Seconds between pebble's looks for workers that died or hang. Idle that takes 0.5 ms of CPU a second; at 0.1, 1 ms.
CONSTS.term_timeout = 0.1
# Seconds that pebble waits between asking a worker to end and killing it; ours do not listen, see `_prepare`.


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Refused:
    """What a `ParseError` is made from: an exception with arguments of its own cannot be pickled."""

    message: str
    reason: ParseReason
    feeds: tuple[str, ...] = ()


class Reader(Protocol):
    """What a worker does with a document: `feeds.parse.parse`. Importable by name from a fresh process."""

    def __call__(
        self, body: bytes, *, content_type: str, url: str, now: datetime, seen: bytes
    ) -> ParsedFeed: ...


def body_hash(body: bytes) -> str:
    """Equal for equal bytes: `FeedState.body_hash`."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Parsers:
    """A pool of worker processes around a reader. Used within `async with`."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        workers: int | None = None,
        timeout_s: float = 20.0,
        memory_bytes: int = MEMORY_BYTES,
        reader: Reader = parse,
    ) -> None:
        """Each document has `timeout_s`, each worker `memory_bytes` of address space (on Linux)."""
        self._now, self._reader = now, reader
        self._timeout_s, self._memory_bytes = timeout_s, memory_bytes
        self._workers = workers or min(4, os.cpu_count() or 1)
        self._pages = asyncio.Semaphore(max(1, self._workers - 1))
        """Feeds come first: where there are two workers, pages never hold both."""
        self._pool = self._fresh_pool()

    async def __aenter__(self) -> Self:
        await asyncio.to_thread(
            lambda: self._pool.active
        )  # starts it: the first import of feedparser takes a while
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    async def parse(self, response: Response, seen: bytes = b"") -> ParsedFeed:
        """The feed in the response without the entries that were `seen`, as `parse.parse` says.

        Raises `ParseError`, also where the worker hung, died or ran out of memory.
        """
        return await self._run(
            partial(
                self._reader,
                response.body,
                content_type=response.content_type,
                url=response.url,
                now=self._now(),
                seen=seen,
            )
        )

    async def article(self, response: Response) -> str:
        """The text of the web page in the response, as `article.text_of` says. Raises `ParseError`."""
        async with self._pages:
            return await self._run(
                partial(article.text_of, response.body, content_type=response.content_type)
            )

    async def allows(self, robots_txt: str, url: str) -> bool:
        """Whether a robots.txt lets us read the page, as `robots.allows` says. Raises `ParseError`."""
        async with self._pages:
            return await self._run(partial(robots.allows, robots_txt, url))

    async def _run(self, work: Callable[[], T]) -> T:
        """What the work returns, done by a worker. Raises `ParseError`."""
        try:
            done = await asyncio.wrap_future(self._schedule(work))
        except TimeoutError as error:
            raise ParseError(f"not read within {self._timeout_s:g} s", reason=ParseReason.TIMEOUT) from error
        except (ProcessExpired, BrokenProcessPool) as error:
            raise ParseError("the process that read it died", reason=ParseReason.CRASHED) from error
        if isinstance(done, _Refused):
            raise ParseError(done.message, reason=done.reason, feeds=done.feeds)
        return done

    def _schedule(self, work: Callable[[], T]) -> ProcessFuture[T | _Refused]:
        if not self._pool.active:  # a pool that lost its pipes to a dying worker stays broken
            self._pool.stop()
            asyncio.get_running_loop().run_in_executor(None, self._pool.join)
            self._pool = self._fresh_pool()
        return self._pool.schedule(_worked, args=(work,), timeout=self._timeout_s)

    def _fresh_pool(self) -> ProcessPool:
        """Forked from a server process that has no threads and holds none of the daemon's files; else spawned."""
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        context.set_forkserver_preload([parse.__module__])
        return ProcessPool(
            max_workers=self._workers,
            max_tasks=MAX_TASKS,
            initializer=_prepare,
            initargs=(self._memory_bytes,),
            context=context,
        )


def _prepare(memory_bytes: int) -> None:
    """Makes a fresh worker deaf to what is meant for the daemon, and bounds it.

    Ctrl-C and systemd's SIGTERM reach the whole group at once: the daemon ends its workers when it is done with them.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS accepts the limit and ignores it, or refuses it
        resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))


def _worked(work: Callable[[], T]) -> T | _Refused:
    """In the worker."""
    try:
        return work()
    except ParseError as error:
        return _Refused(str(error), error.reason, error.feeds)
    except MemoryError:
        return _Refused("it takes more memory to read than a feed may", ParseReason.CRASHED)
