"""Labels: what people said of entries. An entry that has one is never let go (`store.retention`)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import Connection, delete, select

from monitor.model import OF_RULES, Label, Mark
from monitor.store import stories
from monitor.store.sql import chunks, put, table
from monitor.store.tables import EntryRow, LabelRow

LABEL, ENTRY = table(LabelRow), table(EntryRow)


def save(connection: Connection, labels: Iterable[Label]) -> None:
    """Each takes the place of what was said before of the same entry about the same thing."""
    put(connection, LabelRow, [asdict(label) | {"about": label.about} for label in labels])


def take_back(connection: Connection, label: Label) -> None:
    """Nothing is said any more of its entry about what it was about."""
    connection.execute(
        delete(LABEL).where(
            LABEL.c.entry_id == label.entry_id, LABEL.c.about == label.about, LABEL.c.rule_id == label.rule_id
        )
    )


def listed(
    connection: Connection, *, rule_id: str | None = None, entry_ids: Collection[int] | None = None
) -> list[Label]:
    """Those of a rule, of entries, or of both; None: whichever. The oldest first."""
    query = select(LABEL)
    if rule_id is not None:
        query = query.where(LABEL.c.rule_id == rule_id)
    if entry_ids is None:
        rows = list(connection.execute(query).mappings())
    else:
        rows = [
            row
            for ids in chunks(entry_ids)
            for row in connection.execute(query.where(LABEL.c.entry_id.in_(ids))).mappings()
        ]
    return sorted(map(_label, rows), key=lambda label: (label.labelled_at, label.entry_id))


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """What was said of an entry's being a copy, or of its story."""

    label: Label
    stories: frozenset[int] | None
    """Its story and that of which it was said not to be, as they are after all merges; None: of no story."""


def about_stories(connection: Connection) -> list[Apart]:
    """What later entries must respect: no rule's labels."""
    marks = [mark for mark in Mark if mark not in OF_RULES]
    query = select(LABEL, ENTRY.c.story_id).join(ENTRY, ENTRY.c.id == LABEL.c.entry_id)
    found = []
    for row in connection.execute(query.where(LABEL.c.mark.in_(marks))).mappings():
        label, pair = _label(row), None
        if label.mark is Mark.SPLIT and label.other_id is not None and row["story_id"] is not None:
            pair = frozenset((row["story_id"], stories.survivor(connection, label.other_id)))
        found.append(Apart(label=label, stories=pair))
    return found


def _label(row: Any) -> Label:
    return Label(
        entry_id=row["entry_id"],
        mark=Mark(row["mark"]),
        rule_id=row["rule_id"],
        other_id=row["other_id"],
        labelled_at=row["labelled_at"],
        said_by=row["said_by"],
    )
