"""The configs that were published to all workers: the newest is in force, and those before it can be had again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, func, select

from monitor.errors import StorageError
from monitor.store import workers
from monitor.store.sql import insert_new, table
from monitor.store.tables import PublishedRow

PUBLISHED = table(PublishedRow)

KEPT: Final = 20
"""The one in force among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A config that was published, without its files."""

    number: int
    """Counted from 1."""
    version: str
    """A name made of what stands in the files."""
    published_at: datetime
    published_by: str


_COLUMNS: Final = (
    PUBLISHED.c.number,
    PUBLISHED.c.version,
    PUBLISHED.c.published_at,
    PUBLISHED.c.published_by,
)


def in_force(connection: Connection) -> Published | None:
    """None: each worker has the files that lie beside it."""
    row = (
        connection.execute(select(*_COLUMNS).order_by(PUBLISHED.c.number.desc()).limit(1)).mappings().first()
    )
    return Published(**row) if row else None


def listed(connection: Connection) -> list[Published]:
    """The one in force first."""
    query = select(*_COLUMNS).order_by(PUBLISHED.c.number.desc())
    return [Published(**row) for row in connection.execute(query).mappings()]


def files(connection: Connection, number: int) -> Mapping[str, str]:
    """By the path within the folder, each file's text. Raises StorageError where it is not kept, or unreadable."""
    written = connection.execute(select(PUBLISHED.c.files).where(PUBLISHED.c.number == number)).scalar()
    if written is None:
        raise StorageError(f"the published config {number} is kept no more")
    try:
        found = json.loads(written)
    except ValueError as error:
        raise StorageError(f"the published config {number} cannot be read: publish it again") from error
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise StorageError(f"the published config {number} cannot be read: publish it again")
    return found


def publish(connection: Connection, texts: Mapping[str, str], *, version: str, by: str) -> Published:
    """In force from now on; the oldest beyond `KEPT` are let go. The one in force already is not published again."""
    newest = in_force(connection)
    if newest is not None and newest.version == version:
        return newest
    now = workers.clock(connection)
    fresh = Published(
        number=newest.number + 1 if newest else 1, version=version, published_at=now, published_by=by
    )
    row = {
        "number": fresh.number,
        "version": version,
        "published_at": now,
        "published_by": by,
        "files": json.dumps(dict(texts), ensure_ascii=False),
    }
    insert_new(connection, PublishedRow, [row])
    connection.execute(delete(PUBLISHED).where(PUBLISHED.c.number <= fresh.number - KEPT))
    return fresh


def withdraw(connection: Connection) -> bool:
    """Whether one was in force: from now on each worker has the files that lie beside it again."""
    had = bool(connection.execute(select(func.count()).select_from(PUBLISHED)).scalar_one())
    connection.execute(delete(PUBLISHED))
    return had
