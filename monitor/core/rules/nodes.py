"""Queries as they are evaluated: terms are numbers, fields are settled.

Two kinds: a clause holds or does not; a placed clause also says where, so that proximity can be built on it.
`bind` makes them from trees.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from itertools import chain, islice
from typing import TYPE_CHECKING, Final, Literal, Protocol

from monitor.core.rules import intervals
from monitor.core.rules.intervals import Occurrence
from monitor.model import Span

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.core.rules.reading import Reading, Within
    from monitor.core.rules.regexes import Compiled
    from monitor.core.rules.tree import Distance

MAX_SPANS: Final = 1000
"""Places of one clause that are marked in an entry."""


class Clause(Protocol):
    """A query that holds for a reading or does not."""

    def holds(self, reading: Reading, /) -> bool: ...

    def spans(self, reading: Reading, /) -> Iterator[Span]:
        """What to mark where it holds; nothing where it does not. In no order, with repetitions."""
        ...


class Placed(Clause, Protocol):
    """A clause that holds at places."""

    def occurrences(self, reading: Reading, /) -> Sequence[Occurrence]: ...


class _Marks:
    """The spans of a placed clause: the marks of its occurrences."""

    __slots__ = ()

    def spans(self: Placed, reading: Reading) -> Iterator[Span]:
        for occurrence in islice(self.occurrences(reading), MAX_SPANS):
            for first, last in occurrence.marks:
                yield reading.document.span(first, last)


# ── Placed clauses ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Word(_Marks):
    term: int
    within: Within

    def holds(self, reading: Reading) -> bool:
        if self.within == "body":
            return self.term in reading.hits
        return bool(reading.positions(self.term, self.within))

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        return intervals.single(reading.positions(self.term, self.within))


@dataclass(frozen=True, slots=True)
class Run(_Marks):
    """Words right behind each other."""

    terms: tuple[int, ...]
    within: Within

    def holds(self, reading: Reading) -> bool:
        return next(self._starts(reading), None) is not None

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        behind = len(self.terms) - 1
        return [Occurrence(p, p + behind, ((p, p + behind),)) for p in self._starts(reading)]

    def _starts(self, reading: Reading) -> Iterator[int]:
        if self.within == "body" and not all(term in reading.hits for term in self.terms):
            return iter(())
        places = [reading.positions(term, self.within) for term in self.terms]
        fewest = min(range(len(places)), key=lambda i: len(places[i]))
        return (
            p - fewest
            for p in places[fewest]
            if all(_has(other, p - fewest + i) for i, other in enumerate(places) if i != fewest)
        )


def _has(positions: Sequence[int], position: int) -> bool:
    index = bisect_left(positions, position)
    return index < len(positions) and positions[index] == position


@dataclass(frozen=True, slots=True)
class PlacedAny(_Marks):
    """Any of placed clauses, and all of their places."""

    parts: tuple[Placed, ...]

    def holds(self, reading: Reading) -> bool:
        return any(part.holds(reading) for part in self.parts)

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        return intervals.union(part.occurrences(reading) for part in self.parts if part.holds(reading))


@dataclass(frozen=True, slots=True)
class Close(_Marks):
    """One occurrence of each part, close to each other."""

    parts: tuple[Placed, ...]
    distance: Distance
    order: Literal["any", "given"]

    def holds(self, reading: Reading) -> bool:
        match self.parts, self.distance, self.order:
            case (Word() as a, Word() as b), int(distance), "any":
                return _two_near(
                    reading.positions(a.term, a.within), reading.positions(b.term, b.within), distance + 1
                )
            case _:
                return all(part.holds(reading) for part in self.parts) and bool(self.occurrences(reading))

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        reach = reading.back(self.distance)
        parts = [part.occurrences(reading) for part in self.parts]
        if not isinstance(self.distance, int):  # what begins in another sentence stands in none
            parts = [[o for o in occurrences if reach(o.last) <= o.first] for occurrences in parts]
        return (intervals.near if self.order == "any" else intervals.before)(parts, reach)


def _two_near(a: Sequence[int], b: Sequence[int], reach: int) -> bool:
    """Whether two different positions, one of each, are at most `reach` apart. `near`, for the commonest case."""
    few, many = (a, b) if len(a) <= len(b) else (b, a)
    for position in few:
        index = bisect_left(many, position - reach)
        for other in many[index : index + 2]:  # one of the two may be the position itself
            if other != position and other <= position + reach:
                return True
    return False


@dataclass(frozen=True, slots=True)
class Apart(_Marks):
    """Occurrences of one clause with none of another near."""

    part: Placed
    without: Placed
    distance: Distance

    def holds(self, reading: Reading) -> bool:
        return self.part.holds(reading) and bool(self.occurrences(reading))

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        return intervals.not_near(
            self.part.occurrences(reading),
            self.without.occurrences(reading),
            back=reading.back(self.distance),
            ahead=reading.ahead(self.distance),
        )


# ── Clauses ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Repeated:
    """At least `count` separate occurrences."""

    part: Placed
    count: int

    def holds(self, reading: Reading) -> bool:
        return self.part.holds(reading) and self.number(reading) >= self.count

    def number(self, reading: Reading) -> int:
        """How many separate occurrences there are; a sentence of the summary that the content repeats has none."""
        occurrences = self.part.occurrences(reading)
        return intervals.separate(o for o in occurrences if not reading.is_repeated(o.first))

    def spans(self, reading: Reading) -> Iterator[Span]:
        return self.part.spans(reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Clause, ...]

    def holds(self, reading: Reading) -> bool:
        return all(part.holds(reading) for part in self.parts)

    def spans(self, reading: Reading) -> Iterator[Span]:
        return _spans(self.parts, reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Clause, ...]

    def holds(self, reading: Reading) -> bool:
        return any(part.holds(reading) for part in self.parts)

    def spans(self, reading: Reading) -> Iterator[Span]:
        return _spans(self.parts, reading)


@dataclass(frozen=True, slots=True)
class Some:
    """At least `count` of the parts."""

    parts: tuple[Clause, ...]
    count: int

    def holds(self, reading: Reading) -> bool:
        return next(islice((True for part in self.parts if part.holds(reading)), self.count - 1, None), False)

    def spans(self, reading: Reading) -> Iterator[Span]:
        return _spans(self.parts, reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class Without:
    """Not the part."""

    part: Clause

    def holds(self, reading: Reading) -> bool:
        return not self.part.holds(reading)

    def spans(self, _reading: Reading) -> Iterator[Span]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the document comes from. `kind`: one of `tree.From`."""

    kind: Literal["site", "feed", "tag", "lang"]
    value: str

    def holds(self, reading: Reading) -> bool:
        document = reading.document
        match self.kind:
            case "site":
                return self.value in document.hosts
            case "feed":
                return self.value == document.feed_id
            case "tag":
                return self.value in document.feed_tags
            case "lang":
                return self.value == document.language

    def spans(self, _reading: Reading) -> Iterator[Span]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression on the text as shown."""

    regex: Compiled
    within: Within

    def holds(self, reading: Reading) -> bool:
        return next(self.spans(reading), None) is not None

    def spans(self, reading: Reading) -> Iterator[Span]:
        for segment, length in reading.segments(self.within):
            found = self.regex.found(segment.words.text[:length])
            for start, end in islice(found, MAX_SPANS):
                yield Span(segment.field, segment.offset + start, segment.offset + end)


def _spans(parts: Iterable[Clause], reading: Reading) -> Iterator[Span]:
    return chain.from_iterable(part.spans(reading) for part in parts if part.holds(reading))
