"""What was said of a story, and when to look whether there is more to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from monitor.core.alerts.news import Correction
from monitor.model import Alerting, Entry, Priority

MOST_CORRECTIONS: Final = 8
"""That wait to be told of one story: a feed that plays with its headlines fills no table."""
LONGEST_HEADLINE: Final = 160
"""Characters kept of a corrected one: both are told in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The messages about one story, whoever gets them."""

    told_at: datetime
    """When its last alert is sent, or was due to be."""
    update_at: datetime | None = None
    """When to look what is new; None: nothing came since."""
    corrections: tuple[Correction, ...] = ()
    """Of told entries, since `told_at`."""


def told(thread: Thread | None, *, at: datetime, settings: Alerting) -> Thread:
    """A message was made that goes out then: an update has to wait from there."""
    if thread is None:
        return Thread(told_at=at)
    later = max(thread.told_at, at)
    waiting = thread.update_at is not None
    return replace(thread, told_at=later, update_at=later + settings.update_interval if waiting else None)


def gathered(thread: Thread, *, priority: Priority, now: datetime, settings: Alerting) -> Thread:
    """A further report came: what it adds is told after `update_interval`, for an urgent rule at once."""
    wait = settings.group_wait if priority == "urgent" else settings.update_interval
    begin = now if priority == "urgent" else thread.told_at
    look_at = max(now, begin + wait)
    return replace(thread, update_at=min(thread.update_at or look_at, look_at))


def corrected(thread: Thread, earlier: Entry, entry: Entry) -> Thread:
    """A told entry has another headline. One that was changed back was never changed."""
    others = [one for one in thread.corrections if one.entry_id != entry.id]
    known = next((one for one in thread.corrections if one.entry_id == entry.id), None)
    before = known.before if known else earlier.title[:LONGEST_HEADLINE]
    after = entry.title[:LONGEST_HEADLINE]
    if after != before and len(others) < MOST_CORRECTIONS:
        others.append(Correction(entry.id, before, after))
    return replace(thread, corrections=tuple(others))


def merged(one: Thread, other: Thread | None) -> Thread:
    """The threads of two stories that turned out to be one."""
    if other is None:
        return one
    waits = [at for at in (one.update_at, other.update_at) if at is not None]
    return Thread(
        told_at=max(one.told_at, other.told_at),
        update_at=min(waits, default=None),
        corrections=(*one.corrections, *other.corrections)[:MOST_CORRECTIONS],
    )


def looked(thread: Thread) -> Thread:
    """What had gathered was looked through."""
    return replace(thread, update_at=None, corrections=())
