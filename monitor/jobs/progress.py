"""When work last went on: who is behind and goes on is busy, who is behind and does not is stuck."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.feeds.large_bodies import LargeBodies
from monitor.jobs.ports import Fetches
from monitor.model import FetchRequest, NotModified, Response


class Progress:
    """Of one kind of work."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        """It has just begun."""
        self._now = now
        self.at = now()
        """When a step of it ended last, whatever came of it."""

    def step(self) -> None:
        """A step has ended now."""
        self.at = self._now()

    def set_back(self, by: timedelta) -> None:
        """The clock was."""
        self.at -= by


class Noted:
    """Fetches, each end of which is a step."""

    def __init__(self, fetcher: Fetches, progress: Progress) -> None:
        self._fetcher, self._progress = fetcher, progress

    def room(self) -> LargeBodies:
        """As `Fetches.room`."""
        return self._fetcher.room()

    async def fetch(self, request: FetchRequest, room: LargeBodies | None = None) -> Response | NotModified:
        """As `Fetches.fetch`."""
        try:
            return await self._fetcher.fetch(request, room)
        finally:
            self._progress.step()
