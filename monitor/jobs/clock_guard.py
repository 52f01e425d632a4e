"""Notices that the clock was set, or that the whole machine slept, before anything is polled by it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from monitor.core.alerts.holding import PAUSE
from monitor.feeds.rate_limit import HostLimits
from monitor.jobs.digest import notice_pause
from monitor.jobs.fleet import Fleet
from monitor.jobs.scheduler import Scheduler
from monitor.store import Store, clock

SET_BACK: Final = timedelta(seconds=10)
"""A clock that goes back further was set: what waits is moved with it."""


class ClockGuard:
    """Looks at the clock before each tick."""

    def __init__(
        self,
        *,
        store: Store,
        hosts: HostLimits,
        scheduler: Scheduler,
        fleet: Fleet,
        now: Callable[[], datetime],
    ) -> None:
        """Whatever waits for an instant in memory is `hosts` and `scheduler`; the rest is in `store`."""
        self._store, self._hosts, self._scheduler, self._now = store, hosts, scheduler, now
        self._fleet = fleet
        self._ticked_at: datetime | None = None
        self.in_time_since = now()
        """What was overdue before that is the clock's fault, not polling's."""

    async def notice(self) -> None:
        """Hours without a poll become a pause; what waits goes back with the clock. Raises StorageError."""
        now, before = self._now(), self._ticked_at
        if before is None:
            before = await asyncio.to_thread(self._last_beat) or now
            await asyncio.to_thread(notice_pause, self._store, now)
        elif now - before > PAUSE:
            await asyncio.to_thread(notice_pause, self._store, now)
        if abs(now - before) > SET_BACK:
            self.in_time_since = now
        if before - now > SET_BACK:
            await asyncio.to_thread(self._set_back, now, before - now)
        self._ticked_at = now

    def _last_beat(self) -> datetime | None:
        with self._store.reading() as connection:
            return clock.last_beat(connection)

    def _set_back(self, now: datetime, by: timedelta) -> None:
        moved = 0
        if self._fleet.keeps:
            with self._store.writing() as connection:
                moved = clock.set_back(connection, now, by=by)
        self._hosts.set_back(by)
        self._scheduler.set_back(by)
        logger.warning("the clock was set back by {}: {} waits end as much sooner", by, moved)
