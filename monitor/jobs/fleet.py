"""Who else works on this database, as those see it who poll and send: what is theirs to do, and what is others'.

`Alone` is one process with the database to itself; `cluster` has the one that shares it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from typing import Protocol

from monitor.feeds.rate_limit import HostLimits
from monitor.model import FeedState
from monitor.store import Store, feeds


class Fleet(Protocol):
    """Those who share the work."""

    @property
    def id(self) -> str:
        """What its leases of deliveries begin with."""

    @property
    def keeps(self) -> bool:
        """Whether it is this process that does what is done once: summaries, notes, pruning."""

    @property
    def may_ask(self) -> bool:
        """Whether this process may ask hosts at all, now."""

    def limits(self, *, pause_s: float, now: Callable[[], datetime]) -> HostLimits:
        """The turns at hosts, as all take them."""

    async def due(self, now: datetime, *, limit: int, under_way: int) -> list[FeedState]:
        """Feeds that are due, of hosts that are this process's now: about `limit` beside those `under_way`.

        Its `limits` know then which hosts are not to be asked, also by another process's poll. Each of the feeds is
        to be given to `ended`. Raises StorageError.
        """

    async def pause(self) -> None:
        """This process polls nothing for now: others may."""

    def ended(self, feed_id: str) -> None:
        """Its poll is over, or never began."""

    def sending(self, channel_id: str) -> AbstractAsyncContextManager[bool]:
        """Within, nobody else sends on the channel; False: somebody does."""


class Alone:
    """Whatever is due is to be done here."""

    id = ""
    keeps = may_ask = True

    def __init__(self, store: Store) -> None:
        self._store = store
        self._limits: HostLimits | None = None

    def limits(self, *, pause_s: float, now: Callable[[], datetime]) -> HostLimits:
        """As `Fleet.limits`: those of this process."""
        self._limits = HostLimits(pause_s=pause_s, now=now)
        return self._limits

    async def due(self, now: datetime, *, limit: int, under_way: int) -> list[FeedState]:
        """As `Fleet.due`: those under way are still due, are asked for too, and passed over."""
        found, pauses = await self._store.read(self._due, now, limit + under_way)
        for host, until in pauses.items():
            if self._limits is not None:
                self._limits.pause(host, until)
        return found

    def _due(self, now: datetime, limit: int) -> tuple[list[FeedState], dict[str, datetime]]:
        with self._store.reading() as connection:
            found = feeds.due(connection, now, limit=limit)
            return found, feeds.held(connection, now) if found else {}

    async def pause(self) -> None:
        """As `Fleet.pause`: there are no others."""

    def ended(self, feed_id: str) -> None:
        """As `Fleet.ended`."""

    @asynccontextmanager
    async def sending(self, channel_id: str) -> AsyncIterator[bool]:  # noqa: ARG002 - `Fleet.sending`
        """As `Fleet.sending`: nobody else is there."""
        yield True
