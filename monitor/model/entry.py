"""Entries as they are stored, the rules that match them, what became of each match, the stories they tell."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Field(StrEnum):
    """The texts of an entry that a query can look into."""

    TITLE = "title"
    SUMMARY = "summary"
    CONTENT = "content"
    AUTHOR = "author"
    CATEGORY = "category"
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is stored."""

    id: int
    feed_id: str
    title: str
    summary: str = ""
    content: str = ""
    guid: str | None = None
    url: str | None = None
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str | None = None
    """Declared, else detected."""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    fetched_at: datetime
    """When the feed's text, as it is stored, was fetched."""
    first_seen_at: datetime
    page_at: datetime | None = None
    """When `content` was read from the entry's own page; None: it is the feed's."""
    copy_of: int | None = None
    copy_reason: str = ""
    story_id: int | None = None
    """None: no rule matches it, and it tells of no story that one matches."""
    story_reason: str = ""
    """Why it joined its story, or that it opened one."""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One place at which an entry's text was changed: whole words, each text cut where it is long."""

    field: Field
    before: str
    """The words in front of it, which stayed."""
    removed: str
    added: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """An entry came with another text than before. A few are kept of each entry (`core.stories.changes`)."""

    entry_id: int
    at: datetime
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive) of one field's text."""

    field: Field
    start: int
    end: int

    def __reduce__(self) -> tuple[type[Span], tuple[Field, int, int]]:
        """How it travels from a worker: a long text may have hundreds, and dataclasses with slots pickle slowly."""
        return Span, (self.field, self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule holds for an entry."""

    rule_id: str
    rule_version: str
    spans: tuple[Span, ...] = ()
    """What to mark, in order, without overlaps."""
    score: float | None = None


class Verdict(StrEnum):
    """What became of a match. Stored with it, listed and counted."""

    ALERTED = "alerted"
    JOINED_ALERT = "joined alert"
    """The story's alert was still waiting to be sent; this entry is in the same message."""
    JOINED_STORY = "joined story"
    """The rule has told this story before."""
    HELD = "held"
    """The story's alert waits for a summary: of quiet hours, of a digest, of a busy hour."""
    COPY = "copy of"
    BASELINE = "baseline"
    TOO_OLD = "too old"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one match, and why, in words."""

    entry_id: int
    match: Match
    verdict: Verdict
    reason: str
    alert_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries that tell of the same event."""

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    name: str = ""
    """Made from its first entry when it is first told; empty: it was not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMerge:
    """Two stories turned out to be one: the entries and alerts of the younger are the older's now."""

    from_id: int
    into_id: int
    entry_id: int
    """The entry that showed it."""
    merged_at: datetime
    reason: str
