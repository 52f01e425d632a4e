"""What the replay's rounds brought, and what came of them all."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median

from monitor.model import Alert, AlertKind, Decision, Entry, Verdict
from monitor.store.stories import Summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """An entry that was new, and what became of it."""

    entry: Entry
    decision: Decision | None
    """None: no rule matches it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One pass of the daemon over its feeds, its alerts sent."""

    at: datetime
    first: bool
    arrivals: tuple[Arrival, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldStory:
    """A story that was alerted."""

    summary: Summary
    updates: int
    """Messages that said what was new in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The whole replay in figures."""

    entries: int
    feeds: int
    languages: tuple[str, ...]
    verdicts: Mapping[Verdict, int]
    """How many entries that match a rule met which end."""
    alerts: int
    """Stories' first messages."""
    updates: int
    told: tuple[ToldStory, ...]
    """The first told first."""
    delay: timedelta | None
    """From publication to alert, the median; None without alerts."""
    silent: frozenset[str]
    """The addresses of the entries that match no rule."""


def outcome(
    *,
    entries: Sequence[Entry],
    decisions: Sequence[Decision],
    alerts: Sequence[Alert],
    stories: Sequence[Summary],
) -> Outcome:
    """The figures of all that was stored."""
    by_id = {entry.id: entry for entry in entries}
    matched = {decision.entry_id for decision in decisions}
    delays = [
        (alert.send_at - published).total_seconds()
        for alert in alerts
        if alert.kind is AlertKind.NEW
        and alert.entry_id is not None
        and (published := by_id[alert.entry_id].published_at)
    ]
    updates = Counter(alert.story_id for alert in alerts if alert.kind is AlertKind.UPDATE)
    begun = {alert.story_id for alert in alerts if alert.kind is AlertKind.NEW}
    told = [ToldStory(summary=one, updates=updates[one.story.id]) for one in stories if one.story.id in begun]
    return Outcome(
        entries=len(entries),
        feeds=len({entry.feed_id for entry in entries}),
        languages=tuple(sorted({entry.language for entry in entries if entry.language})),
        verdicts=Counter(decision.verdict for decision in decisions),
        alerts=sum(alert.kind is AlertKind.NEW for alert in alerts),
        updates=updates.total(),
        told=tuple(sorted(told, key=lambda one: one.summary.story.id)),
        delay=timedelta(seconds=median(delays)) if delays else None,
        silent=frozenset(entry.url or "" for entry in entries if entry.id not in matched),
    )
