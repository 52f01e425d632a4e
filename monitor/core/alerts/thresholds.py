"""Whether further reports that say nothing new make a told story larger than it was: the first line of an update.

What says something new is told by itself (`planner`); this is of mere repetition.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

FIRST_THRESHOLDS: Final = (3, 10)
"""Outlets that make a story larger than it was; then ten times as many, and so on: 30, 100, 300."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """A story when it was last told, and now."""

    outlets_then: int
    outlets: int
    languages_then: frozenset[str]
    languages: frozenset[str]


@dataclass(frozen=True, slots=True)
class Wider:
    """In which way, in words."""

    text: str


@dataclass(frozen=True, slots=True)
class NotWider:
    """No larger than it was told, and why."""

    reason: str


def is_wider(reach: Reach) -> Wider | NotWider:
    """What an update's first line says, or why there is none."""
    if found := [*_wider(reach)]:
        return Wider(f"New: {'; '.join(found)}")
    outlets = reach.outlets
    return NotWider(f"below threshold {outlets} of {next_threshold(max(outlets, reach.outlets_then))}")


def next_threshold(outlets: int) -> int:
    """The least threshold above so many outlets."""
    return next(one for one in _thresholds() if one > outlets)


def _thresholds() -> Iterator[int]:
    scale = 1
    while True:
        yield from (one * scale for one in FIRST_THRESHOLDS)
        scale *= 10


def _wider(reach: Reach) -> Iterator[str]:
    if reach.outlets >= next_threshold(reach.outlets_then):
        yield f"{reach.outlets} outlets tell it ({reach.outlets_then} before)"
    if languages := sorted(reach.languages - reach.languages_then):
        yield f"told in {', '.join(languages)} too"
