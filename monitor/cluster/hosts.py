"""The hosts that are this worker's: it alone asks them, for polls, pages, robots.txt, hubs and redirects alike."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

from sqlalchemy import Connection

from monitor.cluster.clock import boot_s
from monitor.cluster.life import Life
from monitor.errors import FetchError, FetchReason, StorageError
from monitor.feeds.rate_limit import HostLimits
from monitor.model import FeedState
from monitor.store import Store, feeds, workers

PATIENCE_S: Final = 15.0
"""How long a host is waited for that another asks. Two that wait for each other's end then."""
AGAIN_S: Final = 0.5
BUSY_S: Final = 30.0
"""After which it is tried again."""
SURE_S: Final = 30.0
"""So long it is taken for granted that we hold what we know of, where no question about it ended early."""

T = TypeVar("T")


class Hosts:
    """Which of them are this worker's, and who in it asks them. What nobody asks any more is given back."""

    def __init__(self, store: Store, life: Life, *, patience_s: float = PATIENCE_S) -> None:
        self.rest = timedelta(0)
        """Between the end of one worker's last request to a host and another's first."""
        self._store, self._life, self._patience_s = store, life, patience_s
        self._uses: Counter[str] = Counter()
        self._polled: dict[str, str] = {}
        """The hosts of feeds that are polled, by the feeds' ids."""
        self._unused: set[str] = set()
        """Still ours."""
        self._asking = asyncio.Lock()
        """One question at a time: what is given back is not claimed meanwhile."""
        self._sure_until_s = boot_s() + SURE_S

    async def due(self, now: datetime, *, most: int) -> tuple[list[FeedState], dict[str, datetime]]:
        """Feeds that are due, of hosts that are ours from now on; and all hosts' pauses. Raises StorageError."""
        async with self._asking:
            claimed, pauses = await self._asked(self._claim_due, now, most)
            for host, state in claimed:
                self._polled[state.feed_id] = host
                self._uses[host] += 1
        return [state for _, state in claimed], pauses

    async def give_back(self) -> None:
        """What nobody here asks is others' from now on. Raises StorageError."""
        async with self._asking:
            if self._unused or boot_s() >= self._sure_until_s:
                await self._asked(self._give_back)

    async def _asked(self, call: Callable[..., T], *arguments: Any) -> T:
        """What it returns, called in a thread with what is given back, and with what is kept where that is not sure.

        What ends early may have come to be all the same: from then on nothing is ours but what is asked for now.
        """
        back, self._unused = sorted(self._unused), set()
        kept = frozenset(self._uses) if boot_s() >= self._sure_until_s else None
        self._sure_until_s = 0.0
        found = await self._store.lease(call, *arguments, back=back, kept=kept)
        self._sure_until_s = boot_s() + SURE_S
        return found

    def ended(self, feed_id: str) -> None:
        """The feed's poll is over, or never began."""
        host = self._polled.pop(feed_id, None)
        if host is not None:
            self._leave(host)

    @asynccontextmanager
    async def held(self, host: str) -> AsyncIterator[None]:
        """Within, nobody else in the fleet asks the host. Raises FetchError where somebody does for long."""
        await self._hold(host)
        try:
            yield
        finally:
            self._leave(host)

    async def _hold(self, host: str) -> None:
        until_s = boot_s() + self._patience_s
        while True:
            async with self._asking:
                if self._uses[host] or host in self._unused or await self._claimed(host):
                    self._unused.discard(host)
                    self._uses[host] += 1
                    return
            if boot_s() >= until_s:
                raise FetchError(
                    f"{host} is asked by another worker", reason=FetchReason.HELD, retry_after_s=BUSY_S
                )
            await asyncio.sleep(AGAIN_S)

    async def _claimed(self, host: str) -> bool:
        if not self._life.is_seen:
            return False
        sure_until_s, self._sure_until_s = self._sure_until_s, 0.0
        try:
            claimed = await self._store.lease(self._claim, host)
        except StorageError:  # nobody asks while it is not known whose turn it is
            return False
        self._sure_until_s = sure_until_s
        return claimed

    def _leave(self, host: str) -> None:
        self._uses[host] -= 1
        if self._uses[host] <= 0:
            del self._uses[host]
            self._unused.add(host)

    # ── in threads ──

    def _claim_due(
        self, now: datetime, most: int, *, back: Sequence[str], kept: Collection[str] | None
    ) -> tuple[list[tuple[str, FeedState]], dict[str, datetime]]:
        with self._store.leasing() as connection:
            workers.in_turn(connection)
            self._return(connection, back, kept)
            claimed = workers.claim_due(connection, self._life.id, now, most=most) if most > 0 else {}
            due = feeds.due_of(connection, now, [one for some in claimed.values() for one in some])
            idle = claimed.keys() - {host for host, _ in due}
            workers.give_back(connection, self._life.id, workers.HOST, sorted(idle), rest=timedelta(0))
            return due, feeds.held(connection, now)

    def _give_back(self, *, back: Sequence[str], kept: Collection[str] | None) -> None:
        with self._store.leasing() as connection:
            workers.in_turn(connection)
            self._return(connection, back, kept)

    def _return(self, connection: Connection, back: Sequence[str], kept: Collection[str] | None) -> None:
        workers.give_back(connection, self._life.id, workers.HOST, back, rest=self.rest)
        if kept is not None:
            workers.keep_only(connection, self._life.id, workers.HOST, kept, rest=self.rest)

    def _claim(self, host: str) -> bool:
        with self._store.leasing() as connection:
            return workers.claim(connection, self._life.id, workers.HOST, host)


class FleetLimits(HostLimits):
    """The turns of every host, as the whole fleet takes them."""

    def __init__(self, hosts: Hosts, *, pause_s: float, now: Callable[[], datetime]) -> None:
        super().__init__(pause_s=pause_s, now=now)
        self._fleet_hosts = hosts

    @asynccontextmanager
    async def turn(self, name: str) -> AsyncIterator[None]:
        """As `HostLimits.turn`, in the whole fleet. Raises FetchError where another worker asks it for long."""
        async with self._fleet_hosts.held(without_port(name)), super().turn(name):
            yield


def without_port(netloc: str) -> str:
    """The host alone, as `store.feeds.host_of` has it: `[::1]:80` → `::1`."""
    host, colon, port = netloc.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or (":" in host and not host.endswith("]")):
        host = netloc
    return host.removeprefix("[").removesuffix("]").lower()
