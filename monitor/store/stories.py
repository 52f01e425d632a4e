"""Stories, with what of them is counted over their entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, delete, func, select, update

from monitor.model import Entry, Story
from monitor.store.sql import chunks, table
from monitor.store.tables import EntryRow, MatchRow, StoryRow

STORY, ENTRY, MATCH = table(StoryRow), table(EntryRow), table(MatchRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A story and who tells it."""

    story: Story
    entries: tuple[int, ...]
    """Their ids, in the order in which they were seen."""
    feeds: tuple[str, ...]
    languages: tuple[str, ...]
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Who tells a story."""

    since: Mapping[str, datetime] = field(default_factory=dict)
    """Feed id → when its first report was seen."""
    languages: tuple[str, ...] = ()


def insert(connection: Connection, stories: Sequence[Story]) -> None:
    if stories:
        connection.execute(STORY.insert(), [asdict(story) for story in stories])


def touch(connection: Connection, seen: Mapping[int, datetime]) -> None:
    """Stories of which something more was seen."""
    if seen:
        connection.execute(
            update(STORY).where(STORY.c.id == bindparam("story")).values(last_seen_at=bindparam("seen")),
            [{"story": story_id, "seen": at} for story_id, at in seen.items()],
        )


def exists(connection: Connection, story_id: int) -> bool:
    return connection.execute(select(STORY.c.id).where(STORY.c.id == story_id)).first() is not None


def is_sole(connection: Connection, entry: Entry) -> bool:
    """Whether the entry is the only one of its story."""
    query = select(ENTRY.c.id).where(ENTRY.c.story_id == entry.story_id, ENTRY.c.id != entry.id).limit(1)
    return connection.execute(query).first() is None


def drop(connection: Connection, story_id: int) -> None:
    """A story that no entry tells and no alert told."""
    connection.execute(delete(STORY).where(STORY.c.id == story_id))


def summaries(connection: Connection, story_id: int | None = None) -> list[Summary]:
    """One story, or all: those seen last come first."""
    query: Select[Any] = select(STORY).order_by(STORY.c.last_seen_at.desc(), STORY.c.id.desc())
    entries: Select[Any] = select(ENTRY.c.story_id, ENTRY.c.id, ENTRY.c.feed_id, ENTRY.c.language)
    rules: Select[Any] = select(ENTRY.c.story_id, MATCH.c.rule_id).join(MATCH, MATCH.c.entry_id == ENTRY.c.id)
    if story_id is not None:
        query = query.where(STORY.c.id == story_id)
        entries, rules = (
            entries.where(ENTRY.c.story_id == story_id),
            rules.where(ENTRY.c.story_id == story_id),
        )
    ids: dict[int, list[int]] = {}
    feeds: dict[int, set[str]] = {}
    languages: dict[int, set[str]] = {}
    for of, entry_id, feed_id, language in connection.execute(entries.order_by(ENTRY.c.id)):
        ids.setdefault(of, []).append(entry_id)
        feeds.setdefault(of, set()).add(feed_id)
        if language:
            languages.setdefault(of, set()).add(language)
    matched: dict[int, set[str]] = {}
    for of, rule_id in connection.execute(rules.distinct()):
        matched.setdefault(of, set()).add(rule_id)
    return [
        Summary(
            story=Story(**row),
            entries=tuple(ids.get(row["id"], ())),
            feeds=tuple(sorted(feeds.get(row["id"], ()))),
            languages=tuple(sorted(languages.get(row["id"], ()))),
            rules=tuple(sorted(matched.get(row["id"], ()))),
        )
        for row in connection.execute(query).mappings()
    ]


def spread(connection: Connection, story_ids: Collection[int]) -> dict[int, Spread]:
    """By story id."""
    since: dict[int, dict[str, datetime]] = {}
    languages: dict[int, set[str]] = {}
    for ids in chunks(sorted(story_ids)):
        query = (
            select(
                ENTRY.c.story_id,
                ENTRY.c.feed_id,
                ENTRY.c.language,
                func.min(ENTRY.c.first_seen_at).label("since"),
            )
            .where(ENTRY.c.story_id.in_(ids))
            .group_by(ENTRY.c.story_id, ENTRY.c.feed_id, ENTRY.c.language)
        )
        for row in connection.execute(query):
            feeds = since.setdefault(row.story_id, {})
            feeds[row.feed_id] = min(feeds.get(row.feed_id, row.since), row.since)
            if row.language:
                languages.setdefault(row.story_id, set()).add(row.language)
    return {
        story_id: Spread(since=feeds, languages=tuple(sorted(languages.get(story_id, ()))))
        for story_id, feeds in since.items()
    }
