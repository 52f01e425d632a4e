"""The words of the schedule: why a feed is due when it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

DAY = timedelta(days=1)
RETRY_AFTER_CEILING = timedelta(days=7)
"""A longer wish is a mistake or malice; a shorter one is granted whole."""


class Reason(StrEnum):
    """Why a feed is due when it is."""

    NEVER_POLLED = "never polled"
    INTERVAL = "interval"
    LEAST = "min_interval"
    RHYTHM = "its rhythm"
    GAP = "entries were missed"
    LIVE = "its hub pushes"
    PUSHED = "its hub said so"
    TTL = "ttl"
    UPDATES = "sy:updatePeriod"
    FRESH = "Cache-Control"
    ALLOWANCE = "it brings too much a day"
    SKIPPED = "skipHours or skipDays"
    BACKING_OFF = "backing off"
    RATE_LIMITED = "rate limited"
    REFUSED = "refused"
    RETRY_AFTER = "Retry-After"
    HOST_HELD = "its host asked for a pause"
    GONE = "gone, asked once more a day later"
    STOPPED = "stopped"
    CHANGED = "its address or credentials were changed"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """When a feed is due again, and why then."""

    at: datetime
    reason: Reason
    not_before_at: datetime | None = None
    """No poll before this, by anybody's wish."""
    stopped_reason: str = ""
    """Not empty: no further poll until a person changes something."""


@dataclass(frozen=True, slots=True)
class MinimumWait:
    """Somebody wants no poll for so long."""

    wait: timedelta
    reason: Reason


def granted(seconds: float | None, ceiling: timedelta) -> timedelta:
    """What a publisher asked for, as far as it is granted; nothing where nothing was asked."""
    return timedelta(seconds=min(seconds or 0.0, ceiling.total_seconds()))
