"""What is due by a clock that was set back: nothing waits longer for that.

Waits alone are moved. What a person named by the clock (quiet hours, digests, silences) keeps its time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Column, ColumnElement, Connection, bindparam, select, update

from monitor.store.daemon import load
from monitor.store.outbox import OPEN
from monitor.store.sql import table
from monitor.store.tables import DeliveryRow, FeedRow, HostPauseRow, PageRow, SiteRow

DELIVERY = table(DeliveryRow)
WAITS: Sequence[tuple[Column[datetime], ColumnElement[bool] | None]] = (
    (table(FeedRow).c.next_poll_at, None),
    (table(HostPauseRow).c.until_at, None),
    (table(PageRow).c.next_at, None),
    (table(SiteRow).c.paused_until, None),
    (DELIVERY.c.next_attempt_at, DELIVERY.c.state.in_(OPEN) & DELIVERY.c.silenced_by.is_(None)),
)
"""Instants that stand for a length of time, with the rows of which they do; None: all."""


def last_beat(connection: Connection) -> datetime | None:
    """When the last daemon said that it runs, by its clock; None: there was never one."""
    beat = load(connection)
    return beat.beat_at if beat else None


def set_back(connection: Connection, now: datetime, *, by: timedelta) -> int:
    """How many waits were shortened by what the clock was set back `by`: those that end after `now`."""
    moved = 0
    for column, where in WAITS:
        [key] = column.table.primary_key
        query = select(key.label("its_key"), column.label("its_end")).where(column > now)
        found = connection.execute(query if where is None else query.where(where)).all()
        moved += len(found)
        if found:
            connection.execute(
                update(column.table)
                .where(key == bindparam("its_key"))
                .values({column: bindparam("its_end")}),
                [{"its_key": row.its_key, "its_end": row.its_end - by} for row in found],
            )
    return moved
