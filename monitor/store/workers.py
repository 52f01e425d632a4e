"""The workers that share this database, and what each of them alone does: hosts to ask, jobs that are done once.

A worker lives as long as its row. Whoever is silent for too long is given up by another: its row, its leases and
what it was sending go in one transaction that nobody else writes beside. It never comes back by the same id, and
each of its transactions begins by asking whether it lives (`postgresql`): so the id is its token, and whatever wakes
after an hour stores nothing. All times are the database's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, func, select, text, update

from monitor.model import DeliveryState
from monitor.store.locks import LEASES, SCHEMA
from monitor.store.sql import chunks, insert_new, table
from monitor.store.tables import DeliveryRow, LeaseRow, WorkerRow

WORKER, LEASE, DELIVERY = table(WorkerRow), table(LeaseRow), table(DeliveryRow)

SILENT: Final = timedelta(seconds=20)
"""A worker that was not seen for longer is given up: it says so every few seconds."""
HOST, CHANNEL, JOB = "host", "channel", "job"
"""Kinds of leases: who asks it, who sends on it, who does what is done once."""
FORGOTTEN: Final = timedelta(days=1)
"""After which a host that was given back needs no row: what is polled more often keeps the one that it has."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """One of the processes that share the database."""

    id: str
    name: str
    host: str
    """The machine that it runs on."""
    pid: int
    started_at: datetime
    seen_at: datetime
    config_version: str = ""
    doing: str = ""
    """For people."""


_COLUMNS: Final = [WORKER.c[field.name] for field in fields(Worker)]


def clock(connection: Connection) -> datetime:
    """The present, as the database has it."""
    now: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def enter(connection: Connection, worker: Worker) -> None:
    """It lives from now on."""
    insert_new(connection, WorkerRow, [asdict(worker)])


def listed(connection: Connection) -> list[Worker]:
    """Those that live, and those that were not given up yet; by name."""
    query = select(*_COLUMNS).order_by(WORKER.c.name, WORKER.c.started_at)
    return [Worker(**row) for row in connection.execute(query).mappings()]


def held(connection: Connection, kind: str) -> dict[str, str]:
    """By key, the id of the worker that holds it."""
    query = select(LEASE.c.key, LEASE.c.holder).where(LEASE.c.kind == kind, LEASE.c.holder != "")
    return {key: holder for key, holder in connection.execute(query)}  # noqa: C416 - rows are not pairs


def see(connection: Connection, worker_id: str, *, config_version: str, doing: str) -> datetime | None:
    """The present, where the worker is still in; None: it was given up."""
    return connection.execute(
        update(WORKER)
        .where(WORKER.c.id == worker_id)
        .values(seen_at=func.clock_timestamp(), config_version=config_version, doing=doing)
        .returning(WORKER.c.seen_at)
    ).scalar()


def versions(connection: Connection) -> tuple[str, ...]:
    """Of the configs that those run on who live, the longest at work first; empty: it has none yet."""
    query = (
        select(WORKER.c.config_version)
        .where(WORKER.c.seen_at >= func.clock_timestamp() - SILENT)
        .order_by(WORKER.c.started_at, WORKER.c.id)
    )
    return tuple(connection.execute(query).scalars())


def silent(connection: Connection) -> list[str]:
    """Those that are to be given up."""
    query = select(WORKER.c.id).where(WORKER.c.seen_at < func.clock_timestamp() - SILENT)
    return list(connection.execute(query).scalars())


def give_up(connection: Connection, worker_ids: Collection[str]) -> list[Worker]:
    """Those of these that were to be; what they held is anybody's, what they were sending is due.

    Nobody else writes meanwhile.
    """
    query = select(*_COLUMNS).where(
        WORKER.c.id.in_(worker_ids), WORKER.c.seen_at < func.clock_timestamp() - SILENT
    )
    found = [Worker(**row) for row in connection.execute(query).mappings()]
    leave(connection, [worker.id for worker in found])
    return found


def leave(connection: Connection, worker_ids: Collection[str]) -> None:
    """They live no more. Nobody else writes."""
    for worker_id in worker_ids:
        connection.execute(delete(WORKER).where(WORKER.c.id == worker_id))
        connection.execute(delete(LEASE).where(LEASE.c.holder == worker_id))
        connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.state == DeliveryState.LEASED, DELIVERY.c.lease.startswith(worker_id))
            .values(next_attempt_at=func.least(DELIVERY.c.next_attempt_at, func.clock_timestamp()))
        )


# ── leases ──


def in_turn(connection: Connection) -> None:
    """Until its end this transaction alone changes many leases: two that lock them in different orders would wait."""
    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({LEASES}, {SCHEMA})")


_CLAIM_DUE: Final = text("""
    WITH due AS MATERIALIZED (
        SELECT feed.feed_id, feed.host, feed.next_poll_at FROM feed
        WHERE feed.next_poll_at <= :now AND feed.stopped_reason = '' AND feed.listed
          AND NOT EXISTS (SELECT FROM lease WHERE lease.kind = 'host' AND lease.key = feed.host
                          AND (lease.holder <> '' OR lease.free_at > clock_timestamp()))
          AND NOT EXISTS (SELECT FROM host_pause WHERE host_pause.host = feed.host
                          AND host_pause.until_at > :now)
        ORDER BY feed.next_poll_at LIMIT :looked
    ), claimed AS (
        INSERT INTO lease (kind, key, holder, claimed_at, free_at)
        SELECT 'host', due.host, :worker, clock_timestamp(), NULL
        FROM due GROUP BY due.host ORDER BY min(due.next_poll_at) LIMIT :most
        ON CONFLICT (kind, key) DO UPDATE
        SET holder = excluded.holder, claimed_at = excluded.claimed_at, free_at = NULL
        WHERE lease.holder = '' AND lease.free_at <= clock_timestamp()
        RETURNING key
    )
    SELECT due.host, due.feed_id FROM due JOIN claimed ON claimed.key = due.host
""")
"""Of the feeds that are due the longest are looked at, not all: after a pause they may be a hundred thousand."""
LOOKED: Final = 4
"""So many feeds are looked at for each host that is wanted."""
_CLAIM: Final = text("""
    INSERT INTO lease (kind, key, holder, claimed_at, free_at)
    VALUES (:kind, :key, :worker, clock_timestamp(), NULL)
    ON CONFLICT (kind, key) DO UPDATE
    SET holder = excluded.holder, claimed_at = excluded.claimed_at, free_at = NULL
    WHERE lease.holder = excluded.holder OR (lease.holder = '' AND lease.free_at <= clock_timestamp())
    RETURNING key
""")


def claim_due(connection: Connection, worker_id: str, now: datetime, *, most: int) -> dict[str, list[str]]:
    """Hosts that are nobody's and rest no more, with feeds of theirs that are due: they are the worker's now.

    Those with the longest overdue feeds, at most so many. Nobody else claims meanwhile (`in_turn`).
    """
    given = {"worker": worker_id, "now": now, "most": most, "looked": most * LOOKED}
    found: dict[str, list[str]] = {}
    for host, feed_id in connection.execute(_CLAIM_DUE, given):
        found.setdefault(host, []).append(feed_id)
    return found


def claim(connection: Connection, worker_id: str, kind: str, key: str) -> bool:
    """Whether it is the worker's from now on."""
    given = {"worker": worker_id, "kind": kind, "key": key}
    return connection.execute(_CLAIM, given).scalar() is not None


def give_back(
    connection: Connection, worker_id: str, kind: str, keys: Sequence[str], *, rest: timedelta
) -> None:
    """They are nobody's for so long, and anybody's then."""
    for some in chunks(sorted(keys)):
        connection.execute(
            update(LEASE)
            .where(LEASE.c.kind == kind, LEASE.c.key.in_(some), LEASE.c.holder == worker_id)
            .values(holder="", free_at=func.clock_timestamp() + rest)
        )


def keep_only(
    connection: Connection, worker_id: str, kind: str, keys: Collection[str], *, rest: timedelta
) -> None:
    """What else it holds of that kind is given back: a claim may have come to be of which nobody was told."""
    query = select(LEASE.c.key).where(LEASE.c.kind == kind, LEASE.c.holder == worker_id)
    others = set(connection.execute(query).scalars()) - set(keys)
    give_back(connection, worker_id, kind, sorted(others), rest=rest)


def sweep(connection: Connection) -> None:
    """What was given back long ago needs no row."""
    in_turn(connection)
    old = func.clock_timestamp() - FORGOTTEN
    connection.execute(delete(LEASE).where(LEASE.c.holder == "", LEASE.c.free_at < old))
