"""Worker processes that read feeds and pages, so that neither a slow nor a fatal document touches the daemon.

Promise: what one document does to its worker, be it an hour of work, a crash or all the memory, becomes that
document's `ParseError`, and the next one finds a worker. A feed's entries are matched where they are read: the
worker has the rules.
"""

from __future__ import annotations

import asyncio
import gc
import hashlib
import multiprocessing
import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self, TypeVar

from pebble import CONSTS, ProcessExpired, ProcessFuture, ProcessPool

from monitor.core.examine import ReadFeed, read_feed
from monitor.core.rules import RuleSet, compile_rules
from monitor.errors import ParseError, ParseReason
from monitor.feeds.memory import MIB, granted_bytes, share
from monitor.model import Feed, ListTerms, ParsedFeed, Response, Rule

MAX_TASKS = 500
"""Documents that a worker reads before a fresh one takes its place: what leaks inside libraries comes back."""
CPU_S = 20.0
"""Of processor time for each document: on a busy machine an honest feed takes no more of that."""
AHEAD = 2
"""Documents that are handed to the workers beyond those that they read: none of them ever waits for the next."""
BUSY_ENTRIES = 150
"""Entries that one worker reads before another is worth its 25 MiB: later polls bring one or two."""
PATIENCE_S = 5.0
"""A document waits no longer behind a slow one where there may be more workers."""
GARBAGE = 10_000
"""Objects that are made before a worker looks for garbage: documents leave little, and Python's 700 cost a tenth."""
HUNG_S = 600.0
"""After so long by the clock a worker waits for something that will never come, on the busiest machine."""

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
    """Equal for equal bytes: `LastBody.hash`."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class RuleTexts:
    """The rules that a worker compiles: compiled ones cannot travel."""

    rules: tuple[Rule, ...] = ()
    lists: Mapping[str, ListTerms] = field(default_factory=dict)
    key: str = ""
    """`RuleSet.key` of them."""


class Parsers:
    """A pool of worker processes around a reader. Used within `async with`."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        workers: int | None = None,
        cpu_s: float = CPU_S,
        hung_s: float = HUNG_S,
        memory_bytes: int | None = None,
        reader: Reader | None = None,
        rules: RuleTexts | None = None,
    ) -> None:
        """Each document has `cpu_s` of a processor, each worker `memory_bytes` of address space (on Linux).

        None: as many workers as there are processors, four at most, and what `memory.share` leaves to each.
        """
        self._now, self._reader = now, reader or _parse
        self._cpu_s, self._hung_s = cpu_s, hung_s
        fitting = share(workers or min(4, os.cpu_count() or 1), granted_bytes=granted_bytes())
        self._workers = workers or fitting.workers
        self._memory_bytes = memory_bytes or fitting.bytes_each
        self._pages = asyncio.Semaphore(max(1, self._workers - 1))
        """Feeds come first: where there are two workers, pages never hold both."""
        self._rules = rules or RuleTexts()
        self._size, self._entries = 1, 0
        self._places = asyncio.Semaphore(1 if self._workers > 1 else 1 + AHEAD)
        self._leaving: dict[ProcessPool, asyncio.Future[None]] = {}
        self._pool = self._fresh_pool()
        self._running: ProcessPool | None = None
        self._starting = asyncio.Lock()

    @property
    def at_once(self) -> int:
        """How many documents are read or stand ready for it at once; more only wait."""
        return self._workers + AHEAD

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for pool in self._leaving:
            pool.stop()
        await asyncio.gather(*self._leaving.values(), return_exceptions=True)
        self._pool.stop()
        await asyncio.to_thread(self._pool.join)

    def use(self, rules: RuleTexts) -> None:
        """What is read from now on is matched by these; what is under way, by those before."""
        if rules.key == self._rules.key:
            return
        self._rules = rules
        self._leave()

    async def parse(self, response: Response, seen: bytes = b"") -> ParsedFeed:
        """The feed in the response without the entries that were `seen`, as `parse.parse` says.

        Raises `ParseError`, also where the worker hung, died or ran out of memory.
        """
        return await self._run(self._parsing(response, seen))

    async def read(self, response: Response, seen: bytes = b"", *, feed: Feed) -> ReadFeed:
        """The same, with what each entry says and which rules it matches. Raises `ParseError`."""
        read = await self._run(self._reading(response, seen, feed))
        self._entries += len(read.entries)
        return read

    def _reading(self, response: Response, seen: bytes, feed: Feed) -> Callable[[], ReadFeed]:
        """The feed's secrets stay here: the document may have taken over its worker."""
        shown = replace(feed, url="", headers={}, user=None, password=None, proxy=None)
        return partial(_read, self._parsing(response, seen), shown)

    def _parsing(self, response: Response, seen: bytes) -> Callable[[], ParsedFeed]:
        return partial(
            self._reader,
            response.body,
            content_type=response.content_type,
            url=response.url,
            now=self._now(),
            seen=seen,
        )

    async def article(self, response: Response) -> str:
        """The text of the web page in the response, as `article.text_of` says. Raises `ParseError`."""
        async with self._pages:
            return await self._run(partial(_article, response.body, content_type=response.content_type))

    async def allows(self, robots_txt: str, url: str) -> bool:
        """Whether a robots.txt lets us read the page, as `robots.allows` says. Raises `ParseError`."""
        async with self._pages:
            return await self._run(partial(_allows, robots_txt, url))

    async def _run(self, work: Callable[[], T]) -> T:
        """What the work returns, done by a worker. Raises `ParseError`."""
        await self._place()
        try:
            return await self._done(work)
        finally:
            self._places.release()

    async def _place(self) -> None:
        """Takes a place at the workers; there are more of them once one has much to do, or keeps somebody waiting."""
        while self._size < self._workers:
            if self._places.locked() and self._entries >= BUSY_ENTRIES:
                self._grow()
            try:
                async with asyncio.timeout(PATIENCE_S):
                    await self._places.acquire()
            except TimeoutError:
                self._grow()
            else:
                return
        await self._places.acquire()

    def _grow(self) -> None:
        if self._size < self._workers:
            self._size = self._workers
            self._leave()
            for _ in range(self._size + AHEAD - 1):
                self._places.release()

    async def _done(self, work: Callable[[], T]) -> T:
        await self._start()
        too_long = f"not read within {self._cpu_s:g} s of processor time"
        try:
            done = await asyncio.wrap_future(self._schedule(work))
        except TimeoutError as error:
            raise ParseError(f"not read within {self._hung_s:g} s", reason=ParseReason.TIMEOUT) from error
        except ProcessExpired as error:
            if error.exitcode == -signal.SIGPROF:
                raise ParseError(too_long, reason=ParseReason.TIMEOUT) from error
            raise ParseError("the process that read it died", reason=ParseReason.CRASHED) from error
        except BrokenProcessPool as error:
            raise ParseError("the process that read it died", reason=ParseReason.CRASHED) from error
        if isinstance(done, _Refused):
            raise ParseError(done.message, reason=done.reason, feeds=done.feeds)
        return done

    async def _start(self) -> None:
        """When the first document comes: a pass that brings nothing new needs no worker. It takes a while."""
        async with self._starting:
            if self._running is not (pool := self._pool):
                await asyncio.to_thread(lambda: pool.active)
                self._running = pool

    def _schedule(self, work: Callable[[], T]) -> ProcessFuture[T | _Refused]:
        if not self._pool.active:  # a pool that lost its pipes to a dying worker stays broken
            self._pool.stop()
            self._leave()
        return self._pool.schedule(_worked, args=(work, self._cpu_s), timeout=self._hung_s)

    def _leave(self) -> None:
        """A fresh pool takes over; the old one ends when what it reads is read."""
        old, self._pool = self._pool, self._fresh_pool()
        leaving = asyncio.ensure_future(asyncio.to_thread(_ended, old))
        self._leaving[old] = leaving
        leaving.add_done_callback(lambda _: self._leaving.pop(old, None))

    def _fresh_pool(self) -> ProcessPool:
        """Forked from a server process that has no threads and holds none of the daemon's files; else spawned."""
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        context.set_forkserver_preload([__name__, "monitor.feeds.parse"])
        return ProcessPool(
            max_workers=self._size,
            max_tasks=MAX_TASKS,
            initializer=_prepare,
            initargs=(self._memory_bytes, self._rules),
            context=context,
        )


def _ended(pool: ProcessPool) -> None:
    pool.close()
    pool.join()


_texts = RuleTexts()
"""Of this worker, until it compiles them."""


def _prepare(memory_bytes: int, rules: RuleTexts) -> None:
    """Makes a fresh worker deaf to what is meant for the daemon, and bounds it.

    Ctrl-C and systemd's SIGTERM reach the whole group at once: the daemon ends its workers when it is done with them.
    """
    global _texts  # noqa: PLW0603 - a worker is a process, and this is what it was made with
    _texts = rules
    gc.freeze()  # what was imported stays, and stays shared with the other workers: nobody looks through it
    gc.set_threshold(GARBAGE, 20, 20)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":  # macOS accepts the limit and ignores it, or refuses it
        _, hard = resource.getrlimit(resource.RLIMIT_AS)
        most = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
        with suppress(OSError):  # where memory ends all the same, a worker is to be ended and not the daemon
            Path("/proc/self/oom_score_adj").write_text("500")


def _worked(work: Callable[[], T], cpu_s: float) -> T | _Refused:
    """In the worker. Work that takes longer ends it, by SIGPROF: nobody could stop a regular expression otherwise."""
    signal.setitimer(signal.ITIMER_PROF, cpu_s)
    try:
        return work()
    except ParseError as error:
        return _Refused(str(error), error.reason, error.feeds)
    except MemoryError:
        mib = resource.getrlimit(resource.RLIMIT_AS)[0] // MIB
        return _Refused(
            f"reading it takes more memory than the {mib} MiB of a worker: take a smaller feed of the site, or "
            "grant the service more (MemoryMax and MemoryHigh in its unit)",
            ParseReason.CRASHED,
        )
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


@cache
def _rules() -> RuleSet:
    """Of this worker, compiled when the first entry comes."""
    return compile_rules(_texts.rules, _texts.lists)[0]


def _read(parsing: Callable[[], ParsedFeed], feed: Feed) -> ReadFeed:
    return read_feed(parsing(), feed=feed, rules=_rules())


def _parse(body: bytes, *, content_type: str, url: str, now: datetime, seen: bytes) -> ParsedFeed:
    from monitor.feeds.parse import parse  # noqa: PLC0415 - feedparser, which the daemon itself never needs

    return parse(body, content_type=content_type, url=url, now=now, seen=seen)


def _article(body: bytes, *, content_type: str) -> str:
    from monitor.feeds.article import text_of  # noqa: PLC0415 - trafilatura, for those who read pages

    return text_of(body, content_type=content_type)


def _allows(robots_txt: str, url: str) -> bool:
    from monitor.feeds.robots import allows  # noqa: PLC0415 - Protego, likewise

    return allows(robots_txt, url)
