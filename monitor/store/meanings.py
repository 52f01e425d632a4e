"""Meanings of texts, as bytes that their maker understands: kept so that a text is read for its meaning once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, delete, select

from monitor.store.sql import chunks, put, table
from monitor.store.tables import MeaningRow

MEANING = table(MeaningRow)

MOST: Final = 30_000
"""Meanings that are kept, the newest ones: of a kilobyte each."""


def known(connection: Connection, digests: Collection[str]) -> dict[str, bytes]:
    """By digest, those that are kept."""
    found: dict[str, bytes] = {}
    for some in chunks(sorted(digests)):
        query = select(MEANING.c.digest, MEANING.c.vector).where(MEANING.c.digest.in_(some))
        found |= {row.digest: bytes(row.vector) for row in connection.execute(query)}
    return found


def save(connection: Connection, vectors: Mapping[str, bytes], *, now: datetime) -> None:
    """They are kept, and `MOST` in all: the oldest go."""
    put(
        connection,
        MeaningRow,
        [{"digest": digest, "vector": vector, "made_at": now} for digest, vector in vectors.items()],
    )
    newest = select(MEANING.c.made_at).order_by(MEANING.c.made_at.desc()).offset(MOST).limit(1)
    if (oldest := connection.execute(newest).scalar()) is not None:
        connection.execute(delete(MEANING).where(MEANING.c.made_at <= oldest, MEANING.c.made_at < now))
