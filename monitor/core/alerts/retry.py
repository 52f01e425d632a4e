"""What follows a delivery that failed: another attempt at a known time, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.errors import ChannelError, ChannelReason

GIVE_UP_AFTER: Final = timedelta(hours=72)
"""A long weekend: what is broken on Friday evening can be mended on Monday and nothing was lost."""


@dataclass(frozen=True, slots=True)
class Retry:
    """The delivery is due again."""

    at: datetime
    needs_somebody: bool = False
    """It will go on failing until a person mends it: the operator is told now, not when it is given up."""


@dataclass(frozen=True, slots=True)
class Dead:
    """The delivery is given up; a person may retry it."""

    reason: str


@dataclass(frozen=True, slots=True)
class RetryDelay:
    """The wait after the first failure; it doubles with each further one up to `longest`."""

    first: timedelta
    longest: timedelta


_BRISK = RetryDelay(timedelta(seconds=15), timedelta(minutes=30))
_PATIENT = RetryDelay(timedelta(minutes=1), timedelta(hours=1))
# The message may have arrived: every further attempt may be a duplicate in somebody's inbox (RFC 1047), and a
# server too slow once is often too slow again.
_WARY = RetryDelay(timedelta(minutes=10), timedelta(hours=12))

PACES: Final = {
    ChannelReason.CONNECT: _BRISK,
    ChannelReason.TIMEOUT: _BRISK,
    ChannelReason.UNKNOWN: _WARY,
    ChannelReason.TLS: _PATIENT,
    ChannelReason.AUTHENTICATION: _PATIENT,
    ChannelReason.REFUSED: _PATIENT,
    ChannelReason.RATE_LIMITED: _PATIENT,
    ChannelReason.REJECTED: _PATIENT,
    ChannelReason.RECIPIENT: _PATIENT,
    ChannelReason.SERVER: _BRISK,
    ChannelReason.CONFIG: _PATIENT,
    ChannelReason.PROGRAM: _PATIENT,
}
"""How soon to try again, by why it failed. Whether at all is for the error to know (`permanent`)."""


def after_failure(
    error: ChannelError, *, attempts: int, first_attempt_at: datetime, now: datetime, jitter: float
) -> Retry | Dead:
    """When to try again after `attempts` attempts (from 1), or why not to.

    `jitter` in [0, 1) stretches the wait by up to a quarter, so that what failed together does not come back
    together. What the server asked for (`retry_after_s`) is a lower bound. The last attempt is made when
    `GIVE_UP_AFTER` is over, even where the server asked for longer: one request more costs it little.
    """
    if error.permanent:
        return Dead(str(error))
    deadline = first_attempt_at + GIVE_UP_AFTER
    if now >= deadline:
        return Dead(f"given up after {attempts} attempts in {_hours(now - first_attempt_at)} h: {error}")
    wait = max(_wait_s(PACES[error.reason], attempts) * (1 + jitter / 4), error.retry_after_s or 0)
    return Retry(
        now + timedelta(seconds=min(wait, (deadline - now).total_seconds())),
        needs_somebody=error.reason is ChannelReason.AUTHENTICATION,
    )


def _wait_s(pace: RetryDelay, attempts: int) -> float:
    doublings = min(attempts - 1, 20)  # far beyond every `longest`, far below overflow
    return min(pace.first.total_seconds() * float(2**doublings), pace.longest.total_seconds())


def _hours(length: timedelta) -> int:
    return round(length.total_seconds() / 3600)
