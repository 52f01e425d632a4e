"""What a `Retry-After` header asks for, in seconds (RFC 9110 §10.2.3)."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

CEILING_S = 366 * 86_400.0
"""A year: whatever is longer says no more, and no date arithmetic overflows on it."""


def retry_after_s(value: str | None, *, now: datetime) -> float | None:
    """How long the header asks to wait, from 0 to `CEILING_S`; None where there is none or it says nothing.

    `Retry-After = HTTP-date / delay-seconds`; the date in any of its three forms (§5.6.7).
    """
    text = value.strip() if value else ""
    if not text:
        return None
    if text.isascii() and text.isdigit():
        return CEILING_S if len(text) > 9 else min(float(text), CEILING_S)
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)  # the asctime form names no zone: "all HTTP-date timestamps are in GMT"
    return min(max((at - now).total_seconds(), 0.0), CEILING_S)
