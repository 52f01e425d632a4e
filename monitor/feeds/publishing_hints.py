"""How often a document asks to be polled: `ttl`, `sy:`, `skipHours`, `skipDays`, read from its bytes.

feedparser keeps only the last hour and day of several. The values stand outside the entries, so only what comes
before the first and after the last of them is looked at.
"""

from __future__ import annotations

import re

from monitor.model import PublishingHints

WEEKDAYS = (b"monday", b"tuesday", b"wednesday", b"thursday", b"friday", b"saturday", b"sunday")
PERIOD_S = {b"hourly": 3600.0, b"daily": 86_400.0, b"weekly": 604_800.0, b"monthly": 2.6e6, b"yearly": 3.2e7}
MOST_S = 366 * 86_400.0
AROUND_BYTES = 65_536
"""As much is looked at before the first entry and after the last: nobody writes more about a feed."""

_ENTRY = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:item|entry)[\s>]", re.IGNORECASE)
_ENTRY_END = re.compile(rb"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>", re.IGNORECASE)
_COMMENT = re.compile(rb"<!--(?:.*?-->|.*\Z)", re.DOTALL)
_TTL = re.compile(rb"<ttl>\s*(\d{1,9})(?:\.\d*)?\s*</ttl>", re.IGNORECASE)
_PERIOD = re.compile(rb"<[\w.-]{1,40}:updatePeriod>\s*(\w{1,10})\s*</", re.IGNORECASE)
_FREQUENCY = re.compile(rb"<[\w.-]{1,40}:updateFrequency>\s*(\d{1,9})\s*</", re.IGNORECASE)
_HOUR = re.compile(rb"<hour>\s*(\d{1,2})\s*</hour>", re.IGNORECASE)
_DAY = re.compile(rb"<day>\s*(\w{1,9})\s*</day>", re.IGNORECASE)


def publishing_hints(document: bytes) -> PublishingHints:
    """What the feed in `document` (UTF-8) asks for; what it says wrongly it does not say."""
    outside = around(document)
    hours = {int(hour) % 24 for hour in _HOUR.findall(outside) if int(hour) <= 24}  # 24 is midnight too
    days = {WEEKDAYS.index(day.lower()) for day in _DAY.findall(outside) if day.lower() in WEEKDAYS}
    ttl = _TTL.search(outside)
    return PublishingHints(
        ttl_s=min(int(ttl[1]) * 60.0, MOST_S) if ttl else None,
        update_s=_update_s(outside),
        skip_hours=tuple(sorted(hours)) if len(hours) < 24 else (),
        skip_days=tuple(sorted(days)) if len(days) < 7 else (),
    )


def around(document: bytes) -> bytes:
    """What stands before the first entry and after the last, comments left out."""
    first = _ENTRY.search(document)
    if first is None:
        return _COMMENT.sub(b"", document[: 2 * AROUND_BYTES])
    before, after = document[: first.start()], document[max(first.start(), len(document) - AROUND_BYTES) :]
    ends = [found.end() for found in _ENTRY_END.finditer(after)]
    after = after[ends[-1] :] if ends else b""
    return _COMMENT.sub(b"", before[:AROUND_BYTES]) + _COMMENT.sub(b"", after)


def _update_s(outside: bytes) -> float | None:
    """RSS 1.0 syndication module: the period defaults to daily, the frequency within it to 1."""
    period, frequency = _PERIOD.search(outside), _FREQUENCY.search(outside)
    if period is None and frequency is None:
        return None
    period_s = PERIOD_S.get(period[1].lower()) if period else PERIOD_S[b"daily"]
    times = int(frequency[1]) if frequency else 1
    return period_s / times if period_s and times else None
