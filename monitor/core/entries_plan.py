"""What entries that came change, whichever way they came: themselves, their stories, what is told of them.

A poll, a push, an older page and the web page of an entry end here alike. The store applies such a plan in one
transaction, so either all of it happened or nothing did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from monitor.core.alerts.burst_test import NO_NEWS, Covered
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.threads import Thread
from monitor.core.alerts.told_threads import ToldThreads
from monitor.core.arrivals import Arrivals, Arrived
from monitor.core.examine import Examined
from monitor.core.poll_facts import Facts, NextIds, StoredEntry
from monitor.model import (
    Alert,
    Config,
    Decision,
    Delivery,
    EntryChange,
    EntryKeys,
    Match,
    Page,
    Span,
    Story,
    StoryMerge,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class EntriesPlan:
    """Everything that entries which came change."""

    at: datetime
    next_ids: NextIds
    new: tuple[StoredEntry, ...] = ()
    changed: tuple[StoredEntry, ...] = ()
    changes: tuple[EntryChange, ...] = ()
    """What the changed entries said otherwise, as far as it is kept."""
    rekeyed: Mapping[int, EntryKeys] = field(default_factory=dict)
    opened: tuple[Story, ...] = ()
    touched: Mapping[int, datetime] = field(default_factory=dict)
    """Stories that were there before, with when they were last seen."""
    left: int | None = None
    """A story that nothing is left of: its only entry told another, as its whole text says."""
    merges: tuple[StoryMerge, ...] = ()
    """In the order in which they came about. Made after all else: what else names a story may name one of these."""
    marks: Mapping[int, Mapping[str, tuple[Span, ...]]] = field(default_factory=dict)
    """By entry that changed and rule that matched before: what is marked in the text as it is now."""
    decisions: tuple[Decision, ...] = ()
    alerts: tuple[Alert, ...] = ()
    told: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """Story and rule → the alert that tells it."""
    updated: Mapping[tuple[int, str], int] = field(default_factory=dict)
    """Story and rule → the newest alert of those that tell it."""
    threads: Mapping[int, Thread] = field(default_factory=dict)
    """Those that changed, by story id."""
    deliveries: tuple[Delivery, ...] = ()
    pages: tuple[Page, ...] = ()
    """To be read later; an entry whose page was asked for before keeps that one."""
    coverage: Mapping[Covered, int] = field(default_factory=dict)
    """How many reports each rule found, by hour."""

    @property
    def touches_stories(self) -> bool:
        """Whether the entries of a story are others now."""
        stored = (*self.new, *self.changed)
        return bool(self.merges) or any(one.entry.story_id is not None for one in stored)

    @property
    def joined(self) -> frozenset[int]:
        """The alerts made earlier that further matches joined."""
        told = frozenset(one.alert_id for one in self.decisions if one.alert_id is not None)
        return told - {alert.id for alert in self.alerts}


def planner_of(facts: Facts, *, config: Config, now: datetime) -> AlertPlanner:
    """What decides on the matches that facts were gathered for."""
    return AlertPlanner(
        told=facts.told,
        next_alert_id=facts.next_ids.alert,
        config=config,
        now=now,
        traffic=facts.traffic,
        silences=facts.silences,
        threads=facts.threads,
        said=ToldThreads(facts.reports, facts.became, facts.rarity),
    )


def plan_entries(arrivals: Arrivals, planner: AlertPlanner, *, at: datetime) -> EntriesPlan:
    """What the entries that arrived change, all of them decided on by `planner`."""
    return EntriesPlan(
        at=at,
        next_ids=NextIds(entry=arrivals.next_id, story=arrivals.next_story_id, alert=planner.next_alert_id),
        new=tuple(arrivals.new),
        changed=tuple(arrivals.changed),
        changes=tuple(arrivals.changes),
        opened=tuple(arrivals.opened.values()),
        touched=arrivals.touched,
        merges=tuple(arrivals.merges),
        decisions=tuple(planner.decisions),
        alerts=tuple(planner.alerts),
        told={key: told.alert_id for key, told in planner.told.items()},
        updated=planner.updated,
        threads=planner.threads,
        deliveries=tuple(planner.deliveries.values()),
        coverage=coverage(planner.decisions, arrivals.new),
    )


def tell(
    planner: AlertPlanner,
    arrived: Arrived,
    examined: Examined,
    *,
    decided: frozenset[str],
    was_there: str,
    config: Config,
) -> None:
    """Decides on a stored entry's matches with the rules that it did not match before."""
    if arrived.report is None:
        return
    for match in examined.matches:
        if match.rule_id in config.rules and match.rule_id not in decided:
            is_older = match.rule_id in examined.matched_before
            newer = "it matched before it changed, and the rule is newer than it" if is_older else ""
            planner.tell(arrived.entry, match, arrived.report, was_there=was_there or newer)


def marks(matches: Sequence[Match], decided: Iterable[str]) -> Mapping[str, tuple[Span, ...]]:
    """What each rule that matched before marks in the new text; nothing, where it matches no more."""
    spans = {match.rule_id: match.spans for match in matches}
    return {rule_id: spans.get(rule_id, ()) for rule_id in decided}


def coverage(decisions: Sequence[Decision], new: Sequence[StoredEntry]) -> Mapping[Covered, int]:
    """How many reports the new entries of one feed are: several that tell one story in an hour are one."""
    entries = {stored.entry.id: stored for stored in new}
    reports = {
        (covered, stored.entry.story_id)
        for decision in decisions
        if decision.verdict not in NO_NEWS and (stored := entries.get(decision.entry_id))
        for covered in [Covered.of(decision.match, reported_at=stored.reported_at)]
    }
    return Counter(covered for covered, _ in reports)
