"""The entries of a poll as they will be stored; those that a rule matches with their originals and stories."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from monitor.core.examine import Examined
from monitor.core.poll_facts import Brought, Facts, StoredEntry
from monitor.core.stories.changes import edits, is_kept
from monitor.core.stories.identity import Changed
from monitor.core.stories.placing import MERGED_FROM, Placement, place
from monitor.core.stories.report import Report, reported_at
from monitor.model import Entry, EntryChange, Story, StoryMerge

MOST_MOVED: Final = 200
"""Reports of the younger of two stories that are one: a larger one is no fragment, and moving it would hold up the
writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """An entry as it will be stored."""

    entry: Entry
    report: Report | None = None
    """What it says, its number and story given; None: it is in no story."""
    before: Report | None = None
    """What it said before it changed; None: it is new, or was in no story."""
    merges: tuple[StoryMerge, ...] = ()
    """What it shows to be one."""


class Arrivals:
    """The entries of a poll as they will be stored. Of those that no rule matches little is asked but their text."""

    def __init__(self, brought: Brought, facts: Facts) -> None:
        self._feed_id, self._at = brought.feed.id, brought.at
        self._earlier, self._changes_at, self._saying = facts.earlier, facts.changes_at, facts.saying
        self._reports, self._rarity = facts.reports, facts.rarity
        self.next_id, self.next_story_id = facts.next_ids.entry, facts.next_ids.story
        self.new: list[StoredEntry] = []
        self.changed: list[StoredEntry] = []
        self.changes: list[EntryChange] = []
        self.opened: dict[int, Story] = {}
        self.touched: dict[int, datetime] = {}
        self.merges: list[StoryMerge] = []

    def add(self, index: int, examined: Examined, *, baseline: bool) -> Arrived:
        """The entry at this index of the poll."""
        report = self._saying.get(index)
        if isinstance(examined.identity, Changed):
            return self._change(examined, self._earlier[examined.identity.entry_id].entry, report)
        entry = Entry(
            id=self.next_id,
            feed_id=self._feed_id,
            **given(examined),
            fetched_at=self._at,
            first_seen_at=self._at,
            baseline=baseline,
        )
        self.next_id += 1
        arrived = self.placed(entry, report)
        self.new.append(self._stored(arrived.entry, examined))
        return arrived

    def placed(self, entry: Entry, report: Report | None) -> Arrived:
        """An entry that has no story, in the one that it tells, and as a copy where it is one.

        One that no rule matches is in a story only where that is known.
        """
        if report is None:
            return Arrived(entry=entry)
        report = replace(report, entry_id=entry.id)
        placement = place(report, self._reports, self._rarity)
        if placement.story_id is None and not report.rules:
            return Arrived(entry=entry)
        story_id = self._open(entry.title) if placement.story_id is None else placement.story_id
        merges = self._merged(entry.id, story_id, placement)
        story_id = self._survivor(story_id)
        if story_id not in self.opened:
            self.touched[story_id] = self._at
        entry = replace(
            entry,
            copy_of=placement.copy_of,
            copy_reason=placement.copy_reason,
            story_id=story_id,
            story_reason=placement.reason if report.rules else f"no rule matches it; {placement.reason}",
        )
        return self._arrived(entry, report, merges)

    def moved(self, entry: Entry, report: Report | None) -> Arrived:
        """An entry that was alone in its story, in the one that its new text tells; else it stays."""
        if report is None:
            return Arrived(entry=entry)
        placement = place(report, self._reports, self._rarity)
        if placement.story_id is None:
            return self._arrived(entry, report, ())
        return self.placed(replace(entry, story_id=None), report)

    def _change(self, examined: Examined, earlier: Entry, report: Report | None) -> Arrived:
        """A changed entry keeps its id, story and first sight; its text is the new one, and may tie another story."""
        page_at = earlier.page_at if examined.entry.content == earlier.content else None
        entry = replace(earlier, **given(examined), fetched_at=self._at, page_at=page_at)
        arrived = self.placed(entry, report) if earlier.story_id is None else self.kept(entry, report)
        self.changed.append(self._stored(arrived.entry, examined))
        made = edits(earlier, entry)
        if made and is_kept(self._changes_at.get(entry.id, ()), self._at):
            self.changes.append(EntryChange(entry_id=entry.id, at=self._at, edits=made))
        return arrived

    def kept(self, entry: Entry, report: Report | None) -> Arrived:
        """An entry with a new text, in its story, and those with which that shows it to be one."""
        if entry.story_id is None or report is None:
            return Arrived(entry=entry)
        story_id = self._survivor(entry.story_id)
        merges: tuple[StoryMerge, ...] = ()
        if entry.copy_of is None and not self._reports.stands_apart(entry.id):
            placement = place(report, self._reports, self._rarity)
            alone = all(one.entry_id == entry.id for one in self._reports.thread(story_id))
            strong = placement.copy_of is not None or placement.score >= MERGED_FROM
            if story_id in {placement.story_id, *placement.merges} or (alone and strong):
                merges = self._merged(entry.id, story_id, placement)
        entry = replace(entry, story_id=self._survivor(story_id))
        return self._arrived(entry, report, merges)

    def unmoved(self, entry: Entry, report: Report | None) -> Arrived:
        """An entry that stays in its story, whatever its text shows."""
        return Arrived(entry=entry) if report is None else self._arrived(entry, report, ())

    def _arrived(self, entry: Entry, report: Report, merges: tuple[StoryMerge, ...]) -> Arrived:
        report = replace(report, entry_id=entry.id, story_id=entry.story_id, copy_of=entry.copy_of)
        before = self._reports.get(entry.id)
        self._reports.add(report)
        return Arrived(entry=entry, report=report, before=before, merges=merges)

    def _merged(self, entry_id: int, story_id: int, placement: Placement) -> tuple[StoryMerge, ...]:
        """Makes the stories one that the placement shows to be one with the entry's."""
        made: list[StoryMerge] = []
        tied = [one for one in (placement.story_id, *placement.merges) if one not in {None, story_id}]
        for other in tied:
            into, gone = sorted((self._survivor(story_id), self._survivor(other or 0)))
            if into == gone or len(self._reports.thread(gone)) > MOST_MOVED:
                continue
            if self._reports.are_apart(into, gone):
                continue
            merge = StoryMerge(
                from_id=gone,
                into_id=into,
                entry_id=entry_id,
                merged_at=self._at,
                reason=f"entry {entry_id} tells both: {placement.reason}",
            )
            self._reports.merge(gone, into)
            self.merges.append(merge)
            made.append(merge)
        return tuple(made)

    def _survivor(self, story_id: int) -> int:
        """What the story is after the merges of this poll."""
        for merge in self.merges:
            story_id = merge.into_id if merge.from_id == story_id else story_id
        return story_id

    def stay(self, before: Report) -> None:
        """An edit that was not told: what comes is compared with what was, so the entry says what it said."""
        story_id = None if before.story_id is None else self._survivor(before.story_id)
        self._reports.add(replace(before, story_id=story_id))

    def _stored(self, entry: Entry, examined: Examined) -> StoredEntry:
        return StoredEntry(
            entry=entry,
            keys=examined.identity.keys,
            words=examined.words,
            reported_at=reported_at(examined.entry, seen_at=self._at),
        )

    def _open(self, title: str) -> int:
        story_id = self.next_story_id
        self.next_story_id += 1
        self.opened[story_id] = Story(id=story_id, title=title, first_seen_at=self._at, last_seen_at=self._at)
        return story_id


def given(examined: Examined) -> Mapping[str, Any]:
    """What an entry's row takes over from its feed as it is."""
    one = examined.entry
    return {
        "guid": one.guid,
        "url": one.url,
        "title": one.title,
        "summary": one.summary,
        "content": one.content,
        "author": one.author,
        "categories": one.categories,
        "language": examined.language,
        "published_at": one.published_at,
        "updated_at": one.updated_at,
    }
