"""What one poll changes: composes identity, copies, stories and alerts into one value.

`plan_poll` is handed everything it may know and touches nothing. The store applies its plan in one
transaction, so either all of a poll happened or nothing did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from monitor.core.alerts.burst_test import NO_NEWS, Covered
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.threads import Thread
from monitor.core.alerts.told_threads import ToldThreads
from monitor.core.arrivals import Arrivals, Arrived
from monitor.core.pages.wish import queued
from monitor.core.poll_facts import Examined, Facts, NextIds, Polled, StoredEntry
from monitor.core.polling import host_pause
from monitor.core.stories.guids import weigh
from monitor.core.stories.identity import Changed
from monitor.model import (
    Alert,
    Config,
    Decision,
    Delivery,
    EntryChange,
    EntryKeys,
    FeedState,
    Match,
    Modified,
    NotModified,
    Page,
    Span,
    Story,
    StoryMerge,
)

A_DAY: Final = timedelta(days=1)
RESTRUCTURED_AGAIN: Final = timedelta(days=7)
"""For how long the operator hears of it no second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """Everything that one poll changes."""

    at: datetime
    before: FeedState
    state: FeedState
    more_follows: bool = False
    """The state is not to be stored: that is for a later part of the poll."""
    host_pause: tuple[str, datetime] | None = None
    """A host that is not to be asked, and until when."""
    entry_hashes: bytes | None = None
    """`ParsedFeed.entry_hashes` of the document that came; None: none came, and those that are stored hold."""
    next_ids: NextIds
    new: tuple[StoredEntry, ...] = ()
    changed: tuple[StoredEntry, ...] = ()
    changes: tuple[EntryChange, ...] = ()
    """What the changed entries said otherwise, as far as it is kept."""
    rekeyed: Mapping[int, EntryKeys] = field(default_factory=dict)
    opened: tuple[Story, ...] = ()
    touched: Mapping[int, datetime] = field(default_factory=dict)
    """Stories that were there before, with when they were last seen."""
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

    @property
    def touches_stories(self) -> bool:
        """Whether the entries of a story are others now."""
        stored = (*self.new, *self.changed)
        return bool(self.merges) or any(one.entry.story_id is not None for one in stored)

    @property
    def joined(self) -> frozenset[int]:
        """The alerts of earlier polls that further matches joined."""
        return joined(self.decisions, self.alerts)


def joined(decisions: Iterable[Decision], made: Iterable[Alert]) -> frozenset[int]:
    """The alerts that matches joined and that were there before."""
    told = frozenset(one.alert_id for one in decisions if one.alert_id is not None)
    return told - {alert.id for alert in made}


def telling_of(facts: Facts, *, config: Config, now: datetime) -> AlertPlanner:
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


def plan_poll(polled: Polled, facts: Facts, *, config: Config) -> PollPlan:
    """The changes that the poll makes. Ids are given out from `facts.next_ids` on."""
    entries = Arrivals(polled, facts)
    telling = telling_of(facts, config=config, now=polled.at)
    pages: list[Page] = []
    for index, examined in enumerate(polled.examined):
        was_there = _was_there(examined, polled, config=config)
        arrived = entries.add(index, examined, baseline=bool(was_there))
        entry = arrived.entry
        for merge in arrived.merges:
            telling.merge(merge.from_id, merge.into_id)
        max_age = config.alerting.max_age
        if page := queued(entry, examined.page_wanted, max_age=max_age, now=polled.at):
            pages.append(page)
        earlier = facts.earlier.get(entry.id)
        decided = earlier.rules if earlier else frozenset()
        tell(telling, arrived, examined, decided=decided, was_there=was_there, config=config)
        if not was_there:
            _retell(telling, arrived, examined, decided=decided, config=config)
        if arrived.before is not None and entry.id not in telling.entries:
            entries.stay(arrived.before)
    if not polled.more_follows:
        _note_changes(polled, telling)
    return PollPlan(
        before=polled.before,
        state=_state(polled),
        more_follows=polled.more_follows,
        at=polled.at,
        host_pause=None if polled.more_follows else host_pause(polled.outcome, now=polled.at),
        entry_hashes=_entry_hashes(polled),
        next_ids=NextIds(entry=entries.next_id, story=entries.next_story_id, alert=telling.next_alert_id),
        new=tuple(entries.new),
        changed=tuple(entries.changed),
        changes=tuple(entries.changes),
        rekeyed=polled.rekeyed,
        opened=tuple(entries.opened.values()),
        touched=entries.touched,
        merges=tuple(entries.merges),
        marks={
            one.identity.entry_id: marks(one.matches, facts.earlier[one.identity.entry_id].rules)
            for one in polled.examined
            if isinstance(one.identity, Changed)
        },
        decisions=tuple(telling.decisions),
        alerts=tuple(telling.alerts),
        told={key: told.alert_id for key, told in telling.told.items()},
        updated=telling.updated,
        threads=telling.threads,
        deliveries=tuple(telling.deliveries.values()),
        pages=tuple(pages),
        coverage=coverage(telling.decisions, entries.new) if polled.before.baseline_at else {},
    )


def is_quiet(polled: Polled) -> bool:
    """Whether nothing follows from the poll but its feed's state: no facts are needed for its plan."""
    return not polled.examined and not _stops(polled) and not tells_restructured(polled)


def _stops(polled: Polled) -> bool:
    return bool(polled.after.stopped_reason and not polled.before.stopped_reason)


def _note_changes(polled: Polled, telling: AlertPlanner) -> None:
    """Tells the operator what became of the feed itself."""
    if _stops(polled):
        telling.note(
            f"Feed {polled.feed.id} is polled no more: {polled.after.stopped_reason}",
            key=f"stopped {polled.feed.id} {polled.after.fence}",
        )
    if tells_restructured(polled):
        telling.note(
            f"Feed {polled.feed.id} was restructured: {polled.restructured}. They are stored and matched, not "
            f"told; `monitor entries list --feed {polled.feed.id}` shows them.",
            key=f"restructured {polled.feed.id} {polled.after.fence}",
        )


def _entry_hashes(polled: Polled) -> bytes | None:
    if polled.more_follows or not isinstance(polled.outcome, Modified):
        return None
    return polled.outcome.feed.entry_hashes


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


def tells_restructured(polled: Polled) -> bool:
    """Whether the operator is to hear that the feed was restructured: a feed may do so at every poll."""
    told_at = polled.before.restructured_at
    return bool(polled.restructured) and (told_at is None or polled.at - told_at >= RESTRUCTURED_AGAIN)


def tell(
    telling: AlertPlanner,
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
            telling.tell(arrived.entry, match, arrived.report, was_there=was_there or newer)


def _retell(
    telling: AlertPlanner, arrived: Arrived, examined: Examined, *, decided: frozenset[str], config: Config
) -> None:
    """Decides on an edit for the rules that it still matches, and on what no rule matches for those that follow."""
    if arrived.report is not None:
        held = {match.rule_id for match in examined.matches}
        follow = {rule.id for rule in config.rules.values() if rule.follow} - held
        telling.retell(arrived.entry, arrived.report, (held & decided) | follow, before=arrived.before)


def _was_there(examined: Examined, polled: Polled, *, config: Config) -> str:
    """Why an entry is no news; empty: it is. A changed one is news to whom its new text is."""
    before, published_at = polled.before, examined.entry.published_at
    if examined.was_there:
        return examined.was_there
    if before.told_until_at is not None and _may_be_told(examined, before.told_until_at):
        return "an older database was restored: it may have been told before"
    if isinstance(examined.identity, Changed):
        return ""
    if published_at is not None and _age(published_at, polled.at) < config.alerting.catch_up:
        return ""
    return _in_baseline(published_at, before.baseline_at)


def _age(published_at: datetime, at: datetime) -> timedelta:
    """What is dated in the future is as old as what is dated now: no date makes news of what was there."""
    return max(at - published_at, timedelta(0))


def _in_baseline(published_at: datetime | None, baseline_at: datetime | None) -> str:
    if baseline_at is None:
        return "it was in the feed before the first poll"
    if published_at is not None and _is_before(published_at, baseline_at):
        return f"it was published before the feed's first poll, {baseline_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _is_before(published_at: datetime, baseline_at: datetime) -> bool:
    """Feeds that date by the day give today's entries all one time, at a full hour: those of that day may be new."""
    by_the_day = published_at.minute == published_at.second == 0
    return published_at < (baseline_at - A_DAY if by_the_day else baseline_at)


def _may_be_told(examined: Examined, until: datetime) -> bool:
    """Of a change nobody knows when it was made, nor of an undated entry when it came."""
    published_at = examined.entry.published_at
    return isinstance(examined.identity, Changed) or published_at is None or published_at <= until


def _state(polled: Polled) -> FeedState:
    """The first poll that brought a feed is its baseline, even an empty one."""
    state = weigh(polled.after, polled.guids, now=polled.at)
    if isinstance(polled.outcome, Modified | NotModified):
        state = replace(state, told_until_at=None)  # all that was missed in between has been seen
    if isinstance(polled.outcome, Modified) and polled.before.baseline_at is None:
        state = replace(state, baseline_at=polled.at)
    return replace(state, restructured_at=polled.at) if tells_restructured(polled) else state
