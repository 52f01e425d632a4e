"""The word index: which stored entries have a word, a beginning of words, a phrase, in which field.

An engine of the database's own (`fts5`, `tsvector`) over our own folded words; what they are is decided in
`core.text.filing`, what is asked for is said by `core.text.seeking`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from types import ModuleType
from typing import Any, Final

from sqlalchemy import Connection, select

from monitor.core.text.document import read
from monitor.core.text.filing import FILING_VERSION, FiledWords, filed_words
from monitor.core.text.seeking import Either, Every, Filed, Infix, Phrase, Query, Without
from monitor.store import fts5, tsvector, vocabulary
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow, EntryRow

MOST_COUNTED: Final = 1_000
"""Entries with a word that are counted: what more have is common."""
_ENDLESS: Final = (1 << 63) - 1
_AT_ONCE: Final = 500
VERSION: Final = "filing"
"""The counter that says how the entries are filed."""


def add(connection: Connection, filed: Filed) -> None:
    """From here on these entries are found. None of them may be in the index."""
    if filed:
        _engine(connection).add(connection, filed)
        vocabulary.learn(connection, filed)


def remove(connection: Connection, filed: Filed) -> None:
    """From here on they are not. The words must be those that they were filed under."""
    if filed:
        _engine(connection).remove(connection, filed)


class Filing:
    """What one transaction files, taken into the index by `end`, which must come before its commit.

    An index that is asked between two entries writes what it has gathered, a piece to be merged later. What is
    asked meanwhile does not find the entries of the transaction itself.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._new: list[tuple[int, FiledWords]] = []

    def add(self, filed: Filed) -> None:
        """As `add`, at the end."""
        self._new += filed

    def replace(self, old: Filed, new: Filed) -> None:
        """Entries that were filed, also by this transaction, are found by other words."""
        if old:
            self.end()
            remove(self._connection, old)
            self.add(new)

    def end(self) -> None:
        """All is filed."""
        add(self._connection, self._new)
        self._new = []


def find(connection: Connection, query: Query, *, most: int = _ENDLESS, before: int = _ENDLESS) -> list[int]:
    """The ids of the entries that the query finds, the newest first.

    At most so many, of ids below `before`: where the last page ended, the next one begins.
    """
    found: list[int] = _engine(connection).find(connection, query, most=most, before=before)
    return found


def spelled(connection: Connection, query: Query) -> Query | None:
    """The query in words and phrases alone, which `find` takes; where it has an infix, maybe one that finds more.

    None where the index cannot say: of words in addresses nobody knows the inside. Of more phrases than the index is
    asked at once, what has most of them is left out where others must be there too.
    """
    return spelled_each(connection, [query])[0]


def spelled_each(connection: Connection, queries: Sequence[Query]) -> list[Query | None]:
    """As `spelled`, of several at a time: all words there are are looked at once."""
    infixes = {letters for query in queries for letters in _infixes(query)}
    most = _engine(connection).MOST_PHRASES
    known = vocabulary.having(connection, infixes, most=min(most, vocabulary.MOST_WORDS)) if infixes else {}
    return [_as_far_as_asked(_spelled(query, known), most) for query in queries]


def _as_far_as_asked(query: Query | None, most: int) -> Query | None:
    while isinstance(query, Every) and len(query.parts) > 1 and size(query) > most:
        largest = max(query.parts, key=size)
        query = Every(tuple(part for part in query.parts if part is not largest))
    return query if query is not None and size(query) <= most else None


def _spelled(query: Query, known: Mapping[str, Sequence[str]]) -> Query | None:
    """`known`: the words with each infix, of those that not too many have."""
    match query:
        case Phrase():
            return query
        case Infix(letters, field=field):
            if field in {"url", ""} or letters not in known:
                return None
            return Either(
                tuple(
                    Phrase(word, begins=len(word) == vocabulary.LONGEST, field=field)
                    for word in known[letters]
                )
            )
        case Every(parts):
            said = [found for part in parts if (found := _spelled(part, known)) is not None]
            return Every(tuple(said)) if said or not parts else None
        case Either(parts):
            said = [found for part in parts if (found := _spelled(part, known)) is not None]
            return Either(tuple(said)) if len(said) == len(parts) else None
        case Without(wanted, unwanted):
            found = _spelled(wanted, known)
            return found if found is None or any(_infixes(unwanted)) else Without(found, unwanted)


def looks_inside(query: Query) -> bool:
    """Whether it asks for words of which only an inside is known."""
    return any(_infixes(query))


def _infixes(query: Query) -> Iterator[str]:
    match query:
        case Phrase():
            return
        case Infix(letters):
            yield letters
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _infixes(part)
        case Without(wanted, unwanted):
            yield from _infixes(wanted)
            yield from _infixes(unwanted)


def size(query: Query) -> int:
    """How many words and phrases it asks for."""
    match query:
        case Phrase() | Infix():
            return 1
        case Every(parts) | Either(parts):
            return sum(map(size, parts))
        case Without(wanted, unwanted):
            return size(wanted) + size(unwanted)


def having(words: Collection[str]) -> Query:
    """The query for entries that have all these folded words, wherever."""
    return Every(tuple(map(Phrase, words)))


def counts(
    connection: Connection, words: Collection[str], *, since: int, before: int = _ENDLESS
) -> dict[str, int]:
    """How many entries with an id from `since` on, and below `before`, have each word, or phrase, in title or text.

    `MOST_COUNTED` at most.
    """
    found: dict[str, int] = _engine(connection).counts(
        connection, words, since=since, before=before, most=MOST_COUNTED
    )
    return found


def is_current(connection: Connection) -> bool:
    """Whether the entries are filed as today's `filing` files them."""
    counter = table(CounterRow)
    return (
        connection.execute(select(counter.c.next).where(counter.c.name == VERSION)).scalar() == FILING_VERSION
    )


def file_anew(connection: Connection) -> None:
    """Files all stored entries, whatever was filed before: at the first start, and where `filing` has changed."""
    entry = table(EntryRow)
    texts = [entry.c[name] for name in ("id", "title", "summary", "content", "author", "categories", "url")]
    _engine(connection).empty(connection)
    after = 0
    while True:
        query = select(*texts).where(entry.c.id > after).order_by(entry.c.id).limit(_AT_ONCE)
        rows = connection.execute(query).mappings().all()
        if not rows:
            break
        add(connection, [(row["id"], _words(row)) for row in rows])
        after = rows[-1]["id"]
    put(connection, CounterRow, [{"name": VERSION, "next": FILING_VERSION}])


def _engine(connection: Connection) -> ModuleType:
    return fts5 if connection.dialect.name == "sqlite" else tsvector


def _words(row: Any) -> FiledWords:
    return filed_words(read(**{name: value for name, value in row.items() if name != "id"}))
