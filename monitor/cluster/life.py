"""A worker's life: it says every few seconds that it lives, and asks no host when others may soon take it for dead.

Promise: whoever was given up has let go of every host a few seconds before, and stores nothing afterwards
(`store.workers`). Nobody is given up by one who was away himself: a server that was down for a minute would else look
as if all had died.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from loguru import logger
from sqlalchemy import Connection

from monitor.cluster.clock import DatabaseClock, boot_s
from monitor.core.agreement import version_to_run
from monitor.errors import GivenUp, StorageError
from monitor.store import Store, published, workers
from monitor.store.workers import Worker

BEAT_S: Final = 3.0
LIMIT_S: Final = 6.0
"""A sign of life that takes longer is none."""
LET_GO_S: Final = 14.0
"""Without a sign of life for so long it asks nobody any more: six seconds before others may give it up."""
KEEPER: Final = "keeper"
"""The job of whoever does what is done once: summaries, updates, notes to the operator, pruning, hubs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a sign of life brought."""

    at: datetime
    silent: tuple[str, ...]
    """Workers that are to be given up."""
    keeps: bool
    published: str | None
    """The version of the config that was published to all; None: none was."""
    wanted: str
    """The version that all are to run on; empty: nobody has one yet."""


class Life:
    """Of one worker, from `enter` to `leave`, or until it is given up: it never comes back by the same id."""

    def __init__(self, store: Store, *, name: str, describe: Callable[[], tuple[str, str]]) -> None:
        """`describe` returns the version of the config in force, and for people what it does."""
        self.id = uuid4().hex
        self.now = DatabaseClock()
        self.keeps = self.is_given_up = False
        self.published: str | None = None
        """The version of the config that was published to all, as the last sign of life found it; None: none was."""
        self.wanted = ""
        """The version that all were to run on then."""
        self._store, self._name, self._describe = store, name, describe
        self._seen_s = self._steady_s = boot_s()
        self._complained = False

    @property
    def is_seen(self) -> bool:
        """Whether nobody can have taken it for dead yet."""
        return not self.is_given_up and boot_s() - self._seen_s < LET_GO_S

    def enter(self) -> None:
        """It lives. Raises DatabaseInUse where one that works alone does."""
        self._store.join(self.id)
        with self._store.leasing() as connection:
            now = workers.clock(connection)
            workers.enter(
                connection,
                Worker(
                    id=self.id,
                    name=self._name,
                    host=socket.gethostname(),
                    pid=os.getpid(),
                    started_at=now,
                    seen_at=now,
                ),
            )
        asked_s = boot_s()
        self._note(self._see(), asked_s=asked_s)
        self._steady_s = self._seen_s

    def leave(self) -> None:
        """What it held is anybody's at once."""
        if self.is_given_up:
            return
        with suppress(GivenUp), self._store.writing() as connection:
            workers.leave(connection, [self.id])

    async def live(self, *, let_go: Callable[[], Awaitable[None]]) -> None:
        """Returns when it was given up. `let_go` is awaited when it must ask nobody any more."""
        was_seen = True
        while True:
            await self._beat()
            if was_seen and not self.is_seen:
                await let_go()
            if self.is_given_up:
                logger.error("this worker was silent for too long, and others do its work: it begins anew")
                return
            was_seen = self.is_seen
            await asyncio.sleep(BEAT_S)

    async def _beat(self) -> None:
        asked_s = boot_s()
        try:
            async with asyncio.timeout(LIMIT_S):
                seen = await self._store.lease(self._see)
        except GivenUp:
            self.is_given_up, self.keeps = True, False
        except (StorageError, TimeoutError) as error:
            self._steady_s = boot_s()
            if not self._complained:
                logger.error(
                    "no sign of life could be given: {}", str(error) or "the database does not answer"
                )
            self._complained = True
        else:
            self._note(seen, asked_s=asked_s)
            if seen.silent and boot_s() - self._steady_s >= workers.SILENT.total_seconds():
                await self._give_up(seen.silent)

    def _see(self) -> Seen:
        version, doing = self._describe()
        with self._store.leasing() as connection:
            at = workers.see(connection, self.id, config_version=version, doing=doing)
            if at is None:
                raise GivenUp
            newest = published.in_force(connection)
            to_all = newest.version if newest else None
            wanted = version_to_run(to_all, workers.versions(connection))
            return Seen(
                at=at,
                published=to_all,
                wanted=wanted,
                silent=tuple(workers.silent(connection)),
                keeps=self._keeps(connection, agrees=version == wanted),
            )

    def _keeps(self, connection: Connection, *, agrees: bool) -> bool:
        """Who runs on another config than the others leaves that to them."""
        if agrees:
            return self.keeps or workers.claim(connection, self.id, workers.JOB, KEEPER)
        if self.keeps:
            workers.give_back(connection, self.id, workers.JOB, [KEEPER], rest=timedelta(0))
        return False

    def _note(self, seen: Seen, *, asked_s: float) -> None:
        self.now.is_set(seen.at, asked_s=asked_s, answered_s=boot_s())
        self._seen_s = asked_s
        self.published, self.wanted = seen.published, seen.wanted
        if self._complained:
            logger.info("signs of life can be given again")
        self._complained = False
        if seen.keeps and not self.keeps:
            logger.info("this worker does what is done once")
        self.keeps = seen.keeps

    async def _give_up(self, worker_ids: tuple[str, ...]) -> None:
        try:
            gone = await self._store.write(self._given_up, worker_ids)
        except StorageError as error:
            logger.error("a silent worker could not be given up yet: {}", error)
            return
        for worker in gone:
            logger.warning(
                "worker {} (process {} on {}) was not seen since {:%H:%M:%S} UTC: its work is others'",
                worker.name, worker.pid, worker.host, worker.seen_at,
            )  # fmt: skip

    def _given_up(self, worker_ids: tuple[str, ...]) -> list[Worker]:
        with self._store.writing() as connection:
            return workers.give_up(connection, worker_ids)
