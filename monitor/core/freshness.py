"""How long an answer stays fresh by its own headers, in seconds (RFC 9111 §4.2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from monitor.core.retry_after import CEILING_S

_MAX_AGE = re.compile(r"""(?:^|[\s,])max-age\s*=\s*"?([^\s,;"]*)""", re.IGNORECASE)


def fresh_s(header: Mapping[str, str], *, now: datetime) -> float | None:
    """What is left of its freshness, from 0 to `CEILING_S`; None where the headers (by lower-case name) say nothing.

    §5.3: "If a response includes a Cache-Control header field with the max-age directive, a recipient MUST ignore
    the Expires header field." §4.2.1: of several, "either the first occurrence should be used or the response
    should be considered stale"; what is no number is stale.
    """
    lifetime_s: float | None
    if found := _MAX_AGE.search(header.get("cache-control", "")):
        lifetime_s = _delta_s(found[1]) or 0.0
    elif "expires" in header:
        lifetime_s = _expires_s(header["expires"], _date(header.get("date", "")) or now)
    else:
        return None
    age_s = _delta_s(header.get("age", "")) or 0.0
    return min(max(lifetime_s - age_s, 0.0), CEILING_S)


def _delta_s(text: str) -> float | None:
    """`delta-seconds` (§1.2.2): too large a number is as good as its ceiling."""
    text = text.strip()
    if not (text.isascii() and text.isdigit()):
        return None
    return 2 * CEILING_S if len(text) > 9 else min(float(text), 2 * CEILING_S)


def _expires_s(text: str, sent_at: datetime) -> float:
    """§5.3: invalid dates, "especially including the value "0"", are in the past."""
    at = _date(text)
    return (at - sent_at).total_seconds() if at else 0.0


def _date(text: str) -> datetime | None:
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)
