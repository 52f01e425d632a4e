"""What is stored stays within bounds: what goes leaves a tombstone, so that nothing is news twice.

Promise: what was told, held, silenced or labelled stays, and so do the open stories, what is younger than `YOUNG` and
the newest entries of each feed, whatever the bounds say. A crash at any moment loses nothing else.
"""

from __future__ import annotations

import threading
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import (
    ColumnElement,
    Connection,
    LargeBinary,
    cast,
    delete,
    exists,
    func,
    or_,
    select,
    text,
    update,
)

from monitor.core.stories.open_reports import WINDOW
from monitor.model import AlertKind, FeedRetention, Retention, Verdict
from monitor.store import entries, tombstones
from monitor.store.database import Store
from monitor.store.outbox import OPEN
from monitor.store.sql import chunks, in_dialect, put, table
from monitor.store.tables import (
    AlertRow,
    CounterRow,
    DeliveryRow,
    EntryRow,
    LabelRow,
    MatchRow,
    SilenceRow,
    SiteRow,
    StoryMergeRow,
    StoryRow,
    ThreadRow,
    ToldRow,
    TombstoneRow,
)

ENTRY, MATCH, ALERT = table(EntryRow), table(MatchRow), table(AlertRow)
STORY, TOLD, THREAD, MERGE = table(StoryRow), table(ToldRow), table(ThreadRow), table(StoryMergeRow)
DELIVERY, TOMBSTONE = table(DeliveryRow), table(TombstoneRow)
SITE, COUNTER, SILENCE, LABEL = table(SiteRow), table(CounterRow), table(SilenceRow), table(LabelRow)

AT_ONCE: Final = 100
"""Entries of one transaction: a tenth of a second, then others may write."""
FORGOTTEN_AT_ONCE: Final = 5_000
"""Tombstones that are looked for at once."""
PAUSE_S: Final = 0.05
YOUNG: Final = timedelta(days=2)
"""Younger entries stay: their pages may still be read."""
NEWEST: Final = 50
"""Entries of each feed that stay: from them is learned what recurs in it, and most documents hold no more."""
ROBOTS: Final = timedelta(days=2)
"""After which a robots.txt is let go: it is asked anew each day."""
DONE: Final = "pruned"
"""The counter that says when this was last done, in seconds since 1970."""
STAYS: Final = (Verdict.ALERTED, Verdict.JOINED_ALERT, Verdict.HELD, Verdict.SILENCED)
OVERHEAD_BYTES: Final = 1024
"""What an entry takes beside its texts."""

_WHOLE = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}


@dataclass(slots=True, kw_only=True)
class Pruned:
    """What was pruned, or would be."""

    entries: int = 0
    stories: int = 0
    stored: int = 0
    """Entries that are left."""
    ended: bool = True
    """Whether all was looked at; False: it was stopped."""


@dataclass(slots=True, kw_only=True)
class _Bounds:
    """Which entries, by their ids, may go at all."""

    aged_before: dict[timedelta, int]
    """By the age that is too old: of ids below, all are."""
    young_from: int
    open_from: datetime
    kept: set[int]
    """They stay: as they were when it began; each transaction asks again."""


def prune(
    store: Store,
    limits: Retention,
    *,
    now: datetime,
    own: Mapping[str, FeedRetention] | None = None,
    max_age: timedelta = timedelta(0),
    stop: threading.Event | None = None,
    dry_run: bool = False,
) -> Pruned:
    """Brings what is stored within its limits, a hundred entries at a time, until `stop` is set.

    `own` are the bounds that feeds have for themselves; of an entry older than `max_age` nothing is ever told.
    """
    stop, done = stop or threading.Event(), Pruned()
    with store.reading() as connection:
        feed_ids = list(connection.execute(select(ENTRY.c.feed_id).distinct()).scalars())
        of_feed = {one: limits.of(its) for one, its in (own or {}).items()}
        bounds = _bounds(connection, {one.age for one in (limits, *of_feed.values())}, now)
        measured = _is_worth_measuring(connection, [limits, *of_feed.values()])
    newest: dict[str, int] = {}
    left_bytes = 0
    for feed_id in feed_ids:
        with store.reading() as connection:
            ids, sizes = _entries_of(connection, feed_id, measured=measured)
        newest[feed_id] = ids[min(NEWEST, len(ids)) - 1] if ids else 0
        going = _beyond(ids, sizes, of_feed.get(feed_id, limits), bounds, newest[feed_id])
        gone = _bury(store, going, bounds, now, stop, dry_run=dry_run)
        done.entries += len(gone)
        done.stored += len(ids) - len(gone)
        left_bytes += sum(size for one, size in zip(ids, sizes, strict=False) if one not in gone)
        if dry_run:
            bounds.kept |= gone  # they are there yet, and count once
        if stop.is_set():
            done.ended = False
            return done
    too_many = max(0, done.stored - limits.entries) if limits.entries else 0
    too_large = max(0, left_bytes - limits.bytes) if limits.bytes and measured else 0
    if too_many or too_large:
        buried = _bury_oldest(store, bounds, newest, too_many, too_large, now, stop, dry_run=dry_run)
        done.entries += buried
        done.stored -= buried
    if not dry_run and not stop.is_set():
        done.stories = _drop_what_nothing_needs(store, limits, now)
        if limits.age:
            _drop_notes(store, now - limits.age)
        if limits.remembered:
            _forget(
                store,
                now,
                buried_for=limits.remembered,
                older_than=max(limits.remembered, max_age),
                stop=stop,
            )
    done.ended = not stop.is_set()
    return done


def last_done(connection: Connection) -> datetime | None:
    """When it was last done; None: never."""
    seconds = connection.execute(select(COUNTER.c.next).where(COUNTER.c.name == DONE)).scalar()
    return datetime.fromtimestamp(seconds, UTC) if seconds is not None else None


def mark_done(connection: Connection, now: datetime) -> None:
    """Pruned now."""
    put(connection, CounterRow, [{"name": DONE, "next": int(now.timestamp())}])


def _bounds(connection: Connection, ages: Collection[timedelta], now: datetime) -> _Bounds:
    """Below the lowest id that was seen since a moment all are older; some above it may be, and stay for now."""
    beyond = (connection.execute(select(func.max(ENTRY.c.id))).scalar() or 0) + 1

    def first_since(length: timedelta) -> int:
        return entries.first_since(connection, now - length) or beyond

    told = select(MATCH.c.entry_id).where(or_(MATCH.c.alert_id.is_not(None), MATCH.c.verdict.in_(STAYS)))
    heads = select(ALERT.c.entry_id).where(ALERT.c.entry_id.is_not(None))
    is_open = select(ENTRY.c.id).where(ENTRY.c.story_id.is_not(None), ENTRY.c.first_seen_at >= now - WINDOW)
    labelled = select(LABEL.c.entry_id)
    kept = {one for query in (told, heads, is_open, labelled) for one in connection.execute(query).scalars()}
    return _Bounds(
        aged_before={age: first_since(age) if age else 0 for age in ages},
        young_from=first_since(YOUNG),
        open_from=now - WINDOW,
        kept=kept,
    )


def _is_worth_measuring(connection: Connection, limits: Iterable[Retention]) -> bool:
    """All texts are read for that, and no feed has more than the whole database."""
    bounds = [one for its in limits for one in (its.bytes, its.feed_bytes) if one]
    if not bounds:
        return False
    whole = connection.execute(in_dialect(connection, _WHOLE)).scalar_one()
    return int(whole) > min(bounds)


def _entries_of(connection: Connection, feed_id: str, *, measured: bool) -> tuple[array[int], array[int]]:
    """The ids of the feed's entries, the newest first, and what each takes, where that is asked."""
    if not measured:
        query = select(ENTRY.c.id).where(ENTRY.c.feed_id == feed_id).order_by(ENTRY.c.id.desc())
        return array("q", connection.execute(query).scalars()), array("q")
    ids, sizes = array("q"), array("q")
    query = select(ENTRY.c.id, _size(connection)).where(ENTRY.c.feed_id == feed_id)
    for entry_id, size in connection.execute(query.order_by(ENTRY.c.id.desc())):
        ids.append(entry_id)
        sizes.append(size + OVERHEAD_BYTES)
    return ids, sizes


def _size(connection: Connection) -> ColumnElement[int]:
    """The bytes of an entry's texts."""
    texts = (ENTRY.c.title, ENTRY.c.summary, ENTRY.c.content)
    if connection.dialect.name == "sqlite":
        title, summary, content = (func.length(cast(one, LargeBinary)) for one in texts)
    else:
        title, summary, content = (func.octet_length(one) for one in texts)
    return title + summary + content


def _beyond(
    ids: Sequence[int], sizes: Sequence[int], limits: Retention, bounds: _Bounds, newest: int
) -> list[int]:
    """Those of a feed's entries that are too old, too many or too much, the oldest first."""
    going, taken = [], 0
    for index, one in enumerate(ids):
        taken += sizes[index] if sizes else 0
        is_beyond = (
            one < bounds.aged_before[limits.age]
            or (limits.feed_entries and index >= limits.feed_entries)
            or (limits.feed_bytes and taken > limits.feed_bytes)
        )
        if is_beyond and one < newest and _may_go(one, bounds):
            going.append(one)
    return going[::-1]


def _may_go(entry_id: int, bounds: _Bounds) -> bool:
    return entry_id < bounds.young_from and entry_id not in bounds.kept


def _bury_oldest(
    store: Store,
    bounds: _Bounds,
    newest: dict[str, int],
    too_many: int,
    too_large: int,
    now: datetime,
    stop: threading.Event,
    *,
    dry_run: bool,
) -> int:
    """The oldest of all, until there are so many fewer, and so many bytes fewer; how many went."""
    buried, after = 0, 0
    while (too_many > 0 or too_large > 0) and not stop.is_set():
        with store.reading() as connection:
            query = select(ENTRY.c.id, ENTRY.c.feed_id, _size(connection))
            query = query.where(ENTRY.c.id > after, ENTRY.c.id < bounds.young_from)
            rows = connection.execute(query.order_by(ENTRY.c.id).limit(AT_ONCE)).all()
        if not rows:
            break
        after = rows[-1][0]
        may_go = [
            row for row in rows if row[1] in newest and row[0] < newest[row[1]] and _may_go(row[0], bounds)
        ]
        going: dict[int, int] = {}
        many, large = too_many, too_large
        for entry_id, _, its_size in may_go:
            if many <= 0 and large <= 0:
                break
            going[entry_id] = its_size + OVERHEAD_BYTES
            many, large = many - 1, large - going[entry_id]
        gone = _bury(store, going, bounds, now, stop, dry_run=dry_run)
        buried += len(gone)
        too_many -= len(gone)
        too_large -= sum(going[one] for one in gone)
    return buried


def _bury(
    store: Store,
    entry_ids: Iterable[int],
    bounds: _Bounds,
    now: datetime,
    stop: threading.Event,
    *,
    dry_run: bool,
) -> set[int]:
    """Those that went: what was told meanwhile stays."""
    if dry_run:
        return set(entry_ids)
    gone: set[int] = set()
    for ids in chunks(entry_ids, AT_ONCE):
        if stop.is_set():
            break
        with store.writing() as connection:
            going = set(ids) - _kept(connection, ids, bounds)
            tombstones.bury(connection, going, now=now)
            left = select(ENTRY.c.id).where(ENTRY.c.id.in_(ids))
            gone |= set(ids) - set(connection.execute(left).scalars())
        stop.wait(PAUSE_S)
    return gone


def _kept(connection: Connection, ids: Collection[int], bounds: _Bounds) -> set[int]:
    """Those that stay by now."""
    told = select(MATCH.c.entry_id).where(
        MATCH.c.entry_id.in_(ids), or_(MATCH.c.alert_id.is_not(None), MATCH.c.verdict.in_(STAYS))
    )
    is_open = select(ENTRY.c.id).where(
        ENTRY.c.id.in_(ids), ENTRY.c.story_id.is_not(None), ENTRY.c.first_seen_at >= bounds.open_from
    )
    labelled = select(LABEL.c.entry_id).where(LABEL.c.entry_id.in_(ids))
    return {one for query in (told, is_open, labelled) for one in connection.execute(query).scalars()}


def _drop_notes(store: Store, before: datetime) -> None:
    """Notes to the operator from before then, of which nothing waits to be sent."""
    waits = exists().where(DELIVERY.c.alert_id == ALERT.c.id, DELIVERY.c.state.in_(OPEN))
    with store.reading() as connection:
        old = select(ALERT.c.id).where(ALERT.c.kind == AlertKind.NOTE, ALERT.c.created_at < before, ~waits)
        found = list(connection.execute(old).scalars())
    for ids in chunks(found, AT_ONCE):
        with store.writing() as connection:
            connection.execute(
                delete(DELIVERY).where(DELIVERY.c.alert_id.in_(ids), DELIVERY.c.state.not_in(OPEN))
            )
            connection.execute(delete(ALERT).where(ALERT.c.id.in_(ids), ~waits))


def _forget(
    store: Store, now: datetime, *, buried_for: timedelta, older_than: timedelta, stop: threading.Event
) -> None:
    """Tombstones of entries that are told by no rule if they come back: the feed itself dates them too old.

    What has no date would be news, and stays.
    """
    after = 0
    while not stop.is_set():
        query = (
            select(TOMBSTONE.c.id)
            .where(
                TOMBSTONE.c.id > after,
                TOMBSTONE.c.buried_at < now - buried_for,
                TOMBSTONE.c.published_at < now - older_than,
            )
            .order_by(TOMBSTONE.c.id)
            .limit(FORGOTTEN_AT_ONCE)
        )
        with store.reading() as connection:
            ids = list(connection.execute(query).scalars())
        if not ids:
            return
        after = ids[-1]
        for some in chunks(ids, AT_ONCE * 5):
            with store.writing() as connection:
                connection.execute(delete(TOMBSTONE).where(TOMBSTONE.c.id.in_(some)))
            stop.wait(PAUSE_S)


def _drop_what_nothing_needs(store: Store, limits: Retention, now: datetime) -> int:
    """Old stories without entries that were never told, and what sites wished of robots; how many stories."""
    dropped = 0
    if limits.age:
        names = (
            select(ENTRY.c.id).where(ENTRY.c.story_id == STORY.c.id),
            select(TOLD.c.story_id).where(TOLD.c.story_id == STORY.c.id),
            select(THREAD.c.story_id).where(THREAD.c.story_id == STORY.c.id),
            select(ALERT.c.id).where(ALERT.c.story_id == STORY.c.id),
            select(MERGE.c.from_id).where(MERGE.c.from_id == STORY.c.id),
            select(MERGE.c.into_id).where(MERGE.c.into_id == STORY.c.id),
            select(SILENCE.c.id).where(SILENCE.c.story_id == STORY.c.id),
        )
        unneeded = select(STORY.c.id).where(
            STORY.c.last_seen_at < now - limits.age, *(~exists(one) for one in names)
        )
        with store.reading() as connection:
            found = list(connection.execute(unneeded).scalars())
        for ids in chunks(found):
            with store.writing() as connection:
                dropped += connection.execute(
                    delete(STORY).where(STORY.c.id.in_(ids), STORY.c.id.in_(unneeded))
                ).rowcount
    with store.writing() as connection:
        connection.execute(
            update(SITE).where(SITE.c.robots_at < now - ROBOTS).values(robots=None, robots_at=None)
        )
        connection.execute(
            delete(SITE).where(
                SITE.c.robots.is_(None), or_(SITE.c.paused_until.is_(None), SITE.c.paused_until < now)
            )
        )
    return dropped
