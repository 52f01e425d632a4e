"""One database: connections, transactions, migrations, and the lock that keeps a second daemon out.

SQLite runs in WAL mode with one writer. A transaction that will write says so at its start (BEGIN IMMEDIATE):
one that begins as a read and then writes would fail at once with SQLITE_BUSY, whatever the timeout.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, Final, ParamSpec, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError

from monitor.errors import DatabaseInUse, DatabaseLost, DiskFull, StorageError
from monitor.store import migrate, words
from monitor.store.open_stories import OpenStories
from monitor.store.private import make_folder, open_private
from monitor.store.reserve import Reserve

_CURES: Final = {
    "readonly database": ": it and its folder must be writable, even to read: use the service's user, or sudo",
    "unable to open database file": ": the state folder must be writable; name another with --state",
    "database is locked": ": another process has been writing for long; try again",
}
"""What a person can do, by SQLite's words (`sqlite3ErrStr` in its main.c)."""

_LOST_CURE: Final = (
    ": stop the monitor, put the file aside (with its -wal and -shm), and a backup in its place"
)
NEWEST_POLL: Final = ".newest-poll"
"""The end of the name of the file beside the database that says when it last polled (`backups.py`)."""

SQLITE_READONLY_DBMOVED: Final = 1032
"""sqlite3.h; Python has a name for it from 3.11 on, but not on every build."""
BUSY_TIMEOUT_S = 30
"""How long a writer waits for another process; longer than any transaction of ours."""
READERS = 6
"""Threads that read at once: under the connections that the engine keeps (5, and 10 beyond)."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


class Store:
    """The database at `url`, migrated. Threads may share it: writers take turns, readers do not wait.

    Raises StorageError where it cannot be opened, DatabaseNewer where this program is too old for it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened = OpenStories()
        self._writer = threading.Lock()
        self._reading_threads = ThreadPoolExecutor(READERS, thread_name_prefix="database reader")
        self._writing_thread = ThreadPoolExecutor(1, thread_name_prefix="database writer")
        self._lock_file: IO[str] | None = None
        self._reserve: Reserve | None = None
        path = sqlite_path(url)
        if path is not None:
            make_folder(path.parent)
            _make_file(path)
        self._file = path.stat() if path is not None else None
        self._engine = _engine(url)
        with translated(url):
            migrate.upgrade(self._engine)
        self._file_words()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: what it reads does not change until the end."""
        with translated(self.url), self._engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that alone may write; committed at the end, rolled back by an exception.

        Raises DiskFull where there is no room for it; the daemon's own store has then released its reserve.
        """
        try:
            with (
                translated(self.url),
                self._writer,
                self._engine.connect().execution_options(writes=True) as connection,
                connection.begin(),
            ):
                yield connection
        except DiskFull:
            if self._reserve is not None:
                self._reserve.release()
            raise

    def _file_words(self) -> None:
        if sqlite_path(self.url) is None:
            return
        with self.reading() as connection:
            if words.is_current(connection):
                return
        with self.writing() as connection:
            words.file_anew(connection)

    async def read(
        self, call: Callable[_Given, _Found], /, *arguments: _Given.args, **keywords: _Given.kwargs
    ) -> _Found:
        """What `call` returns, which only reads: in one of the threads for that, whoever waits to write."""
        return await _in_thread(self._reading_threads, call, *arguments, **keywords)

    async def write(
        self, call: Callable[_Given, _Found], /, *arguments: _Given.args, **keywords: _Given.kwargs
    ) -> _Found:
        """What `call` returns, which may write: one after another, in a thread that nobody else needs.

        What was begun goes on to its end, also where nobody waits for it any more.
        """
        return await _in_thread(self._writing_thread, call, *arguments, **keywords)

    @property
    def has_room(self) -> bool:
        """False while the disk is, or lately was, so full that only sending may write: see `keep_room`."""
        return self._reserve is None or self._reserve.is_whole

    def keep_room(self) -> bool:
        """`has_room`, once the reserve was made anew where the disk has room for it."""
        return self._reserve is None or self._reserve.restore()

    def check_file(self) -> None:
        """Raises DatabaseLost where the file that was opened lies no longer where it lay."""
        path = sqlite_path(self.url)
        if path is None or self._file is None:
            return
        try:
            is_there = os.path.samestat(path.stat(), self._file)
        except OSError:
            is_there = False
        if not is_there:
            raise DatabaseLost(
                f"{path} was deleted or replaced while the monitor runs: what it does from now on would be lost. "
                "Stop it, and put the file back, or a backup of it"
            )

    def claim(self) -> None:
        """This process is the one daemon of this database until it ends. Raises DatabaseInUse."""
        path = sqlite_path(self.url)
        if path is None:
            return
        lock_file = os.fdopen(open_private(path.with_name(path.name + ".lock")), "r+")
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
        self._lock_file = lock_file
        self._reserve = Reserve(path)
        self._reserve.restore()

    def close(self) -> None:
        self._reading_threads.shutdown()
        self._writing_thread.shutdown()
        self._engine.dispose()
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = self._reserve = None


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for other databases."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        return None
    return Path(parsed.database)


@contextmanager
def translated(url: str) -> Iterator[None]:
    """The driver's errors become StorageError, with what a person can do about them."""
    try:
        yield
    except DBAPIError as error:
        where = make_url(url).render_as_string(hide_password=True)
        cure = next((cure for fault, cure in _CURES.items() if fault in str(error.orig)), "")
        kind = DiskFull if _is_full(error) else StorageError
        if _is_lost(error):
            kind, cure = DatabaseLost, _LOST_CURE
        raise kind(f"{where}: {error.orig}{cure}") from error


async def _in_thread(
    threads: ThreadPoolExecutor,
    call: Callable[_Given, _Found],
    /,
    *arguments: _Given.args,
    **keywords: _Given.kwargs,
) -> _Found:
    """Also where whoever waits is cancelled the call is made: it may be the mark of a message that was sent."""
    begun = asyncio.get_running_loop().run_in_executor(threads, partial(call, *arguments, **keywords))
    begun.add_done_callback(lambda done: done.cancelled() or done.exception())  # asked for by nobody, maybe
    return await asyncio.shield(begun)


def _is_full(error: DBAPIError) -> bool:
    """Whether SQLite found no room: also where it could not make a file of its own longer."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    return code in {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_SHMSIZE}


def _is_lost(error: DBAPIError) -> bool:
    """Whether the file is damaged, is no database, or is no longer where it was."""
    code = getattr(error.orig, "sqlite_errorcode", None) or 0
    return code & 0xFF in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB} or code == SQLITE_READONLY_DBMOVED


def _make_file(path: Path) -> None:
    """It is there, for this user alone. Raises DatabaseLost where it was there before and is no more."""
    memory = path.with_name(path.name + NEWEST_POLL)
    if memory.exists() and not (path.exists() and path.stat().st_size):
        raise DatabaseLost(
            f"{path} is {'empty' if path.exists() else 'gone'}, and was there until "
            f"{memory.read_text(errors='replace')[:19]} UTC: put it back, or a backup of it; to begin anew without "
            f"what it knew, remove {memory}"
        )
    try:
        os.close(open_private(path))
    except OSError as error:
        if not path.is_file():  # else SQLite says what is wrong, and may be able to read it
            raise StorageError(f"{path}: {error.strerror}{_CURES['unable to open database file']}") from error


def _engine(url: str) -> Engine:
    if make_url(url).get_backend_name() != "sqlite":
        return _server_engine(url)
    engine = create_engine(url, creator=partial(_connect, sqlite_path(url)))
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _connect(path: Path | None) -> sqlite3.Connection:
    """SQLite makes no file: one that was deleted while the monitor ran would be there again, and empty."""
    where = f"file:{quote(str(path))}?mode=rw" if path is not None else ":memory:"
    return sqlite3.connect(where, timeout=BUSY_TIMEOUT_S, check_same_thread=False, uri=path is not None)


def _server_engine(url: str) -> Engine:
    try:
        return create_engine(url, pool_pre_ping=True)
    except ImportError as error:
        raise StorageError(
            "the driver of PostgreSQL is not installed: `pip install 'psycopg[binary]'`, or use SQLite"
        ) from error


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: `_begin_sqlite` does
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",  # a committed alert survives a power cut
        "foreign_keys=ON",
        "temp_store=MEMORY",
        "cache_size=-8192",  # KiB, for each connection
        "journal_size_limit=67108864",  # bytes; else the log keeps its largest size for ever
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
