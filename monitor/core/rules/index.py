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


def needs(clause: Clause, cost: Callable[[Key], float]) -> Sequence[Needs]:
    """Sets of keys, from each of which one must be there for the clause to hold, cheapest first.

    None at all where the clause needs nothing.
    """
    match clause:
        case Word():
            return (frozenset({clause.term}),)
        case Run():
            return _cheapest_first((frozenset({term}) for term in clause.terms), cost)
        case Origin():
            return (frozenset({(clause.kind, clause.value)}),)
        case Expression():
            return (frozenset({EVERY}),)
        case Without():
            return ()
        case Apart() | Repeated():
            return needs(clause.part, cost)
        case All() | Close():
            return _cheapest_first((keys for part in clause.parts for keys in needs(part, cost)), cost)
        case Any() | PlacedAny():
            return _one_of(clause.parts, len(clause.parts), cost)
        case Some():
            # Where `count` of the parts hold, one of any `len - count + 1` does.
            return _one_of(clause.parts, len(clause.parts) - clause.count + 1, cost)
        case _:  # pragma: no cover - one more kind of clause, and nobody has told it here
            raise TypeError(clause)


def _one_of(parts: Sequence[Clause], number: int, cost: Callable[[Key], float]) -> Sequence[Needs]:
    """What is needed where one of the `number` cheapest parts holds; nothing where fewer need anything."""
    needed = [keys[0] for part in parts if (keys := needs(part, cost))]
    if len(needed) < number:
        return ()
    return (frozenset().union(*_cheapest_first(needed, cost)[:number]),)


def _cheapest_first(needed: Iterable[Needs], cost: Callable[[Key], float]) -> Sequence[Needs]:
    return sorted(dict.fromkeys(needed), key=lambda keys: sum(map(cost, keys)))


class Index:
    """Rules, by number, filed under the keys that they need most and guarded by those that they need as well."""

    def __init__(
        self, filed: Iterable[tuple[int, Sequence[Needs]]], *, beyond_body: AbstractSet[int]
    ) -> None:
        """`filed`: rules and their needs. `beyond_body`: the terms that one looks for in author, category or url."""
        self._filed: dict[Key, list[tuple[int, Needs | None]]] = {}
        for rule, needed in filed:
            guard = _guard(needed[1:], beyond_body)
            for key in needed[0] if needed else ():
                self._filed.setdefault(key, []).append((rule, guard))
        self._looks_beyond_body = not beyond_body.isdisjoint(self._filed)
        self._kinds = {key[0] for key in self._filed if isinstance(key, tuple)}

    def candidates(self, reading: Reading) -> list[int]:
        """The rules that may match, in order."""
        filed, present = self._filed, reading.hits.keys()
        found: list[Key] = [term for term in present if term in filed]
        if self._looks_beyond_body:
            found += [term for term in reading.other_hits if term in filed]
        if self._kinds:
            found += [key for key in _origins(reading.document, self._kinds) if key in filed]
        return sorted(
            {
                rule
                for key in found
                for rule, guard in filed[key]
                if guard is None or not present.isdisjoint(guard)
            }
        )


def _guard(needed: Sequence[Needs], beyond_body: AbstractSet[int]) -> Needs | None:
    """The cheapest of what is needed that the body alone can answer for."""
    for keys in needed:
        if beyond_body.isdisjoint(keys) and all(isinstance(key, int) for key in keys):
            return keys
    return None


def _origins(document: Document, kinds: AbstractSet[str]) -> Iterator[Key]:
    """Where it comes from, as far as rules of these kinds of keys are filed."""
    yield EVERY
    yield "feed", document.feed_id
    yield "lang", document.language or ""
    if "site" in kinds:
        yield from (("site", host) for host in document.hosts)
    yield from (("tag", tag) for tag in document.feed_tags)
