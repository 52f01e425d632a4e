"""A database in a file: copied while it is used, put back, made small. A server has programs of its own for that.

Promise: what lies under the asked name is whole and was checked, or it is what lay there before.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from urllib.parse import quote

from monitor.errors import StorageError
from monitor.store import migrate
from monitor.store.private import make_folder, open_private
from monitor.store.sqlite import BUSY_TIMEOUT_S, LOCK, claimed

BESIDE: Final = ("-wal", "-shm")
"""The ends of the names of the files that belong to a database: its log, and the index of that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is in a database file."""

    revision: str
    entries: int
    newest_poll: str
    """As it is stored, in UTC; empty: it never polled."""


def back_up(database: Path, copy: Path) -> Found:
    """The file `copy` holds the database as it is now, whoever writes to it meanwhile; for this user alone.

    Raises StorageError; then nothing lies there that was not there before.
    """
    with _made_beside(copy) as made:
        _copy(database, made)
        return inspected(made)


def restore(copy: Path, database: Path, *, now: datetime) -> tuple[Found, Path | None]:
    """Puts what is in `copy` in the database's place; where the old one lies now, None where there was none.

    Raises DatabaseInUse while a daemon runs, DatabaseNewer where this program is too old for the copy, and
    StorageError where it is damaged or no database of the monitor's; then the old one is as it was.
    """
    if database.exists() and copy.exists() and database.samefile(copy):
        raise StorageError(f"{copy} is the database itself: name a backup of it")
    make_folder(database.parent)
    with claimed(database), _made_beside(database) as made:
        found = inspected(copy, thoroughly=True)
        _copy(copy, made)
        _give(made, database)
        old = _put_aside(database, now)
    return found, old


def inspected(path: Path, *, thoroughly: bool = False) -> Found:
    """What is in the file. Raises StorageError where it is damaged, or was never the monitor's."""
    try:
        with closing(_opened(path, "ro")) as connection:
            check = "integrity_check" if thoroughly else "quick_check"
            [wrong] = connection.execute(f"PRAGMA {check}(1)").fetchone()
            if wrong != "ok":
                raise StorageError(f"{path} is damaged ({wrong}): take another backup")
            tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
            if not {"alembic_version", "entry", "feed"} <= tables:
                raise StorageError(
                    f"{path} is no database of the monitor's: name a file that `db backup` made"
                )
            [revision] = connection.execute("SELECT version_num FROM alembic_version").fetchone()
            migrate.require_known(revision)
            [entries] = connection.execute("SELECT count(*) FROM entry").fetchone()
            [newest] = connection.execute("SELECT max(last_poll_at) FROM feed").fetchone()
    except sqlite3.Error as error:
        raise StorageError(f"{path} cannot be read as a database: {error}") from error
    return Found(revision=revision, entries=entries, newest_poll=(newest or "")[:16])


def vacuum(database: Path) -> tuple[int, int]:
    """Gives the disk what is free in the file; its bytes before and after. Nobody else may use it.

    It takes as much room again while it lasts. Raises StorageError.
    """
    try:
        with closing(_opened(database, "rw")) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            before = database.stat().st_size
            connection.execute("INSERT INTO word (word) VALUES ('optimize')")
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    except sqlite3.Error as error:
        cure = f": {database.parent} needs as much room again as the database has" if _is_full(error) else ""
        raise StorageError(f"{database}: {error}{cure}") from error
    return before, database.stat().st_size


@contextmanager
def _made_beside(path: Path) -> Iterator[Path]:
    """A new file beside `path` that takes its place in the end, and is gone after an error."""
    made = path.with_name(path.name + ".new")
    try:
        _remove(made)
        os.close(open_private(made, os.O_RDWR | os.O_EXCL))
        yield made
        with made.open("rb") as file:
            os.fsync(file.fileno())
        made.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise StorageError(f"cannot write {path}: {error.strerror}") from error
    finally:
        _remove(made)


def _copy(source: Path, target: Path) -> None:
    """All at once: between two steps somebody may write, and the copy would begin anew each time."""
    try:
        with closing(_opened(source, "ro")) as rows, closing(_opened(target, "rw")) as copy:
            rows.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE").fetchone()  # one file, not three
    except sqlite3.Error as error:
        cure = f": make room in {target.parent}" if _is_full(error) else ""
        raise StorageError(f"{source} could not be copied: {error}{cure}") from error


def _put_aside(database: Path, now: datetime) -> Path | None:
    """The old one with all that belongs to it, also where it is damaged: nobody can tell what may yet be read."""
    aside = database.with_name(f"{database.name}.{now:%Y-%m-%dT%H%M%SZ}.replaced")
    was_there = database.exists()
    for end in ("", *BESIDE):
        part = database.with_name(database.name + end)
        if part.exists():
            part.replace(aside.with_name(aside.name + end))
    return aside if was_there else None


def _give(made: Path, database: Path) -> None:
    """What root restores belongs to whom the old one belonged, else to the folder's owner: the service's user."""
    if os.geteuid() != 0:
        return
    owner = (database if database.exists() else database.parent).stat()
    for path in (made, database.with_name(database.name + LOCK)):
        os.chown(path, owner.st_uid, owner.st_gid)


def _opened(path: Path, mode: str) -> sqlite3.Connection:
    where = f"file:{quote(str(path))}?mode={mode}"
    return sqlite3.connect(where, uri=True, timeout=BUSY_TIMEOUT_S, isolation_level=None)


def _is_full(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL


def _remove(made: Path) -> None:
    for end in ("", "-journal", *BESIDE):
        made.with_name(made.name + end).unlink(missing_ok=True)


def _settle(folder: Path) -> None:
    """The new name survives a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
