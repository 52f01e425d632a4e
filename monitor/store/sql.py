"""The two statements that every table here needs, on either database."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import Connection, Dialect, Table, TextClause
from sqlmodel import SQLModel

T = TypeVar("T")

CHUNK = 500
"""Values in one IN list; SQLite's oldest limit on parameters is 999."""


def table(row: type[SQLModel]) -> Table:
    """The Core table of a row class: statements are written against it, rows are never instantiated."""
    core: Table = row.__table__  # type: ignore[attr-defined]
    return core


def insert_rows(connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """New rows; every one names the same columns.

    What SQLAlchemy does for each row of a statement it does here once: of many rows that is half of their cost.
    """
    if not values:
        return
    insertion = _insertion(connection.dialect, row, tuple(values[0]))
    connection.exec_driver_sql(insertion.statement, insertion.given(values))


@dataclass(frozen=True, slots=True)
class _Insertion:
    statement: str
    bound: tuple[tuple[str, Callable[[Any], Any] | None], ...]
    """The columns in the statement's order, each with what makes the driver's value of one of ours."""
    named: bool
    """Whether the driver takes a row's values by name."""

    def given(self, rows: Sequence[Mapping[str, Any]]) -> list[Any]:
        bound = self.bound
        if self.named:
            return [{name: make(row[name]) if make else row[name] for name, make in bound} for row in rows]
        return [tuple([make(row[name]) if make else row[name] for name, make in bound]) for row in rows]


@lru_cache(maxsize=16)
def _insertion(dialect: Dialect, row: type[SQLModel], columns: tuple[str, ...]) -> _Insertion:
    core = table(row)
    compiled: Any = core.insert().compile(dialect=dialect, column_keys=columns)
    makers = {name: core.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in columns}
    return _Insertion(
        statement=str(compiled),
        bound=tuple((name, makers[name]) for name in compiled.positiontup or columns),
        named=not compiled.positional,
    )


def insert_new(connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Rows whose key is already there are left as they are."""
    if not values:
        return
    connection.execute(_insert(connection.dialect.name, row).on_conflict_do_nothing(), list(values))


def put(connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]]) -> None:
    """Rows are inserted, or replace those with the same primary key. Every row names the same columns."""
    if not values:
        return
    connection.execute(_upsert(connection.dialect.name, row, tuple(values[0])), list(values))


@lru_cache(maxsize=64)
def _upsert(dialect: str, row: type[SQLModel], columns: tuple[str, ...]) -> Any:
    """Made once: it takes longer to make than to run."""
    key = [column.name for column in table(row).primary_key]
    statement = _insert(dialect, row)
    return statement.on_conflict_do_update(
        index_elements=key,
        set_={name: statement.excluded[name] for name in columns if name not in key},
    )


def add_up(
    connection: Connection, row: type[SQLModel], values: Sequence[Mapping[str, Any]], *, sum_: str
) -> None:
    """Rows are inserted, or add their column `sum_` to that of those with the same primary key."""
    if not values:
        return
    statement = _insert(connection.dialect.name, row)
    statement = statement.on_conflict_do_update(
        index_elements=[column.name for column in table(row).primary_key],
        set_={sum_: table(row).c[sum_] + statement.excluded[sum_]},
    )
    connection.execute(statement, list(values))


def in_dialect(connection: Connection, statement: Mapping[str, TextClause]) -> TextClause:
    """The statement as this database wants it: by the dialect's name."""
    return statement[connection.dialect.name]


def _insert(dialect: str, row: type[SQLModel]) -> Any:
    """An insert that can say what happens on a conflict: each dialect has its own, loaded where it is used."""
    if dialect == "sqlite":
        from sqlalchemy.dialects.sqlite import insert  # noqa: PLC0415
    else:
        from sqlalchemy.dialects.postgresql import insert  # type: ignore[assignment]  # noqa: PLC0415
    return insert(table(row))


def chunks(values: Iterable[T], size: int = CHUNK) -> Iterator[list[T]]:
    """The values, so many at a time."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
