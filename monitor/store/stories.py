"""Stories, with what of them is counted over their entries."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, and_, bindparam, delete, func, or_, select, text, update
from sqlalchemy import exists as exists_

from monitor.model import Entry, Story, StoryMerge
from monitor.store.sql import chunks, table
from monitor.store.tables import AlertRow, EntryRow, MatchRow, SilenceRow, StoryMergeRow, StoryRow, ToldRow

STORY, MERGE, ENTRY = table(StoryRow), table(StoryMergeRow), table(EntryRow)
MATCH, ALERT, TOLD, SILENCE = table(MatchRow), table(AlertRow), table(ToldRow), table(SilenceRow)
_TOUCH: Final = update(STORY).where(STORY.c.id == bindparam("story")).values(last_seen_at=bindparam("seen"))
JSON_NUMBERS_POSTGRESQL = "(SELECT value::bigint FROM json_array_elements_text(CAST(:ids AS json)))"


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """A story and who tells it."""

    story: Story
    entries: tuple[int, ...]
    """Their ids, in the order in which they were seen."""
    feeds: tuple[str, ...]
    languages: tuple[str, ...]
    rules: tuple[str, ...]
    reported_at: tuple[datetime, ...]
    """When each entry was told, in the order of `entries`: the story's pace is made of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """Who tells a story."""

    since: Mapping[str, datetime] = field(default_factory=dict)
    """Feed id → when its first report was seen."""
    languages: tuple[str, ...] = ()


def insert(connection: Connection, stories: Sequence[Story]) -> None:
    """New stories."""
    if stories:
        connection.execute(STORY.insert(), [asdict(story) for story in stories])


def touch(connection: Connection, seen: Mapping[int, datetime]) -> None:
    """Stories of which something more was seen."""
    if seen:
        connection.execute(
            _TOUCH,
            [{"story": story_id, "seen": at} for story_id, at in seen.items()],
        )


def by_id(connection: Connection, story_id: int) -> Story | None:
    """Also one that was merged away; None where there is none."""
    row = connection.execute(select(STORY).where(STORY.c.id == story_id)).mappings().first()
    return Story(**row) if row else None


def rename(connection: Connection, names: Mapping[int, str]) -> None:
    """Stories that receivers know by another name; empty: by none, until it is told next."""
    for story_id, name in names.items():
        connection.execute(update(STORY).where(STORY.c.id == story_id).values(name=name))


def exists(connection: Connection, story_id: int) -> bool:
    """Whether there is such a story, not merged into another."""
    return connection.execute(select(STORY.c.id).where(STORY.c.id == story_id)).first() is not None


def is_sole(connection: Connection, entry: Entry) -> bool:
    """Whether the entry is the only one of its story."""
    query = select(ENTRY.c.id).where(ENTRY.c.story_id == entry.story_id, ENTRY.c.id != entry.id).limit(1)
    return connection.execute(query).first() is None


def drop(connection: Connection, story_id: int) -> None:
    """A story that no entry tells and no alert told."""
    connection.execute(delete(STORY).where(STORY.c.id == story_id))


def sizes(connection: Connection, story_ids: Collection[int], *, most: int) -> dict[int, int]:
    """How many entries each story has, counted up to `most`."""
    numbers = "json_each(:ids)" if connection.dialect.name == "sqlite" else JSON_NUMBERS_POSTGRESQL
    counted = text(
        f"""
        SELECT wanted.value, (
          SELECT count(*) FROM (SELECT 1 FROM entry WHERE story_id = wanted.value LIMIT :most) AS counted)
        FROM {numbers} AS wanted
        """  # noqa: S608 - one of two constants
    )
    rows = connection.execute(counted, {"ids": json.dumps(sorted(story_ids)), "most": most})
    return {int(story_id): count for story_id, count in rows}


def merge(connection: Connection, merge: StoryMerge) -> None:
    """The entries, alerts and silences of the one story are the other's; a rule that told the one has told the other.

    Where a rule told both, the younger's telling stays under its old number, which nobody asks for again.
    """
    into, gone = merge.into_id, merge.from_id
    for column in (ENTRY.c.story_id, ALERT.c.story_id, SILENCE.c.story_id):
        connection.execute(update(column.table).where(column == gone).values(story_id=into))
    told_by_both = select(TOLD.c.rule_id).where(TOLD.c.story_id == into)
    connection.execute(
        update(TOLD).where(TOLD.c.story_id == gone, TOLD.c.rule_id.not_in(told_by_both)).values(story_id=into)
    )
    connection.execute(MERGE.insert(), asdict(merge))


def survivor(connection: Connection, story_id: int) -> int:
    """The story that this one has become, through however many merges; itself where it never merged."""
    while (
        into := connection.execute(select(MERGE.c.into_id).where(MERGE.c.from_id == story_id)).scalar()
    ) is not None:
        story_id = into
    return story_id


def merged(connection: Connection, story_id: int) -> list[tuple[StoryMerge, str]]:
    """The merges that made this story, the first one first, each with the title of the story that it took in."""
    found: list[tuple[StoryMerge, str]] = []
    into = [story_id]
    while into:
        query = (
            select(MERGE, STORY.c.title)
            .join(STORY, STORY.c.id == MERGE.c.from_id)
            .where(MERGE.c.into_id.in_(into))
        )
        rows = [dict(row) for row in connection.execute(query).mappings()]
        found += [
            (StoryMerge(**{name: row[name] for name in row if name != "title"}), row["title"]) for row in rows
        ]
        into = [row["from_id"] for row in rows]
    return sorted(found, key=lambda one: (one[0].merged_at, one[0].from_id))


@dataclass(frozen=True, slots=True)
class Until:
    """A place in the list of stories: what was seen last before it."""

    last_seen_at: datetime
    story_id: int


def newest(
    connection: Connection, *, most: int, rule_id: str | None = None, before: Until | None = None
) -> list[int]:
    """The ids of the stories seen last, those of a rule, or those before a place in that list."""
    query = (
        select(STORY.c.id)
        .where(~exists_(select(MERGE.c.from_id).where(MERGE.c.from_id == STORY.c.id)))
        .order_by(STORY.c.last_seen_at.desc(), STORY.c.id.desc())
        .limit(most)
    )
    if rule_id is not None:
        of_rule = (
            select(ENTRY.c.id)
            .join(MATCH, MATCH.c.entry_id == ENTRY.c.id)
            .where(ENTRY.c.story_id == STORY.c.id, MATCH.c.rule_id == rule_id)
        )
        query = query.where(exists_(of_rule))
    if before is not None:
        query = query.where(
            or_(
                STORY.c.last_seen_at < before.last_seen_at,
                and_(STORY.c.last_seen_at == before.last_seen_at, STORY.c.id < before.story_id),
            )
        )
    return list(connection.execute(query).scalars())


def summaries(connection: Connection, story_ids: Collection[int] | None = None) -> list[Summary]:
    """These stories, None: all but those that were merged away. Those seen last come first."""
    query: Select[Any] = (
        select(STORY)
        .where(STORY.c.id.not_in(select(MERGE.c.from_id)))
        .order_by(STORY.c.last_seen_at.desc(), STORY.c.id.desc())
    )
    entries: Select[Any] = select(
        ENTRY.c.story_id, ENTRY.c.id, ENTRY.c.feed_id, ENTRY.c.language, ENTRY.c.reported_at
    )
    rules: Select[Any] = select(ENTRY.c.story_id, MATCH.c.rule_id).join(MATCH, MATCH.c.entry_id == ENTRY.c.id)
    if story_ids is not None:
        query = query.where(STORY.c.id.in_(story_ids))
        entries, rules = (
            entries.where(ENTRY.c.story_id.in_(story_ids)),
            rules.where(ENTRY.c.story_id.in_(story_ids)),
        )
    ids: dict[int, list[int]] = {}
    moments: dict[int, list[datetime]] = {}
    feeds: dict[int, set[str]] = {}
    languages: dict[int, set[str]] = {}
    for of, entry_id, feed_id, language, reported_at in connection.execute(entries.order_by(ENTRY.c.id)):
        ids.setdefault(of, []).append(entry_id)
        moments.setdefault(of, []).append(reported_at)
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
            reported_at=tuple(moments.get(row["id"], ())),
        )
        for row in connection.execute(query).mappings()
    ]


def spread(
    connection: Connection, story_ids: Collection[int], *, until: datetime | None = None
) -> dict[int, Spread]:
    """By story id; by what was seen `until` then, None: by now."""
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
        if until is not None:
            query = query.where(ENTRY.c.first_seen_at <= until)
        for row in connection.execute(query):
            feeds = since.setdefault(row.story_id, {})
            feeds[row.feed_id] = min(feeds.get(row.feed_id, row.since), row.since)
            if row.language:
                languages.setdefault(row.story_id, set()).add(row.language)
    return {
        story_id: Spread(since=feeds, languages=tuple(sorted(languages.get(story_id, ()))))
        for story_id, feeds in since.items()
    }
