"""A database in a file: who may open it, the lock that keeps a second daemon out, room on its disk.

SQLite runs in WAL mode with one writer. A transaction that will write says so at its start (BEGIN IMMEDIATE):
one that begins as a read and then writes would fail at once with SQLITE_BUSY, whatever the timeout.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from monitor.errors import DatabaseInUse, DatabaseLost, DiskFull, StorageError
from monitor.store.private import make_folder, open_private
from monitor.store.reserve import Reserve

_CURES: Final = {
    "readonly database": ": it and its folder must be writable, even to read: use the service's user, or sudo",
    "unable to open database file": ": the state folder must be writable; name another with --state",
    "database is locked": ": another process has been writing for long; try again",
}
"""What a person can do, by SQLite's words (`sqlite3ErrStr` in its main.c)."""

_LOST_CURE: Final = ": stop the monitor, and put a backup in its place (`monitor db restore FILE`)"
LOCK: Final = ".lock"
"""The end of the name of the file that the daemon holds."""
NEWEST_POLL: Final = ".newest-poll"
"""The end of the name of the file beside the database that says when it last polled (`backups.py`)."""

SQLITE_READONLY_DBMOVED: Final = 1032
"""sqlite3.h; Python has a name for it from 3.11 on, but not on every build."""
BUSY_TIMEOUT_S = 30
"""How long a writer waits for another process; longer than any transaction of ours."""


class SqliteFile:
    """The `Backend` of the file at `path`; None: in memory. It is made where it is missing.

    Raises StorageError where it cannot be, DatabaseLost where it was there before.
    """

    when_full = "nothing is polled until it has 32 MiB free. What waits is sent, from a reserve kept for that"

    def __init__(self, url: str, path: Path | None) -> None:
        self._url, self._path = url, path
        self._lock_file: IO[str] | None = None
        self._reserve: Reserve | None = None
        if path is not None:
            make_folder(path.parent)
            _make_file(path)
        self._file = path.stat() if path is not None else None
        self.reading = self.writing = _engine(url, path)

    def fault(self, error: DBAPIError) -> StorageError:
        """As `Backend.fault`."""
        cure = next((cure for fault, cure in _CURES.items() if fault in str(error.orig)), "")
        kind = DiskFull if _is_full(error) else StorageError
        if _is_lost(error):
            kind, cure = DatabaseLost, _LOST_CURE
        return kind(f"{self._url}: {error.orig}{cure}")

    def claim(self) -> None:
        """As `Backend.claim`."""
        path = self._path
        if path is None:
            return
        self._lock_file = _locked(path)
        self._reserve = Reserve(path)
        self._reserve.restore()

    def join(self, worker_id: str) -> None:  # noqa: ARG002 - as `Backend.join`
        """As `Backend.join`: a file is on one machine."""
        raise DatabaseInUse(
            f"{self._url}: several workers share a PostgreSQL server, not a file: name one in `[database] url` "
            f"(`monitor db move URL` brings all that is stored there); for one machine `monitor run` does all"
        )

    @property
    def leasing(self) -> Engine:
        """As `Backend.leasing`; nobody asks for it."""
        return self.writing

    def check(self) -> None:
        """The file lies where it lay when it was opened."""
        if self._path is None or self._file is None:
            return
        try:
            is_there = os.path.samestat(self._path.stat(), self._file)
        except OSError:
            is_there = False
        if not is_there:
            raise DatabaseLost(
                f"{self._path} was deleted or replaced while the monitor runs: what it does from now on would be "
                "lost. Stop it, and put the file back, or a backup of it (`monitor db restore FILE`)"
            )

    @property
    def has_room(self) -> bool:
        """As `Backend.has_room`."""
        return self._reserve is None or self._reserve.is_whole

    def keep_room(self) -> bool:
        """As `Backend.keep_room`."""
        return self._reserve is None or self._reserve.restore()

    def is_full(self) -> None:
        """The daemon's own has kept a reserve for that."""
        if self._reserve is not None:
            self._reserve.release()

    def close(self) -> None:
        """As `Backend.close`."""
        self.writing.dispose()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = self._reserve = None


@contextmanager
def claimed(path: Path) -> Iterator[None]:
    """Within, no daemon can run on the database at `path`, whether it is there or not. Raises DatabaseInUse."""
    with _locked(path):
        yield


def _locked(path: Path) -> IO[str]:
    lock_file = os.fdopen(open_private(path.with_name(path.name + LOCK)), "r+")
    try:
        fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        lock_file.seek(0)
        pid = lock_file.read().strip() or "unknown"
        lock_file.close()
        raise DatabaseInUse(
            f"another daemon (process {pid}) is running on {path}: stop it first, or give this one "
            "a state folder of its own with --state"
        ) from error
    lock_file.truncate(0)
    lock_file.write(str(os.getpid()))
    lock_file.flush()
    return lock_file


def _is_full(error: DBAPIError) -> bool:
    """Whether SQLite found no room: also where it could not make a file of its own longer."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


def _is_lost(error: DBAPIError) -> bool:
    """Whether the file is damaged, is no database, or is no longer where it was."""
    code = getattr(error.orig, "sqlite_errorcode", None) or 0
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or code == SQLITE_READONLY_DBMOVED


def was_there(path: Path) -> bool:
    """Whether a daemon has polled with it."""
    return path.with_name(path.name + NEWEST_POLL).exists()


def _make_file(path: Path) -> None:
    """It is there, for this user alone. Raises DatabaseLost where it was there before and is no more."""
    memory = path.with_name(path.name + NEWEST_POLL)
    if was_there(path) and not (path.exists() and path.stat().st_size):
        raise DatabaseLost(
            f"{path} is {'empty' if path.exists() else 'gone'}, and was there until "
            f"{memory.read_text(errors='replace')[:19]} UTC: put it back, or a backup of it (`monitor db restore "
            f"FILE`); to begin anew without what it knew, remove {memory}"
        )
    try:
        os.close(open_private(path))
    except OSError as error:
        if not path.is_file():  # else SQLite says what is wrong, and may be able to read it
            raise StorageError(f"{path}: {error.strerror}{_CURES['unable to open database file']}") from error


def _engine(url: str, path: Path | None) -> Engine:
    engine = create_engine(url, creator=partial(_connect, path))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _connect(path: Path | None) -> sqlite3.Connection:
    """SQLite makes no file: one that was deleted while the monitor ran would be there again, and empty."""
    where = f"file:{quote(str(path))}?mode=rw" if path is not None else ":memory:"
    return sqlite3.connect(where, timeout=BUSY_TIMEOUT_S, check_same_thread=False, uri=path is not None)


def _prepare(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: `_begin` does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a committed alert survives a power cut
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "journal_size_limit=67108864",  # bytes; else the log keeps its largest size for ever
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    options = connection.get_execution_options()
    writes = options.get("writes") or options.get("writes_beside")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
