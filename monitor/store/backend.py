"""What differs between a database in a file and one on a server, but for the word index (`words`).

sqlite.py       a file: its lock, its reserve, what may have become of it
postgresql.py   a server: sessions, advisory locks, what to do while it is away
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from sqlalchemy import Engine
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError

from monitor.errors import StorageError


class Backend(Protocol):
    """One database, as a store opens it."""

    when_full: str
    """What is done while its disk is full, for people."""

    @property
    def reading(self) -> Engine:
        """Its transactions are snapshots: what they read does not change until their end."""

    @property
    def writing(self) -> Engine:
        """Of its transactions those with the option `writes` are alone: whoever else would write waits.

        Those with the option `writes_beside` may, on a server, be several at once beside none of those.
        """

    @property
    def has_room(self) -> bool:
        """False while the disk is, or lately was, so full that only sending may write."""

    def fault(self, error: DBAPIError) -> StorageError:
        """What the driver said, for people, with what they can do about it."""

    def claim(self) -> None:
        """This process is the one daemon of this database until `close`. Raises DatabaseInUse."""

    def join(self, worker_id: str) -> None:
        """This process is one of several of this database until `close`: each that writes asks first whether it is.

        Raises DatabaseInUse.
        """

    @property
    def leasing(self) -> Engine:
        """Its transactions wait for nobody who writes, and none of them takes long."""

    def check(self) -> None:
        """Raises DatabaseLost where it is no longer what was opened."""

    def keep_room(self) -> bool:
        """`has_room`, once all was done to have some again."""

    def is_full(self) -> None:
        """There was no room for what was to be written."""

    def close(self) -> None:
        """Nobody holds it any more."""


@contextmanager
def translated(backend: Backend) -> Iterator[None]:
    """The driver's errors become StorageError."""
    try:
        yield
    except DBAPIError as error:
        raise backend.fault(error) from error


SECRETS = ("password", "sslpassword", "passfile", "sslkey")
"""Options of a PostgreSQL address that nobody is to see."""


def parsed(url: str) -> URL:
    """The address as SQLAlchemy takes it: PostgreSQL's by the one driver that we know."""
    found = make_url(url)
    if found.drivername in {"postgres", "postgresql"}:
        return found.set(drivername="postgresql+psycopg")
    return found


def shown(url: str) -> str:
    """The address without its secrets."""
    found = parsed(url)
    query: dict[str, Any] = {
        name: "***" if name.lower() in SECRETS else value for name, value in found.query.items()
    }
    return found.set(query=query).render_as_string(hide_password=True).replace("+psycopg://", "://", 1)
