"""The one writer: facts, plan and transaction of the polls that wait together.

Where a poll breaks, its batch is rolled back and each of it stored by itself; a full disk takes them all. Either way
whoever handed it in is told, and nothing of what broke happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.plan import PollPlan, is_quiet, plan_poll, stands_by_itself
from monitor.core.poll_facts import NO_FACTS, Polled
from monitor.errors import DiskFull, StalePoll
from monitor.model import Config
from monitor.store import feeds, polls, words
from monitor.store.database import Store

BATCH_ENTRIES = 200
"""New entries in one transaction, from which on no further poll joins it: few enough that deliveries never wait long
for the writer, a tenth of a second."""
BATCH_POLLS = 64
RESERVED = 100
"""Ids of entries that a process takes at once where several write: those of a few polls."""

Way = Callable[[Sequence[Polled]], Mapping[int, PollPlan]]
"""Stores of a batch what it can, in one transaction: by the polls' `id`."""


@dataclass(frozen=True, slots=True)
class _Pending:
    polled: Polled
    stored: asyncio.Future[PollPlan]


class Writer:
    """Stores polls, those that wait together in one transaction."""

    def __init__(self, store: Store, setup: Callable[[], Loaded]) -> None:
        self._store, self._setup = store, setup
        self._queue: asyncio.Queue[_Pending] = asyncio.Queue()
        self._ids = range(0)
        """Of entries to come, reserved."""
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write."""
        self._task = asyncio.create_task(self._run(), name="poll writer")

    async def stop(self) -> None:
        """Everything that was handed in is stored first."""
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def write(self, polled: Polled) -> PollPlan:
        """Returns when it is stored. Raises what kept it from being stored."""
        pending = _Pending(polled, asyncio.get_running_loop().create_future())
        self._queue.put_nowait(pending)
        return await pending.stored

    async def _run(self) -> None:
        while True:
            batch = await self._batch()
            try:
                outcomes = await self._store.write(self._store_batch, [one.polled for one in batch])
            except Exception as error:  # noqa: BLE001 - the same border: a dead writer would stop every poll
                outcomes = [error] * len(batch)
            for pending, outcome in zip(batch, outcomes, strict=True):
                if pending.stored.cancelled():
                    pass  # whoever asked has gone; it is stored all the same
                elif isinstance(outcome, PollPlan):
                    pending.stored.set_result(outcome)
                else:
                    pending.stored.set_exception(outcome)
                self._queue.task_done()

    async def _batch(self) -> list[_Pending]:
        batch = [await self._queue.get()]
        weight = len(batch[0].polled.examined)
        while len(batch) < BATCH_POLLS and weight < BATCH_ENTRIES and not self._queue.empty():
            batch.append(self._queue.get_nowait())
            weight += len(batch[-1].polled.examined)
        return batch

    def _store_batch(self, batch: Sequence[Polled]) -> list[PollPlan | Exception]:
        """What came of each. Where several processes write, what can be stored beside their polls is stored first."""
        left, stored = list(batch), dict[int, PollPlan | Exception]()
        ways = (self._beside, self._alone) if self._store.is_shared else (self._alone,)
        for way in ways:
            stored |= self._stored_by(way, left)
            left = [polled for polled in left if id(polled) not in stored]
        return [stored[id(polled)] for polled in batch]

    def _stored_by(self, way: Way, batch: Sequence[Polled]) -> dict[int, PollPlan | Exception]:
        """All in one transaction; where one of them breaks, or a feed comes twice, each in its own.

        No savepoints: at each of them the word index writes what it has gathered, a piece that it has to merge later.
        """
        try:
            if len({polled.feed.id for polled in batch}) == len(batch):
                return {**way(batch)} if batch else {}
        except DiskFull:
            raise
        except Exception as error:  # noqa: BLE001 - the border of one feed's poll; `poll` raises it
            if len(batch) == 1:
                return {id(batch[0]): error}
        return {key: one for polled in batch for key, one in self._stored_by(way, [polled]).items()}

    def _alone(self, batch: Sequence[Polled]) -> dict[int, PollPlan]:
        config = self._setup().config
        stored = _quiet(batch, config)
        with self._store.writing() as connection:
            together = polls.Batch(connection, self._store.opened, configured=config.feeds)
            for polled in batch:
                if id(polled) in stored:
                    together.apply_state(stored[id(polled)])
                    continue
                stored[id(polled)] = plan = plan_poll(polled, together.facts(polled), config=config)
                together.apply(plan)
            together.end()
        return stored

    def _beside(self, batch: Sequence[Polled]) -> dict[int, PollPlan]:
        """Those that concern no others, while other processes store theirs."""
        config = self._setup().config
        some = [polled for polled in batch if stands_by_itself(polled)]
        if not some:
            return {}
        stored = _quiet(some, config)
        next_id = self._reserved(sum(len(one.examined) for one in some))
        with self._store.writing_beside() as connection:
            _apply_quiet(connection, stored)
            filing = words.Filing(connection)
            for polled in some:
                if id(polled) in stored:
                    continue
                facts = polls.facts(connection, polled, self._store.opened, configured=config.feeds)
                self._store.opened.settle(connection, changed=False)
                if facts.saying:
                    continue  # an entry resembles a story: that is decided alone
                own = replace(facts, next_ids=replace(facts.next_ids, entry=next_id))
                stored[id(polled)] = plan = plan_poll(polled, own, config=config)
                polls.apply_beside(connection, plan, filing)
                next_id = plan.next_ids.entry
            filing.end()
        return stored

    def _reserved(self, count: int) -> int:
        """The first of so many ids that no other process gives to an entry."""
        if count > len(self._ids):
            with self._store.writing() as connection:
                self._ids = polls.reserve(connection, max(count, RESERVED))
        first, self._ids = self._ids.start, self._ids[count:]
        return first


def _quiet(batch: Sequence[Polled], config: Config) -> dict[int, PollPlan]:
    return {id(polled): plan_poll(polled, NO_FACTS, config=config) for polled in batch if is_quiet(polled)}


def _apply_quiet(connection: Connection, quiet: Mapping[int, PollPlan]) -> None:
    if late := polls.apply_states(connection, list(quiet.values())):
        raise StalePoll(feeds.late(min(late)))
