"""Question three of three: which story an entry belongs to.

Streaming: it joins a story or opens one, once. Pure and bounded: it compares with the nearest neighbours
that it is handed, nothing else. The constants are measured by `tests/bench/measure_stories.py`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from math import exp, sqrt
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
SAME_RULES: Final = 1.5
"""Factor where the same rule matches both."""


@dataclass(frozen=True, slots=True)
class Joined:
    """It tells a story that is known."""

    story_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Opened:
    """It tells a story of its own."""

    reason: str


def choose_story(trace: Trace, neighbours: Neighbours, *, copy: Copy | None) -> Joined | Opened:
    """The story an entry joins, or that it opens one; a copy joins the story of its original."""
    evidence: defaultdict[int, list[float]] = defaultdict(list)
    for other in neighbours.near(trace):
        if other.story_id is None:
            continue
        if copy is not None and copy.of in {other.entry_id, other.copy_of}:
            return Joined(other.story_id, "a copy stays with its original")
        if abs(other.told_at - trace.told_at) <= APART:
            evidence[other.story_id].append(_evidence(trace, other, neighbours))
    most, story_id = max(
        ((sum(each) / len(each), story) for story, each in evidence.items()), default=(0.0, 0)
    )
    if most < ENOUGH:
        return Opened(
            f"the nearest story has {most:.1f} of {ENOUGH}" if evidence else "nothing like it is known"
        )
    return Joined(story_id, f"{most:.1f} in common, {ENOUGH} are enough")


def _evidence(one: Trace, other: Trace, neighbours: Neighbours) -> float:
    hours = abs((one.told_at - other.told_at).total_seconds()) / 3600
    same_language = one.language is not None and one.language == other.language
    likeness = (
        WITHIN * _likeness(one, other, neighbours) if same_language else _carried(one, other, neighbours)
    )
    return likeness * exp(-hours / DECAY_H) * (SAME_RULES if one.rules & other.rules else 1.0)


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
