"""The fleet, as those see it who poll and send: `jobs.fleet.Fleet` on a database that several share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from monitor.cluster.hosts import PATIENCE_S, FleetLimits, Hosts
from monitor.cluster.life import Life
from monitor.errors import StorageError
from monitor.feeds.rate_limit import HostLimits
from monitor.model import FeedState
from monitor.store import Store, workers


class Members:
    """Those who share the database, as one worker sees them."""

    def __init__(
        self, store: Store, life: Life, *, agrees: Callable[[], bool], patience_s: float = PATIENCE_S
    ) -> None:
        """`agrees`: whether the config in force here is the one that all go by; else it polls nothing.

        `patience_s`: how long a host is waited for that another asks.
        """
        self._store, self._life, self._agrees = store, life, agrees
        self._hosts = Hosts(store, life, patience_s=patience_s)
        self._limits: FleetLimits | None = None

    @property
    def id(self) -> str:
        """As `Fleet.id`."""
        return self._life.id

    @property
    def keeps(self) -> bool:
        """As `Fleet.keeps`."""
        return self._life.keeps and self._life.is_seen and self._agrees()

    @property
    def may_ask(self) -> bool:
        """As `Fleet.may_ask`."""
        return self._life.is_seen and self._agrees()

    def limits(self, *, pause_s: float, now: Callable[[], datetime]) -> HostLimits:
        """As `Fleet.limits`."""
        self._hosts.rest = timedelta(seconds=pause_s)
        self._limits = FleetLimits(self._hosts, pause_s=pause_s, now=now)
        return self._limits

    async def due(self, now: datetime, *, limit: int, under_way: int) -> list[FeedState]:  # noqa: ARG002
        """As `Fleet.due`: those under way are of hosts that are ours already, and none of them is claimed again."""
        found, pauses = await self._hosts.due(now, most=limit)
        for host, until in pauses.items():
            if self._limits is not None:
                self._limits.pause(host, until)
        return found

    async def pause(self) -> None:
        """As `Fleet.pause`: its hosts are others' to ask."""
        with suppress(StorageError):  # they stay ours for now
            await self._hosts.give_back()

    def ended(self, feed_id: str) -> None:
        """As `Fleet.ended`."""
        self._hosts.ended(feed_id)

    @asynccontextmanager
    async def sending(self, channel_id: str) -> AsyncIterator[bool]:
        """As `Fleet.sending`. Raises StorageError."""
        if not self._life.is_seen or not await self._store.lease(self._claim, channel_id):
            yield False
            return
        try:
            yield True
        finally:
            with suppress(StorageError):  # it stays ours, and is given back the next time, or with our end
                await self._store.lease(self._give_back, channel_id)

    def _claim(self, channel_id: str) -> bool:
        with self._store.leasing() as connection:
            return workers.claim(connection, self._life.id, workers.CHANNEL, channel_id)

    def _give_back(self, channel_id: str) -> None:
        with self._store.leasing() as connection:
            workers.give_back(connection, self._life.id, workers.CHANNEL, [channel_id], rest=timedelta(0))
