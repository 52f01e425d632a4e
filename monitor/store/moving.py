"""All of one database into another, of whichever kind: whole, or nothing of it.

The words are filed anew where they come to: no engine gives back what another was given.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from sqlalchemy import Connection, Table, func, insert, inspect, select

from monitor.errors import StorageError
from monitor.store import words
from monitor.store.backend import shown
from monitor.store.database import Store
from monitor.store.sql import table
from monitor.store.tables import METADATA, CounterRow

AT_ONCE: Final = 500
"""Rows that are held in memory."""


def move(source: Store, target: Store, *, tell: Callable[[str], None]) -> int:
    """How many rows the target has now, in one transaction, which are those of the source.

    Nobody else may write to the source meanwhile. Raises StorageError where something is in the target already; then,
    and with any other error, it stays as it was.
    """
    with source.reading() as rows, target.writing() as connection:
        if taken := _taken(connection):
            raise StorageError(
                f"{shown(target.url)} holds something already ({', '.join(taken)}): name an empty database"
            )
        connection.execute(table(CounterRow).delete())
        moved = 0
        for one in METADATA.sorted_tables:
            count = _copied(rows, connection, one)
            moved += count
            if count:
                tell(f"{one.name}: {count}")
        tell("filing the words of all entries")
        words.file_anew(connection)
        if inspect(connection).dialect.name == "postgresql":
            connection.exec_driver_sql("ANALYZE")
    return moved


def _taken(connection: Connection) -> list[str]:
    """The tables in which there is something; a counter counts only what was counted."""
    found = [one.name for one in METADATA.sorted_tables if _count(connection, one)]
    if found == [table(CounterRow).name]:
        counters = connection.execute(select(table(CounterRow).c.name)).scalars()
        return sorted(set(counters) - {words.VERSION})
    return found


def _copied(rows: Connection, connection: Connection, one: Table) -> int:
    """Raises StorageError where not every row arrived."""
    found = rows.execution_options(yield_per=AT_ONCE).execute(select(one).order_by(*one.primary_key))
    for some in found.mappings().partitions():
        given: list[Any] = [dict(row) for row in some]
        connection.execute(insert(one), given)
    count = _count(rows, one)
    if _count(connection, one) != count:
        raise StorageError(f"{one.name}: not all of its {count} rows arrived; nothing was moved")
    return count


def _count(connection: Connection, one: Table) -> int:
    return int(connection.execute(select(func.count()).select_from(one)).scalar_one())
