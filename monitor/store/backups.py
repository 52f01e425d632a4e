"""Whether somebody put an older copy of the database in its place.

Beside the database lies a small file that names the newest poll ever stored. A database whose own newest poll is
older was restored from a backup: what was told since then it does not know. Of a PostgreSQL server nothing is kept.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select, update

from monitor.errors import StorageError
from monitor.store.database import Store, sqlite_path
from monitor.store.sql import table
from monitor.store.tables import FeedRow

FEED = table(FeedRow)
SUFFIX: Final = ".newest-poll"


def remember(store: Store) -> None:
    """The file beside the database names its newest poll. Raises StorageError where it cannot be written."""
    path = _path(store)
    if path is None:
        return
    with store.reading() as connection:
        newest = _newest_poll(connection)
    if newest is None:
        return
    written = path.with_name(path.name + ".new")
    try:
        written.write_text(newest.isoformat() + "\n", encoding="ascii")
        written.replace(path)  # whole or not at all
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error


def missing_since(store: Store, connection: Connection) -> datetime | None:
    """The newest poll that this database knows nothing of; None where it knows all, or never polled."""
    path = _path(store)
    newest = _newest_poll(connection)
    if path is None or newest is None:
        return None
    with suppress(OSError, ValueError):  # never written, or by somebody else
        remembered = datetime.fromisoformat(path.read_text(encoding="ascii").strip())
        return remembered if remembered > newest else None
    return None


def mark_told_until(connection: Connection, until: datetime) -> None:
    """What the feeds brought up to then may have been told, though the database does not say so."""
    connection.execute(update(FEED).where(FEED.c.baseline_at.is_not(None)).values(told_until_at=until))


def _newest_poll(connection: Connection) -> datetime | None:
    return connection.execute(select(func.max(FEED.c.last_poll_at))).scalar_one_or_none()


def _path(store: Store) -> Path | None:
    database = sqlite_path(store.url)
    return database.with_name(database.name + SUFFIX) if database is not None else None
