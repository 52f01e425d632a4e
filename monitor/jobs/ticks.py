"""When APScheduler is to tick next, whatever the clock does meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

from apscheduler.triggers.base import BaseTrigger


class Every(BaseTrigger):  # type: ignore[misc]  # APScheduler 3 has no types
    """Once every so many seconds. What a clock that was set forward passed over is neither made up for nor counted.

    `IntervalTrigger` names each missed time, for `coalesce` to leave out again: a second that ticks names 35 million
    of them after a year, and the loop stands still meanwhile.
    """

    __slots__ = ("_length",)

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)

    def get_next_fire_time(self, previous_fire_time: datetime | None, now: datetime) -> datetime:
        """The next one after the last, where that is still to come; else one from now on."""
        following = (previous_fire_time or now) + self._length
        return following if following > now else now + self._length
