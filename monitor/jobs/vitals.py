"""Signs of life: the beat that is stored, why the daemon does not do its work, and whether the disk has room."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from loguru import logger

from monitor import __version__, metrics
from monitor.errors import StorageError
from monitor.jobs.border import Complaints
from monitor.jobs.clock_guard import ClockGuard
from monitor.jobs.fleet import Fleet
from monitor.jobs.notes import note
from monitor.jobs.reloading import ConfigInForce
from monitor.jobs.scheduler import Scheduler
from monitor.store import Store, backups, outbox
from monitor.store import daemon as beats

STUCK: Final = timedelta(minutes=15)
"""What has been due for longer, while nothing of its kind went on, hangs: the watchdog is not fed any more.
Longer than any single step may take: the slowest is a worker that reads (`feeds.workers.HUNG_S`)."""
BEAT_SANE_S: Final = 600.0
"""Without the end of a beat for longer, the database hangs: longer than other programs lock it."""
LOCKED_S: Final = 2.0
"""A beat that took longer waited for somebody's lock, which is gone now: polls that it kept out come at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Whose signs of life they are."""

    store: Store
    scheduler: Scheduler
    clock: ClockGuard
    in_force: ConfigInForce
    complaints: Complaints
    fleet: Fleet
    memory: Path | None
    """A folder outside the state folder, which shows when that is restored; None: there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """Since when what has been due for longest is due; None: nothing is."""

    feed_due: datetime | None
    delivery_due: datetime | None


class Vitals:
    """Beats every few seconds, and says what ails the daemon."""

    def __init__(self, watched: Watched, *, now: Callable[[], datetime]) -> None:
        """It has just begun: nothing is late yet."""
        self._watched, self._now = watched, now
        self._started_at = now()
        self._late = self._unsent = timedelta(0)
        self._last_beat_s = 0.0
        self._had_room = True

    async def beat(self) -> None:
        """Stores that the daemon lives, and learns which feed has been due for longest. Never raises StorageError."""
        complaints, loop = self._watched.complaints, asyncio.get_running_loop()
        begun_s, was_refused = loop.time(), bool(complaints.last)
        try:
            await self._keep_room()
            found = await asyncio.to_thread(self._save, self._watched.scheduler.held)
        except StorageError as error:
            complaints.of_the_beat(error)
        else:
            complaints.settled()
            if was_refused or loop.time() - begun_s >= LOCKED_S:
                self._watched.scheduler.resume()
            now, scheduler = self._now(), self._watched.scheduler
            self._late = self._without_step(found.feed_due, scheduler.polled.at)
            self._unsent = self._without_step(found.delivery_due, scheduler.sent.at)
            metrics.feeds_overdue.set((now - self._to_blame(found.feed_due)).total_seconds())
        self._last_beat_s = loop.time()

    def ailments(self) -> list[str]:
        """Why it does not do its work; empty where it does. A full or locked database is no case for a restart.

        One that is gone or damaged is: the restart says so, and goes on as soon as somebody has mended it.
        """
        if lost := self._watched.complaints.lost:
            return [lost]
        silent_s = asyncio.get_running_loop().time() - self._last_beat_s
        found = [f"the database has not answered for {silent_s:.0f} s"] if silent_s >= BEAT_SANE_S else []
        if self._late >= STUCK and not self._watched.scheduler.paused:
            found.append(f"a feed has been due for {self._late.total_seconds():.0f} s, and no poll goes on")
        if self._unsent >= STUCK and not self._watched.complaints.last:
            found.append(f"a message has been due for {self._unsent.total_seconds():.0f} s, and none is sent")
        return found

    def _to_blame(self, due_at: datetime | None) -> datetime:
        """Since when something is late by our own fault; now: nothing is."""
        return self._now() if due_at is None else max(due_at, self._watched.clock.in_time_since)

    def _without_step(self, due_at: datetime | None, step_at: datetime) -> timedelta:
        """For how long something has been due while nothing of its kind went on."""
        return self._now() - max(self._to_blame(due_at), step_at)

    def status(self) -> str:
        """A line for the service manager."""
        if lost := self._watched.complaints.lost:
            return lost
        feeds = len(self._watched.in_force.loaded.config.feeds)
        return f"{feeds} feeds, {self._watched.scheduler.polls} polls under way"

    def _save(self, held: Collection[str]) -> _Found:
        store, in_force = self._watched.store, self._watched.in_force
        store.check_file()
        beat = beats.Beat(
            pid=os.getpid(),
            version=__version__,
            started_at=self._started_at,
            beat_at=self._now(),
            config=in_force.loaded.config.folder,
            mistake=in_force.mistake,
            mistaken_since=in_force.mistaken_since if in_force.mistake else None,
        )
        keeps = self._watched.fleet.keeps  # asked once: it may change meanwhile
        with store.writing() if keeps else store.reading() as connection:
            if keeps:
                beats.save(connection, beat)
            # What met an error of our own is let alone for longer: a restart would not mend it.
            feed = beats.oldest_overdue(connection, self._now(), without=held)
            delivery_due = outbox.stuck_since(connection, self._now())
        backups.remember(store, self._watched.memory)
        return _Found(feed_due=feed.since if feed else None, delivery_due=delivery_due)

    async def _keep_room(self) -> None:
        """Says once that the disk is full, and once that it has room again."""
        store = self._watched.store
        has_room = await asyncio.to_thread(store.keep_room)
        if has_room == self._had_room:
            return
        self._had_room = has_room
        if has_room:
            self._watched.scheduler.resume()
            logger.info("the disk has room again: polling goes on")
            return
        text = f"The disk of the database is full: {store.when_full}. Make room; nothing need be restarted."
        logger.error("{}", text)
        await asyncio.to_thread(self._note_full, text)

    def _note_full(self, text: str) -> None:
        now, config = self._now(), self._watched.in_force.loaded.config
        with self._watched.store.writing() as connection:
            note(connection, text, key=f"disk full {now:%Y-%m-%d}", config=config, now=now)
