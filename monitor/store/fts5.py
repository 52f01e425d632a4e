"""The word index in SQLite's FTS5.

It only splits at blanks and ASCII marks (its tokenizer `ascii` takes every character beyond ASCII for a letter). It
keeps no texts, so whoever takes an entry out says what it was filed under.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Final

from sqlalchemy import Connection, text

from monitor.core.text.seeking import COLUMNS, TEXT, Either, Every, Filed, Infix, Phrase, Query, Without

_NAMES = ", ".join(COLUMNS)
_VALUES = ", ".join("?" * len(COLUMNS))
_ADD: Final = f"INSERT INTO word (rowid, {_NAMES}) VALUES (?, {_VALUES})"  # noqa: S608 - constants
_REMOVE: Final = f"INSERT INTO word (word, rowid, {_NAMES}) VALUES ('delete', ?, {_VALUES})"  # noqa: S608
_FIND = text(
    "SELECT rowid FROM word WHERE word MATCH :query AND rowid < :before ORDER BY rowid DESC LIMIT :most"
)
_COUNT = text(
    "SELECT key, (SELECT count(*) FROM"
    " (SELECT 1 FROM word WHERE word MATCH each.value AND rowid >= :since AND rowid < :before LIMIT :most))"
    " FROM json_each(:queries) AS each"
)
MOST_PHRASES: Final = 20_000
"""In one question: twice as many as the shipped rules have. It takes more, and takes longer."""
_EMPTY: Final = "INSERT INTO word (word) VALUES ('delete-all')"


def add(connection: Connection, filed: Filed) -> None:
    """As `words.add`."""
    connection.exec_driver_sql(_ADD, [(entry_id, *words.columns()) for entry_id, words in filed])


def remove(connection: Connection, filed: Filed) -> None:
    """The words must be those that they were filed under."""
    connection.exec_driver_sql(_REMOVE, [(entry_id, *words.columns()) for entry_id, words in filed])


def empty(connection: Connection) -> None:
    """Nothing is filed any more."""
    connection.exec_driver_sql(_EMPTY)


def find(connection: Connection, query: Query, *, most: int, before: int) -> list[int]:
    """As `words.find`."""
    found = connection.execute(_FIND, {"query": written(query), "before": before, "most": most})
    return list(found.scalars())


def counts(
    connection: Connection, phrases: Collection[str], *, since: int, before: int, most: int
) -> dict[str, int]:
    """As `words.counts`."""
    asked = list(phrases)
    queries = json.dumps([f"{{title body}}: {_quoted(phrase)}" for phrase in asked])
    found = connection.execute(_COUNT, {"queries": queries, "since": since, "before": before, "most": most})
    return {asked[index]: count for index, count in found}


def written(query: Query) -> str:
    """In FTS5's language."""
    match query:
        case Every(()) | Either(()):
            return _quoted("")
        case Infix():
            raise ValueError(f"{query} is not spelled out")
        case Phrase(words, begins=begins, field=field):
            return f"{_columns(field)}{_quoted(words)}{'*' if begins else ''}"
        case Every(parts):
            return f"({' AND '.join(map(written, parts))})"
        case Either(parts):
            return f"({' OR '.join(map(written, parts))})"
        case Without(wanted, unwanted):
            return f"({written(wanted)} NOT {written(unwanted)})"


def _columns(field: str) -> str:
    return "{title body}: " if field == TEXT else f"{field}: " if field else ""


def _quoted(words: str) -> str:
    """A phrase as FTS5's language takes it, whatever it is."""
    return '"' + words.replace('"', '""') + '"'
