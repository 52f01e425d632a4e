"""One pass over the feeds, and one poll of one feed: what `run --once` and `feeds poll` do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loguru import logger

from monitor.config import Loaded
from monitor.core import polling
from monitor.core.plan import PollPlan
from monitor.errors import FetchError, FetchReason, StorageError
from monitor.jobs.deliver import Deliverer
from monitor.jobs.digest import WITH_A_PASS, notice_pause, release
from monitor.jobs.due import to_poll
from monitor.jobs.pages import PageReader
from monitor.jobs.poll import Poller
from monitor.jobs.scheduler import WAITING
from monitor.jobs.story_updates import tell_news
from monitor.model import Feed, FeedState
from monitor.store import Store, feeds, outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one pass over the feeds brought."""

    polled: int
    failed: int
    new: int
    matched: int
    alerts: int
    pages: int = 0
    """Of entries, that were read."""

    def with_poll(self, plan: PollPlan | None) -> Round:
        """The same with what a poll changed; None: it could not be stored."""
        if plan is None:
            return replace(self, failed=self.failed + 1)
        return replace(
            self,
            failed=self.failed + (plan.state.failures > 0),
            new=self.new + len(plan.new),
            matched=self.matched + len({decision.entry_id for decision in plan.decisions}),
            alerts=self.alerts + len(plan.alerts),
        )


class OnePass:
    """Polls, sends, reads pages, sends again; once."""

    def __init__(
        self,
        *,
        store: Store,
        poller: Poller,
        deliverer: Deliverer,
        reader: PageReader,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
    ) -> None:
        """`setup` is the config in force."""
        self._store, self._poller, self._deliverer, self._reader = store, poller, deliverer, reader
        self._setup, self._now = setup, now

    async def run(
        self,
        *,
        every: bool,
        look: Callable[[], Awaitable[None]],
        done: Callable[[int, int], None] | None = None,
    ) -> Round:
        """Polls each due feed (or `every` feed) once, sends, reads the pages that are due, sends again, and returns.

        `look` is awaited between polling and sending; `done` is told how many polls have ended and how many there
        are. Raises StorageError after what could be sent was sent.
        """
        await asyncio.to_thread(notice_pause, self._store, self._now())
        wanted = await asyncio.to_thread(self._wanted, every=every)
        try:
            brought = await self._poll_all(wanted, done or _nobody)
        except StorageError:
            await self._send_all()  # what cannot be stored keeps nothing from being sent
            raise
        await look()
        await self._send_all()  # no alert waits for a page
        pages = await self._reader.read_due()
        if pages.alerts:
            await self._send_all()
        return replace(brought, alerts=brought.alerts + pages.alerts, pages=pages.read)

    async def poll_one(self, feed_id: str, *, dry_run: bool) -> PollPlan | None:
        """Polls the feed now, due or not; a dry run stores nothing. None where another poll came first.

        Raises FetchError where its publisher asked for a pause, or it is stopped: that holds for everybody. So it
        does where the config disables it.
        """
        feed = self._setup().config.feeds[feed_id]
        if not feed.enabled:
            raise FetchError(
                f"feed {feed_id} is disabled: take out its `enabled = false`", reason=FetchReason.HELD
            )
        with self._store.reading() as connection:
            state = feeds.states(connection, [feed_id])[feed_id]
        if refusal := polling.may_ask(state, now=self._now()):
            raise FetchError(f"feed {feed_id} is not asked: {refusal}", reason=FetchReason.HELD)
        if dry_run:
            return await self._poller.preview(feed, state)
        return await self._poller.poll(feed, state)

    async def _poll_all(
        self, wanted: Sequence[tuple[Feed, FeedState]], done: Callable[[int, int], None]
    ) -> Round:
        """The feeds of a host one after the other, hosts side by side. Raises what ended the first that broke off."""
        hosts: dict[str, list[tuple[Feed, FeedState]]] = {}
        for feed, state in wanted:
            hosts.setdefault(feeds.host_of(feed.url, feed.id), []).append((feed, state))
        gate = asyncio.Semaphore(self._setup().config.polling.concurrency * WAITING)
        brought, ended = Round(polled=len(wanted), failed=0, new=0, matched=0, alerts=0), 0

        async def ask(its_feeds: Sequence[tuple[Feed, FeedState]]) -> None:
            nonlocal brought, ended
            for feed, state in its_feeds:
                async with gate:
                    plan = await self._poll_safely(feed, state)
                brought = brought.with_poll(plan)  # not in one with the await: others end meanwhile
                ended += 1
                done(ended, len(wanted))

        try:
            async with asyncio.TaskGroup() as group:
                for its_feeds in hosts.values():
                    group.create_task(ask(its_feeds))
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from errors  # what ended it; the others are its echo
        return brought

    async def _poll_safely(self, feed: Feed, state: FeedState) -> PollPlan | None:
        """None where the poll could not be stored: that is one feed's affair. Raises StorageError."""
        try:
            return await self._poller.poll(feed, state)
        except StorageError:
            raise
        except Exception:  # noqa: BLE001 - the border of one feed's poll
            logger.exception("feed {}: the monitor's own error", feed.id)
            return None

    def _wanted(self, *, every: bool) -> list[tuple[Feed, FeedState]]:
        """The longest due first: a host that grants a few grants them to those."""
        now, listed = self._now(), self._setup().config.feeds
        with self._store.reading() as connection:
            known = feeds.states(connection, [feed.id for feed in listed.values() if feed.enabled]).values()
        wanted = [
            state
            for state in known
            if not polling.may_ask(state, now=now) and (every or state.next_poll_at <= now)
        ]
        if not every:
            wanted = to_poll(self._store, wanted, now)
        wanted.sort(key=lambda state: state.next_poll_at)
        return [(listed[state.feed_id], state) for state in wanted]

    async def _send_all(self) -> None:
        """Everything that waits, but for quiet hours and digests: those have times of their own."""
        await asyncio.to_thread(self._close_group_wait)
        await self._deliverer.deliver()

    def _close_group_wait(self) -> None:
        config, now = self._setup().config, self._now()
        with self._store.writing() as connection:
            outbox.close_group_wait(connection, now)
        while tell_news(self._store, config, now, until=now + config.alerting.group_wait):
            pass  # what was told is not due any more
        release(self._store, config, now, ended=WITH_A_PASS)


def _nobody(_ended: int, _of: int) -> None:
    return
