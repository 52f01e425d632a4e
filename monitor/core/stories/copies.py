"""Question two of three: whether an entry is a text, or a page, that is known from elsewhere.

Pure and bounded: it compares with the nearest neighbours that it is handed, nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from monitor.core.stories.traces import Neighbours, Trace, overlap

ENOUGH: Final = 0.6
"""Share of the smaller text that must be in the larger. To be measured."""


@dataclass(frozen=True, slots=True)
class Copy:
    """It is a copy of `of`, which is no copy itself."""

    of: int
    reason: str


def find_copy(trace: Trace, neighbours: Neighbours) -> Copy | None:
    """The entry that this one copies, None where it stands for itself."""
    best: tuple[float, Trace] | None = None
    for other in neighbours.near(trace):
        if trace.url is not None and trace.url == other.url:
            return Copy(_original(other), "same address")
        share = overlap(trace.keys, other.keys)
        if share >= ENOUGH and (best is None or share > best[0]):
            best = share, other
    return Copy(_original(best[1]), f"{best[0]:.0%} of the text is the same") if best else None


def _original(other: Trace) -> int:
    return other.entry_id if other.copy_of is None else other.copy_of
