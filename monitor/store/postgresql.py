"""A database on a PostgreSQL server: sessions, locks, and what to do while the server is away.

Readers see a snapshot (REPEATABLE READ, READ ONLY). Who writes holds an advisory lock until its transaction ends,
as BEGIN IMMEDIATE does for a file: there is one writer, whatever the number of processes. What needs not be alone
holds it together with others of its kind. The daemon writes in one session, which holds another lock for as long as
it lasts: a second daemon does not get it, and a session that was lost writes nothing before its successor holds the
lock again. Workers hold that lock together, and whatever one of them writes begins by asking whether it still is one.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from monitor.errors import DatabaseAway, DatabaseInUse, DiskFull, GivenUp, StorageError
from monitor.store.backend import parsed, shown
from monitor.store.locks import DAEMON, SCHEMA, WRITER

if TYPE_CHECKING:
    from psycopg import Connection as Session

LOCK_TIMEOUT_S: Final = 30
"""How long a writer waits for another process; longer than any transaction of ours."""
CONNECT_TIMEOUT_S: Final = 10
FULL_PAUSE_S: Final = 60.0
"""After which a server whose disk was full is tried again."""
OLDEST: Final = 140_000
"""PostgreSQL 14, as `server_version` says it: the oldest that is still looked after."""

NUL_SHOWN: Final = "\N{SYMBOL FOR NULL}"
"""What stands for the one character that PostgreSQL cannot store."""

_NAME: Final = "news-monitor"
"""What begins the name of a session, which may have 63 bytes; the rest says whose it is."""

_KEEPALIVE: Final = {
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
}
_LONG: Final[Mapping[str, int]] = {"connect_timeout": CONNECT_TIMEOUT_S, "tcp_user_timeout": 60_000}
_SHORTLY: Final[Mapping[str, int]] = {"connect_timeout": 5, "tcp_user_timeout": 5_000}
"""Seconds, and milliseconds: a connection that was cut without a word is noticed within a minute, not two hours; of
workers and their leases, before others take this one for dead."""
_SETTINGS: Final = {
    "application_name": "",
    "timezone": "UTC",
    "lock_timeout": f"{LOCK_TIMEOUT_S}s",
    "idle_in_transaction_session_timeout": "0",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "random_page_cost": "1.1",
    "cpu_operator_cost": "0.05",  # to look into a `tsvector` is twenty times as dear as the planner takes it for
}
"""Of a session, whatever the server's config says."""
_DURABLE: Final = (
    "SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'"
)
"""A committed alert survives a power cut; what is stronger than `on` stays."""

_CURES: Final = {
    "28": "look at the user and the password in `[database] url`, and at the server's pg_hba.conf",
    "3D000": "make it: `createdb --owner USER --encoding UTF8 --template template0 NAME`",
    "42501": "the database should be the user's own: `ALTER DATABASE … OWNER TO …`",
    "3F000": "make the schema that `search_path` names, or leave `options` out of the address",
    "25006": "this server takes no writes; name the primary's address",
    "53300": "raise `max_connections`; the monitor needs ten",
    "55P03": "another process has been writing for long; try again",
}
"""What a person can do, by the beginnings of SQLSTATEs (the PostgreSQL manual, appendix A)."""
_CONNECTING: Final = {
    "authentication failed": _CURES["28"],
    "no password supplied": _CURES["28"],
    "pg_hba.conf": _CURES["28"],
    "role ": _CURES["28"],
    "does not exist": _CURES["3D000"],
    "too many": _CURES["53300"],
    "remaining connection slots": _CURES["53300"],
}
"""The same where no connection is made, which has no SQLSTATE: by the server's words."""
_AWAY: Final = ("08", "57P01", "57P02", "57P03", "57P05", "25P03")
"""The session ended, or none begins yet."""


class PostgresServer:
    """The `Backend` of a database on a server. Raises StorageError where its driver is missing."""

    when_full = (
        "polling rests for a minute at a time. What waits is sent as far as the server takes the marks of it"
    )

    def __init__(self, url: str) -> None:
        self._shown = shown(url)
        self._is_claimed = False
        self._worker_id = ""
        self._full_until_s = 0.0
        self._name = f"{_NAME} {os.getpid()} on {socket.gethostname()[:30]} {token_hex(4)}"
        try:
            self.reading = self._engine(url, pool_size=5, max_overflow=10)
            # One session: who writes waits for the others of its process before it asks for it.
            self.writing = self._engine(url, pool_size=1, max_overflow=0)
            self.leasing = self._engine(url, waits=_SHORTLY, pool_size=2, max_overflow=0)
        except (ImportError, NoSuchModuleError) as error:
            raise StorageError(
                "the driver of PostgreSQL is not installed: `pip install 'news-monitor[postgresql]'`, or use SQLite"
            ) from error
        event.listen(self.reading, "connect", self._prepare_reader)
        event.listen(self.writing, "connect", self._prepare_writer)
        event.listen(self.writing, "begin", self._begin)
        event.listen(self.leasing, "connect", self._prepare_leaser)

    def _engine(self, url: str, *, waits: Mapping[str, int] = _LONG, **pool: int) -> Engine:
        address = parsed(url)
        given = {"client_encoding": "UTF8", **_KEEPALIVE, **waits}
        arguments = {name: value for name, value in given.items() if name not in address.query}
        return create_engine(
            address, connect_args=arguments, pool_pre_ping=True, use_native_hstore=False, **pool
        )

    # ── sessions ──

    def _prepare_reader(self, session: Session[Any], _record: Any) -> None:
        from psycopg import IsolationLevel  # noqa: PLC0415 - an extra

        self._prepare(session)
        session.isolation_level = IsolationLevel.REPEATABLE_READ
        session.read_only = True

    def _prepare_writer(self, session: Session[Any], _record: Any) -> None:
        from psycopg import IsolationLevel  # noqa: PLC0415 - an extra

        self._prepare(session)
        # Each statement sees what was committed before it. Nobody else writes meanwhile, so all see the same; a
        # snapshot would be taken before the lock is there.
        session.isolation_level = IsolationLevel.READ_COMMITTED
        if self._is_claimed:
            self._take_lock(session)

    def _prepare_leaser(self, session: Session[Any], _record: Any) -> None:
        from psycopg import IsolationLevel  # noqa: PLC0415 - an extra

        self._prepare(session)
        session.isolation_level = IsolationLevel.READ_COMMITTED
        session.autocommit = True
        session.execute(_PROMPT)
        session.autocommit = False

    def _prepare(self, session: Session[Any]) -> None:
        if session.info.server_version < OLDEST:
            raise StorageError(f"{self._shown}: PostgreSQL {OLDEST // 10_000} or newer is needed")
        if (encoding := session.info.parameter_status("server_encoding")) != "UTF8":
            raise StorageError(
                f"{self._shown}: the database is encoded in {encoding}, which has not every character: make one with "
                "`createdb --encoding UTF8 --template template0 NAME`"
            )
        session.adapters.register_dumper(str, _text_dumper())
        session.autocommit = True
        settings = _SETTINGS | {"application_name": self._name}
        wanted = ", ".join(["set_config(%s, %s, false)"] * len(settings))
        session.execute(f"SELECT {wanted}".encode(), [one for pair in settings.items() for one in pair])
        session.execute(_DURABLE)
        session.autocommit = False

    def _begin(self, connection: Connection) -> None:
        options = connection.get_execution_options()
        if options.get("writes"):
            connection.exec_driver_sql(_WRITE_ALONE)
        elif options.get("writes_beside"):
            connection.exec_driver_sql(_WRITE_BESIDE)
        else:
            return
        # Whoever gives it up writes alone: what is found now holds until the end.
        if self._worker_id and not connection.exec_driver_sql(_LIVES, (self._worker_id,)).first():
            raise GivenUp

    # ── one daemon ──

    def claim(self) -> None:
        """As `Backend.claim`."""
        self._is_claimed = True
        self.writing.dispose()
        try:
            with self.writing.connect():
                pass
        except DatabaseInUse:
            self._is_claimed = False
            raise

    def join(self, worker_id: str) -> None:
        """As `Backend.join`."""
        self._worker_id = worker_id
        self.claim()

    def check(self) -> None:
        """Every write says whether the server is there and the lock is ours."""

    def _take_lock(self, session: Session[Any]) -> None:
        """Raises DatabaseInUse where another daemon holds it. A lost session of our own is ended."""
        session.autocommit = True
        shared = "_shared" if self._worker_id else ""
        for _ in range(2):
            if _one(session, f"SELECT pg_try_advisory_lock{shared}({DAEMON}, {SCHEMA})"):
                session.autocommit = False
                return
            holder = session.execute(_HOLDER).fetchone()
            if holder is None or holder[1] != self._name:
                break
            session.execute("SELECT pg_terminate_backend(%s, 5000)", (holder[0],))
        who = holder[1].removeprefix(_NAME).strip().rpartition(" ")[0] if holder else "unknown"
        raise DatabaseInUse(self._in_use(who, mode=holder[2] if holder else ""))

    def _in_use(self, who: str, *, mode: str) -> str:
        if mode == "ShareLock":
            return (
                f"workers share {self._shown} (one is process {who}): start this one as one of them, with `monitor "
                "cluster worker`, or stop them all first"
            )
        if self._worker_id:
            return (
                f"a daemon that works alone (process {who}) is running on {self._shown}: stop it first, and start it "
                "as a worker too, with `monitor cluster worker`"
            )
        return (
            f"another daemon (process {who}) is running on {self._shown}: stop it first, or give this one a "
            "database of its own"
        )

    # ── faults ──

    def fault(self, error: DBAPIError) -> StorageError:
        """As `Backend.fault`."""
        state = getattr(error.orig, "sqlstate", None)
        said = " ".join(str(error.orig).split())
        if state is None or state.startswith(_AWAY):
            cure = next((cure for words, cure in _CONNECTING.items() if words in said), None)
            if cure is None:
                return DatabaseAway(
                    f"{self._shown}: {said}: the server is waited for; look whether it runs and is reachable"
                )
            return StorageError(f"{self._shown}: {said}: {cure}")
        if state == "53100":
            return DiskFull(f"{self._shown}: {said}")
        cure = next((cure for begins, cure in _CURES.items() if state.startswith(begins)), "")
        return StorageError(f"{self._shown}: {said}{': ' if cure else ''}{cure}")

    # ── room ──

    @property
    def has_room(self) -> bool:
        """As `Backend.has_room`."""
        return time.monotonic() >= self._full_until_s

    def keep_room(self) -> bool:
        """As `Backend.keep_room`."""
        return self.has_room

    def is_full(self) -> None:
        """Of its disk only the server knows: after a minute something is stored again, and that says."""
        self._full_until_s = time.monotonic() + FULL_PAUSE_S

    def close(self) -> None:
        """As `Backend.close`."""
        self.reading.dispose()
        self.writing.dispose()
        self.leasing.dispose()


_WRITE_ALONE: Final = f"SELECT pg_advisory_xact_lock({WRITER}, {SCHEMA})"
_WRITE_BESIDE: Final = f"SELECT pg_advisory_xact_lock_shared({WRITER}, {SCHEMA})"
_LIVES: Final = "SELECT 1 FROM worker WHERE id = %s"
_PROMPT: Final = (
    "SELECT set_config('lock_timeout', '4s', false), set_config('statement_timeout', '5s', false)"
)
"""A sign of life that comes late is none."""
_HOLDER: Final = f"""
    SELECT lock.pid, activity.application_name, lock.mode
    FROM pg_locks AS lock JOIN pg_stat_activity AS activity ON activity.pid = lock.pid
    WHERE lock.locktype = 'advisory' AND lock.granted AND lock.objsubid = 2
      AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
      AND lock.classid = {DAEMON} AND lock.objid = (({SCHEMA}::bigint + 4294967296) % 4294967296)::oid
"""  # noqa: S608 - constants


def _one(session: Session[Any], query: str) -> Any:
    row = session.execute(query.encode()).fetchone()
    return row[0] if row else None


def _text_dumper() -> Any:
    """How texts are sent: NUL, which the server refuses with all that comes along, as `NUL_SHOWN`."""
    from psycopg.types.string import StrDumperUnknown  # noqa: PLC0415 - an extra

    class Text(StrDumperUnknown):
        def dump(self, obj: str) -> Any:
            return super().dump(obj.replace("\0", NUL_SHOWN) if "\0" in obj else obj)

    return Text
