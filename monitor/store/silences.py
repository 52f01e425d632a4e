"""Silences. They are never deleted: one that is over stays as the record of why nothing came."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from monitor.core.alerts.silences import said
from monitor.model import Silence, Verdict
from monitor.store.sql import table
from monitor.store.tables import MatchRow, SilenceRow

SILENCE, MATCH = table(SilenceRow), table(MatchRow)
_ALL: Final = select(SILENCE).order_by(SILENCE.c.id)
_NOT_OVER: Final = _ALL.where(SILENCE.c.until_at > bindparam("at"))


def listed(connection: Connection, *, ending_after: datetime | None = None) -> list[Silence]:
    """Those that are not over at that time, also those still to begin; None: all. The oldest first."""
    query = _ALL if ending_after is None else _NOT_OVER
    found = connection.execute(query, {} if ending_after is None else {"at": ending_after})
    return [_silence(row) for row in found.mappings()]


def by_id(connection: Connection, silence_id: int) -> Silence | None:
    """None: there is none."""
    row = connection.execute(select(SILENCE).where(SILENCE.c.id == silence_id)).mappings().first()
    return _silence(row) if row else None


def next_id(connection: Connection) -> int:
    """To be used within the same transaction."""
    return int(connection.execute(select(func.coalesce(func.max(SILENCE.c.id), 0))).scalar_one()) + 1


def add(connection: Connection, silence: Silence) -> None:
    """A new one."""
    connection.execute(SILENCE.insert(), asdict(silence))


def expire(connection: Connection, silence: Silence, now: datetime) -> None:
    """It ends now; one that has not begun never does."""
    connection.execute(
        update(SILENCE)
        .where(SILENCE.c.id == silence.id)
        .values(from_at=min(silence.from_at, now), until_at=min(silence.until_at, now))
    )


def kept_back(connection: Connection) -> Mapping[str, int]:
    """How many matches silences kept from being told, by `core.alerts.silences.said`."""
    query = (
        select(MATCH.c.reason, func.count())
        .where(MATCH.c.verdict == Verdict.SILENCED)
        .group_by(MATCH.c.reason)
    )
    counted = {row[0]: int(row[1]) for row in connection.execute(query)}
    for silence in listed(connection):
        if silence.summary:
            held = MATCH.c.reason.like(f"%({said(silence)})%")
            query = select(func.count()).where(MATCH.c.verdict == Verdict.HELD, held)
            counted[said(silence)] = int(connection.execute(query).scalar_one())
    return counted


def _silence(row: Any) -> Silence:
    return Silence(**row)
