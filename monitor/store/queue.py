"""What waits to be polled, by host: the work that workers share."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, exists, func, select

from monitor.store.sql import table
from monitor.store.tables import FeedRow, HostPauseRow

FEED, PAUSE = table(FeedRow), table(HostPauseRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """Feeds beyond their time whose hosts may be asked."""

    feeds: int
    hosts: int
    oldest_host: str = ""
    """The one with the feed that has waited longest; empty: all is in time."""
    oldest_feed: str = ""
    since: datetime | None = None


def waiting(connection: Connection, now: datetime) -> Waiting:
    """What is overdue at the moment; what is under way counts until it is stored."""
    row = connection.execute(
        select(func.count(), func.count(FEED.c.host.distinct())).where(*_overdue(now))
    ).one()
    oldest = connection.execute(
        select(FEED.c.host, FEED.c.feed_id, FEED.c.next_poll_at)
        .where(*_overdue(now))
        .order_by(FEED.c.next_poll_at)
        .limit(1)
    ).first()
    if oldest is None:
        return Waiting(feeds=0, hosts=0)
    return Waiting(
        feeds=row[0],
        hosts=row[1],
        oldest_host=oldest.host,
        oldest_feed=oldest.feed_id,
        since=oldest.next_poll_at,
    )


def _overdue(now: datetime) -> tuple[ColumnElement[bool], ...]:
    paused = exists().where(PAUSE.c.host == FEED.c.host, PAUSE.c.until_at > now)
    return FEED.c.next_poll_at < now, FEED.c.stopped_reason == "", FEED.c.listed, ~paused
