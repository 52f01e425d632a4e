"""What a running daemon says of itself, for `monitor status` in another process."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select, text, update

from monitor.store.sql import put, table
from monitor.store.tables import DaemonRow, FeedRow

DAEMON, FEED = table(DaemonRow), table(FeedRow)
ROW = 1

SILENT = timedelta(seconds=30)
"""A daemon beats every 5 s."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beat:
    """A daemon's last sign of life."""

    pid: int
    version: str
    started_at: datetime
    beat_at: datetime
    stopped_at: datetime | None = None
    """None while it runs; a crash leaves it None with an old `beat_at`."""
    config: str = ""
    """The folder that it read."""
    mistake: str = ""
    """Why the config that lies there now is not the one that runs; empty: it is."""
    mistaken_since: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Overdue:
    """The feed that has waited longest beyond its time."""

    feed_id: str
    since: datetime


def is_running(beat: Beat | None, now: datetime) -> bool:
    """One that was silent for longer than `SILENT` hangs, or died without a word."""
    return beat is not None and beat.stopped_at is None and now - beat.beat_at < SILENT


def save(connection: Connection, beat: Beat) -> None:
    """The newest beat."""
    put(connection, DaemonRow, [{"id": ROW, **asdict(beat)}])


def load(connection: Connection) -> Beat | None:
    """The last daemon's; None: there was never one."""
    row = connection.execute(select(DAEMON)).mappings().first()
    return Beat(**{name: value for name, value in row.items() if name != "id"}) if row else None


def stopped(connection: Connection, now: datetime) -> None:
    """The daemon ended, of its own will."""
    connection.execute(update(DAEMON).where(DAEMON.c.id == ROW).values(stopped_at=now))


def oldest_overdue(connection: Connection, now: datetime, *, without: Collection[str] = ()) -> Overdue | None:
    """None where every feed but those `without` is on time."""
    others = [FEED.c.feed_id.not_in(without)] if without else []
    query = (
        select(FEED.c.feed_id, FEED.c.next_poll_at)
        .where(FEED.c.next_poll_at < now, FEED.c.stopped_reason == "", FEED.c.listed, *others)
        .order_by(FEED.c.next_poll_at)
        .limit(1)
    )
    row = connection.execute(query).first()
    return Overdue(feed_id=row.feed_id, since=row.next_poll_at) if row else None


def polls(connection: Connection) -> int:
    """All polls of all feeds, ever."""
    return int(connection.execute(select(func.coalesce(func.sum(FEED.c.polls), 0))).scalar_one())


def database_size(connection: Connection) -> int:
    """Bytes of the whole database."""
    if connection.dialect.name == "postgresql":
        return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    pages, size = (
        connection.exec_driver_sql(f"PRAGMA page_{what}").scalar_one() for what in ("count", "size")
    )
    return int(pages * size)
