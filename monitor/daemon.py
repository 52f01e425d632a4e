"""The daemon: what ticks, what runs side by side, and how it begins, reloads and ends.

The schedule is not in here: due times lie in the database, a tick asks what is due. The work runs in tasks of
our own, so that neither the scheduler's shutdown nor a stepped clock can cut it off.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger
from loguru import logger

from monitor import __version__, channels, metrics
from monitor.channels import OpenChannel, Surroundings, open_channel
from monitor.config import Loaded
from monitor.core.plan import PollPlan
from monitor.errors import ConfigError, StorageError
from monitor.feeds.fetch import Fetcher, Limits, user_agent
from monitor.feeds.workers import Parsers
from monitor.jobs.deliver import Deliverer
from monitor.jobs.poll import Poller
from monitor.model import Feed, FeedState
from monitor.store import Store, feeds, outbox
from monitor.store import daemon as beats
from monitor.systemd import Notifier

TICK_S = 1
"""How often is asked what is due: half of it is what a poll or an alert loses on average."""
BEAT_S = 5
STALLED_S = 10.0
"""Without a tick for so long, by a clock that nobody sets, the scheduler is woken."""
DRAIN_S = 25.0
"""What work under way gets to finish at the end; systemd waits 30 s."""
STORAGE_PAUSE = timedelta(minutes=1)
"""How long nothing is polled after the database refused a poll (a full disk): sending goes on."""
OVERDUE_SANE = timedelta(minutes=10)
"""A feed overdue for longer means that polling hangs: the watchdog is not fed any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one pass over the feeds brought."""

    polled: int
    failed: int
    new: int
    matched: int
    alerts: int


class Daemon:
    """Everything that runs, wired together. Used within `async with`."""

    def __init__(
        self,
        *,
        loaded: Loaded,
        store: Store,
        reload: Callable[[], Loaded],
        watched: Callable[[], Sequence[Path]],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stream: TextIO | None = None,
        limits: Limits | None = None,
    ) -> None:
        """`reload` reads the config anew, or raises ConfigError; `watched` are the files it comes from.

        `limits` are those of a fetch, None: the usual ones; how many run at once is the config's to say.
        """
        self._loaded, self._store = loaded, store
        self._reload, self._watched, self._now = reload, watched, now
        self._stream = sys.stdout if stream is None else stream
        self._limits = limits or Limits()
        self._notifier = Notifier()
        self._polls: dict[str, asyncio.Task[PollPlan | None]] = {}
        self._deliveries: set[asyncio.Task[int]] = set()
        self._channels: dict[str, OpenChannel] = {}
        self._surroundings: Surroundings
        self._poller: Poller
        self._deliverer: Deliverer
        self._polling_paused_until = now()
        self._last_tick_s = 0.0
        self._stop = asyncio.Event()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        config = self._loaded.config
        agent = user_agent(__version__, config.polling.contact)
        enter = self._stack.enter_async_context
        limits = replace(self._limits, concurrency=config.polling.concurrency)
        fetcher = await enter(Fetcher(user_agent=agent, now=self._now, limits=limits))
        parsers = await enter(Parsers(now=self._now))
        self._surroundings = await enter(
            channels.surroundings(user_agent=agent, clock=self._now, stream=self._stream)
        )
        self._poller = await enter(
            Poller(
                store=self._store,
                fetcher=fetcher,
                parsers=parsers,
                setup=lambda: self._loaded,
                now=self._now,
                random=random.random,
            )
        )
        self._deliverer = Deliverer(
            store=self._store,
            channels=lambda: self._channels,
            setup=lambda: self._loaded,
            now=self._now,
            random=random.random,
        )
        await self._adopt(self._loaded)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels.values():
            await channel.close()
        await self._stack.aclose()

    # ── once ──

    async def run_once(self, *, every: bool = False, done: Callable[[int, int], None] | None = None) -> Round:
        """Polls each due feed (or `every` feed) once, sends what there is to send, and returns.

        `done` is told how many polls have ended and how many there are.
        """
        wanted = await asyncio.to_thread(self._wanted, every=every)
        ended = 0

        async def poll(feed: Feed, state: FeedState) -> PollPlan | None:
            nonlocal ended
            plan = await self._poller.poll(feed, state)
            ended += 1
            if done is not None:
                done(ended, len(wanted))
            return plan

        plans = await asyncio.gather(*(poll(feed, state) for feed, state in wanted), return_exceptions=True)
        for (feed, _), plan in zip(wanted, plans, strict=True):
            if isinstance(plan, Exception):
                logger.opt(exception=plan).error("feed {}: the monitor's own error", feed.id)
            elif isinstance(plan, BaseException):
                raise plan
        await asyncio.to_thread(self._close_group_wait)
        await self._deliverer.deliver()
        return _summed([plan for plan in plans if isinstance(plan, PollPlan)], asked=len(wanted))

    async def poll_one(self, feed_id: str, *, dry_run: bool) -> PollPlan | None:
        """Polls the feed now, due or not; a dry run stores nothing. None where another poll came first."""
        feed = self._loaded.config.feeds[feed_id]
        with self._store.reading() as connection:
            state = feeds.states(connection, [feed_id])[feed_id]
        if dry_run:
            return await self._poller.preview(feed, state)
        return await self._poller.poll(feed, state)

    def _wanted(self, *, every: bool) -> list[tuple[Feed, FeedState]]:
        now = self._now()
        with self._store.reading() as connection:
            known = feeds.states(connection, list(self._loaded.config.feeds))
        return [
            (self._loaded.config.feeds[feed_id], state)
            for feed_id, state in known.items()
            if not state.stopped_reason and (every or state.next_poll_at <= now)
        ]

    def _close_group_wait(self) -> None:
        with self._store.writing() as connection:
            outbox.close_group_wait(connection, self._now())

    # ── as a service ──

    async def run(self) -> None:
        """Runs until `stop`, SIGTERM or SIGINT; SIGHUP or a saved config file reloads."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._reload_config("SIGHUP")))
        scheduler = AsyncIOScheduler(timezone=UTC)
        every = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler.add_job(self._tick, IntervalTrigger(seconds=TICK_S), id="tick", **every)
        scheduler.add_job(self._beat, IntervalTrigger(seconds=BEAT_S), id="beat", **every)
        self._spawned: set[asyncio.Task[None]] = set()
        started_at = self._now()
        self._started_at = started_at
        try:
            await self._tick()
            await self._beat()
            scheduler.start()
            count = len(self._loaded.config.feeds)
            logger.info("running: {} feeds, {} rules", count, len(self._loaded.config.rules))
            self._notifier.ready(f"{count} feeds")
            await self._watch_ticks(scheduler)
        finally:
            scheduler.shutdown(wait=False)
            await self._drain()
            for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
                loop.remove_signal_handler(number)

    def stop(self) -> None:
        """Ends `run`: nothing new is begun, what is under way is finished."""
        self._stop.set()

    async def _watch_ticks(self, scheduler: AsyncIOScheduler) -> None:
        """APScheduler 3 sleeps by the wall clock: after a step of −1 h it would sleep an hour."""
        loop = asyncio.get_running_loop()
        while not self._stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._stop.wait()
            if loop.time() - self._last_tick_s > STALLED_S:
                logger.warning("no tick for {:.0f} s: the clock was set; waking the scheduler", STALLED_S)
                self._last_tick_s = loop.time()
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    async def _tick(self) -> None:
        """Begins whatever is due, and waits for none of it."""
        self._last_tick_s = asyncio.get_running_loop().time()
        try:
            await self._begin_polls()
            delivery = asyncio.create_task(self._deliverer.deliver(), name="deliver")
            self._deliveries.add(delivery)
            delivery.add_done_callback(self._delivered)
        except StorageError as error:
            logger.error("{}", error)
        except Exception:  # noqa: BLE001 - the border of the tick
            logger.exception("tick: the monitor's own error")

    async def _begin_polls(self) -> None:
        now = self._now()
        if self._stop.is_set() or now < self._polling_paused_until:
            return
        room = self._loaded.config.polling.concurrency * 2 - len(self._polls)
        if room <= 0:
            return
        due = await asyncio.to_thread(self._due, now, room + len(self._polls))
        for state in due:
            feed = self._loaded.config.feeds.get(state.feed_id)
            if feed is None or not feed.enabled or feed.id in self._polls:
                continue
            task = asyncio.create_task(self._poller.poll(feed, state), name=f"poll {feed.id}")
            self._polls[feed.id] = task
            task.add_done_callback(partial(self._polled, feed.id))

    def _due(self, now: datetime, limit: int) -> list[FeedState]:
        with self._store.reading() as connection:
            return feeds.due(connection, now, limit=limit)

    def _polled(self, feed_id: str, task: asyncio.Task[PollPlan | None]) -> None:
        self._polls.pop(feed_id, None)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StorageError):
            self._polling_paused_until = self._now() + STORAGE_PAUSE
            logger.error("feed {}: not stored: {} (no polls for {} s)", feed_id, error, STORAGE_PAUSE.seconds)
        elif error is not None:
            logger.opt(exception=error).error("feed {}: the monitor's own error", feed_id)

    def _delivered(self, task: asyncio.Task[int]) -> None:
        self._deliveries.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.opt(exception=error).error("deliveries: {}", error)

    async def _drain(self) -> None:
        """Stops what can be begun again, finishes what cannot; within `DRAIN_S`."""
        self._notifier.stopping()
        logger.info("stopping: {} polls and {} deliveries under way", len(self._polls), len(self._deliveries))
        self._deliverer.stop()
        for poll in list(self._polls.values()):
            poll.cancel()
        under_way: list[asyncio.Task[object]] = [*self._polls.values(), *self._deliveries]
        if under_way:
            _, late = await asyncio.wait(under_way, timeout=DRAIN_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await asyncio.to_thread(self._say_stopped)
        logger.info("stopped")

    # ── signs of life ──

    async def _beat(self) -> None:
        try:
            overdue = await asyncio.to_thread(self._save_beat)
        except StorageError as error:
            logger.error("{}", error)
            return
        late = self._now() - overdue.since if overdue else timedelta(0)
        metrics.feeds_overdue.set(late.total_seconds())
        self._notifier.status(f"{len(self._loaded.config.feeds)} feeds, {len(self._polls)} polls under way")
        if late < OVERDUE_SANE or self._now() < self._polling_paused_until:
            self._notifier.watchdog()
        if self._changed_on_disk():
            await self._reload_config("a file was saved")

    def _save_beat(self) -> beats.Overdue | None:
        beat = beats.Beat(
            pid=os.getpid(), version=__version__, started_at=self._started_at, beat_at=self._now()
        )
        with self._store.writing() as connection:
            beats.save(connection, beat)
            return beats.oldest_overdue(connection, self._now())

    def _say_stopped(self) -> None:
        with suppress(StorageError), self._store.writing() as connection:
            beats.stopped(connection, self._now())

    # ── config ──

    async def _reload_config(self, why: str) -> None:
        """Checked whole, swapped whole; a bad one leaves the old one in force and says so."""
        self._notifier.reloading()
        try:
            loaded = await asyncio.to_thread(self._reload)
        except ConfigError as error:
            metrics.reloads.labels(outcome="rejected").inc()
            logger.error("config not reloaded ({}), the old one stays in force:\n{}", why, error)
        else:
            await self._adopt(loaded)
            metrics.reloads.labels(outcome="adopted").inc()
            logger.info("config reloaded ({})", why)
        self._notifier.ready(f"{len(self._loaded.config.feeds)} feeds")

    async def _adopt(self, loaded: Loaded) -> None:
        config = loaded.config
        self._loaded = loaded
        self._stamps = self._stamped()
        old = self._channels
        self._channels = {
            channel.id: open_channel(channel, self._surroundings) for channel in config.channels.values()
        }
        for channel in old.values():
            await channel.close()
        urls = {feed.id: feed.url for feed in config.feeds.values() if feed.enabled}
        await asyncio.to_thread(self._register, urls)
        for problem in loaded.problems:
            logger.warning("{}", problem)

    def _register(self, urls: Mapping[str, str]) -> None:
        with self._store.writing() as connection:
            feeds.register(connection, urls, self._now())

    def _changed_on_disk(self) -> bool:
        stamps = self._stamped()
        changed, self._stamps = stamps != self._stamps, stamps
        return changed

    def _stamped(self) -> Mapping[Path, tuple[int, int]]:
        """When each of the config's files was written, and how long it is."""
        stamps = {}
        for path in self._watched():
            with suppress(OSError):
                stat = path.stat()
                stamps[path] = (stat.st_mtime_ns, stat.st_size)
        return stamps

    def _spawn(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self._spawned.add(task)
        task.add_done_callback(self._spawned.discard)


def _summed(plans: Sequence[PollPlan], *, asked: int) -> Round:
    return Round(
        polled=asked,
        failed=sum(plan.state.failures > 0 for plan in plans) + asked - len(plans),
        new=sum(len(plan.new) for plan in plans),
        matched=len({decision.entry_id for plan in plans for decision in plan.decisions}),
        alerts=sum(len(plan.alerts) for plan in plans),
    )
