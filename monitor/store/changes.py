"""What changed in the texts of entries."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import astuple
from datetime import datetime

from sqlalchemy import Connection, delete, select

from monitor.core.stories.changes import KEPT
from monitor.model import Edit, EntryChange, Field
from monitor.store.sql import chunks, table
from monitor.store.tables import EntryChangeRow

CHANGE = table(EntryChangeRow)


def insert(connection: Connection, changes: Sequence[EntryChange]) -> None:
    """Of each entry the newest `KEPT` stay."""
    if not changes:
        return
    connection.execute(
        CHANGE.insert(),
        [
            {"entry_id": one.entry_id, "at": one.at, "edits": [astuple(edit) for edit in one.edits]}
            for one in changes
        ],
    )
    for entry_id, kept in kept_at(connection, [one.entry_id for one in changes]).items():
        if len(kept) > KEPT:
            connection.execute(delete(CHANGE).where(CHANGE.c.entry_id == entry_id, CHANGE.c.at < kept[-KEPT]))


def kept_at(connection: Connection, entry_ids: Collection[int]) -> dict[int, tuple[datetime, ...]]:
    """When the changes of these entries came that are kept, in order; entries without any are missing."""
    found: dict[int, tuple[datetime, ...]] = {}
    for ids in chunks(entry_ids):
        query = select(CHANGE.c.entry_id, CHANGE.c.at).where(CHANGE.c.entry_id.in_(ids)).order_by(CHANGE.c.at)
        for entry_id, at in connection.execute(query):
            found[entry_id] = (*found.get(entry_id, ()), at)
    return found


def of_entry(connection: Connection, entry_id: int) -> list[EntryChange]:
    """Oldest first."""
    query = select(CHANGE.c.at, CHANGE.c.edits).where(CHANGE.c.entry_id == entry_id).order_by(CHANGE.c.at)
    return [
        EntryChange(entry_id=entry_id, at=at, edits=tuple(_edit(*edit) for edit in edits))
        for at, edits in connection.execute(query)
    ]


def _edit(field: str, before: str, removed: str, added: str, after: str) -> Edit:
    return Edit(field=Field(field), before=before, removed=removed, added=added, after=after)
