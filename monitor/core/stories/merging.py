"""When two stories turn out to be one: an entry ties both together, and they are alike themselves.

Two first reports may say too little of the same to be known as one story; a later, fuller one says it all. The
constants are measured by `tests/bench/measure_stories.py`; a wrong merge costs more than a missed one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from monitor.core.stories.grouping import Tie, evidence, ties_of
from monitor.core.stories.traces import Neighbours, Trace

TIED: Final = 3.2
"""Strength from which an entry ties a second story to its own: twice what a story is joined from."""
ALIKE: Final = 0.8
"""Mean evidence between the entries of the two: half of what would have made them one."""
MOST_MOVED: Final = 200
"""Entries of the younger story: a larger one is no fragment, and moving it would hold up the writer."""


@dataclass(frozen=True, slots=True)
class Merge:
    """The younger story's entries join the older one."""

    from_id: int
    into_id: int
    ties: tuple[Tie, Tie]
    """Those of the entry that shows it, to either story, the stronger first."""


def merges(ties: tuple[Tie, ...], neighbours: Neighbours, *, sizes: Mapping[int, int]) -> Merge | None:
    """The story that is one with the strongest of `ties`; None where none is.

    `sizes`: how many entries a story has, at least where that is more than `MOST_MOVED`.
    """
    for tie in ties[1:]:
        if tie.strength < TIED:
            return None
        into_id, from_id = sorted((ties[0].story_id, tie.story_id))
        if sizes.get(from_id, 0) <= MOST_MOVED and _alike(ties[0], tie, neighbours) >= ALIKE:
            return Merge(from_id, into_id, (ties[0], tie))
    return None


def merges_by_change(
    trace: Trace, story_id: int, neighbours: Neighbours, *, sizes: Mapping[int, int]
) -> Merge | None:
    """The same, shown by the new text of an entry of the story.

    An entry that is all of its story stands for it; of a larger one the others near it do.
    """
    ties = ties_of(trace, neighbours)
    own = [tie for tie in ties if tie.story_id == story_id]
    if not own and sizes.get(story_id, 0) <= 1:
        own = [Tie(story_id, 0.0, (trace,))]
    if not own:
        return None
    others = [tie for tie in ties if tie.story_id != story_id]
    return merges((*own, *others), neighbours, sizes=sizes)


def _alike(one: Tie, other: Tie, neighbours: Neighbours) -> float:
    between = [evidence(ours, theirs, neighbours) for ours in one.others for theirs in other.others]
    return sum(between) / len(between)
