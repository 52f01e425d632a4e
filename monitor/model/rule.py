"""Rules as the config says them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from monitor.errors import Place
from monitor.model.feed import Fulltext

Priority = Literal["low", "normal", "high", "urgent"]


Updates = Literal["all", "new", "none"]


ListTerms = tuple[str, ...] | Mapping[str, tuple[str, ...]]
"""A list's terms; with a row for each language they are by its code, those of "any" for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule must, or must not, match. Bare strings of the config are titles."""

    title: str = ""
    summary: str = ""
    content: str = ""
    language: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Every listed query counts once; `title_factor` where it holds on the title alone."""

    threshold: float
    terms: tuple[tuple[str, float], ...]
    title_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When a digest goes out, by the clock of `[alerting] zone`."""

    times: tuple[time, ...]
    """In order, at least one."""
    days: frozenset[int] = frozenset(range(7))
    """Of the week, Monday 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as the config says it. `core.rules` compiles it."""

    id: str
    title: str = ""
    query: str = ""
    exclude: str = ""
    languages: frozenset[str] = frozenset()
    """Empty: every language."""
    feeds: tuple[str, ...] = ()
    """Feed ids and `tag:NAME`; empty: every feed."""
    max_age: timedelta | None = None
    since: datetime | None = None
    """What was published before is no match; None: whatever its age."""
    until: datetime | None = None
    """What was published after it is no match."""
    priority: Priority = "normal"
    alert: tuple[str, ...] = ()
    """Channel ids; empty: `[alerting] default`."""
    fulltext: Fulltext = "never"
    updates: Updates = "new"
    """Which further reports of a told story are told: all but copies, those that say something new, none."""
    follow: bool = False
    """Whether reports of a told story that the rule does not match are told, as its updates."""
    quiet_hours: bool = True
    """Whether those of `[alerting]` keep its alerts back; an urgent rule's they never do."""
    enabled: bool = True
    group: Literal["story", "rule"] = "story"
    digest: Timetable | None = None
    """None: told as it comes."""
    recipients: tuple[str, ...] = ()
    score: Score | None = None
    must_match: tuple[Example, ...] = ()
    must_not_match: tuple[Example, ...] = ()
    place: Place | None = field(default=None, compare=False)
