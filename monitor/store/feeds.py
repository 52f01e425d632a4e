"""What the monitor knows of its feeds, and which are due."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Update, bindparam, delete, func, select, update

from monitor.core.text.document import hosts_of
from monitor.errors import StalePoll
from monitor.model import FeedState
from monitor.store.feed_columns import VALUE, row_of, state_of
from monitor.store.sql import chunks, insert_new, put, table
from monitor.store.tables import EntryRow, FeedDocumentRow, FeedRow, HostPauseRow

FEED, DOCUMENT, HOST_PAUSE = table(FeedRow), table(FeedDocumentRow), table(HostPauseRow)
COLUMNS = [FEED.c[name] for name in VALUE]
_FENCES: Final = select(FEED.c.feed_id, FEED.c.fence).where(
    FEED.c.feed_id.in_(bindparam("ids", expanding=True))
)
_ENTRY_HASHES: Final = select(DOCUMENT.c.entry_hashes).where(DOCUMENT.c.feed_id == bindparam("feed"))
FROM_HOST = 4
"""One is asked at a time; the others stand ready behind it."""


def due(connection: Connection, now: datetime, *, limit: int) -> list[FeedState]:
    """The feeds whose time has come, the longest overdue first; stopped ones never.

    At most `FROM_HOST` of one host: a crowded one would else fill every place with feeds that wait for its turn.
    """
    return [state_of(row) for row in connection.execute(_due(now).limit(limit))]


def due_of(connection: Connection, now: datetime, feed_ids: Collection[str]) -> list[tuple[str, FeedState]]:
    """Those of these feeds that `due` would name, each with its host."""
    return [
        (row.host, state_of(row))
        for some in chunks(feed_ids)
        for row in connection.execute(_due(now, FEED.c.feed_id.in_(some)))
    ]


def _due(now: datetime, *where: ColumnElement[bool]) -> Select[Any]:
    turn = func.row_number().over(partition_by=FEED.c.host, order_by=FEED.c.next_poll_at).label("turn")
    waiting = (
        select(*COLUMNS, FEED.c.host, turn)
        .where(FEED.c.next_poll_at <= now, FEED.c.stopped_reason == "", FEED.c.listed, *where)
        .subquery()
    )
    return (
        select(*(waiting.c[column.name] for column in COLUMNS), waiting.c.host)
        .where(waiting.c.turn <= FROM_HOST)
        .order_by(waiting.c.next_poll_at)
    )


def states(connection: Connection, feed_ids: Collection[str] | None = None) -> dict[str, FeedState]:
    """By feed id; None: all. Feeds that were never registered are missing."""
    if feed_ids is None:
        return _by_id(connection, select(*COLUMNS))
    found: dict[str, FeedState] = {}
    for ids in chunks(feed_ids):
        query = select(*COLUMNS).where(FEED.c.feed_id.in_(ids))
        found |= _by_id(connection, query)
    return found


def stopped(connection: Connection) -> dict[str, FeedState]:
    """The listed feeds that are stopped, by id."""
    query = select(*COLUMNS).where(FEED.c.stopped_reason != "", FEED.c.listed)
    return _by_id(connection, query)


def failing(connection: Connection) -> int:
    """How many listed feeds could not be had when they were asked last."""
    query = select(func.count()).where(FEED.c.failures > 0, FEED.c.listed)
    return connection.execute(query).scalar_one()


def register(connection: Connection, urls: Mapping[str, str], now: datetime) -> None:
    """These feeds, by id, are the ones to poll.

    Those that are new to the database are due at once; those it knows keep their due time, also under a new id.
    What was taken out and is put back is stopped no more.
    """
    found = connection.execute(
        select(FEED.c.feed_id, FEED.c.host, FEED.c.listed, FEED.c.url, FEED.c.next_poll_at)
    ).all()
    known = {row.feed_id: (row.host, row.listed) for row in found}
    due_at = {row.url: row.next_poll_at for row in found}
    wanted = {feed_id: (host_of(url, feed_id), True) for feed_id, url in urls.items()}
    new = [
        row_of(
            FeedState(
                feed_id=feed_id, url=url, next_poll_at=max(now, due_at.get(url, now)), next_poll_reason="new"
            )
        )
        | {"host": wanted[feed_id][0], "listed": True}
        for feed_id, url in urls.items()
        if feed_id not in known
    ]
    insert_new(connection, FeedRow, new)
    changed = [
        {"feed": feed_id, "asks": host, "in_config": listed}
        for feed_id, before in known.items()
        for host, listed in [wanted.get(feed_id, (before[0], False))]
        if (host, listed) != before
    ]
    if changed:
        statement = update(FEED).where(FEED.c.feed_id == bindparam("feed"))
        connection.execute(statement.values(host=bindparam("asks"), listed=bindparam("in_config")), changed)
    back = [one["feed"] for one in changed if one["in_config"] and not known[one["feed"]][1]]
    for feed_ids in chunks(back):
        connection.execute(update(FEED).where(FEED.c.feed_id.in_(feed_ids)).values(stopped_reason=""))


Change = tuple[FeedState, FeedState]
"""A feed's state before and after."""


def save(connection: Connection, before: FeedState, after: FeedState) -> None:
    """Stores the state after a poll, if no other poll was stored since. Raises StalePoll."""
    if _save_alike(connection, _changed(before, after), [(before, after)]) != 1:
        raise StalePoll(late(after.feed_id))


def save_all(connection: Connection, changes: Sequence[Change]) -> frozenset[str]:
    """Stores what has changed of each state, but where another poll was stored since; returns those feeds.

    Of one feed one change at most. Raises StalePoll where another poll of one of them is stored at this very moment.
    """
    fences = _fences(connection, [before.feed_id for before, _ in changes])
    alike: defaultdict[tuple[str, ...], list[Change]] = defaultdict(list)
    stale: set[str] = set()
    for before, after in changes:
        if fences.get(before.feed_id) == before.fence:
            alike[_changed(before, after)].append((before, after))
        else:
            stale.add(before.feed_id)
    for names, some in alike.items():
        if _save_alike(connection, names, some) != len(some):
            raise StalePoll(late(some[0][1].feed_id))
    return frozenset(stale)


def _changed(before: FeedState, after: FeedState) -> tuple[str, ...]:
    """The columns to store; `fence` is always among them."""
    return tuple(name for name, value in VALUE.items() if value(before) != value(after) or name == "fence")


def _save_alike(connection: Connection, names: tuple[str, ...], changes: Sequence[Change]) -> int:
    """Stores these columns of each whose fence is the one that is known; returns how many those are."""
    rows = [
        {"feed": before.feed_id, "known": before.fence}
        | {f"new_{name}": VALUE[name](after) for name in names}
        for before, after in changes
    ]
    return connection.execute(_update(names), rows).rowcount


@lru_cache(maxsize=256)
def _update(names: tuple[str, ...]) -> Update:
    """Made once: it takes longer to make than to run."""
    # SQLAlchemy keeps the names of the columns to itself.
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in names}
    return (
        update(FEED)
        .where(FEED.c.feed_id == bindparam("feed"), FEED.c.fence == bindparam("known"))
        .values(**columns)
    )


def _fences(connection: Connection, feed_ids: Collection[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for ids in chunks(feed_ids):
        found |= {feed_id: fence for feed_id, fence in connection.execute(_FENCES, {"ids": ids})}  # noqa: C416 - rows are not tuples
    return found


def check(connection: Connection, state: FeedState) -> None:
    """Raises StalePoll where another poll was stored since."""
    if _fences(connection, [state.feed_id]).get(state.feed_id) != state.fence:
        raise StalePoll(late(state.feed_id))


def late(feed_id: str) -> str:
    """What is said of a poll that came too late."""
    return f"feed {feed_id}: another poll was stored first; this one is dropped"


def entry_hashes(connection: Connection, feed_id: str) -> bytes:
    """The `ParsedFeed.entry_hashes` of the feed's last stored document; empty where there is none."""
    return connection.execute(_ENTRY_HASHES, {"feed": feed_id}).scalar_one_or_none() or b""


def save_entry_hashes(connection: Connection, hashes: Mapping[str, bytes]) -> None:
    """By feed id."""
    rows = [{"feed_id": feed_id, "entry_hashes": packed} for feed_id, packed in hashes.items()]
    put(connection, FeedDocumentRow, rows)


def pause_host(connection: Connection, host: str, until: datetime) -> None:
    """The host is not to be asked before then."""
    earlier = connection.execute(
        select(HOST_PAUSE.c.until_at).where(HOST_PAUSE.c.host == host)
    ).scalar_one_or_none()
    put(connection, HostPauseRow, [{"host": host, "until_at": max(until, earlier or until)}])


def held(connection: Connection, now: datetime) -> dict[str, datetime]:
    """The hosts that are not to be asked, with until when."""
    query = select(HOST_PAUSE.c.host, HOST_PAUSE.c.until_at).where(HOST_PAUSE.c.until_at > now)
    return {host: until for host, until in connection.execute(query)}  # noqa: C416 - rows are not tuples


def drop_old_pauses(connection: Connection, now: datetime) -> None:
    """Those that are over."""
    connection.execute(delete(HOST_PAUSE).where(HOST_PAUSE.c.until_at <= now))


def host_of(url: str, feed_id: str) -> str:
    """Whom a poll of the feed asks: feeds of one host take turns, and a file is a host of its own."""
    return next(iter(hosts_of(url)), feed_id)


def lulls_told(connection: Connection) -> dict[str, datetime]:
    """`last_entry_at` at the last lull of each feed that was told."""
    query = select(FEED.c.feed_id, FEED.c.lull_of).where(FEED.c.lull_of.is_not(None))
    return {feed_id: at for feed_id, at in connection.execute(query)}  # noqa: C416 - rows are not tuples


def mark_lulls(connection: Connection, feed_ids: Iterable[str]) -> None:
    """Their present lulls are told."""
    for ids in chunks(feed_ids):
        statement = update(FEED).where(FEED.c.feed_id.in_(ids))
        connection.execute(statement.values(lull_of=FEED.c.last_entry_at))


def warned(connection: Connection) -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Of the listed feeds that were broken and read all the same: their warnings, and the kinds that were told."""
    query = select(FEED.c.feed_id, FEED.c.warnings, FEED.c.warned).where(FEED.c.warnings != (), FEED.c.listed)
    return {feed_id: (warnings, told) for feed_id, warnings, told in connection.execute(query)}


def told_kinds(connection: Connection) -> dict[str, tuple[str, ...]]:
    """What the operator was told of each listed feed, of which anything was."""
    query = select(FEED.c.feed_id, FEED.c.warned).where(FEED.c.warned != (), FEED.c.listed)
    return {feed_id: told for feed_id, told in connection.execute(query)}  # noqa: C416 - rows are not pairs


def mark_warned(connection: Connection, told: Mapping[str, Sequence[str]]) -> None:
    """By feed id the kinds of warnings that the operator was told."""
    for feed_id, kinds in told.items():
        connection.execute(update(FEED).where(FEED.c.feed_id == feed_id).values(warned=tuple(kinds)))


def delays(connection: Connection, feed_id: str, since: datetime) -> list[timedelta]:
    """From publication to first sight, of the feed's dated entries first seen since, but for its first poll's."""
    entry = table(EntryRow)
    query = select(entry.c.published_at, entry.c.first_seen_at).where(
        entry.c.feed_id == feed_id,
        entry.c.first_seen_at >= since,
        entry.c.published_at.is_not(None),
        ~entry.c.baseline,
    )
    return [max(seen - published, timedelta(0)) for published, seen in connection.execute(query)]


def newest_delays(connection: Connection, *, most: int) -> dict[str, list[timedelta]]:
    """As `delays`, by feed, among so many entries that came last."""
    entry = table(EntryRow)
    newest = select(func.max(entry.c.id)).scalar_subquery()
    query = select(entry.c.feed_id, entry.c.published_at, entry.c.first_seen_at).where(
        entry.c.id > newest - most, entry.c.published_at.is_not(None), ~entry.c.baseline
    )
    found: dict[str, list[timedelta]] = {}
    for feed_id, published, seen in connection.execute(query):
        found.setdefault(feed_id, []).append(max(seen - published, timedelta(0)))
    return found


def entry_counts(connection: Connection) -> dict[str, int]:
    """Stored entries, by feed id."""
    entry = table(EntryRow)
    query = select(entry.c.feed_id, func.count()).group_by(entry.c.feed_id)
    return {feed_id: count for feed_id, count in connection.execute(query)}  # noqa: C416 - rows are not tuples


def _by_id(connection: Connection, query: Select[Any]) -> dict[str, FeedState]:
    return {state.feed_id: state for state in map(state_of, connection.execute(query))}
