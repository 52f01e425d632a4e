"""What a query says, as a tree of values. `str` of a tree is a query that reads back as the same tree.

Every node knows its `place` in the text that it was read from; places do not count in comparisons.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterator


class At(NamedTuple):
    """Characters of a query's text."""

    offset: int
    length: int


NOWHERE = At(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Node:
    place: At = field(default=NOWHERE, compare=False, repr=False)


# ── Terms: what one word can be ──────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Plain(_Node):
    """A word, folded."""

    word: str

    def __str__(self) -> str:
        return self.word


@dataclass(frozen=True, slots=True)
class Wild(_Node):
    """Folded letters with `*` (none or more letters) and `?` (exactly one).

    At least two letters stand first, or a `*` and four. Where every character is a word, a `*` says that the word may
    go on there: `ト*`, `*ス`.
    """

    pattern: str

    def __str__(self) -> str:
        return self.pattern


@dataclass(frozen=True, slots=True)
class Inflected(_Node):
    """Any form of a word. It stands as it was typed but for case, since stemmers go by accents."""

    word: str

    def __str__(self) -> str:
        return f"{self.word}~"


@dataclass(frozen=True, slots=True)
class Exact(_Node):
    """A word with its case and accents."""

    word: str

    def __str__(self) -> str:
        return f'="{self.word}"'


Term = Plain | Wild | Inflected | Exact


@dataclass(frozen=True, slots=True)
class Phrase(_Node):
    """Words, one right behind the other: two or more, or one with signs. Exact words stand with exact words only."""

    words: tuple[Term, ...]
    signs: tuple[str, ...] = ()
    """What must stand before the first, between each two, behind the last (`signs.signs_in`); empty: anything may."""

    def __str__(self) -> str:
        exact = isinstance(self.words[0], Exact)
        words = [word.word if isinstance(word, Exact) else str(word) for word in self.words]
        if words[-1].endswith("?") and not self.signs:  # which at the end of a quoted phrase is punctuation
            return "’".join(words)
        before, *between, behind = self.signs or ("",) * (len(words) + 1)
        pairs = zip(words, ["", *(sign or " " for sign in between)], strict=True)
        return f'{"=" * exact}"{before}{"".join(sign + word for word, sign in pairs)}{behind}"'


Unit = Term | Phrase


@dataclass(frozen=True, slots=True)
class Spoken(_Node):
    """A list's term that is asked for in texts of one language alone, and in those whose language is unknown."""

    unit: Unit
    language: str

    def __str__(self) -> str:
        return f"{self.language}:{self.unit}"


@dataclass(frozen=True, slots=True)
class ListOf(_Node):
    """Any of a named list's terms."""

    name: str
    units: tuple[Unit | Spoken, ...]

    @property
    def number(self) -> int:
        """How many different terms it has, however many languages' rows one stands in."""
        return len({unit.unit if isinstance(unit, Spoken) else unit for unit in self.units})

    def __str__(self) -> str:
        return f"@{self.name}"


# ── Proximity ────────────────────────────────────────────────────────────────────────────────────

Distance = int | Literal["s", "p"]
"""At most so many words between; in one sentence; in one paragraph."""


@dataclass(frozen=True, slots=True)
class Near(_Node):
    """One occurrence of each part, neighbours no farther apart than `distance`, in any order."""

    parts: tuple[Query, ...]
    distance: Distance

    def __str__(self) -> str:
        return f" NEAR/{self.distance} ".join(map(_bracketed, self.parts))


@dataclass(frozen=True, slots=True)
class Before(_Node):
    """The same, in the order of the parts."""

    parts: tuple[Query, ...]
    distance: Distance

    def __str__(self) -> str:
        return f" BEFORE/{self.distance} ".join(map(_bracketed, self.parts))


@dataclass(frozen=True, slots=True)
class NotNear(_Node):
    """An occurrence of `part` with none of `without` so near."""

    part: Query
    without: Query
    distance: Distance

    def __str__(self) -> str:
        return f"{_bracketed(self.part)} NOTNEAR/{self.distance} {_bracketed(self.without)}"


# ── Combinations ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class And(_Node):
    """All parts: two or more, none of them an And."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " AND ".join(f"({part})" if isinstance(part, Or) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Or(_Node):
    """Any part: two or more, none of them an Or."""

    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return " OR ".join(f"({part})" if isinstance(part, And) else str(part) for part in self.parts)


@dataclass(frozen=True, slots=True)
class Not(_Node):
    """NOT."""

    part: Query

    def __str__(self) -> str:
        return f"NOT {_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class Of(_Node):
    """At least `count` of the parts."""

    count: int
    parts: tuple[Query, ...]

    def __str__(self) -> str:
        return f"{self.count} OF ({', '.join(map(str, self.parts))})"


@dataclass(frozen=True, slots=True)
class OfList(_Node):
    """At least `count` different terms of a list."""

    count: int
    listed: ListOf

    def __str__(self) -> str:
        return f"{self.count} OF {self.listed}"


@dataclass(frozen=True, slots=True)
class AtLeast(_Node):
    """At least `count` separate occurrences of a term, phrase, list, OR group or proximity."""

    count: int
    part: Query

    def __str__(self) -> str:
        return f"ATLEAST/{self.count} {_bracketed(self.part)}"


# ── Where ────────────────────────────────────────────────────────────────────────────────────────

Scope = Field | Literal["lead"]


@dataclass(frozen=True, slots=True)
class In(_Node):
    """A query read in one field alone; it holds no other `In` and no provenance."""

    scope: Scope
    part: Query

    def __str__(self) -> str:
        return f"{self.scope}:{_bracketed(self.part)}"


@dataclass(frozen=True, slots=True)
class From(_Node):
    """Where an entry comes from: a host or its parent, a feed, a tag of the feed, the entry's language."""

    kind: Literal["site", "feed", "tag", "lang"]
    value: str

    def __str__(self) -> str:
        return f'{self.kind}:"{self.value}"'


@dataclass(frozen=True, slots=True)
class Regex(_Node):
    """RE2 syntax, as written between the slashes."""

    pattern: str

    def __str__(self) -> str:
        return f"/{self.pattern}/"


Query = (
    Unit
    | Spoken
    | ListOf
    | Near
    | Before
    | NotNear
    | And
    | Or
    | Not
    | Of
    | OfList
    | AtLeast
    | In
    | From
    | Regex
)

_SIMPLE = (Plain, Wild, Inflected, Exact, Phrase, Spoken, ListOf, Regex)


def _bracketed(part: Query) -> str:
    return str(part) if isinstance(part, _SIMPLE) else f"({part})"


def walk(query: Query) -> Iterator[Query]:
    """The query and all that it is made of, outer first. Not the words of a phrase, nor a list's terms."""
    yield query
    match query:
        case Near() | Before() | And() | Or() | Of():
            parts: tuple[Query, ...] = query.parts
        case NotNear():
            parts = (query.part, query.without)
        case Not() | AtLeast() | In():
            parts = (query.part,)
        case OfList():
            parts = (query.listed,)
        case _:
            parts = ()
    for part in parts:
        yield from walk(part)
