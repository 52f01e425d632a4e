"""What was said of a story, and when to look whether there is more to say."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.model import Alerting, Priority


@dataclass(frozen=True, slots=True, kw_only=True)
class Thread:
    """The messages about one story, whoever gets them."""

    told_at: datetime
    """When its last alert is sent, or was due to be."""
    update_at: datetime | None = None
    """When to look what is new; None: nothing came since."""


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


def merged(one: Thread, other: Thread | None) -> Thread:
    """The threads of two stories that turned out to be one."""
    if other is None:
        return one
    waits = [at for at in (one.update_at, other.update_at) if at is not None]
    return Thread(
        told_at=max(one.told_at, other.told_at),
        update_at=min(waits, default=None),
    )


def looked(thread: Thread) -> Thread:
    """What had gathered was looked through."""
    return replace(thread, update_at=None)
