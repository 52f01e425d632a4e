"""What one poll changes: composes identity, copies, stories and alerts into one value.

`plan_poll` is handed everything it may know and touches nothing. The store applies its plan in one
transaction, so either all of a poll happened or nothing did.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final, Protocol

from monitor.core.alerts.holding import Traffic
from monitor.core.alerts.pace import NO_NEWS, Covered
from monitor.core.alerts.telling import Telling
from monitor.core.alerts.threads import Thread
from monitor.core.alerts.when import Told
from monitor.core.pages.wish import queued
from monitor.core.polling import hold
from monitor.core.stories.changes import edits, is_kept
from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.guids import Guids, weigh
from monitor.core.stories.identity import Changed, EntryKeys, New
from monitor.core.stories.merging import Merge, merges, merges_by_change
from monitor.core.stories.reasons import Wording, why_joined, why_merged
from monitor.core.stories.traces import Neighbours, Trace, told_at, wording_of
from monitor.model import (
    Alert,
    Config,
    Decision,
    Delivery,
    Entry,
    EntryChange,
    Feed,
    FeedEntry,
    FeedState,
    Match,
    Modified,
    NotModified,
    Page,
    PollOutcome,
    Pushed,
    Silence,
    Span,
    Story,
    StoryMerge,
)

RESTRUCTURED_AGAIN: Final = timedelta(days=7)
"""For how long the operator hears of it no second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examined:
    """A new or changed entry of a poll: recognised, its language known, matched."""

    entry: FeedEntry
    identity: New | Changed
    language: str | None
    keys: frozenset[int]
    """`traces.keys_to_find`."""
    matches: tuple[Match, ...]
    matched_before: frozenset[str] = frozenset()
    """The rules, as they are now, that held for a changed entry's stored text."""
    was_there: str = ""
    """Why a new entry is no news; empty: it is."""
    page_wanted: str = ""
    """Why its page is to be read (`pages.wish`); empty: it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Polled:
    """A poll that ended, with all that can be known of it without the other feeds' entries."""

    feed: Feed
    before: FeedState
    after: FeedState
    outcome: PollOutcome | Pushed
    at: datetime
    examined: tuple[Examined, ...] = ()
    rekeyed: Mapping[int, EntryKeys] = field(default_factory=dict)
    """Known, unchanged entries that go by other keys now, by entry id."""
    guids: Guids = Guids.SILENT
    """What the response says of its feed's guids."""
    restructured: str = ""
    """What shows that the feed was restructured (`stories.floods`); empty: nothing does."""

    @property
    def last_poll_at(self) -> datetime | None:
        return self.before.last_poll_at


class Brought(Protocol):
    """Entries that came, whichever way: what `Facts` are gathered for."""

    @property
    def feed(self) -> Feed: ...

    @property
    def at(self) -> datetime: ...

    @property
    def examined(self) -> tuple[Examined, ...]: ...

    @property
    def last_poll_at(self) -> datetime | None:
        """What came out since then was not seen before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextIds:
    """The next free ids."""

    entry: int
    story: int
    alert: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """An entry that changed, as it is stored."""

    entry: Entry
    rules: frozenset[str]
    """The rules that it matched before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the database knows that bears on a poll."""

    next_ids: NextIds
    traces: tuple[Trace, ...] = ()
    """Of the stored entries that `nearest` names for any entry of the poll."""
    frequency: Mapping[int, int] = field(default_factory=dict)
    """Trace key → how many entries of `total` have it, about."""
    total: int = 0
    """Entries that were seen within `traces.WINDOW`, about."""
    sizes: Mapping[int, int] = field(default_factory=dict)
    """Story → how many entries it has, at least where that is more than `merging.MOST_MOVED`; of stored traces."""
    told: Mapping[tuple[int, str], Told] = field(default_factory=dict)
    """By story and rule, for every story of the traces and of `earlier`."""
    earlier: Mapping[int, Earlier] = field(default_factory=dict)
    """By entry id, for every changed entry."""
    traffic: Traffic = field(default_factory=Traffic)
    silences: tuple[Silence, ...] = ()
    """Those that are not over."""
    threads: Mapping[int, Thread] = field(default_factory=dict)
    """By story id, for the stories of `told`."""
    changes_at: Mapping[int, tuple[datetime, ...]] = field(default_factory=dict)
    """By entry id: when those changes of a changed entry came that are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredEntry:
    """An entry with what the store files it under."""

    entry: Entry
    keys: EntryKeys
    trace: Trace


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan:
    """Everything that one poll changes."""

    at: datetime
    state: FeedState
    hold: tuple[str, datetime] | None = None
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
    threads: Mapping[int, Thread] = field(default_factory=dict)
    """Those that changed, by story id."""
    deliveries: tuple[Delivery, ...] = ()
    pages: tuple[Page, ...] = ()
    """To be read later; an entry whose page was asked for before keeps that one."""
    coverage: Mapping[Covered, int] = field(default_factory=dict)

    @property
    def joined(self) -> frozenset[int]:
        """The alerts of earlier polls that further matches joined."""
        return joined(self.decisions, self.alerts)


def joined(decisions: Iterable[Decision], made: Iterable[Alert]) -> frozenset[int]:
    """The alerts that matches joined and that were there before."""
    told = frozenset(one.alert_id for one in decisions if one.alert_id is not None)
    return told - {alert.id for alert in made}


def telling_of(facts: Facts, *, config: Config, now: datetime) -> Telling:
    """What decides on the matches that facts were gathered for."""
    return Telling(
        told=facts.told,
        next_alert_id=facts.next_ids.alert,
        config=config,
        now=now,
        traffic=facts.traffic,
        silences=facts.silences,
        said=facts.threads,
    )


def plan_poll(polled: Polled, facts: Facts, *, config: Config) -> PollPlan:
    """The changes that the poll makes. Ids are given out from `facts.next_ids` on."""
    entries = _Entries(polled, facts, config=config)
    telling = telling_of(facts, config=config, now=polled.at)
    pages: list[Page] = []
    for examined in polled.examined:
        entry, merge = entries.add(examined)
        if merge is not None:
            telling.merge(merge.from_id, merge.into_id)
        max_age = config.alerting.max_age
        if page := queued(entry, examined.page_wanted, max_age=max_age, now=polled.at):
            pages.append(page)
        earlier = facts.earlier.get(entry.id)
        decided = earlier.rules if earlier else frozenset()
        if earlier:
            telling.correct(entry, earlier.entry, decided)
        for match in examined.matches:
            if match.rule_id not in decided and match.rule_id in config.rules:
                telling.tell(entry, match, was_there=_was_there(entry, examined, match, polled.before))
    if polled.after.stopped_reason and not polled.before.stopped_reason:
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
    return PollPlan(
        state=_state(polled),
        at=polled.at,
        hold=hold(polled.outcome, now=polled.at),
        entry_hashes=polled.outcome.feed.entry_hashes if isinstance(polled.outcome, Modified) else None,
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
        threads=telling.threads,
        deliveries=tuple(telling.deliveries.values()),
        pages=tuple(pages),
        coverage=coverage(telling.decisions, entries.new) if polled.before.baseline_at else {},
    )


def marks(matches: Sequence[Match], decided: Iterable[str]) -> Mapping[str, tuple[Span, ...]]:
    """What each rule that matched before marks in the new text; nothing, where it matches no more."""
    spans = {match.rule_id: match.spans for match in matches}
    return {rule_id: spans.get(rule_id, ()) for rule_id in decided}


def story_merge(
    found: Merge, trace: Trace, wording: Wording, neighbours: Neighbours, *, at: datetime
) -> StoryMerge:
    """The record of a merge that the entry of this trace shows."""
    return StoryMerge(
        from_id=found.from_id,
        into_id=found.into_id,
        entry_id=trace.entry_id,
        merged_at=at,
        reason=why_merged(found.ties, trace, wording, neighbours),
    )


def coverage(decisions: Sequence[Decision], new: Sequence[StoredEntry]) -> Mapping[Covered, int]:
    """How many reports the new entries of one feed are: several that tell one story in an hour are one."""
    entries = {stored.entry.id: stored for stored in new}
    reports = {
        (covered, stored.entry.story_id)
        for decision in decisions
        if decision.verdict not in NO_NEWS and (stored := entries.get(decision.entry_id))
        for covered in [Covered.of(decision.match, told_at=stored.trace.told_at)]
    }
    return Counter(covered for covered, _ in reports)


def tells_restructured(polled: Polled) -> bool:
    """Whether the operator is to hear that the feed was restructured: a feed may do so at every poll."""
    told_at = polled.before.restructured_at
    return bool(polled.restructured) and (told_at is None or polled.at - told_at >= RESTRUCTURED_AGAIN)


def _was_there(entry: Entry, examined: Examined, match: Match, before: FeedState) -> str:
    """Why the match is no news; empty: it is. A changed entry is news to a rule that it starts to match."""
    if examined.was_there:
        return examined.was_there
    if before.told_until_at is not None and _may_be_told(examined, before.told_until_at):
        return "an older database was restored: it may have been told before"
    if isinstance(examined.identity, Changed):
        held = match.rule_id in examined.matched_before
        return "it matched before it changed, and the rule is newer than it" if held else ""
    return "it was in the feed before the first poll" if entry.baseline else ""


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


class _Entries:
    """The entries of a poll as they will be stored, with their ids, originals and stories."""

    def __init__(self, polled: Polled, facts: Facts, *, config: Config) -> None:
        self._polled, self._earlier, self._changes_at = polled, facts.earlier, facts.changes_at
        self._neighbours = Neighbours(facts.traces, facts.frequency, total=facts.total)
        self._sizes = Counter(facts.sizes)
        self._catch_up = config.alerting.catch_up
        self.next_id, self.next_story_id = facts.next_ids.entry, facts.next_ids.story
        self.new: list[StoredEntry] = []
        self.changed: list[StoredEntry] = []
        self.changes: list[EntryChange] = []
        self.opened: dict[int, Story] = {}
        self.touched: dict[int, datetime] = {}
        self.merges: list[StoryMerge] = []

    def add(self, examined: Examined) -> tuple[Entry, StoryMerge | None]:
        """The entry as it will be stored, and the stories that it shows to be one."""
        if isinstance(examined.identity, Changed):
            return self._change(examined, self._earlier[examined.identity.entry_id].entry)
        return self._insert(examined)

    def _insert(self, examined: Examined) -> tuple[Entry, StoryMerge | None]:
        trace = self._trace(examined, self.next_id)
        wording = partial(wording_of, examined.entry, language=examined.language)
        copy = find_copy(trace, self._neighbours)
        story = choose_story(trace, self._neighbours, copy=copy)
        found = merges(story.ties, self._neighbours, sizes=self._sizes) if isinstance(story, Joined) else None
        merge = self._merge(trace, found, wording)
        story_id = story.story_id if isinstance(story, Joined) else self._open(examined.entry.title)
        if merge is not None:
            story_id = merge.into_id
        self._touch(story_id)
        self._sizes[story_id] += 1
        entry = Entry(
            id=self.next_id,
            feed_id=self._polled.feed.id,
            **_given(examined),
            fetched_at=self._polled.at,
            first_seen_at=self._polled.at,
            copy_of=copy.of if copy else None,
            copy_reason=copy.reason if copy else "",
            story_id=story_id,
            story_reason=why_joined(story, trace, wording, self._neighbours),
            baseline=self._is_baseline(examined),
        )
        self.next_id += 1
        trace = replace(trace, story_id=story_id, copy_of=entry.copy_of)
        self._neighbours.add(trace)
        self.new.append(StoredEntry(entry=entry, keys=examined.identity.keys, trace=trace))
        return entry, merge

    def _change(self, examined: Examined, earlier: Entry) -> tuple[Entry, StoryMerge | None]:
        """A changed entry keeps its id, story and first sight; its text is the new one, and may tie another story."""
        trace = replace(self._trace(examined, earlier.id), copy_of=earlier.copy_of)
        story_id = self._survivor(earlier.story_id)
        found = (
            merges_by_change(trace, story_id, self._neighbours, sizes=self._sizes)
            if earlier.copy_of is None
            else None
        )
        merge = self._merge(trace, found, partial(wording_of, examined.entry, language=examined.language))
        story_id = merge.into_id if merge is not None else story_id
        page_at = earlier.page_at if examined.entry.content == earlier.content else None
        entry = replace(
            earlier, **_given(examined), fetched_at=self._polled.at, page_at=page_at, story_id=story_id
        )
        trace = replace(trace, story_id=story_id)
        self.changed.append(StoredEntry(entry=entry, keys=examined.identity.keys, trace=trace))
        made = edits(earlier, entry)
        if made and is_kept(self._changes_at.get(entry.id, ()), self._polled.at):
            self.changes.append(EntryChange(entry_id=entry.id, at=self._polled.at, edits=made))
        return entry, merge

    def _merge(self, trace: Trace, found: Merge | None, wording: Wording) -> StoryMerge | None:
        if found is None:
            return None
        merge = story_merge(found, trace, wording, self._neighbours, at=self._polled.at)
        self._sizes[found.into_id] += self._sizes.pop(found.from_id, 0)
        self._neighbours.merge(found.from_id, found.into_id)
        self.merges.append(merge)
        return merge

    def _survivor(self, story_id: int) -> int:
        """What the story is after the merges of this poll."""
        for merge in self.merges:
            story_id = merge.into_id if merge.from_id == story_id else story_id
        return story_id

    def _trace(self, examined: Examined, entry_id: int) -> Trace:
        return Trace(
            entry_id=entry_id,
            feed_id=self._polled.feed.id,
            told_at=told_at(examined.entry, seen_at=self._polled.at),
            language=examined.language,
            url=examined.identity.keys.url,
            keys=examined.keys,
            rules=frozenset(match.rule_id for match in examined.matches),
        )

    def _open(self, title: str) -> int:
        story_id, now = self.next_story_id, self._polled.at
        self.next_story_id += 1
        self.opened[story_id] = Story(id=story_id, title=title, first_seen_at=now, last_seen_at=now)
        return story_id

    def _touch(self, story_id: int) -> None:
        if story_id not in self.opened:
            self.touched[story_id] = self._polled.at

    def _is_baseline(self, examined: Examined) -> bool:
        """What a feed's first poll brings was there before us, but for what `catch_up` lets through."""
        if examined.was_there:
            return True
        entry = examined.entry
        if self._polled.before.baseline_at is not None:
            return False
        age = self._polled.at - entry.published_at if entry.published_at else None
        return age is None or age >= self._catch_up


def _given(examined: Examined) -> dict[str, Any]:
    """What an entry's row takes over from its feed as it is."""
    given = examined.entry
    return {
        "guid": given.guid,
        "url": given.url,
        "title": given.title,
        "summary": given.summary,
        "content": given.content,
        "author": given.author,
        "categories": given.categories,
        "language": examined.language,
        "published_at": given.published_at,
        "updated_at": given.updated_at,
    }
