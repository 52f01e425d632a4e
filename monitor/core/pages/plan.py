"""What a page that was read changes: its entry has a text now, is matched again, and may be told.

The entry keeps its id and its keys, which are made from the feed's own words: to its feed it has not changed.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime

from monitor.core.arrivals import Arrivals, Arrived
from monitor.core.entries_plan import EntriesPlan, coverage, marks, plan_entries, planner_of, tell
from monitor.core.examine import Examined, document_of
from monitor.core.poll_facts import Facts, StoredEntry
from monitor.core.rules import RuleSet
from monitor.core.stories.identity import Changed
from monitor.core.stories.report import reported_at
from monitor.core.text.filing import filed_words
from monitor.core.text.languages import detect
from monitor.model import (
    Config,
    Entry,
    EntryKeys,
    Feed,
    FeedEntry,
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


def plan_page(read: ReadPage, facts: Facts, *, alone: bool, config: Config) -> EntriesPlan:
    """The changes that the page makes. `alone`: the entry is the only one of its story."""
    [examined] = read.examined
    arrivals = Arrivals(read, facts)
    arrived = _placed(read, facts, arrivals, alone=alone)
    entry = arrived.entry
    planner = planner_of(facts, config=config, now=read.at)
    for merge in arrived.merges:
        planner.merge(merge.from_id, merge.into_id)
    decided = facts.earlier[entry.id].rules
    tell(planner, arrived, examined, decided=decided, was_there="", config=config)
    moved = not arrived.merges and entry.story_id != read.before.story_id
    stored = StoredEntry(
        entry=entry,
        keys=examined.identity.keys,
        words=examined.words,
        reported_at=reported_at(examined.entry, seen_at=entry.first_seen_at),
    )
    return replace(
        plan_entries(arrivals, planner, at=read.at),
        changed=(stored,),
        left=read.before.story_id if moved else None,
        touched=arrivals.touched if moved else {},
        merges=arrived.merges,
        marks={entry.id: marks(examined.matches, decided)},
        coverage=coverage(planner.decisions, [stored]),
    )


def _placed(read: ReadPage, facts: Facts, arrivals: Arrivals, *, alone: bool) -> Arrived:
    """The entry with its text, and the stories that this shows to be one.

    It moves to the story that the text tells, where it has none, or is alone in its own and no rule has told that.
    Of any other the text may show, as that of a changed entry, that it is one with another story.
    """
    [examined] = read.examined
    before, report = read.before, facts.saying.get(0)
    entry = replace(before, content=examined.entry.content, language=examined.language, page_at=read.at)
    untold = all(story_id != entry.story_id for story_id, _ in facts.told)
    is_free = alone and untold and entry.copy_of is None and not facts.reports.stands_apart(entry.id)
    if entry.story_id is not None and not is_free:
        return arrivals.kept(entry, report)
    if entry.story_id is None:
        arrived = arrivals.placed(entry, report)
    else:
        facts.reports.remove(entry.id)
        arrived = arrivals.moved(entry, report)
    reason = arrived.entry.story_reason
    if arrived.entry.story_id == before.story_id:
        return arrived
    return replace(arrived, entry=replace(arrived.entry, story_reason=f"{reason} (its page)"))


def _given(entry: Entry) -> FeedEntry:
    """A stored entry as its feed gave it, but for the language, which may have been detected."""
    return FeedEntry(**{one.name: getattr(entry, one.name) for one in fields(FeedEntry)})
