"""The hours and days in which a publisher says that nobody needs to ask (RSS 2.0 `skipHours`, `skipDays`)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import UTC, datetime, timedelta

HOUR = timedelta(hours=1)
WEEK_HOURS = 7 * 24


def after_windows(at: datetime, *, skip_hours: Collection[int], skip_days: Collection[int]) -> datetime:
    """`at`, or the end of the window that it lies in. Windows that leave no hour of the week count for nothing."""
    opens = at
    for _ in range(WEEK_HOURS + 1):
        utc = opens.astimezone(UTC)
        if utc.hour not in skip_hours and utc.weekday() not in skip_days:
            return opens
        opens = utc.replace(minute=0, second=0, microsecond=0) + HOUR
    return at
