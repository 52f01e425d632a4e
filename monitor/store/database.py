"""One database: connections, transactions, migrations. What differs between its kinds stands in `backend`."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Final, ParamSpec, TypeVar

from sqlalchemy import Connection

from monitor.errors import DiskFull
from monitor.store import migrate, words
from monitor.store.backend import Backend, parsed, translated
from monitor.store.open_stories import OpenStories
from monitor.store.sqlite import SqliteFile, was_there

READERS: Final = 6
"""Threads that read at once: under the connections that the engine keeps (5, and 10 beyond)."""
LEASERS: Final = 2
"""Threads that ask about leases at once, a connection each."""

_Given = ParamSpec("_Given")
_Found = TypeVar("_Found")


class Store:
    """The database at `url`, migrated. Threads may share it: writers take turns, readers do not wait.

    Raises StorageError where it cannot be opened, DatabaseNewer where this program is too old for it.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.opened = OpenStories()
        self.is_shared = False
        """Whether several processes work on it at once."""
        self._writer = threading.Lock()
        self._reading_threads = ThreadPoolExecutor(READERS, thread_name_prefix="database reader")
        self._writing_thread = ThreadPoolExecutor(1, thread_name_prefix="database writer")
        self._leasing_threads = ThreadPoolExecutor(LEASERS, thread_name_prefix="database leases")
        self._backend = _backend(url)
        self._engine = self._backend.writing
        try:
            with translated(self._backend):
                migrate.upgrade(self._engine)
            self._file_words()
        except BaseException:
            self.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot: what it reads does not change until the end."""
        with (
            translated(self._backend),
            self._backend.reading.connect() as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that alone may write; committed at the end, rolled back by an exception.

        Raises DiskFull where there is no room for it; the daemon's own store has then released its reserve. Raises
        GivenUp where this process is a worker no more.
        """
        with self._writing(writes=True) as connection:
            yield connection

    @contextmanager
    def writing_beside(self) -> Iterator[Connection]:
        """As `writing`, but that several processes may be in such a one at once: for what stands by itself."""
        with self._writing(writes_beside=True) as connection:
            yield connection

    @contextmanager
    def _writing(self, **how: bool) -> Iterator[Connection]:
        try:
            with (
                translated(self._backend),
                self._writer,
                self._engine.connect().execution_options(**how) as connection,
                connection.begin(),
            ):
                yield connection
        except DiskFull:
            self._backend.is_full()
            raise

    @contextmanager
    def leasing(self) -> Iterator[Connection]:
        """A transaction about workers and their leases: a short one, which waits for no writer."""
        with translated(self._backend), self._backend.leasing.connect() as connection, connection.begin():
            yield connection

    def _file_words(self) -> None:
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

    async def lease(
        self, call: Callable[_Given, _Found], /, *arguments: _Given.args, **keywords: _Given.kwargs
    ) -> _Found:
        """What `call` returns, which only asks `leasing`: a sign of life waits for nobody who does other work."""
        return await _in_thread(self._leasing_threads, call, *arguments, **keywords)

    @property
    def has_room(self) -> bool:
        """False while the disk is, or lately was, so full that only sending may write: see `keep_room`."""
        return self._backend.has_room

    @property
    def when_full(self) -> str:
        """What is done while there is no room, for people."""
        return self._backend.when_full

    def keep_room(self) -> bool:
        """`has_room`, once all was done to have some again."""
        return self._backend.keep_room()

    def check_file(self) -> None:
        """Raises DatabaseLost where the database is no longer the one that was opened."""
        self._backend.check()

    def claim(self) -> None:
        """This process is the one daemon of this database until it ends. Raises DatabaseInUse."""
        with translated(self._backend):
            self._backend.claim()

    def join(self, worker_id: str) -> None:
        """This process is that worker, one of several, until it ends or is given up. Raises DatabaseInUse."""
        with translated(self._backend):
            self._backend.join(worker_id)
        self.is_shared = True

    def close(self) -> None:
        """Ends all connections."""
        self._reading_threads.shutdown()
        self._writing_thread.shutdown()
        self._leasing_threads.shutdown()
        self._backend.close()


def revision_of(url: str) -> str | None:
    """The revision that the database has, left as it is; None: it is empty. Raises StorageError."""
    backend = _backend(url)
    try:
        with translated(backend), backend.reading.connect() as connection:
            return migrate.revision(connection)
    finally:
        backend.close()


def sqlite_path(url: str) -> Path | None:
    """The file of an SQLite URL; None for other databases."""
    found = parsed(url)
    if found.get_backend_name() != "sqlite" or not found.database:
        return None
    return Path(found.database)


def is_made(url: str) -> bool:
    """False where the URL names a file that is not there or is empty, and never was a database."""
    path = sqlite_path(url)
    return path is None or was_there(path) or (path.exists() and path.stat().st_size > 0)


def _backend(url: str) -> Backend:
    if parsed(url).get_backend_name() == "sqlite":
        return SqliteFile(url, sqlite_path(url))
    from monitor.store.postgresql import PostgresServer  # noqa: PLC0415 - its driver is an extra

    return PostgresServer(url)


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
