"""Which rules can match a document at all: each is filed under keys one of which it needs.

After Lucene's monitor: an optimisation only, held against the evaluation of every rule by a property test.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.core.rules.nodes import (
    All,
    Any,
    Apart,
    Close,
    Expression,
    Origin,
    PlacedAny,
    Repeated,
    Run,
    Some,
    Without,
    Word,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Reading
    from monitor.core.text.document import Document

Key = int | tuple[str, str]
"""A term, or where a document comes from."""

EVERY: Final = ("every", "document")
"""The key of what no term gives away: a regular expression."""

Needs = frozenset[Key]
"""Keys of which a document must have at least one."""


def needs(clause: Clause, cost: Callable[[Key], float]) -> Needs | None:
    """The cheapest keys of which one must be there for the clause to hold; None where it needs nothing."""
    match clause:
        case Word():
            return frozenset({clause.term})
        case Run():
            return frozenset({min(clause.terms, key=cost)})
        case Origin():
            return frozenset({(clause.kind, clause.value)})
        case Expression():
            return frozenset({EVERY})
        case Without():
            return None
        case Apart() | Repeated():
            return needs(clause.part, cost)
        case All() | Close():
            return _cheapest([needs(part, cost) for part in clause.parts], 1, cost)
        case Any() | PlacedAny():
            return _cheapest([needs(part, cost) for part in clause.parts], len(clause.parts), cost)
        case Some():
            # Where `count` of the parts hold, one of any `len - count + 1` does.
            parts = [needs(part, cost) for part in clause.parts]
            return _cheapest(parts, len(parts) - clause.count + 1, cost)
        case _:  # pragma: no cover - one more kind of clause, and nobody has told it here
            raise TypeError(clause)


def _cheapest(parts: Sequence[Needs | None], number: int, cost: Callable[[Key], float]) -> Needs | None:
    """The union of the `number` cheapest; None where fewer need anything."""
    needing = sorted((part for part in parts if part is not None), key=lambda part: sum(map(cost, part)))
    return frozenset().union(*needing[:number]) if len(needing) >= number else None


class Index:
    """Rules, by number, filed under the keys that they need."""

    def __init__(self, filed: Iterable[tuple[int, Needs]], *, beyond_body: AbstractSet[int]) -> None:
        """`beyond_body`: the terms that some rule looks for in author, category or address."""
        self._filed: dict[Key, list[int]] = {}
        for rule, keys in filed:
            for key in keys:
                self._filed.setdefault(key, []).append(rule)
        self._looks_beyond_body = not beyond_body.isdisjoint(self._filed)
        self._has_origins = any(isinstance(key, tuple) for key in self._filed)

    def candidates(self, reading: Reading) -> list[int]:
        """The rules that may match, in order."""
        filed = self._filed
        rules: set[int] = set()
        for term in reading.hits:
            if term in filed:
                rules.update(filed[term])
        if self._looks_beyond_body:
            for term in reading.other_hits:
                rules.update(filed.get(term, ()))
        if self._has_origins:
            for key in _origins(reading.document):
                rules.update(filed.get(key, ()))
        return sorted(rules)


def _origins(document: Document) -> Iterator[Key]:
    yield EVERY
    yield "feed", document.feed_id
    yield "lang", document.language or ""
    yield from (("site", host) for host in document.hosts)
    yield from (("tag", tag) for tag in document.feed_tags)
