"""Question two of three: whether an entry is a text, or a page, that is known from elsewhere.

Pure and bounded: it compares with the nearest neighbours that it is handed, nothing else. The constants are
measured by `tests/bench/measure_stories.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from monitor.core.stories.keys import Kind, by_kind, prominent_by_kind
from monitor.core.stories.traces import Neighbours, Trace

ENOUGH: Final = 0.4
"""Share of the smaller text that is in the larger. The labelled copies share 0.83 and more, other entries 0.22
and less; a copy whose house edits freely shares less than any of these."""
LEAD_ENOUGH: Final = 0.3
"""Share of the smaller text's first sentence that is in the larger: two takes of one day share background only."""
TITLE_ENOUGH: Final = 0.8
"""Share of a title, where one of the two has hardly more than a title."""
FEW_PAIRS: Final = 8
"""Pairs of words below which a text says too little to be compared; a title half of them."""
SOON: Final = timedelta(hours=12)
"""Titles alone, and texts of one feed, are copies within it; later they recur: a briefing, a bulletin."""


@dataclass(frozen=True, slots=True)
class Copy:
    """It is a copy of `of`, which is no copy itself."""

    of: int
    reason: str


@dataclass(frozen=True, slots=True, order=True)
class _Likeness:
    share: float
    reason: str


def find_copy(trace: Trace, neighbours: Neighbours) -> Copy | None:
    """The entry that this one copies, None where it stands for itself."""
    best: tuple[_Likeness, Trace] | None = None
    for other in neighbours.near(trace):
        likeness = _likeness(trace, other)
        if likeness is not None and (best is None or likeness > best[0]):
            best = likeness, other
    if best is None:
        return None
    likeness, other = best
    return Copy(other.entry_id if other.copy_of is None else other.copy_of, likeness.reason)


def _likeness(one: Trace, other: Trace) -> _Likeness | None:
    """How much of one is in the other, None where neither is a copy of the other."""
    if one.url is not None and one.url == other.url:
        return _same_page(one, other)
    if one.feed_id == other.feed_id and not _soon(one, other):
        return None
    if min(len(_pairs(one)), len(_pairs(other))) < FEW_PAIRS:
        return _same_title(one, other)
    return _same_text(one, other)


def _same_page(one: Trace, other: Trace) -> _Likeness | None:
    """One address is one page, but for a feed whose entries are parts of one: a live blog's, a status page's."""
    alike = _containment(_titles(one), _titles(other)) + _containment(_pairs(one), _pairs(other))
    if one.feed_id == other.feed_id and alike < ENOUGH:
        return None
    return _Likeness(2, "the same address")


def _same_title(one: Trace, other: Trace) -> _Likeness | None:
    share = _containment(_titles(one), _titles(other))
    few = min(len(_titles(one)), len(_titles(other))) < FEW_PAIRS // 2
    return (
        None if few or share < TITLE_ENOUGH or not _soon(one, other) else _Likeness(share, "the same title")
    )


def _same_text(one: Trace, other: Trace) -> _Likeness | None:
    runs = by_kind(one.keys)[Kind.RUN], by_kind(other.keys)[Kind.RUN]
    share = _containment(*runs) if all(runs) else _containment(_pairs(one), _pairs(other))
    smaller, larger = sorted((one, other), key=lambda trace: len(_pairs(trace)))
    lead = prominent_by_kind(smaller.keys)[Kind.PAIR]
    if share < ENOUGH or len(lead & _pairs(larger)) < LEAD_ENOUGH * len(lead):
        return None
    return _Likeness(share, f"{share:.0%} of the text is the same")


def _titles(trace: Trace) -> frozenset[int]:
    return by_kind(trace.keys)[Kind.TITLE_PAIR]


def _pairs(trace: Trace) -> frozenset[int]:
    return by_kind(trace.keys)[Kind.PAIR]


def _soon(one: Trace, other: Trace) -> bool:
    return abs(one.told_at - other.told_at) <= SOON


def _containment(one: frozenset[int], other: frozenset[int]) -> float:
    """How much of the smaller set is in the larger: 0 to 1, 0 where one is empty."""
    smaller = min(len(one), len(other))
    return len(one & other) / smaller if smaller else 0.0
