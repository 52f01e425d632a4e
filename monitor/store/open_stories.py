"""The entries of the open stories, in memory: what everything that a rule matches is compared with.

They are read again where a story's entries changed since: every such change leaves another mark in the database,
so a rollback, another process and a restored backup are noticed alike.
"""

from __future__ import annotations

import threading
from datetime import datetime
from secrets import randbits
from typing import Any, Final

from sqlalchemy import Connection, select

from monitor.core.stories.traces import Trace, keys_to_find
from monitor.store import entries
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow, EntryRow

COUNTER, ENTRY = table(CounterRow), table(EntryRow)
MARK: Final = "stories"
"""The counter that holds the mark."""

_Text = tuple[int, str, str | None]
"""An entry, as it was when its keys were made: its id, its text's hash, its language."""


class OpenStories:
    """Of one database. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._mark: int | None = None
        self._since: datetime | None = None
        self._traces: tuple[Trace, ...] = ()
        self._keys: dict[_Text, frozenset[int]] = {}

    def traces(self, connection: Connection, *, seen_since: datetime) -> tuple[Trace, ...]:
        """Of the entries that have a story and were first seen since then, as the connection sees them."""
        with self._lock:
            mark = connection.execute(select(COUNTER.c.next).where(COUNTER.c.name == MARK)).scalar()
            if mark is None or mark != self._mark or self._since is None or seen_since < self._since:
                self._read(connection, seen_since)
                self._mark, self._since = mark, seen_since
            return self._traces

    def _read(self, connection: Connection, seen_since: datetime) -> None:
        query = select(
            ENTRY.c.id, ENTRY.c.feed_id, ENTRY.c.told_at, ENTRY.c.language, ENTRY.c.url_key,
            ENTRY.c.content_hash, ENTRY.c.page_at, ENTRY.c.story_id, ENTRY.c.copy_of,
        ).where(ENTRY.c.story_id.is_not(None), ENTRY.c.first_seen_at >= seen_since)  # fmt: skip
        rows = connection.execute(query.order_by(ENTRY.c.id)).all()
        texts = {row.id: (row.id, f"{row.content_hash} {row.page_at}", row.language) for row in rows}
        unread = [entry_id for entry_id, text in texts.items() if text not in self._keys]
        read = {
            one.id: keys_to_find(one, language=one.language) for one in entries.by_ids(connection, unread)
        }
        self._keys = {text: read[text[0]] if text[0] in read else self._keys[text] for text in texts.values()}
        rules = entries.rules_of(connection, texts)
        self._traces = tuple(
            _trace(row, self._keys[texts[row.id]], rules.get(row.id, frozenset())) for row in rows
        )


def changed(connection: Connection) -> None:
    """The entries of a story are others now: whoever keeps them reads them again."""
    put(connection, CounterRow, [{"name": MARK, "next": randbits(62)}])


def _trace(row: Any, keys: frozenset[int], rules: frozenset[str]) -> Trace:
    return Trace(
        entry_id=row.id,
        feed_id=row.feed_id,
        told_at=row.told_at,
        language=row.language,
        url=row.url_key,
        keys=keys,
        rules=rules,
        story_id=row.story_id,
        copy_of=row.copy_of,
    )
