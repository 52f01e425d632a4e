"""The tables. Only this room sees them: records of `model` and `core` go in and come out.

A change here needs a migration in `migrations/versions`; `tests/store` holds the two against each other.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Column, Index, Integer, LargeBinary, MetaData, Text, UniqueConstraint
from sqlalchemy import text as sql_text
from sqlmodel import Field, SQLModel

from monitor.store.types import Instant, Lines, Numbers, Packed

# Names for constraints, so that migrations can address them on both databases.
METADATA = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

BIG = BigInteger().with_variant(Integer(), "sqlite")
"""64 bits. SQLite's INTEGER has them too, and only of that name is a primary key the row's own address."""


class Table(SQLModel):
    """Rows are never instantiated (`sql.table`): pydantic need not get ready to check any."""

    metadata = METADATA
    model_config = {"defer_build": True}


def instant(*, nullable: bool = False, index: bool = False) -> Any:
    """A column of aware UTC."""
    return Field(sa_column=Column(Instant(), nullable=nullable, index=index))


def text(*, nullable: bool = False, index: bool = False) -> Any:
    """A column of text, empty unless it says something."""
    return Field(sa_column=Column(Text, nullable=nullable, index=index))


def numbers() -> Any:
    """A column of numbers."""
    return Field(sa_column=Column(Numbers(), nullable=False))


def _of_a_story(name: str, column: str) -> Index:
    """An index over the entries that have a story: the thousand others cost it nothing."""
    # The migration says the same to PostgreSQL; said here it would load that dialect at every start.
    return Index(name, column, sqlite_where=sql_text("story_id IS NOT NULL"))


def lines() -> Any:
    """A column of short texts."""
    return Field(sa_column=Column(Lines(), nullable=False, server_default=""))


class FeedRow(Table, table=True):
    """`model.FeedState`."""

    __tablename__ = "feed"

    feed_id: str = Field(sa_column=Column(Text, primary_key=True))
    url: str = text()
    credentials_hash: str = text()
    title: str = text()
    language: str | None = text(nullable=True)
    etag: str | None = text(nullable=True)
    last_modified: str | None = text(nullable=True)
    body_hash: str | None = text(nullable=True)
    next_poll_at: datetime = instant(index=True)
    next_poll_reason: str = text()
    last_poll_at: datetime | None = instant(nullable=True)
    last_success_at: datetime | None = instant(nullable=True)
    baseline_at: datetime | None = instant(nullable=True)
    failures: int
    gone_at: datetime | None = instant(nullable=True)
    last_error: str = text()
    warnings: tuple[str, ...] = lines()
    spent: float
    spent_at: datetime | None = instant(nullable=True)
    stopped_reason: str = text()
    not_before_at: datetime | None = instant(nullable=True)
    retry_after_s: float | None
    fresh_s: float | None
    ttl_s: float | None
    update_s: float | None
    skip_hours: tuple[int, ...] = numbers()
    skip_days: tuple[int, ...] = numbers()
    body_at: datetime | None = instant(nullable=True)
    unconditional_at: datetime | None = instant(nullable=True)
    shortest_gap_s: float | None
    moved_to: str = text()
    moved_at: datetime | None = instant(nullable=True)
    moved_seen: int
    adopted_url: str = text()
    gaps: int
    gap_at: datetime | None = instant(nullable=True)
    gap_wait_s: float | None
    told_until_at: datetime | None = instant(nullable=True)
    guid_strikes: int
    guid_struck_at: datetime | None = instant(nullable=True)
    guids_unreliable: str = text()
    recovered: int
    restructured_at: datetime | None = instant(nullable=True)
    rhythm: tuple[float, ...] = numbers()
    rhythm_days: float
    rhythm_matches: float
    rhythm_burst: float
    last_entry_at: datetime | None = instant(nullable=True)
    longest_quiet_s: float
    rhythm_at: datetime | None = instant(nullable=True)
    hub: str = text()
    topic: str = text()
    pushed_until_at: datetime | None = instant(nullable=True)
    polls: int
    unconditional_polls: int
    not_modified_polls: int
    fence: int
    host: str = text()
    """Whom a poll asks; feeds that are files are each their own."""
    lull_of: datetime | None = instant(nullable=True)
    """`last_entry_at` at the last lull that was told."""
    warned: tuple[str, ...] = lines()
    """The kinds of `warnings` that the operator was told."""
    listed: bool
    """In the config: what was taken out is kept, and not due."""


class SubscriptionRow(Table, table=True):
    """`model.Subscription`."""

    __tablename__ = "subscription"

    token: str = Field(sa_column=Column(Text, primary_key=True))
    feed_id: str = text(index=True)
    hub: str = text()
    topic: str = text()
    callback: str = text()
    secret: str = text()
    state: str = text()
    next_at: datetime = instant()
    asked_until_at: datetime | None = instant(nullable=True)
    lease_until_at: datetime | None = instant(nullable=True)
    failures: int
    last_error: str = text()
    last_push_at: datetime | None = instant(nullable=True)
    pushes: int
    rejected: int


class HostPauseRow(Table, table=True):
    """A host that asked for a pause with a 429: kept, so that a restart breaks no word."""

    __tablename__ = "host_pause"

    host: str = Field(sa_column=Column(Text, primary_key=True))
    until_at: datetime = instant()


class FeedDocumentRow(Table, table=True):
    """The entries of a feed's last document. Not in the feed's row, which is written at every poll."""

    __tablename__ = "feed_document"

    feed_id: str = Field(sa_column=Column(Text, primary_key=True))
    entry_hashes: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    """`ParsedFeed.entry_hashes`."""


class StoryRow(Table, table=True):
    """`model.Story`."""

    __tablename__ = "story"

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    title: str = text()
    first_seen_at: datetime = instant()
    last_seen_at: datetime = instant(index=True)
    name: str = Field(sa_column=Column(Text, nullable=False, server_default="", index=True))


class StoryMergeRow(Table, table=True):
    """`model.StoryMerge`. The row of the story that was merged away stays: its number leads on."""

    __tablename__ = "story_merge"

    from_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    into_id: int = Field(sa_column=Column(BIG, nullable=False, index=True))
    entry_id: int = Field(sa_column=Column(BIG, nullable=False))
    merged_at: datetime = instant()
    reason: str = text()


class EntryRow(Table, table=True):
    """`model.Entry` with what it is recognised and compared by (`core.stories`)."""

    __tablename__ = "entry"
    __table_args__ = (
        Index("ix_entry_feed_id_guid_key", "feed_id", "guid_key"),
        Index("ix_entry_feed_id_alias_key", "feed_id", "alias_key"),
        Index("ix_entry_feed_id_fingerprint", "feed_id", "fingerprint"),
        Index("ix_entry_feed_id_id", "feed_id", "id"),
        Index("ix_entry_language", "language"),
        _of_a_story("ix_entry_story_id", "story_id"),
        _of_a_story("ix_entry_of_a_story_first_seen_at", "first_seen_at"),
    )

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    feed_id: str = text()
    guid: str | None = text(nullable=True)
    url: str | None = text(nullable=True)
    title: str = text()
    summary: str = text()
    content: str = text()
    author: str = text()
    categories: list[str] = Field(sa_column=Column(JSON, nullable=False))
    language: str | None = text(nullable=True)
    published_at: datetime | None = instant(nullable=True)
    updated_at: datetime | None = instant(nullable=True)
    fetched_at: datetime = instant()
    first_seen_at: datetime = instant(index=True)
    page_at: datetime | None = instant(nullable=True)
    copy_of: int | None = Field(sa_column=Column(BIG, nullable=True))
    copy_reason: str = text()
    story_id: int | None = Field(sa_column=Column(BIG, nullable=True))
    story_reason: str = text()
    baseline: bool
    guid_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    alias_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    url_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    fingerprint: int | None = Field(sa_column=Column(BIG, nullable=True))
    content_hash: str = text()
    reported_at: datetime = instant()


class VocabularyRow(Table, table=True):
    """A word that was filed: see `store.vocabulary`."""

    __tablename__ = "vocabulary"
    __table_args__ = ({"sqlite_with_rowid": False},)

    word: str = Field(sa_column=Column(Text, primary_key=True))


class PageRow(Table, table=True):
    """`model.Page`: the queue of pages to read. A row stays when it was read: no page is asked for twice."""

    __tablename__ = "page"
    __table_args__ = (Index("ix_page_state_next_at", "state", "next_at"),)

    entry_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    feed_id: str = text()
    url: str = text()
    site: str = text()
    wanted: str = text()
    state: str = text()
    attempts: int
    queued_at: datetime = instant()
    next_at: datetime = instant()
    ended_at: datetime | None = instant(nullable=True)
    outcome: str = text()


class SiteRow(Table, table=True):
    """`model.Site`."""

    __tablename__ = "site"

    site: str = Field(sa_column=Column(Text, primary_key=True))
    robots: str | None = Field(sa_column=Column(Packed(), nullable=True))
    robots_at: datetime | None = instant(nullable=True)
    paused_until: datetime | None = instant(nullable=True)


class TombstoneRow(Table, table=True):
    """What is left of an entry that was pruned: enough to know it again (`identity.Known`)."""

    __tablename__ = "tombstone"
    __table_args__ = (
        Index("ix_tombstone_feed_id_guid_key", "feed_id", "guid_key"),
        Index("ix_tombstone_feed_id_alias_key", "feed_id", "alias_key"),
        Index("ix_tombstone_feed_id_fingerprint", "feed_id", "fingerprint"),
    )

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    """The entry's: ids are never given twice."""
    feed_id: str = text()
    title: str = text()
    """Its beginning."""
    published_at: datetime | None = instant(nullable=True)
    fetched_at: datetime = instant()
    guid_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    alias_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    url_key: int | None = Field(sa_column=Column(BIG, nullable=True))
    fingerprint: int | None = Field(sa_column=Column(BIG, nullable=True))
    content_hash: str = text()
    told: bool
    """Whether it was in any alert."""
    buried_at: datetime = instant()


class EntryChangeRow(Table, table=True):
    """`model.EntryChange`: a few of each entry."""

    __tablename__ = "entry_change"

    entry_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=Column(Instant(), primary_key=True))
    edits: list[list[str]] = Field(sa_column=Column(JSON, nullable=False))
    """Of each `model.Edit` the fields, in its order."""


class MatchRow(Table, table=True):
    """`model.Decision`: a match and what became of it."""

    __tablename__ = "match"
    __table_args__ = (Index("ix_match_rule_id_matched_at", "rule_id", "matched_at"),)

    entry_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    rule_version: str = text()
    spans: list[list[Any]] = Field(sa_column=Column(JSON, nullable=False))
    score: float | None
    verdict: str = text()
    reason: str = text()
    alert_id: int | None = Field(sa_column=Column(BIG, nullable=True, index=True))
    matched_at: datetime = instant()


class AlertRow(Table, table=True):
    """`model.Alert`. `note_key` makes a note to the operator the only one of its kind."""

    __tablename__ = "alert"

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    kind: str = text()
    story_id: int | None = Field(sa_column=Column(BIG, nullable=True, index=True))
    entry_id: int | None = Field(sa_column=Column(BIG, nullable=True))
    reason: str = text()
    created_at: datetime = instant(index=True)
    send_at: datetime = instant()
    text: str = Field(sa_column=Column(Text, nullable=False))
    occasion: str | None = Field(sa_column=Column(Text, nullable=True))
    note_key: str | None = Field(sa_column=Column(Text, nullable=True, unique=True))


class AlertRuleRow(Table, table=True):
    """A rule that an alert is sent for."""

    __tablename__ = "alert_rule"
    __table_args__ = (Index("ix_alert_rule_rule_id_joined_at", "rule_id", "joined_at"),)

    alert_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    joined_at: datetime = instant()


class ToldRow(Table, table=True):
    """A rule has told a story, by this alert. The primary key is the promise: once per story."""

    __tablename__ = "told"

    story_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    alert_id: int = Field(sa_column=Column(BIG, nullable=False, index=True))
    told_at: datetime = instant()


class ThreadRow(Table, table=True):
    """`core.alerts.threads.Thread`: what was said of a story, and what gathers for its next update."""

    __tablename__ = "thread"

    story_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    told_at: datetime = instant()
    update_at: datetime | None = instant(nullable=True, index=True)


class DeliveryRow(Table, table=True):
    """`model.Delivery`: the outbox. The unique key makes a second enqueue harmless."""

    __tablename__ = "delivery"
    __table_args__ = (
        UniqueConstraint("alert_id", "channel", "recipient"),
        Index("ix_delivery_state_next_attempt_at", "state", "next_attempt_at"),
    )

    id: str = Field(sa_column=Column(Text, primary_key=True))
    alert_id: int = Field(sa_column=Column(BIG, nullable=False))
    channel: str = text()
    recipient: str = text()
    state: str = text()
    attempts: int
    first_attempt_at: datetime | None = instant(nullable=True)
    next_attempt_at: datetime = instant()
    """Of a leased row: when the lease expires."""
    lease: str = text()
    """Who holds it; a late answer of an expired lease changes nothing."""
    sent_at: datetime | None = instant(nullable=True)
    last_error: str = text()
    reply_to: str = text()
    subject: str = text()
    held_for: str | None = text(nullable=True)
    summary_id: int | None = Field(sa_column=Column(BIG, nullable=True, index=True))
    silenced_by: int | None = Field(sa_column=Column(BIG, nullable=True))


class PauseRow(Table, table=True):
    """The last time that nobody polled for hours: one row (`holding.Pause`)."""

    __tablename__ = "pause"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    since: datetime = instant()
    until: datetime = instant()


class WatchedRow(Table, table=True):
    """An hour, counted from 1970, in which somebody looked."""

    __tablename__ = "watched"

    hour: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))


class CoverageRow(Table, table=True):
    """How many reports of an hour a rule found."""

    __tablename__ = "coverage"
    __table_args__ = ({"sqlite_with_rowid": False},)

    hour: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    rule_version: str = Field(sa_column=Column(Text, primary_key=True))
    reports: int


class CourseRow(Table, table=True):
    """`core.alerts.burst_test.PaceState`."""

    __tablename__ = "course"

    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    rule_version: str = text()
    since_at: datetime = instant()
    hot_at: datetime | None = instant(nullable=True)
    lull_hour: int | None = Field(sa_column=Column(BIG, nullable=True))


class SilenceRow(Table, table=True):
    """`model.Silence`."""

    __tablename__ = "silence"

    id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    rule_id: str | None = text(nullable=True)
    feed_id: str | None = text(nullable=True)
    story_id: int | None = Field(sa_column=Column(BIG, nullable=True))
    from_at: datetime = instant()
    until_at: datetime = instant(index=True)
    comment: str = text()
    who: str = text()
    summary: bool
    """What it keeps back is told at its end."""


class LabelRow(Table, table=True):
    """`model.Label`: one for each entry and thing that it is about."""

    __tablename__ = "label"

    entry_id: int = Field(sa_column=Column(BIG, primary_key=True, autoincrement=False))
    about: str = Field(sa_column=Column(Text, primary_key=True))
    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    """Empty: about no rule."""
    mark: str = text()
    other_id: int | None = Field(sa_column=Column(BIG, nullable=True))
    labelled_at: datetime = instant()
    said_by: str = text()


class MeaningRow(Table, table=True):
    """What a text means, as numbers: made for tuning, with the extra `meaning`; can be made again at any time."""

    __tablename__ = "meaning"

    digest: str = Field(sa_column=Column(Text, primary_key=True))
    """Of the text and of what made the vector."""
    vector: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    made_at: datetime = instant(index=True)


class CounterRow(Table, table=True):
    """The next free id of entries, stories and alerts: planned ids are never given twice, pruned or not.

    The one named `stories` is the mark of `store.open_stories`.
    """

    __tablename__ = "counter"

    name: str = Field(sa_column=Column(Text, primary_key=True))
    next: int = Field(sa_column=Column(BIG, nullable=False))


class DaemonRow(Table, table=True):
    """What a running daemon says of itself: one row."""

    __tablename__ = "daemon"

    id: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    pid: int
    version: str = text()
    started_at: datetime = instant()
    beat_at: datetime = instant()
    stopped_at: datetime | None = instant(nullable=True)
    """None while it runs; a crash leaves it None with an old `beat_at`."""
    config: str = text()
    """The folder that it read."""
    mistake: str = text()
    """Why the config that lies there is not the one that runs; empty: it is."""
    mistaken_since: datetime | None = instant(nullable=True)


class WorkerRow(Table, table=True):
    """One of several processes that share this database; it lives as long as its row does."""

    __tablename__ = "worker"

    id: str = Field(sa_column=Column(Text, primary_key=True))
    """Of this life of its: whoever was given up never comes back by it."""
    name: str = text()
    host: str = text()
    pid: int
    started_at: datetime = instant()
    seen_at: datetime = instant()
    """By the database's clock, as `started_at`."""
    config_version: str = text()
    doing: str = text()
    """For people."""


class LeaseRow(Table, table=True):
    """What one worker alone does: it holds it until it gives it back or is given up."""

    __tablename__ = "lease"

    kind: str = Field(sa_column=Column(Text, primary_key=True))
    key: str = Field(sa_column=Column(Text, primary_key=True))
    holder: str = text()
    """A worker's id; empty: nobody's, and nobody's before `free_at`."""
    claimed_at: datetime = instant()
    free_at: datetime | None = instant(nullable=True)
    """By the database's clock. None: while its holder lives."""


class PublishedRow(Table, table=True):
    """A config that all workers take up: the newest is in force, those before it are kept for a while."""

    __tablename__ = "published"

    number: int = Field(sa_column=Column(Integer, primary_key=True, autoincrement=False))
    version: str = text()
    published_at: datetime = instant()
    """By the database's clock."""
    published_by: str = text()
    """Who did so, and where."""
    files: str = Field(sa_column=Column(Packed(), nullable=False))
    """JSON: by the path within the folder, the file's text."""


class RuleThatRanRow(Table, table=True):
    """The last good version of a rule: what runs on where the config has a mistake in it, also after a restart."""

    __tablename__ = "rule_that_ran"

    rule_id: str = Field(sa_column=Column(Text, primary_key=True))
    """Empty: `written` holds the lists of all rules."""
    written: str = text()
    broken_since: datetime | None = instant(nullable=True)
    """None: the config has no mistake in it."""
    mistake: str = text()
