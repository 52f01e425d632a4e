"""What is under way: begins the polls, pages and deliveries that are due, and sees each of them to its end.

Everything runs in tasks of our own, so that neither the scheduler's shutdown nor a stepped clock cuts it off.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from loguru import logger

from monitor.config import Loaded
from monitor.core.plan import PollPlan
from monitor.errors import StorageError
from monitor.jobs.border import Complaints
from monitor.jobs.deliver import Deliverer
from monitor.jobs.digest import release
from monitor.jobs.due import to_poll
from monitor.jobs.fleet import Fleet
from monitor.jobs.pages import PageReader, Tally
from monitor.jobs.poll import Poller
from monitor.jobs.progress import Progress
from monitor.jobs.story_updates import tell_news
from monitor.model import Feed, FeedState
from monitor.store import Store

STORAGE_PAUSE = timedelta(seconds=10)
"""How long nothing is polled after the database refused a poll (a lock, a full disk): sending goes on."""
HOLD = timedelta(minutes=15)
"""How long a feed is let alone whose poll met an error of our own."""
WAITING = 2
"""Polls begun for each that may be fetched at once: while some wait for their host's turn, others go on."""


class Scheduler:
    """The polls, pages and deliveries under way."""

    def __init__(
        self,
        *,
        store: Store,
        poller: Poller,
        deliverer: Deliverer,
        reader: PageReader,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
        complaints: Complaints,
        fleet: Fleet,
    ) -> None:
        self._complaints, self._fleet = complaints, fleet
        self._store, self._poller, self._deliverer, self._reader = store, poller, deliverer, reader
        self._setup, self._now = setup, now
        self._polls: dict[str, asyncio.Task[PollPlan | None]] = {}
        self._deliveries: set[asyncio.Task[int]] = set()
        self._pages: asyncio.Task[Tally] | None = None
        self._held: dict[str, datetime] = {}
        self._paused_until = self._said_until = now()

    @property
    def polls(self) -> int:
        """How many polls are under way."""
        return len(self._polls)

    @property
    def paused(self) -> bool:
        """Nothing is polled for a while, since the database refused a poll, or its disk is full, or others may."""
        return self._now() < self._paused_until or not self._store.has_room or not self._fleet.may_ask

    @property
    def held(self) -> list[str]:
        """The feeds that are let alone for a while, since a poll of theirs met an error of our own."""
        now = self._now()
        return [feed_id for feed_id, until in self._held.items() if until > now]

    @property
    def polled(self) -> Progress:
        """When polling last went on."""
        return self._poller.progress

    @property
    def sent(self) -> Progress:
        """When sending last went on."""
        return self._deliverer.progress

    def set_back(self, by: timedelta) -> None:
        """The clock was: no pause lasts longer for that."""
        self._paused_until -= by
        self._said_until -= by
        self._held = {feed_id: until - by for feed_id, until in self._held.items()}
        for progress in (self.polled, self.sent):
            progress.set_back(by)

    def resume(self) -> None:
        """The disk has room again, or a lock is gone: nobody waits for the end of the pause."""
        self._paused_until = self._now()

    async def begin(self) -> None:
        """Begins whatever is due, and waits for none of it. Raises StorageError."""
        delivery = asyncio.create_task(self._deliverer.deliver(), name="deliver")
        self._deliveries.add(delivery)
        delivery.add_done_callback(self._delivered)
        if self.paused:
            await self._fleet.pause()
        else:
            await self._begin_polls()
            self._begin_pages()
        if self._fleet.keeps:
            await self._store.write(self._tell_what_waited)

    def let_go(self) -> None:
        """Drops the polls and pages under way: they are others' to do."""
        for poll in self._polls.values():
            poll.cancel()
        if self._pages is not None:
            self._pages.cancel()

    async def drain(self, limit_s: float) -> None:
        """Drops the polls and pages, which come again, and gives the deliveries so long to finish."""
        logger.info("stopping: {} polls and {} deliveries under way", len(self._polls), len(self._deliveries))
        self._deliverer.stop()
        self.let_go()
        under_way: list[asyncio.Task[Any]] = [*self._polls.values(), *self._deliveries]
        if self._pages is not None:
            under_way.append(self._pages)
        if not under_way:
            return
        _, late = await asyncio.wait(under_way, timeout=limit_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)

    async def _begin_polls(self) -> None:
        config = self._setup().config
        room = config.polling.concurrency * WAITING - len(self._polls)
        if room <= 0:
            return
        now, passed_over = self._now(), len(self._polls) + len(self._held)
        under_way = set(
            self._polls
        )  # one that ends while the database is asked is due by the state before it
        due = await self._fleet.due(now, limit=room, under_way=passed_over)
        begun = set()
        try:
            found = await self._store.read(to_poll, self._store, due, now) if due else []
            for state in found:
                feed = config.feeds.get(state.feed_id)
                if (
                    feed is None
                    or feed.id in self._polls.keys() | under_way
                    or self._held.get(feed.id, now) > now
                ):
                    continue
                self._held.pop(feed.id, None)
                self._begin_poll(feed, state)
                begun.add(feed.id)
        finally:
            for feed_id in {state.feed_id for state in due} - begun:
                self._fleet.ended(feed_id)

    def _begin_poll(self, feed: Feed, state: FeedState) -> None:
        task = asyncio.create_task(self._poller.poll(feed, state), name=f"poll {feed.id}")
        self._polls[feed.id] = task
        self.polled.step()
        task.add_done_callback(partial(self._polled, feed.id))

    def _begin_pages(self) -> None:
        """One round at a time: it takes up by itself what comes due while it lasts."""
        if self._pages is None:
            self._pages = asyncio.create_task(self._reader.read_due(), name="pages")
            self._pages.add_done_callback(self._read)

    def _read(self, task: asyncio.Task[Tally]) -> None:
        self._pages = None
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._complaints.notice_damage(error)
        self._paused_until = self._now() + STORAGE_PAUSE
        logger.opt(exception=error).error("pages: {} (none for {} s)", error, STORAGE_PAUSE.seconds)

    def _tell_what_waited(self) -> None:
        config, now = self._setup().config, self._now()
        tell_news(self._store, config, now)
        release(self._store, config, now)

    def _polled(self, feed_id: str, task: asyncio.Task[PollPlan | None]) -> None:
        self._polls.pop(feed_id, None)
        self._fleet.ended(feed_id)
        if task.cancelled():
            return
        error = task.exception()
        if isinstance(error, StorageError):
            self._complaints.notice_damage(error)
            self._paused_until = self._now() + STORAGE_PAUSE
            logger.error("feed {}: not stored: {} (no polls for {} s)", feed_id, error, STORAGE_PAUSE.seconds)
        elif error is not None:
            # Nothing of it was stored, so it is still due, and would be asked again at once.
            self._held[feed_id] = self._now() + HOLD
            logger.opt(exception=error).error("feed {}: the monitor's own error", feed_id)

    def _delivered(self, task: asyncio.Task[int]) -> None:
        self._deliveries.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        self._complaints.notice_damage(error)
        if not isinstance(error, StorageError):
            logger.opt(exception=error).error("deliveries: {}", error)
        elif self._now() >= self._said_until:  # every tick tries again: that is not worth a line a second
            self._said_until = self._now() + STORAGE_PAUSE
            logger.error("deliveries wait: {}", error)
