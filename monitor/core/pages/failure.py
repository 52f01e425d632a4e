"""What follows from a page that could not be read: another try, or none; and whether its site is left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.core.polling import RETRY_AFTER_CEILING
from monitor.errors import FetchError, FetchReason, ParseError

WAITS: Final = (timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
"""Before the second, third and last try: what is read a day late is no news."""
PATIENCE: Final = timedelta(days=1)
"""A page that was not had so long after it was wanted is given up."""
REFUSED: Final = timedelta(hours=4)
"""How long a site is left alone that refuses us and names no time, as a feed is (`politeness.md` 9, 10)."""

PASSING: Final = frozenset(
    {
        FetchReason.DNS, FetchReason.CONNECT, FetchReason.TLS, FetchReason.TIMEOUT, FetchReason.PROTOCOL,
        FetchReason.SERVER_STATUS,
    }
)  # fmt: skip
PASSING_STATUS: Final = frozenset({408, 425, 429})
"""RFC 9110 §15.5.9, RFC 8470 §5.2, RFC 6585 §4: the client may ask again."""
REFUSALS: Final = frozenset({403, 429, 451})
"""Said to us and not about the page: the next page of the site would be answered alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Again:
    """It is tried once more at `at`."""

    at: datetime
    reason: str
    counts: bool = True
    """False: nothing was asked, so it was no try."""
    site_paused_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenUp:
    """It is not asked for again."""

    reason: str
    site_paused_until: datetime | None = None


def after_failure(
    error: FetchError | ParseError, *, attempts: int, queued_at: datetime, now: datetime
) -> Again | GivenUp:
    """What to do after the `attempts`-th try ended with the error."""
    if isinstance(error, ParseError):
        return GivenUp(reason=str(error))
    pause = _pause(error)
    paused_until = now + pause if pause else None
    if not _passes(error):
        return GivenUp(reason=_words(error), site_paused_until=paused_until)
    counts = error.reason is not FetchReason.HELD
    at = now + WAITS[min(max(attempts, 1), len(WAITS)) - 1] if counts else now
    at = max(at, paused_until or at)
    if (counts and attempts > len(WAITS)) or at > queued_at + PATIENCE:
        return GivenUp(reason=f"{_words(error)} ({attempts} tries)", site_paused_until=paused_until)
    return Again(at=at, reason=_words(error), counts=counts, site_paused_until=paused_until)


def _passes(error: FetchError) -> bool:
    return error.reason in PASSING or error.reason is FetchReason.HELD or error.status in PASSING_STATUS


def _pause(error: FetchError) -> timedelta:
    """How long none of the site's pages is asked for."""
    asked_s = error.retry_after_s or 0.0
    if asked_s:
        return min(timedelta(seconds=asked_s), RETRY_AFTER_CEILING)
    return REFUSED if error.status in REFUSALS else timedelta(0)


def _words(error: FetchError) -> str:
    """The error's, without a cure that is for feeds."""
    return str(error).partition("; a feed of")[0].replace("than a feed may be", "than a page may be")
