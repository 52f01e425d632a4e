"""The entries of a poll as they will be stored; those that a rule matches with their originals and stories."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from monitor.core.facts import Examined, Facts, Polled, StoredEntry
from monitor.core.stories.changes import edits, is_kept
from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.identity import Changed
from monitor.core.stories.merging import Merge, merges, merges_by_change
from monitor.core.stories.reasons import Wording, why_joined, why_merged
from monitor.core.stories.traces import Neighbours, Trace, keys_to_find, told_at, wording_of
from monitor.model import (
    Config,
    Entry,
    EntryChange,
    Story,
    StoryMerge,
)


class Arrivals:
    """The entries of a poll as they will be stored. Of those that no rule matches nothing is asked but their text."""

    def __init__(self, polled: Polled, facts: Facts, *, config: Config) -> None:
        self._polled, self._earlier, self._changes_at = polled, facts.earlier, facts.changes_at
        self._neighbours = Neighbours.of(facts.traces)
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
        entry = Entry(
            id=self.next_id,
            feed_id=self._polled.feed.id,
            **_given(examined),
            fetched_at=self._polled.at,
            first_seen_at=self._polled.at,
            baseline=self._is_baseline(examined),
        )
        self.next_id += 1
        entry, trace, merge = self._placed(entry, examined) if examined.matches else (entry, None, None)
        self.new.append(self._stored(entry, examined, trace))
        return entry, merge

    def _placed(self, entry: Entry, examined: Examined) -> tuple[Entry, Trace, StoryMerge | None]:
        """An entry that had no story, in the one that it tells, as a copy where it is one; and what that merges."""
        trace = self._trace(examined, entry.id)
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
        entry = replace(
            entry,
            copy_of=copy.of if copy else None,
            copy_reason=copy.reason if copy else "",
            story_id=story_id,
            story_reason=why_joined(story, trace, wording, self._neighbours),
        )
        trace = replace(trace, story_id=story_id, copy_of=entry.copy_of)
        self._neighbours.add(trace)
        return entry, trace, merge

    def _change(self, examined: Examined, earlier: Entry) -> tuple[Entry, StoryMerge | None]:
        """A changed entry keeps its id, story and first sight; its text is the new one, and may tie another story."""
        page_at = earlier.page_at if examined.entry.content == earlier.content else None
        entry = replace(earlier, **_given(examined), fetched_at=self._polled.at, page_at=page_at)
        trace: Trace | None = None
        merge: StoryMerge | None = None
        if earlier.story_id is not None:
            entry, trace, merge = self._kept(entry, earlier.story_id, examined)
        elif examined.matches:
            entry, trace, merge = self._placed(entry, examined)
        self.changed.append(self._stored(entry, examined, trace))
        made = edits(earlier, entry)
        if made and is_kept(self._changes_at.get(entry.id, ()), self._polled.at):
            self.changes.append(EntryChange(entry_id=entry.id, at=self._polled.at, edits=made))
        return entry, merge

    def _kept(
        self, entry: Entry, story_id: int, examined: Examined
    ) -> tuple[Entry, Trace, StoryMerge | None]:
        """A changed entry in its story, and that with which its new text shows it to be one."""
        trace = replace(self._trace(examined, entry.id), copy_of=entry.copy_of)
        story_id = self._survivor(story_id)
        found = None
        if entry.copy_of is None:
            found = merges_by_change(trace, story_id, self._neighbours, sizes=self._sizes)
        merge = self._merge(trace, found, partial(wording_of, examined.entry, language=examined.language))
        story_id = merge.into_id if merge is not None else story_id
        return replace(entry, story_id=story_id), replace(trace, story_id=story_id), merge

    def _stored(self, entry: Entry, examined: Examined, trace: Trace | None) -> StoredEntry:
        return StoredEntry(
            entry=entry,
            keys=examined.identity.keys,
            words=examined.words,
            told_at=told_at(examined.entry, seen_at=self._polled.at),
            trace=trace,
        )

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
            keys=keys_to_find(examined.entry, language=examined.language),
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
