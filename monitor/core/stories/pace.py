"""How fast a story is told: entries an hour, now and at its height."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

RECENT: Final = timedelta(hours=6)
"""A story's pace now is that of these hours: fewer say nothing of a story that a few outlets tell."""
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Pace:
    """Entries an hour."""

    now: float
    """Over the last `RECENT`."""
    most: int
    """In the hour in which most were told."""
    most_at: datetime
    """When that hour began."""


def pace(reported_at: Sequence[datetime], *, now: datetime) -> Pace:
    """The pace of a story whose entries were told then; there is one at least. What lies ahead counts as now."""
    moments = sorted(reported_at)
    recent = sum(moment > now - RECENT for moment in moments)
    most, most_at, begin = 0, moments[0], 0
    for end, moment in enumerate(moments):
        while moment - moments[begin] >= HOUR:
            begin += 1
        if end - begin + 1 > most:
            most, most_at = end - begin + 1, moments[begin]
    return Pace(now=recent / (RECENT / HOUR), most=most, most_at=most_at)
