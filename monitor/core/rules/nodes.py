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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from monitor.core.rules.reading import Reading, Within
    from monitor.core.rules.regexes import Compiled
    from monitor.core.rules.signs import Edges
    from monitor.core.rules.tree import Distance
    from monitor.core.text.document import Place

MAX_PLACES: Final = 1000
"""Places of one clause that are marked in an entry."""


class Clause(Protocol):
    """A query that holds for a reading or does not."""

    def holds(self, reading: Reading, /) -> bool:
        """Whether it holds for the document."""

    def places(self, reading: Reading, /) -> Iterator[Place]:
        """What to mark where it holds; nothing where it does not. In no order, with repetitions."""
        ...


class Placed(Clause, Protocol):
    """A clause that holds at places."""

    def occurrences(self, reading: Reading, /) -> Sequence[Occurrence]:
        """Where it stands, in order."""


class _Marks:
    """The places of a placed clause: the marks of its occurrences."""

    __slots__ = ()

    def places(self: Placed, reading: Reading) -> Iterator[Place]:
        for occurrence in islice(self.occurrences(reading), MAX_PLACES):
            for first, last in occurrence.marks:
                yield reading.document.place(first, last)


# ── Placed clauses ───────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Word:
    """A term of one word."""

    term: int
    within: Within

    def holds(self, reading: Reading) -> bool:
        if self.within == "body":
            return self.term in reading.hits
        return bool(reading.positions(self.term, self.within))

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        return intervals.single(reading.positions(self.term, self.within))

    def places(self, reading: Reading) -> Iterator[Place]:
        place = reading.document.place
        return (place(p, p) for p in reading.positions(self.term, self.within)[:MAX_PLACES])


@dataclass(frozen=True, slots=True)
class Run(_Marks):
    """Words right behind each other; of katakana or with signs also a single one."""

    terms: tuple[int, ...]
    within: Within
    edges: Edges | None = None

    def holds(self, reading: Reading) -> bool:
        return next(self._starts(reading), None) is not None

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        behind = len(self.terms) - 1
        return [Occurrence(p, p + behind, ((p, p + behind),)) for p in self._starts(reading)]

    def _starts(self, reading: Reading) -> Iterator[int]:
        places = []
        for term in self.terms:
            found = reading.positions(term, self.within)
            if not found:
                return iter(())
            places.append(found)
        fewest = min(range(len(places)), key=lambda i: len(places[i]))
        others = [(i - fewest, other) for i, other in enumerate(places) if i != fewest]
        starts = (p - fewest for p in places[fewest] if _all_have(others, p))
        return starts if self.edges is None else (p for p in starts if self._fits(p, reading, self.edges))

    def _fits(self, start: int, reading: Reading, edges: Edges) -> bool:
        words, index = reading.document.words_at(start)
        return edges.fits(words, index) and edges.fits_end(words, index + len(self.terms) - 1)


def _all_have(lists: Iterable[tuple[int, Sequence[int]]], position: int) -> bool:
    """Whether each list has the position that lies by its number behind this one."""
    for behind, positions in lists:
        index = bisect_left(positions, position + behind)
        if index == len(positions) or positions[index] != position + behind:
            return False
    return True


@dataclass(frozen=True, slots=True)
class PlacedAny(_Marks):
    """Any of placed clauses, and all of their places."""

    parts: tuple[Placed, ...]

    def holds(self, reading: Reading) -> bool:
        return _any_holds(self.parts, reading)

    def occurrences(self, reading: Reading) -> Sequence[Occurrence]:
        return intervals.union(part.occurrences(reading) for part in self.parts if part.holds(reading))


@dataclass(frozen=True, slots=True)
class Close(_Marks):
    """One occurrence of each part, close to each other."""

    parts: tuple[Placed, ...]
    distance: Distance
    order: Literal["any", "given"]

    def holds(self, reading: Reading) -> bool:
        if not _all_hold(self.parts, reading):
            return False
        match self.parts, self.distance, self.order:
            case (Word() as a, Word() as b), int(distance), "any":
                first, second = (reading.positions(word.term, word.within) for word in (a, b))
                return _two_near(first, second, distance + 1)
            case _:
                return bool(self.occurrences(reading))

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
        """How many separate occurrences there are; what the content repeats of the summary counts once."""
        occurrences = self.part.occurrences(reading)
        if not any(reading.is_in_content(one.first) for one in occurrences):
            return intervals.separate(occurrences)
        return intervals.separate(one for one in occurrences if not reading.is_repeated(one.first))

    def places(self, reading: Reading) -> Iterator[Place]:
        return self.part.places(reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class All:
    """AND."""

    parts: tuple[Clause, ...]

    def holds(self, reading: Reading) -> bool:
        return _all_hold(self.parts, reading)

    def places(self, reading: Reading) -> Iterator[Place]:
        return _places(self.parts, reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class Any:
    """OR."""

    parts: tuple[Clause, ...]

    def holds(self, reading: Reading) -> bool:
        return _any_holds(self.parts, reading)

    def places(self, reading: Reading) -> Iterator[Place]:
        return _places(self.parts, reading)


@dataclass(frozen=True, slots=True)
class Some:
    """At least `count` of the parts."""

    parts: tuple[Clause, ...]
    count: int

    def holds(self, reading: Reading) -> bool:
        missing = self.count
        for part in self.parts:
            if part.holds(reading):
                missing -= 1
                if not missing:
                    return True
        return False

    def places(self, reading: Reading) -> Iterator[Place]:
        return _places(self.parts, reading) if self.holds(reading) else iter(())


@dataclass(frozen=True, slots=True)
class Without:
    """Not the part."""

    part: Clause

    def holds(self, reading: Reading) -> bool:
        return not self.part.holds(reading)

    def places(self, _reading: Reading) -> Iterator[Place]:
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

    def places(self, _reading: Reading) -> Iterator[Place]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Expression:
    """A regular expression on the text as shown."""

    regex: Compiled
    within: Within

    def holds(self, reading: Reading) -> bool:
        return next(self.places(reading), None) is not None

    def places(self, reading: Reading) -> Iterator[Place]:
        for number, text in reading.texts(self.within):
            for start, end in islice(self.regex.found(text), MAX_PLACES):
                yield number, start, end


# Loops, since these two run for every candidate and `any` and `all` cost as much again as what they ask.


def _any_holds(parts: Iterable[Clause], reading: Reading) -> bool:
    for part in parts:  # noqa: SIM110 - see above
        if part.holds(reading):
            return True
    return False


def _all_hold(parts: Iterable[Clause], reading: Reading) -> bool:
    for part in parts:  # noqa: SIM110 - see above
        if not part.holds(reading):
            return False
    return True


def _places(parts: Iterable[Clause], reading: Reading) -> Iterator[Place]:
    return chain.from_iterable([part.places(reading) for part in parts])
