"""Question three of three: which story an entry belongs to.

Streaming: it joins a story or opens one, once. Pure and bounded: it compares with the nearest neighbours
that it is handed, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from monitor.core.stories.copies import Copy
from monitor.core.stories.traces import Neighbours, Trace, overlap

ENOUGH: Final = 0.3
"""Evidence from which two entries are one story. To be measured."""
APART: Final = timedelta(days=3)
"""Entries told further apart are two stories."""


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
    best: tuple[float, int] | None = None
    for other in neighbours.near(trace):
        if other.story_id is None:
            continue
        if copy is not None and other.entry_id == copy.of:
            return Joined(other.story_id, "a copy stays with its original")
        score = overlap(trace.keys, other.keys)
        if (
            score >= ENOUGH
            and abs(other.told_at - trace.told_at) <= APART
            and (best is None or best[0] < score)
        ):
            best = score, other.story_id
    return Joined(best[1], f"evidence {best[0]:.2f}") if best else Opened("no story is near enough")
