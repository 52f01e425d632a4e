"""Proximity: which occurrences stand near each other.

Minimal-interval semantics (Clarke, Cormack and Burkowski 1995; Lucene's intervals), with what users of
media-monitoring languages expect: overlapping occurrences never pair, distance is between neighbours, edge to edge.
Occurrences come and go as lists in order, without repetition.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from heapq import heappop, heappush
from typing import Final, NamedTuple

MAX_STEPS: Final = 1 << 14
"""Of one part in one search: its occurrences times the sets of other parts. 128 occurrences of each of eight parts,
4096 of each of three, which is all there are: a long text of one letter costs a tenth of a second."""

Mark = tuple[int, int]


class Occurrence(NamedTuple):
    """A stretch of positions, both ends included, and the stretches inside it that were asked for."""

    first: int
    last: int
    marks: tuple[Mark, ...]


Reach = Callable[[int], int]
"""The farthest position before (or behind) a given one that is still near it. It never shrinks as that grows."""


def single(positions: Iterable[int]) -> list[Occurrence]:
    """Every position as an occurrence."""
    return [Occurrence(p, p, ((p, p),)) for p in positions]


def union(lists: Iterable[Iterable[Occurrence]]) -> list[Occurrence]:
    """The occurrences of all lists."""
    found: dict[Mark, Occurrence] = {}
    for occurrences in lists:
        for occurrence in occurrences:
            found.setdefault((occurrence.first, occurrence.last), occurrence)
    return [found[stretch] for stretch in sorted(found)]


def shortest(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    """Those that contain no other."""
    kept: list[Occurrence] = []
    for occurrence in sorted(occurrences, key=lambda o: (o.last, -o.first)):
        if not kept or occurrence.first > kept[-1].first:
            kept.append(occurrence)
    return kept


def near(parts: Sequence[Sequence[Occurrence]], reach: Reach) -> list[Occurrence]:
    """The shortest stretches with one occurrence of each part, neighbours within reach, in any order."""
    full = (1 << len(parts)) - 1
    parts = [part[: MAX_STEPS >> (len(parts) - 1)] for part in parts]
    steps = [
        [(used, used | 1 << part) for used in range(full) if not used >> part & 1]
        for part in range(len(parts))
    ]
    return _chains(parts, reach, steps=steps, full=full)


def before(parts: Sequence[Sequence[Occurrence]], reach: Reach) -> list[Occurrence]:
    """The shortest stretches with one occurrence of each part, neighbours within reach, in this order."""
    steps = [[(part, part + 1)] for part in range(len(parts))]
    return _chains(parts, reach, steps=steps, full=len(parts))


def not_near(
    occurrences: Sequence[Occurrence], others: Sequence[Occurrence], *, back: Reach, ahead: Reach
) -> list[Occurrence]:
    """The occurrences with no other one within reach of either edge; one that overlaps is within reach."""
    firsts = [other.first for other in others]  # in order already
    lasts = sorted(other.last for other in others)
    itself = {(other.first, other.last) for other in others}
    return [
        occurrence
        for occurrence in occurrences
        # Those that begin early enough, less those that end too early, less the occurrence itself.
        if bisect_right(firsts, ahead(occurrence.last))
        - bisect_left(lasts, back(occurrence.first))
        - ((occurrence.first, occurrence.last) in itself)
        <= 0
    ]


def separate(occurrences: Iterable[Occurrence]) -> int:
    """How many of them there are at most without any two overlapping."""
    count, end = 0, -1
    for occurrence in sorted(occurrences, key=lambda o: o.last):
        if occurrence.first > end:
            count, end = count + 1, occurrence.last
    return count


# ── The search ───────────────────────────────────────────────────────────────────────────────────
#
# Occurrences are taken in the order of their first positions. A chain that has used some of the parts can be
# continued by an occurrence that begins behind its end and within reach. Of the chains that have used the same
# parts, one that ends later and began later than another makes the other useless, now and for ever: what is left
# stands in a queue with ends growing and beginnings shrinking, the best in front, out of reach first.


class _Front:
    """The chains that have used the same parts and may still be continued."""

    __slots__ = ("_ahead", "_open")

    def __init__(self) -> None:
        self._open: deque[Occurrence] = deque()
        self._ahead: list[tuple[int, int, tuple[Mark, ...]]] = []
        """A heap by ends: chains that end behind the position that was reached."""

    def add(self, chain: Occurrence) -> None:
        heappush(self._ahead, (chain.last, -chain.first, chain.marks))

    def best(self, first: int, limit: int) -> Occurrence | None:
        """The chain that began last, of those that end before `first` and not before `limit`."""
        while self._ahead and self._ahead[0][0] < first:
            last, minus_first, marks = heappop(self._ahead)
            while self._open and self._open[-1].first <= -minus_first:
                self._open.pop()
            self._open.append(Occurrence(-minus_first, last, marks))
        while self._open and self._open[0].last < limit:
            self._open.popleft()
        return self._open[0] if self._open else None


def _chains(
    parts: Sequence[Sequence[Occurrence]], reach: Reach, *, steps: list[list[tuple[int, int]]], full: int
) -> list[Occurrence]:
    """The shortest full chains. `steps[part]`: from which sets of used parts it leads to which."""
    if not all(parts):
        return []
    fronts: dict[int, _Front] = {}
    found: list[Occurrence] = []
    for occurrence, part in sorted((o, part) for part, occurrences in enumerate(parts) for o in occurrences):
        limit = reach(occurrence.first)
        for used, then in steps[part]:
            if not used:
                chain = occurrence
            elif used not in fronts or not (best := fronts[used].best(occurrence.first, limit)):
                continue
            else:
                chain = Occurrence(best.first, occurrence.last, best.marks + occurrence.marks)
            if then == full:
                found.append(chain)
            else:
                fronts.setdefault(then, _Front()).add(chain)
    return shortest(found)
