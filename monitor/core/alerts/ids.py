"""Ids that are made from what they name, so that a repeat of the same thing carries the same id.

An instant is part of each: after a database was thrown away or restored its numbers begin anew, and a mail server or
a webhook's receiver that remembers an id would take the new message for a repeat of an old one.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from monitor.model import Alert, Story

# 128 bits: no two deliveries of any outbox meet, and it is short enough for every header and chat.
_ID_BYTES = 16


def delivery_id(alert_id: int, channel: str, recipient: str, *, made_at: datetime) -> str:
    """32 hexadecimal digits that stand for one alert to one recipient of one channel, enqueued at `made_at`."""
    return _digest("delivery", str(alert_id), made_at.isoformat(), channel, recipient)


def thread_id(about: Story | Alert | str, channel: str, recipient: str) -> str:
    """32 hexadecimal digits, the same for all messages about one story to one recipient of one channel.

    An alert about no story is a thread of its own; a text is the id of a rule that has one thread.
    """
    if isinstance(about, str):
        return _digest("thread", "rule", about, channel, recipient)
    kind, since = ("story", about.first_seen_at) if isinstance(about, Story) else ("alert", about.created_at)
    return _digest("thread", kind, str(about.id), since.isoformat(), channel, recipient)


def _digest(*parts: str) -> str:
    # Lengths before the parts: ("a", "bc") and ("ab", "c") are different keys.
    key = b"".join(b"%d:%s" % (len(raw), raw) for raw in (part.encode() for part in parts))
    return hashlib.blake2b(key, digest_size=_ID_BYTES).hexdigest()
