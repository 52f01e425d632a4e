"""What a page that was read changes: its entry has a text now, is matched again, and may be told.

The entry keeps its id and its keys, which are made from the feed's own words: to its feed it has not changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import partial

from monitor.core.alerts.pace import Covered
from monitor.core.alerts.threads import Thread
from monitor.core.arrivals import story_merge
from monitor.core.examine import document_of
from monitor.core.facts import Examined, Facts, NextIds, StoredEntry
from monitor.core.plan import coverage, joined, marks, telling_of
from monitor.core.rules import RuleSet
from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.identity import Changed
from monitor.core.stories.merging import merges_by_change
from monitor.core.stories.reasons import Wording, why_joined
from monitor.core.stories.traces import Neighbours, Trace, keys_to_find, told_at, wording_of
from monitor.core.text.filing import filed_words
from monitor.core.text.languages import detect
from monitor.model import (
    Alert,
    Config,
    Decision,
    Delivery,
    Entry,
    EntryKeys,
    Feed,
    FeedEntry,
    Span,
    Story,
    StoryMerge,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """An entry whose page was read, with all that can be known of it without the other entries."""

    feed: Feed
    at: datetime
    before: Entry
    examined: tuple[Examined, ...]
    """The one entry, with its page's text."""

    @property
    def last_poll_at(self) -> datetime:
        """Of its page nothing was seen before: as long as a pause is caught up with, it belongs to that."""
        return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class PagePlan:
    """Everything that one page changes."""

    next_ids: NextIds
    changed: StoredEntry
    opened: Story | None = None
    left: int | None = None
    """A story that nothing is left of: its only entry told another, as its whole text says."""
    merge: StoryMerge | None = None
    """Another story that its story turns out to be one with. Made after all else, as a poll's."""
    touched: Mapping[int, datetime] = field(default_factory=dict)
    marks: Mapping[str, tuple[Span, ...]] = field(default_factory=dict)
    """Rules that matched before → what to mark in the text as it is now."""
    decisions: tuple[Decision, ...] = ()
    alerts: tuple[Alert, ...] = ()
    told: Mapping[tuple[int, str], int] = field(default_factory=dict)
    threads: Mapping[int, Thread] = field(default_factory=dict)
    deliveries: tuple[Delivery, ...] = ()
    coverage: Mapping[Covered, int] = field(default_factory=dict)

    @property
    def joined(self) -> frozenset[int]:
        """The alerts of earlier matches that this one joined."""
        return joined(self.decisions, self.alerts)


def examine_page(
    entry: Entry, text: str, *, keys: EntryKeys, feed: Feed, rules: RuleSet, at: datetime
) -> ReadPage:
    """The entry with its page's text, matched. `keys` are those that it is stored under."""
    language = entry.language or detect(text, prior=None)
    given = replace(_given(entry), content=text)
    document = document_of(given, language, feed)
    matches = rules.match(document)
    before = rules.match(document_of(entry, entry.language, feed)) if matches else ()
    examined = Examined(
        entry=given,
        identity=Changed(entry.id, keys, "its page was read"),
        language=language,
        words=filed_words(document),
        matches=matches,
        matched_before=frozenset(match.rule_id for match in before),
    )
    return ReadPage(feed=feed, at=at, before=entry, examined=(examined,))


def plan_page(read: ReadPage, facts: Facts, *, alone: bool, config: Config) -> PagePlan:
    """The changes that the page makes. `alone`: the entry is the only one of its story."""
    [examined] = read.examined
    stored, merge = _placed(read, facts, alone=alone)
    entry = stored.entry
    telling = telling_of(facts, config=config, now=read.at)
    if merge is not None:
        telling.merge(merge.from_id, merge.into_id)
    decided = facts.earlier[entry.id].rules
    for match in examined.matches:
        if match.rule_id not in decided and match.rule_id in config.rules:
            held = match.rule_id in examined.matched_before
            was_there = "it matched before its page was read, and the rule is newer than it" if held else ""
            telling.tell(entry, match, was_there=was_there)
    moved = merge is None and entry.story_id != read.before.story_id
    opened = facts.next_ids.story if entry.story_id == facts.next_ids.story else None
    return PagePlan(
        next_ids=replace(
            facts.next_ids, story=facts.next_ids.story + (opened is not None), alert=telling.next_alert_id
        ),
        changed=stored,
        opened=None if opened is None else _story(opened, entry.title, at=read.at),
        left=read.before.story_id if moved else None,
        touched={entry.story_id: read.at} if moved and entry.story_id is not None and opened is None else {},
        merge=merge,
        marks=marks(examined.matches, decided),
        decisions=tuple(telling.decisions),
        alerts=tuple(telling.alerts),
        told={key: told.alert_id for key, told in telling.told.items()},
        threads=telling.threads,
        deliveries=tuple(telling.deliveries.values()),
        coverage=coverage(telling.decisions, [stored]),
    )


def _placed(read: ReadPage, facts: Facts, *, alone: bool) -> tuple[StoredEntry, StoryMerge | None]:
    """The entry with its text, and the stories that this shows to be one.

    It moves to the story that the text tells, where it is alone in its own and no rule has told that. Of any other
    the text may show, as that of a changed entry, that it is one with another story. One that no rule matches still
    gets none.
    """
    [examined] = read.examined
    before = read.before
    entry = replace(before, content=examined.entry.content, language=examined.language, page_at=read.at)
    told = told_at(examined.entry, seen_at=entry.first_seen_at)
    if entry.story_id is None and not examined.matches:
        keys, filed = examined.identity.keys, examined.words
        return StoredEntry(entry=entry, keys=keys, words=filed, told_at=told), None
    trace = Trace(
        entry_id=entry.id,
        feed_id=entry.feed_id,
        told_at=told,
        language=entry.language,
        url=examined.identity.keys.url,
        keys=keys_to_find(examined.entry, language=entry.language),
        rules=frozenset(match.rule_id for match in examined.matches),
    )
    untold = all(story_id != entry.story_id for story_id, _ in facts.told)
    neighbours = Neighbours.of(facts.traces)
    wording = partial(wording_of, examined.entry, language=examined.language)
    merge = None
    if entry.copy_of is not None:
        pass  # it stays where its original is
    elif entry.story_id is None or (alone and untold):
        entry = _moved(entry, trace, wording, neighbours, opening=facts.next_ids.story)
    elif found := merges_by_change(trace, entry.story_id, neighbours, sizes=facts.sizes):
        merge = story_merge(found, trace, wording, neighbours, at=read.at)
        entry = replace(entry, story_id=merge.into_id)
    trace = replace(trace, story_id=entry.story_id, copy_of=entry.copy_of)
    stored = StoredEntry(
        entry=entry, keys=examined.identity.keys, words=examined.words, told_at=told, trace=trace
    )
    return stored, merge


def _moved(entry: Entry, trace: Trace, wording: Wording, neighbours: Neighbours, *, opening: int) -> Entry:
    """The entry in the story that it tells, as a copy where it is one.

    Where that is none that is known, in its own, which has the number `opening` where it had none.
    """
    copy = find_copy(trace, neighbours)
    story = choose_story(trace, neighbours, copy=copy)
    if not isinstance(story, Joined) and entry.story_id is not None:
        return entry
    return replace(
        entry,
        story_id=story.story_id if isinstance(story, Joined) else opening,
        story_reason=f"{why_joined(story, trace, wording, neighbours)} (its page)",
        copy_of=copy.of if copy else None,
        copy_reason=copy.reason if copy else "",
    )


def _story(story_id: int, title: str, *, at: datetime) -> Story:
    return Story(id=story_id, title=title, first_seen_at=at, last_seen_at=at)


def _given(entry: Entry) -> FeedEntry:
    """A stored entry as its feed gave it, but for the language, which may have been detected."""
    return FeedEntry(**{one.name: getattr(entry, one.name) for one in fields(FeedEntry)})
