"""What a server says of how often it may be asked: `RateLimit` and its forerunners, in every form that is met.

draft-ietf-httpapi-ratelimit-headers-10 §4.1: `RateLimit: "default";r=50;t=30`; until draft 7 `RateLimit: limit=100,
remaining=50, reset=30`; until draft 6 `RateLimit-Remaining` and `RateLimit-Reset`; before them all the same behind
`X-`, where some count seconds, some name the second, the millisecond or the date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from monitor.core.retry_after import CEILING_S

REMAINING = (
    "ratelimit-remaining", "x-ratelimit-remaining", "x-rate-limit-remaining", "x-ratelimit-remaining-requests",
)  # fmt: skip
RESET = (
    "ratelimit-reset", "x-ratelimit-reset", "x-rate-limit-reset", "x-ratelimit-reset-after",
    "x-ratelimit-reset-requests",
)  # fmt: skip
INSTANT_S, INSTANT_MS = 1e9, 1e12
"""What is at least as large counts from 1970, in seconds or milliseconds: no limit lasts for thirty years."""

_NUMBER = re.compile(r"\d{1,15}(?:\.\d{1,9})?")
_OLD = re.compile(r"\b(remaining|reset)\s*=\s*(\d{1,15})", re.IGNORECASE)
_NEW = re.compile(r";\s*([rt])\s*=\s*(\d{1,15})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """How many more requests are granted, and in how many seconds the count begins anew; None: it does not say."""

    remaining: float | None = None
    reset_s: float | None = None

    @property
    def is_spent(self) -> bool:
        """Whether the next request would be refused."""
        return self.remaining is not None and self.remaining < 1


def rate_limit(header: Mapping[str, str], *, now: datetime) -> RateLimit:
    """What the headers (by lower-case name) say. Of several limits the one that is spent, else the longest."""
    if "ratelimit" in header:
        limits = [_of_policy(part) for part in header["ratelimit"].split(",")]
        if any(one != RateLimit() for one in limits):
            spent = [one for one in limits if one.is_spent]
            return max(spent or limits, key=lambda one: one.reset_s or 0.0)
        old = {name.lower(): float(value) for name, value in _OLD.findall(header["ratelimit"])}
        if old:
            return RateLimit(old.get("remaining"), _bounded(old.get("reset")))
    remaining = next((_number(header[name]) for name in REMAINING if name in header), None)
    reset_s = next((_wait_s(header[name], now) for name in RESET if name in header), None)
    return RateLimit(remaining, reset_s)


def _of_policy(part: str) -> RateLimit:
    said = {name.lower(): float(value) for name, value in _NEW.findall(part)}
    return RateLimit(said.get("r"), _bounded(said.get("t")))


def _wait_s(text: str, now: datetime) -> float | None:
    number = _number(text)
    if number is None:
        at = _date(text)
        return _bounded((at - now).total_seconds()) if at else None
    if number >= INSTANT_MS:
        return _bounded(number / 1000 - now.timestamp())
    return _bounded(number - now.timestamp() if number >= INSTANT_S else number)


def _number(text: str) -> float | None:
    """The first of several, as of `X-RateLimit-Remaining: 0, 42`."""
    found = _NUMBER.fullmatch(text.partition(",")[0].strip().removesuffix("s"))
    return float(found[0]) if found else None


def _date(text: str) -> datetime | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            at = read(text.strip()[:40])
        except (ValueError, OverflowError):
            continue
        return at if at.tzinfo else at.replace(tzinfo=UTC)
    return None


def _bounded(seconds: float | None) -> float | None:
    return None if seconds is None else min(max(seconds, 0.0), CEILING_S)
