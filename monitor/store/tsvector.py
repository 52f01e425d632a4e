"""The word index in PostgreSQL: a `tsvector` an entry, under a GIN index.

A lexeme is a folded word of title or text as it is, and one of another field behind that field's mark. Positions say
what follows what, their weight tells title (A) from text (B). PostgreSQL keeps 255 positions of a lexeme, and none
beyond 16 383: an entry with more has several rows, each with the last words of the one before, and what is asked of
it is asked of each phrase by itself.

The index takes words in at once (`fastupdate` off): a list of words to be taken in later makes filing a third
cheaper, and each question a hundred times as dear, until the server tidies up.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from hashlib import blake2b
from typing import Final

from sqlalchemy import Connection, bindparam, text

from monitor.core.text.filing import FiledWords
from monitor.core.text.seeking import TEXT, Either, Every, Filed, Infix, Phrase, Query, Without

MARKS: Final = {"title": "", "body": "", "author": "@", "category": "#", "url": "/"}
"""Before the words of these fields; no word of ours has such a character in it."""
WEIGHTS: Final = {"title": "A", "body": "B"}
_WORD: Final = re.compile(r"[0-9A-Za-z\x80-\U0010ffff]+")
"""What FTS5 takes for a word: both find the same."""

MOST_POSITIONS: Final = 16_000
MOST_OF_A_LEXEME: Final = 255
LONGEST: Final = 400
"""Characters of a lexeme, which may have 2 046 bytes; of a longer one the beginning stands, and a hash."""
_KEPT: Final = 100
MOST_PHRASES: Final = 1_000
"""In one question: each is a column where an entry has several rows, and a query has 1 664 of them."""
OVERLAP: Final = 64
"""Words that two rows of an entry share: no phrase is longer."""

ANALYZED_AT: Final = (300, 3_000)
"""Entries after which the server counts how common words are. It does so by itself, but not in the first minutes, and
without it takes a word's index for no better than reading all."""

_ADD: Final = "INSERT INTO word (entry_id, part, parts, filed) VALUES (%s, %s, %s, %s::tsvector)"
_REMOVE = text("DELETE FROM word WHERE entry_id IN :ids").bindparams(bindparam("ids", expanding=True))
_FIND: Final = """
    (
      SELECT entry_id FROM word
      WHERE filed @@ CAST(:query AS tsquery) AND parts = 1 AND entry_id < :before
      ORDER BY entry_id DESC LIMIT :most
    )
    UNION ALL
    SELECT entry_id FROM (
      SELECT entry_id, {phrases} FROM word
      WHERE parts > 1 AND entry_id < :before AND filed @@ CAST(:any AS tsquery)
      GROUP BY entry_id
    ) AS large WHERE {condition}
    ORDER BY entry_id DESC LIMIT :most
"""
_COUNT = text(
    """
    SELECT wanted.phrase, (
      SELECT count(DISTINCT entry_id) FROM (
        SELECT entry_id FROM word
        WHERE filed @@ CAST(wanted.query AS tsquery) AND entry_id >= :since AND entry_id < :before
        LIMIT :most
      ) AS counted
    )
    FROM unnest(CAST(:phrases AS text[]), CAST(:queries AS text[])) AS wanted(phrase, query)
    """
)


def add(connection: Connection, filed: Filed) -> None:
    """As `words.add`."""
    rows = []
    for entry_id, words in filed:
        vectors = list(vectors_of(words))
        rows += [(entry_id, part, len(vectors), vector) for part, vector in enumerate(vectors)]
    connection.exec_driver_sql(_ADD, rows)
    first, last = filed[0][0], filed[-1][0]
    if any(first <= count <= last for count in ANALYZED_AT):
        connection.exec_driver_sql("ANALYZE word")


def remove(connection: Connection, filed: Filed) -> None:
    """As `words.remove`."""
    connection.execute(_REMOVE, {"ids": [entry_id for entry_id, _ in filed]})


def empty(connection: Connection) -> None:
    """Nothing is filed any more."""
    connection.exec_driver_sql("DELETE FROM word")


def find(connection: Connection, query: Query, *, most: int, before: int) -> list[int]:
    """As `words.find`."""
    phrases = list(dict.fromkeys(_phrases(query)))
    if not phrases:
        return []
    names = {phrase: f"has_{number}" for number, phrase in enumerate(phrases)}
    statement = _FIND.format(
        phrases=", ".join(f"bool_or(filed @@ CAST(:{name} AS tsquery)) AS {name}" for name in names.values()),
        condition=_condition(query, names),
    )
    given = {name: written(phrase) for phrase, name in names.items()}
    given |= {"query": written(query), "any": written(Either(tuple(phrases)))}
    return list(connection.execute(text(statement), given | {"before": before, "most": most}).scalars())


def counts(
    connection: Connection, phrases: Collection[str], *, since: int, before: int, most: int
) -> dict[str, int]:
    """As `words.counts`."""
    wanted = list(phrases)
    queries = [_following(_lexemes(phrase), mark="") for phrase in wanted]
    given = {"phrases": wanted, "queries": queries, "since": since, "before": before, "most": most}
    return {phrase: count for phrase, count in connection.execute(_COUNT, given)}  # noqa: C416 - rows are not pairs


# ── what is filed ──


def vectors_of(words: FiledWords) -> Iterator[str]:
    """As PostgreSQL reads a tsvector: of all but very large entries one."""
    columns = [
        (MARKS[field], WEIGHTS.get(field, ""), _WORD.findall(column))
        for field, column in zip(MARKS, words.columns(), strict=True)
    ]
    whole = _vector(columns)
    if whole is not None:
        yield whole
        return
    for mark, weight, its in columns:
        for begin in range(0, len(its), MOST_OF_A_LEXEME - OVERLAP):
            piece = [(mark, weight, its[begin : begin + MOST_OF_A_LEXEME])]
            yield _vector(piece) or ""


def _vector(columns: list[tuple[str, str, list[str]]]) -> str | None:
    """None where it would lose positions. No phrase reaches over from one field into another.

    A lexeme stands in it once for each position: to gather them is the server's work anyway.
    """
    at, found, placed = 0, list[str](), list[str]()
    for mark, weight, words in columns:
        lexemes = [mark + (word if len(word) <= LONGEST else _cut(word)) for word in words]
        found += lexemes
        placed += [f"'{lexeme}':{place}{weight}" for place, lexeme in enumerate(lexemes, at + 1)]
        at += len(words) + 1
    if at > MOST_OF_A_LEXEME and (
        at > MOST_POSITIONS or max(Counter(found).values(), default=0) > MOST_OF_A_LEXEME
    ):
        return None
    return " ".join(placed)


def _cut(word: str) -> str:
    return word[:_KEPT] + blake2b(word.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


# ── what is asked ──


def written(query: Query) -> str:
    """As PostgreSQL reads a tsquery. What says nothing finds nothing."""
    match query:
        case Phrase(words, begins=begins, field=field):
            return _phrase(words, begins=begins, field=field)
        case Every(parts):
            return _joined(" & ", parts)
        case Either(parts):
            return _joined(" | ", parts)
        case Without(wanted, unwanted):
            return f"({written(wanted)} & !{written(unwanted)})"
        case Infix():
            raise ValueError(f"{query} is not spelled out")


NOTHING: Final = "'!'"
"""A lexeme that no entry has."""


def _joined(operator: str, parts: tuple[Query, ...]) -> str:
    return f"({operator.join(map(written, parts))})" if parts else NOTHING


def _phrase(words: str, *, begins: bool, field: str) -> str:
    lexemes = _lexemes(words)
    if field == TEXT:
        return _following(lexemes, mark="", begins=begins)
    if field:
        weight = WEIGHTS.get(field, "")
        return _following(lexemes, mark=MARKS[field], begins=begins, weight=weight)
    anywhere = [_following(lexemes, mark=mark, begins=begins) for mark in dict.fromkeys(MARKS.values())]
    return f"({' | '.join(anywhere)})"


def _following(lexemes: list[str], *, mark: str, begins: bool = False, weight: str = "") -> str:
    if not lexemes:
        return NOTHING
    sort = f":{weight}" if weight else ""
    *first, last = [f"'{mark}{_cut(word) if len(word) > LONGEST else word}'" for word in lexemes]
    if begins:
        last = f"'{mark}{lexemes[-1][:_KEPT]}':*{weight}"
    else:
        last += sort
    return f"({' <-> '.join([*(one + sort for one in first), last])})"


def _lexemes(words: str) -> list[str]:
    return _WORD.findall(words)[:OVERLAP]


def _phrases(query: Query) -> Iterator[Phrase]:
    match query:
        case Phrase():
            yield query
        case Every(parts) | Either(parts):
            for part in parts:
                yield from _phrases(part)
        case Without(wanted, unwanted):
            yield from _phrases(wanted)
            yield from _phrases(unwanted)
        case Infix():
            raise ValueError(f"{query} is not spelled out")


def _condition(query: Query, names: dict[Phrase, str]) -> str:
    """The same over the columns that say of each phrase whether the entry has it."""
    match query:
        case Phrase():
            return names[query]
        case Every(parts):
            return f"({' AND '.join(_condition(part, names) for part in parts)})" if parts else "false"
        case Either(parts):
            return f"({' OR '.join(_condition(part, names) for part in parts)})" if parts else "false"
        case Without(wanted, unwanted):
            return f"({_condition(wanted, names)} AND NOT {_condition(unwanted, names)})"
        case Infix():
            raise ValueError(f"{query} is not spelled out")
