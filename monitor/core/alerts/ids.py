"""Ids that are made from what they name, so that a repeat of the same thing carries the same id."""

from __future__ import annotations

import hashlib

# 128 bits: no two deliveries of any outbox meet, and it is short enough for every header and chat.
_ID_BYTES = 16


def delivery_id(alert_id: int, channel: str, recipient: str) -> str:
    """32 hexadecimal digits that stand for one alert to one recipient of one channel, always the same."""
    return _digest("delivery", str(alert_id), channel, recipient)


def thread_id(story_id: int | None, alert_id: int, channel: str, recipient: str) -> str:
    """32 hexadecimal digits, the same for all alerts of one story to one recipient of one channel.

    An alert about no story is a thread of its own.
    """
    subject = ("alert", str(alert_id)) if story_id is None else ("story", str(story_id))
    return _digest("thread", *subject, channel, recipient)


def _digest(*parts: str) -> str:
    # Lengths before the parts: ("a", "bc") and ("ab", "c") are different keys.
    key = b"".join(b"%d:%s" % (len(raw), raw) for raw in (part.encode() for part in parts))
    return hashlib.blake2b(key, digest_size=_ID_BYTES).hexdigest()
