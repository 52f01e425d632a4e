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


def is_wider(coverage: Reach) -> Wider | NotWider:
    """What an update's first line says, or why there is none."""
    if found := [*_wider(coverage)]:
        return Wider(f"New: {'; '.join(found)}")
    outlets = coverage.outlets
    return NotWider(f"below threshold {outlets} of {next_threshold(max(outlets, coverage.outlets_then))}")


def next_threshold(outlets: int) -> int:
    """The least threshold above so many outlets."""
    return next(one for one in _thresholds() if one > outlets)


def _thresholds() -> Iterator[int]:
    scale = 1
    while True:
        yield from (one * scale for one in FIRST_THRESHOLDS)
        scale *= 10


def _wider(coverage: Reach) -> Iterator[str]:
    if coverage.outlets >= next_threshold(coverage.outlets_then):
        yield f"{coverage.outlets} outlets tell it ({coverage.outlets_then} before)"
    if languages := sorted(coverage.languages - coverage.languages_then):
        yield f"told in {', '.join(languages)} too"
