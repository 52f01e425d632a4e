"""One feed's poll: gather (fetch, parse, what is known), decide (examine, plan), apply (one transaction).

Polls run side by side up to the writer, who alone stores them, many in one transaction. Whatever breaks in one
poll is that feed's own affair; what breaks in the database is told to whoever asked for the poll.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Self, TypeVar

from loguru import logger

from monitor import metrics
from monitor.config import Loaded
from monitor.core import polling
from monitor.core.examine import Examined, ReadFeed, examine, read_feed, rekeyed
from monitor.core.parts import parts, whole
from monitor.core.plan import PollPlan, plan_poll
from monitor.core.poll_facts import Polled
from monitor.core.stories.floods import MANY
from monitor.core.stories.guids import Guids
from monitor.core.stories.identity import Changed, New
from monitor.core.websub import is_late
from monitor.errors import FetchError, ParseError, StalePoll
from monitor.feeds.large_bodies import LargeBodies
from monitor.feeds.workers import body_hash
from monitor.jobs.bounded import Bounded
from monitor.jobs.catch_up import CatchUp
from monitor.jobs.poll_budget import PollBudget
from monitor.jobs.ports import Fetches, Reads
from monitor.jobs.progress import Noted, Progress
from monitor.jobs.recognise import nothing_known, recognise
from monitor.jobs.report import Unreached, report
from monitor.jobs.writer import Writer
from monitor.model import (
    Entry,
    EntryKeys,
    Failed,
    Feed,
    FeedState,
    FetchRequest,
    Modified,
    NotModified,
    PollOutcome,
    PollYield,
    Pushed,
    Response,
)
from monitor.store import entries, feeds, polls
from monitor.store.database import Store
from monitor.store.open_stories import OpenStories

READ_AT_ONCE = 1_000
"""Entries between their reading and the end of their writing: 5 MiB of usual ones, however they are shared out
among polls. One document's may be more: such a one comes beside them, one at a time, and keeps no other waiting."""
PART = 250
"""New and changed entries that are stored in one transaction: others' polls and alerts come in between. A fifth where
all of them match (`core.parts`)."""
TRIES = 5
"""How often an answer is examined anew because a push of the same feed was stored first."""

T = TypeVar("T")


class Poller:
    """Polls feeds. Used within `async with`, which runs the writer."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: Fetches,
        parsers: Reads,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
        random: Callable[[], float],
    ) -> None:
        """`setup` returns the config in force, asked anew for every poll; `random` is in [0, 1)."""
        self.progress = Progress(now)
        self._store, self._fetcher, self._parsers = store, Noted(fetcher, self.progress), parsers
        self._setup, self._now, self._random = setup, now, random
        self._catch_up = CatchUp(store=store, fetcher=self._fetcher, parsers=parsers)
        self._writer = Writer(store, setup)
        self._budget = PollBudget(store=store, setup=setup, now=now)
        self._reading = asyncio.Semaphore(parsers.at_once)
        self._unreached = Unreached()
        self._read_entries = Bounded(READ_AT_ONCE)
        # Recognising is work for one core, and threads would only take turns at it.
        self._examiner = ThreadPoolExecutor(1, thread_name_prefix="examine")

    async def __aenter__(self) -> Self:
        self._writer.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._writer.stop()
        self._examiner.shutdown()
        self._unreached.settle()

    def settle_log(self) -> None:
        """What was counted instead of said is said."""
        self._unreached.settle()

    async def poll(self, feed: Feed, state: FeedState) -> PollPlan | None:
        """What the poll changed, after it is stored; None where another poll of the feed came first.

        Raises StorageError where the database cannot take it: then nothing of the poll happened.
        """
        started = perf_counter()
        with metrics.in_flight.track_inprogress():
            stored = await self._polled(feed, state)
        if stored is None:
            return None
        metrics.poll_duration.observe(perf_counter() - started)
        report(*stored, self._unreached)
        return stored[1]

    async def _polled(self, feed: Feed, state: FeedState) -> tuple[Polled, PollPlan] | None:
        asked = self._request(feed, state)
        # What a large body was read into is kept no longer than its room.
        with self._fetcher.room() as room:
            answer = await self._answer(feed, state, asked, room)
            if not isinstance(answer, _Body):
                return await self._stored(state, partial(self._unread, feed, asked=asked, outcome=answer))
            async with self._reading:
                outcome, read = await self._outcome(feed, state, answer, asked, room)
                del answer
                await self._read_entries.take(weight := len(read.entries) if read else 0)
            try:
                examine = partial(self._examine, feed, asked=asked, outcome=outcome, read=read)
                return await self._stored(state, partial(self._in_examiner, examine))
            finally:
                self._read_entries.give_back(weight)

    async def push(self, feed: Feed, response: Response, *, lease_until_at: datetime) -> PollPlan | None:
        """What the body that a hub sent changed, after it is stored; None where the feed itself is to be asked.

        Raises ParseError where it is no feed, StorageError where the database cannot take it.
        """
        state = await self._store.read(self._state, feed.id)
        if state is None or state.baseline_at is None:
            return None
        seen = await self._store.read(self._entry_hashes, state)
        read = await self._parsers.read(response, seen, feed=feed)
        pushed = Pushed(feed=read.feed, lease_until_at=lease_until_at)
        examine = partial(self._examine_push, feed, pushed=pushed, read=read)
        stored = await self._stored(state, partial(self._in_examiner, examine))
        if stored is None:
            return None
        report(*stored, self._unreached)
        return stored[1]

    async def _stored(
        self, state: FeedState, examine: Callable[[FeedState], Awaitable[Polled | None]]
    ) -> tuple[Polled, PollPlan] | None:
        """What was examined, as it is stored. None where another poll came first.

        A push or a due time that was stored meanwhile is no such poll: the answer is examined anew beside it.
        """
        for _ in range(TRIES):
            polled = await examine(state)
            if polled is None:
                return None
            try:
                return polled, await self._written(polled)
            except StalePoll as stale:
                newer = await self._store.read(self._state, state.feed_id)
                if newer is None or (
                    newer.counts.polls != state.counts.polls and not isinstance(polled.outcome, Pushed)
                ):
                    logger.info("{}", stale)
                    return None
                state = newer
        logger.info("feed {}: others were stored first, {} times", state.feed_id, TRIES)
        return None

    async def _written(self, polled: Polled) -> PollPlan:
        """Stored a part after the other; the state of the feed with the last, so that a crash repeats nothing."""
        plans = []
        for part in parts(polled, PART):
            plans.append(await self._writer.write(part))
            self.progress.step()
        return whole(plans)

    async def preview(self, feed: Feed, state: FeedState) -> PollPlan:
        """What a poll would change; nothing is stored. Asks for the whole feed, whatever is known of it."""
        fresh = FeedState(feed_id=feed.id, url=feed.url, next_poll_at=state.next_poll_at, fence=state.fence)
        asked = self._request(feed, fresh)
        with self._fetcher.room() as room:
            outcome, read = await self._asked(feed, fresh, asked, room)
        polled = await self._in_examiner(
            partial(self._examine, feed, asked=asked, outcome=outcome, read=read), fresh
        )
        with self._store.reading() as connection:
            return plan_poll(
                polled, polls.facts(connection, polled, OpenStories()), config=self._setup().config
            )

    def _request(self, feed: Feed, state: FeedState) -> FetchRequest:
        settings, now = self._setup().config.polling, self._now()
        if polling.doubts_304(state, now=now):
            logger.info("feed {}: nothing but 304 for too long: its whole body is asked for", feed.id)
        return polling.request(state, feed=feed, settings=settings, now=now)

    async def _asked(
        self, feed: Feed, state: FeedState, asked: FetchRequest, room: LargeBodies
    ) -> tuple[PollOutcome, ReadFeed | None]:
        answer = await self._answer(feed, state, asked, room)
        if isinstance(answer, _Body):
            return await self._outcome(feed, state, answer, asked, room)
        return answer, None

    async def _answer(
        self, feed: Feed, state: FeedState, asked: FetchRequest, room: LargeBodies
    ) -> _Body | NotModified | Failed:
        """What the feed's server says; a body that came before is as good as none."""
        try:
            response = await self._fetcher.fetch(asked, room)
        except FetchError as error:
            return Failed(
                reason=error.reason,
                message=str(error),
                status=error.status,
                retry_after_s=error.retry_after_s,
                held_host=error.held_host,
            )
        if isinstance(response, NotModified):
            return response
        digest = body_hash(response.body)
        if digest == state.body.hash and state.url == feed.url:
            return NotModified(
                status=200,
                size_bytes=len(response.body),
                etag=response.etag,
                last_modified=response.last_modified,
                advice=response.advice,
            )
        return _Body(response, digest)

    async def _outcome(
        self, feed: Feed, state: FeedState, body: _Body, asked: FetchRequest, room: LargeBodies
    ) -> tuple[PollOutcome, ReadFeed | None]:
        """What the body was, read in a worker, and with it what was missed since the last."""
        try:
            seen = await self._store.read(self._entry_hashes, state)
            read = await self._parsers.read(body.response, seen, feed=feed)
        except ParseError as error:
            return Failed(reason=error.reason, message=str(error)), None
        read = await self._catch_up.with_missed(
            read, state, feed=feed, asked=asked, room=room, now=self._now()
        )
        outcome = Modified(
            feed=read.feed,
            body_hash=body.digest,
            size_bytes=len(body.response.body),
            etag=body.response.etag,
            last_modified=body.response.last_modified,
            advice=body.response.advice,
        )
        return outcome, read

    async def _unread(
        self, feed: Feed, state: FeedState, *, asked: FetchRequest, outcome: PollOutcome
    ) -> Polled:
        """Where nothing was read: asking a thread would take four times as long as examining it does."""
        examine = partial(self._examine, feed, asked=asked, outcome=outcome)
        return examine(state) if self._budget.is_known else await self._in_examiner(examine, state)

    async def _in_examiner(self, examine: Callable[[FeedState], T], state: FeedState) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._examiner, examine, state)

    def _state(self, feed_id: str) -> FeedState | None:
        with self._store.reading() as connection:
            return feeds.states(connection, [feed_id]).get(feed_id)

    def _entry_hashes(self, state: FeedState) -> bytes:
        """Of the feed's last document: what stands in it needs not be read again."""
        if state.baseline_at is None:
            return b""
        with self._store.reading() as connection:
            return feeds.entry_hashes(connection, state.feed_id)

    def _examine(
        self,
        feed: Feed,
        state: FeedState,
        *,
        asked: FetchRequest,
        outcome: PollOutcome,
        read: ReadFeed | None = None,
    ) -> Polled:
        now = self._now()
        brought = self._brought(feed, state, read, now) if read else _Brought()
        after = polling.after(
            state,
            polling.Poll(
                asked=asked, outcome=outcome, news=brought.news, entries=len(brought.examined), at=now
            ),
            feed=feed,
            settings=self._setup().config.polling,
            price=self._budget.price(),
            jitter=self._random(),
        )
        return Polled(
            feed=feed,
            before=state,
            after=after,
            outcome=outcome,
            at=now,
            examined=brought.examined,
            rekeyed=brought.rekeyed,
            guids=brought.guids,
            restructured=brought.restructured,
        )

    def _examine_push(self, feed: Feed, state: FeedState, *, pushed: Pushed, read: ReadFeed) -> Polled | None:
        """A part of the feed tells nothing of gaps, guids or a restructured whole: its entries alone count.

        None where so many are new that only the whole can tell what they are.
        """
        now = self._now()
        brought = self._brought(feed, state, read, now)
        if sum(isinstance(one.identity, New) for one in brought.examined) > MANY:
            return None
        return Polled(
            feed=feed,
            before=state,
            after=polling.after_push(state, brought.news, lease_until_at=pushed.lease_until_at, now=now),
            outcome=pushed,
            at=now,
            examined=tuple(one for one in brought.examined if not _is_late(one, brought.stored)),
            rekeyed=brought.rekeyed,
        )

    def _brought(self, feed: Feed, state: FeedState, read: ReadFeed, now: datetime) -> _Brought:
        rules = self._setup().rules
        if read.rules_key != rules.key:  # the rules changed while a worker read it
            read = read_feed(read.feed, feed=feed, rules=rules)
        with self._store.reading() as connection:
            found = recognise(connection, read, state, now=now)
            changed = [one.entry_id for one in found.identities if isinstance(one, Changed)]
            stored = {entry.id: entry for entry in entries.by_ids(connection, changed)}
        examined = examine(
            read.entries,
            found.identities,
            stored=stored,
            feed=feed,
            rules=rules,
            was_there=found.was_there,
        )
        new = [one for one in examined if isinstance(one.identity, New)]
        news = PollYield(
            published_at=tuple(one.entry.published_at or now for one in new),
            matched=sum(bool(one.matches) for one in new),
            all_unknown=nothing_known(found, read.feed),
            recovered=read.feed.recovered,
        )
        return _Brought(
            examined, stored, rekeyed(found.identities, found.known), news, found.guids, found.restructured
        )


@dataclass(frozen=True, slots=True)
class _Body:
    """An answer that is not the last one again."""

    response: Response
    digest: str


@dataclass(frozen=True, slots=True)
class _Brought:
    """What a body brought."""

    examined: tuple[Examined, ...] = ()
    stored: Mapping[int, Entry] = field(default_factory=dict)
    """Those of the changed entries, by id."""
    rekeyed: Mapping[int, EntryKeys] = field(default_factory=dict)
    news: PollYield = polling.NOTHING
    guids: Guids = Guids.SILENT
    restructured: str = ""


def _is_late(examined: Examined, stored: Mapping[int, Entry]) -> bool:
    identity = examined.identity
    return isinstance(identity, Changed) and is_late(examined.entry, stored[identity.entry_id])
