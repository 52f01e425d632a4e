"""Question three of three: which story an entry belongs to.

Streaming: it joins a story or opens one, once. Pure and bounded: it compares with the nearest neighbours
that it is handed, nothing else. The constants are measured by `tests/bench/measure_stories.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import exp, hypot, sqrt
from typing import Final

from monitor.core.stories.copies import Copy
from monitor.core.stories.keys import ACROSS, Kind, by_kind, prominent_by_kind, said_by
from monitor.core.stories.traces import Neighbours, Trace

ENOUGH: Final = 1.6
"""Rarities in common from which two reports tell one story: two rare names at once, or some not so rare."""
APART: Final = timedelta(days=3)
"""Reports told further apart tell two stories, however alike."""
DECAY_H: Final = 6.0
"""Hours after which likeness counts 1/e: a day's gap separates better than any text score."""
WITHIN: Final = 6.0
"""What full likeness counts within a language; across languages there are names, places and numbers only."""
BEST_ACROSS: Final = 2
"""Reports in other languages that a story is judged by: those that say most of the same."""
SAME_RULES: Final = 1.5
"""Factor where the same rule matches both."""


@dataclass(frozen=True, slots=True)
class Tie:
    """What an entry has in common with a story."""

    story_id: int
    strength: float
    """In rarities. Reports of one language that are each a little alike add up, as the sides of a right angle do;
    across languages the mean of the `BEST_ACROSS` counts: there what all reports of an evening name adds up too."""
    others: tuple[Trace, ...]
    """The story's entries that it was compared with, the most alike first."""


@dataclass(frozen=True, slots=True)
class Joined:
    """It tells a story that is known."""

    story_id: int
    copied: int | None = None
    """The entry whose copy keeps it there."""
    ties: tuple[Tie, ...] = ()
    """To every story near it, the strongest first; none where it is there as a copy."""


@dataclass(frozen=True, slots=True)
class Opened:
    """It tells a story of its own."""

    ties: tuple[Tie, ...] = ()
    """None of them strong enough."""


def choose_story(trace: Trace, neighbours: Neighbours, *, copy: Copy | None) -> Joined | Opened:
    """The story an entry joins, or that it opens one; a copy joins the story of its original."""
    if copy is not None:
        for other in neighbours.near(trace):
            if other.story_id is not None and copy.of in {other.entry_id, other.copy_of}:
                return Joined(other.story_id, copied=copy.of)
    ties = ties_of(trace, neighbours)
    return Joined(ties[0].story_id, ties=ties) if ties and ties[0].strength >= ENOUGH else Opened(ties)


def ties_of(trace: Trace, neighbours: Neighbours) -> tuple[Tie, ...]:
    """To every story that a near entry tells within `APART`, the strongest first."""
    compared: defaultdict[int, list[tuple[float, Trace]]] = defaultdict(list)
    for other in neighbours.near(trace):
        if other.story_id is not None and abs(other.told_at - trace.told_at) <= APART:
            compared[other.story_id].append((evidence(trace, other, neighbours), other))
    ties = [_tie(trace, story_id, each) for story_id, each in compared.items()]
    return tuple(sorted(ties, key=lambda tie: (-tie.strength, -tie.story_id)))


def _tie(trace: Trace, story_id: int, compared: list[tuple[float, Trace]]) -> Tie:
    alike = sorted(compared, key=lambda one: -one[0])
    same_language = [strength for strength, other in alike if _one_language(trace, other)]
    others = [strength for strength, other in alike if not _one_language(trace, other)][:BEST_ACROSS]
    strength = max(hypot(*same_language), sum(others) / (len(others) or 1))
    return Tie(story_id, strength, tuple(other for _, other in alike))


def evidence(one: Trace, other: Trace, neighbours: Neighbours) -> float:
    """How strongly two entries seem to tell one story, in rarities in common, less as time parts them."""
    hours = abs((one.told_at - other.told_at).total_seconds()) / 3600
    likeness = (
        WITHIN * _likeness(one, other, neighbours)
        if _one_language(one, other)
        else _carried(one, other, neighbours)
    )
    return likeness * exp(-hours / DECAY_H) * (SAME_RULES if one.rules & other.rules else 1.0)


def _one_language(one: Trace, other: Trace) -> bool:
    return one.language is not None and one.language == other.language


def _likeness(one: Trace, other: Trace, neighbours: Neighbours) -> float:
    """The cosine of what both say, rare things counting more, those of the titles twice: 0 to 1."""
    (ours, our_titles), (theirs, their_titles) = said_by(one.keys), said_by(other.keys)
    alike = neighbours.weight(ours & theirs) + neighbours.weight(our_titles & their_titles)
    return alike / sqrt(neighbours.norm(one) * neighbours.norm(other)) if alike else 0.0


def _carried(one: Trace, other: Trace, neighbours: Neighbours) -> float:
    """The rarities of what both say in whatever language; a place that both titles name counts twice."""
    ours, theirs = by_kind(one.keys), by_kind(other.keys)
    once = sum(neighbours.rarity(key) for kind in ACROSS for key in ours[kind] & theirs[kind])
    titles = prominent_by_kind(one.keys)[Kind.PLACE] & prominent_by_kind(other.keys)[Kind.PLACE]
    return once + sum(map(neighbours.rarity, titles))
