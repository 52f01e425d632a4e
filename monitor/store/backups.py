"""Whether somebody put an older copy of the database, or of the whole state folder, in its place.

Beside the database lies a small file that names the newest poll ever stored, and the file that it was stored in.
Another, in a folder that no backup of the state folder has, names the newest poll alone. A database whose own newest
poll is older was restored: what was told since then it does not know. One in another file than the one that was
written last was copied, with its memory: nobody can tell what it does not know. Of a database on a server there
is the other file alone.
"""

from __future__ import annotations

import hashlib
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, func, select, update

from monitor.errors import StorageError
from monitor.store.backend import shown
from monitor.store.database import Store, sqlite_path
from monitor.store.private import write_private
from monitor.store.sql import table
from monitor.store.sqlite import NEWEST_POLL
from monitor.store.tables import FeedRow

FEED = table(FeedRow)
COPIED_AFTER_S: Final = 60
"""Seconds: the system notes when a file last changed (`st_ctime`), and no copy brings that along. Inodes alone say
little: their numbers are given anew soon after they became free."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Memory:
    """What a file says."""

    newest_poll_at: datetime | None = None
    inode: int | None = None
    """Of the database, when it was written."""
    written_s: int | None = None
    """By the clock of the file system, which dates the file: ours may be another."""


def remember(store: Store, outside: Path | None = None) -> None:
    """The file beside the database names its newest poll, and so does one `outside`, a folder for such.

    Raises StorageError where the first cannot be written; the other is a help, no more.
    """
    database = sqlite_path(store.url)
    with store.reading() as connection:
        newest = _newest_poll(connection)
    if newest is None:
        return
    if database is not None:
        path = _beside(database)
        try:
            inode = database.stat().st_ino
            write_private(path, lambda written_s: f"{newest.isoformat()}\n{inode}\n{int(written_s)}\n")
        except OSError as error:
            raise StorageError(f"cannot write {path}: {error.strerror}") from error
    if outside is not None:
        with suppress(OSError):
            outside.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_private(_outside(outside, store), f"{newest.isoformat()}\n")


def missing_since(store: Store, connection: Connection, outside: Path | None = None) -> datetime | None:
    """The newest poll that this database knows nothing of; None where it knows all, or never polled."""
    database, newest = sqlite_path(store.url), _newest_poll(connection)
    if newest is None:
        return None
    known = [_read(_beside(database))] if database is not None else []
    if outside is not None:
        known.append(_read(_outside(outside, store)))
    remembered = [one.newest_poll_at for one in known if one.newest_poll_at is not None]
    latest = max(remembered, default=newest)
    return latest if latest > newest else None


def is_a_copy(store: Store) -> bool:
    """Whether the database lies in another file than the one that was written last: moved, copied or restored."""
    database = sqlite_path(store.url)
    if database is None:
        return False
    memory = _read(_beside(database))
    if memory.inode is None or memory.written_s is None:
        return False
    changed_s = _beside(database).stat().st_ctime - memory.written_s
    return memory.inode != database.stat().st_ino or changed_s > COPIED_AFTER_S


def mark_told_until(connection: Connection, until: datetime) -> None:
    """What the feeds brought up to then may have been told, though the database does not say so."""
    connection.execute(update(FEED).where(FEED.c.baseline_at.is_not(None)).values(told_until_at=until))


def _newest_poll(connection: Connection) -> datetime | None:
    return connection.execute(select(func.max(FEED.c.last_poll_at))).scalar_one_or_none()


def _beside(database: Path) -> Path:
    return database.with_name(database.name + NEWEST_POLL)


def _outside(folder: Path, store: Store) -> Path:
    """Of each database one: several monitors may share the folder."""
    database = sqlite_path(store.url)
    where = str(database.resolve()) if database is not None else shown(store.url)
    name = hashlib.blake2b(where.encode(errors="surrogateescape"), digest_size=8)
    return folder / f"{name.hexdigest()}{NEWEST_POLL}"


def _read(path: Path) -> _Memory:
    """Nothing where it was never written, or by somebody else."""
    with suppress(OSError, ValueError):
        first, *rest = path.read_text(encoding="ascii").split("\n")
        moment = datetime.fromisoformat(first.strip())
        if moment.tzinfo is not None:
            inode, written_s, *_ = [*(int(line) for line in rest if line.isdigit()), None, None]
            return _Memory(newest_poll_at=moment, inode=inode, written_s=written_s)
    return _Memory()
