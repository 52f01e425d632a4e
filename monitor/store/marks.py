"""Whether anything that people look at has changed since they looked."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from monitor.store.outbox import counts
from monitor.store.sql import table
from monitor.store.tables import AlertRow, EntryRow, FeedRow, SilenceRow, StoryRow

ALERT, ENTRY, FEED = table(AlertRow), table(EntryRow), table(FeedRow)
SILENCE, STORY = table(SilenceRow), table(StoryRow)


def mark(connection: Connection) -> str:
    """Another one whenever a story goes on, an alert is made or sent, or a silence begins or ends."""
    said = (
        connection.execute(select(func.max(STORY.c.last_seen_at))).scalar(),
        connection.execute(select(func.max(STORY.c.id))).scalar(),
        connection.execute(select(func.max(ALERT.c.id))).scalar(),
        connection.execute(select(func.max(SILENCE.c.id), func.max(SILENCE.c.until_at))).one(),
        sorted(counts(connection).items()),
    )
    return str(said)


def arrivals(connection: Connection) -> str:
    """Another one whenever an entry comes, a feed fails or is well again; once a minute while feeds are polled."""
    failures, polled_at = connection.execute(
        select(func.sum(FEED.c.failures), func.max(FEED.c.last_poll_at))
    ).one()
    newest = connection.execute(select(func.max(ENTRY.c.id))).scalar()
    return f"{newest} {failures} {polled_at.replace(second=0, microsecond=0) if polled_at else None}"
