"""Ids that are made from what they name, so that a repeat of the same thing carries the same id.

What is told names a message (feed, entry, story, rules, words), not the numbers that a database gave it: one that
was restored from a backup tells again what it does not remember, under the ids that the receivers know.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from monitor.model import Alert, Story

# 128 bits: no two deliveries of any outbox meet, and it is short enough for every header and chat.
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertContent:
    """What an alert says, as far as it does not depend on the database that says it."""

    kind: str
    story: str
    """Its `Story.name`; empty: about none."""
    entry: str
    """The `entry_name` of what caused it; empty: no entry did."""
    rules: tuple[str, ...]
    said: str
    """What is new in it, a note's key; where there is neither story nor entry: also when it was made."""


def entry_name(feed_id: str, *, guid: str | None, url: str | None, title: str) -> str:
    """32 hexadecimal digits that stand for an entry wherever it is stored; a story goes by that of its first."""
    return _digest("entry", feed_id, guid or url or title)


def name_apart(name: str) -> str:
    """Of a story whose own name another has: it was split from that one, or a guid is used anew."""
    return _digest("split", name)


def delivery_id(told: AlertContent, channel: str, recipient: str, *, turn: int = 1) -> str:
    """32 hexadecimal digits that stand for one alert to one recipient of one channel.

    `turn` counts those that say the very same: a headline that was changed, and changed back.
    """
    rules = _digest("rules", *sorted(told.rules))
    return _digest("told", told.kind, told.story, told.entry, rules, told.said, channel, recipient, str(turn))


def row_id(alert_id: int, channel: str, recipient: str, *, made_at: datetime) -> str:
    """32 hexadecimal digits for a delivery that was decided and is not stored yet: `delivery_id` then names it."""
    return _digest("delivery", str(alert_id), made_at.isoformat(), channel, recipient)


def thread_id(about: Story | Alert | str, channel: str, recipient: str) -> str:
    """32 hexadecimal digits, the same for all messages about one story to one recipient of one channel.

    An alert about no story is a thread of its own; a text is the id of a rule that has one thread.
    """
    if isinstance(about, str):
        return _digest("thread", "rule", about, channel, recipient)
    if isinstance(about, Story) and about.name:
        return _digest("thread", "story", about.name, channel, recipient)
    kind, since = ("story", about.first_seen_at) if isinstance(about, Story) else ("alert", about.created_at)
    return _digest("thread", kind, str(about.id), since.isoformat(), channel, recipient)


def _digest(*parts: str) -> str:
    # Lengths before the parts: ("a", "bc") and ("ab", "c") are different keys.
    key = b"".join(b"%d:%s" % (len(raw), raw) for raw in (part.encode(errors="replace") for part in parts))
    return hashlib.blake2b(key, digest_size=_ID_BYTES).hexdigest()
