"""The word index: which stored entries have a word, a beginning of words, a phrase, in which field.

SQLite's FTS5 over our own folded words; what they are is decided in `core.text.filing`, and the index only splits at
blanks (its tokenizer `ascii` takes every character beyond ASCII for a letter). It keeps no texts, so whoever takes
an entry out says what it was filed under.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from sqlalchemy import Connection, select, text

from monitor.core.text.document import read
from monitor.core.text.filing import FILING_VERSION, FiledWords, filed_words
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow, EntryRow

COLUMNS: Final = ("title", "body", "author", "category", "url")
MOST_COUNTED: Final = 1_000
"""Entries with a word that are counted: what more have is common."""

_NAMES = ", ".join(COLUMNS)
_VALUES = ", ".join("?" * len(COLUMNS))
_ADD: Final = f"INSERT INTO word (rowid, {_NAMES}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_REMOVE: Final = f"INSERT INTO word (word, rowid, {_NAMES}) VALUES ('delete', ?, {_VALUES})"  # noqa: S608
_FIND = text(
    "SELECT rowid FROM word WHERE word MATCH :query AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
_COUNT = text(
    "SELECT count(*) FROM (SELECT 1 FROM word WHERE word MATCH :query AND rowid >= :since LIMIT :most)"
)
_EMPTY: Final = "INSERT INTO word (word) VALUES ('delete-all')"
_ENDLESS: Final = (1 << 63) - 1

_AT_ONCE: Final = 500
_VERSION: Final = "filing"
"""The counter that says how the entries are filed."""

Filed = Sequence[tuple[int, FiledWords]]
"""Entries by id, with their words."""


def add(connection: Connection, filed: Filed) -> None:
    """From here on these entries are found. None of them may be in the index."""
    if filed:
        connection.exec_driver_sql(_ADD, [(entry_id, *words.columns()) for entry_id, words in filed])


def remove(connection: Connection, filed: Filed) -> None:
    """From here on they are not. The words must be those that they were filed under."""
    if filed:
        connection.exec_driver_sql(_REMOVE, [(entry_id, *words.columns()) for entry_id, words in filed])


def find(connection: Connection, query: str, *, most: int = _ENDLESS, before: int = _ENDLESS) -> list[int]:
    """The ids of the entries that the query (FTS5's language, over folded words) finds, the newest first.

    At most so many, of ids below `before`: where the last page ended, the next one begins.
    """
    return list(connection.execute(_FIND, {"query": query, "before": before, "most": most}).scalars())


def counts(connection: Connection, words: Collection[str], *, since: int) -> dict[str, int]:
    """How many entries with an id from `since` on have each word in title or text, `MOST_COUNTED` at most."""
    return {
        word: connection.execute(
            _COUNT, {"query": f"{{title body}}: {quoted(word)}", "since": since, "most": MOST_COUNTED}
        ).scalar_one()
        for word in words
    }


def quoted(word: str) -> str:
    """A word as FTS5's language takes it, whatever it is."""
    return '"' + word.replace('"', '""') + '"'


def is_current(connection: Connection) -> bool:
    """Whether the entries are filed as today's `filing` files them."""
    counter = table(CounterRow)
    return (
        connection.execute(select(counter.c.next).where(counter.c.name == _VERSION)).scalar()
        == FILING_VERSION
    )


def file_anew(connection: Connection) -> None:
    """Files all stored entries, whatever was filed before: at the first start, and where `filing` has changed."""
    entry = table(EntryRow)
    texts = [entry.c[name] for name in ("id", "title", "summary", "content", "author", "categories", "url")]
    connection.exec_driver_sql(_EMPTY)
    after = 0
    while True:
        query = select(*texts).where(entry.c.id > after).order_by(entry.c.id).limit(_AT_ONCE)
        rows = connection.execute(query).mappings().all()
        if not rows:
            break
        add(connection, [(row["id"], _words(row)) for row in rows])
        after = rows[-1]["id"]
    put(connection, CounterRow, [{"name": _VERSION, "next": FILING_VERSION}])


def _words(row: Any) -> FiledWords:
    return filed_words(read(**{name: value for name, value in row.items() if name != "id"}))
