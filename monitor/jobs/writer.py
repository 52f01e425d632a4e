"""The one writer: facts, plan and transaction of the polls that wait together.

Where a poll breaks, its batch is rolled back and each of it stored by itself; a full disk takes them all. Either way
whoever handed it in is told, and nothing of what broke happened.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.plan import PollPlan, is_quiet, plan_poll
from monitor.core.poll_facts import NO_FACTS, Polled
from monitor.errors import DiskFull, StalePoll
from monitor.model import Config
from monitor.store import feeds, polls, words
from monitor.store.database import Store

BATCH_ENTRIES = 200
"""New entries in one transaction, from which on no further poll joins it: few enough that deliveries never wait long
for the writer, a tenth of a second."""
BATCH_POLLS = 64


@dataclass(frozen=True, slots=True)
class _Pending:
    polled: Polled
    stored: asyncio.Future[PollPlan]


class Writer:
    """Stores polls, those that wait together in one transaction."""

    def __init__(self, store: Store, setup: Callable[[], Loaded]) -> None:
        self._store, self._setup = store, setup
        self._queue: asyncio.Queue[_Pending] = asyncio.Queue()
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
        """All in one transaction; where one of them breaks, each in its own.

        No savepoints: at each of them the word index writes what it has gathered, a piece that it has to merge later.
        """
        try:
            return [*self._stored(batch)]
        except DiskFull:
            raise
        except Exception as error:  # noqa: BLE001 - the border of one feed's poll; `poll` raises it
            if len(batch) == 1:
                return [error]
            return [outcome for polled in batch for outcome in self._store_batch([polled])]

    def _stored(self, batch: Sequence[Polled]) -> list[PollPlan]:
        config = self._setup().config
        quiet = {
            id(polled): plan_poll(polled, NO_FACTS, config=config) for polled in batch if is_quiet(polled)
        }
        with self._store.writing() as connection:
            if late := polls.apply_states(connection, list(quiet.values())):
                raise StalePoll(feeds.late(min(late)))
            filing = words.Filing(connection)
            plans = [
                quiet[id(polled)]
                if id(polled) in quiet
                else self._applied(connection, polled, config, filing)
                for polled in batch
            ]
            filing.end()
            return plans

    def _applied(
        self, connection: Connection, polled: Polled, config: Config, filing: words.Filing
    ) -> PollPlan:
        plan = plan_poll(
            polled,
            polls.facts(connection, polled, self._store.opened, configured=config.feeds),
            config=config,
        )
        polls.apply(connection, plan, self._store.opened, filing)
        return plan
