"""Entries: how they are recognised, compared, stored and listed."""

from __future__ import annotations

import json
from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, bindparam, select, text, update

from monitor.core.plan import Earlier, StoredEntry
from monitor.core.stories.identity import EntryKeys, Known
from monitor.core.stories.traces import NEWEST_PER_KEY, WINDOW, Trace, findable, indexed
from monitor.model import Entry
from monitor.store.sql import chunks, insert_new, table
from monitor.store.tables import EntryKeyRow, EntryRow, MatchRow

ENTRY, ENTRY_KEY, MATCH = table(EntryRow), table(EntryKeyRow), table(MatchRow)
COLUMNS = [ENTRY.c[field.name] for field in fields(Entry)]
KEY_COLUMNS = (ENTRY.c.guid_key, ENTRY.c.alias_key, ENTRY.c.fingerprint)
KNOWN_COLUMNS = (
    ENTRY.c.id, ENTRY.c.guid_key, ENTRY.c.alias_key, ENTRY.c.url_key, ENTRY.c.fingerprint,
    ENTRY.c.content_hash, ENTRY.c.title, ENTRY.c.published_at, ENTRY.c.fetched_at,
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries to list; None: whichever."""

    rule_id: str | None = None
    story_id: int | None = None
    feed_id: str | None = None
    since: datetime | None = None
    """First seen at or after."""
    newest: int | None = None
    """At most so many."""


def known(connection: Connection, feed_id: str, keys: Sequence[EntryKeys]) -> list[Known]:
    """The entries of the feed that share a guid, alias or fingerprint with one of `keys`."""
    found: dict[int, Known] = {}
    wanted = (
        {one.guid for one in keys},
        {one.alias for one in keys},
        {one.fingerprint for one in keys},
    )
    for column, values in zip(KEY_COLUMNS, wanted, strict=True):
        for some in chunks(value for value in values if value is not None):
            query = select(*KNOWN_COLUMNS).where(ENTRY.c.feed_id == feed_id, column.in_(some))
            for row in connection.execute(query):
                found[row.id] = _known(row)
    return list(found.values())


def newest_known(connection: Connection, feed_id: str, limit: int) -> list[Known]:
    """The feed's entries that were stored last."""
    query = select(*KNOWN_COLUMNS).where(ENTRY.c.feed_id == feed_id).order_by(ENTRY.c.id.desc()).limit(limit)
    return [_known(row) for row in connection.execute(query)]


def postings(connection: Connection, trace: Trace) -> dict[int, list[int]]:
    """For each findable key of the trace that has any: the ids of its newest entries told within `WINDOW` of it."""
    statement = NEWEST_SQLITE if connection.dialect.name == "sqlite" else NEWEST_POSTGRESQL
    rows = connection.execute(statement, _within(trace, findable(indexed(trace.keys))))
    return {key: [int(entry_id) for entry_id in ids.split(",")] for key, ids in rows if ids}


def counted(connection: Connection, trace: Trace) -> dict[int, tuple[int, int]]:
    """For each other indexed key: how many entries within `WINDOW` have it, and the least id of them.

    Counted are the newest, up to `NEWEST_PER_KEY`.
    """
    statement = COUNT_SQLITE if connection.dialect.name == "sqlite" else COUNT_POSTGRESQL
    keys = indexed(trace.keys)
    rows = connection.execute(statement, _within(trace, keys - findable(keys)))
    return {
        key: (int(count), int(oldest)) for key, found in rows if found for count, oldest in [found.split(",")]
    }


def first_since(connection: Connection, moment: datetime) -> int | None:
    """The id of the entry that was seen first since then, None where nothing was."""
    query = select(ENTRY.c.id).where(ENTRY.c.first_seen_at >= moment).order_by(ENTRY.c.first_seen_at).limit(1)
    return connection.execute(query).scalar()


def _within(trace: Trace, keys: Iterable[int]) -> dict[str, object]:
    told_at_s, window_s = int(trace.told_at.timestamp()), int(WINDOW.total_seconds())
    return {
        "keys": json.dumps(list(keys)),
        "from": told_at_s - window_s,
        "until": told_at_s + window_s,
        "most": NEWEST_PER_KEY,
    }


# A LIMIT for each key, never one for all: a common word would hide the rare ones, or cost a scan of the archive.
NEWEST_SQLITE = text(
    """
    SELECT wanted.value, (
      SELECT group_concat(entry_id) FROM (
        SELECT entry_id FROM entry_key
        WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
        ORDER BY told_at_s DESC, entry_id DESC LIMIT :most))
    FROM json_each(:keys) AS wanted
    """
)
COUNT_SQLITE = text(
    """
    SELECT wanted.value, (
      SELECT count(*) || ',' || min(entry_id) FROM (
        SELECT entry_id FROM entry_key
        WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
        ORDER BY told_at_s DESC, entry_id DESC LIMIT :most))
    FROM json_each(:keys) AS wanted
    """
)
COUNT_POSTGRESQL = text(
    """
    SELECT wanted.value, (
      SELECT count(*) || ',' || min(entry_id) FROM (
        SELECT entry_id FROM entry_key
        WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
        ORDER BY told_at_s DESC, entry_id DESC LIMIT :most) AS some)
    FROM (SELECT value::bigint FROM json_array_elements_text(CAST(:keys AS json))) AS wanted(value)
    """
)
NEWEST_POSTGRESQL = text(
    """
    SELECT wanted.value, (
      SELECT string_agg(entry_id::text, ',') FROM (
        SELECT entry_id FROM entry_key
        WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
        ORDER BY told_at_s DESC, entry_id DESC LIMIT :most) AS newest)
    FROM (SELECT value::bigint FROM json_array_elements_text(CAST(:keys AS json))) AS wanted(value)
    """
)


def traces(connection: Connection, entry_ids: Collection[int]) -> list[Trace]:
    """The traces of stored entries, with the rules that they match."""
    rules: dict[int, set[str]] = {}
    found = []
    for ids in chunks(entry_ids):
        for entry_id, rule_id in connection.execute(
            select(MATCH.c.entry_id, MATCH.c.rule_id).where(MATCH.c.entry_id.in_(ids))
        ):
            rules.setdefault(entry_id, set()).add(rule_id)
        query = select(
            ENTRY.c.id, ENTRY.c.feed_id, ENTRY.c.told_at, ENTRY.c.language, ENTRY.c.url_key,
            ENTRY.c.trace_keys, ENTRY.c.story_id, ENTRY.c.copy_of,
        ).where(ENTRY.c.id.in_(ids))  # fmt: skip
        found += [
            Trace(
                entry_id=row.id,
                feed_id=row.feed_id,
                told_at=row.told_at,
                language=row.language,
                url=row.url_key,
                keys=_unpack(row.trace_keys),
                rules=frozenset(rules.get(row.id, ())),
                story_id=row.story_id,
                copy_of=row.copy_of,
            )
            for row in connection.execute(query)
        ]
    return found


def earlier(connection: Connection, entry_ids: Collection[int]) -> dict[int, Earlier]:
    """Changed entries as they are stored, and the rules that they matched."""
    rules: dict[int, set[str]] = {}
    for ids in chunks(entry_ids):
        query = select(MATCH.c.entry_id, MATCH.c.rule_id).where(MATCH.c.entry_id.in_(ids))
        for entry_id, rule_id in connection.execute(query):
            rules.setdefault(entry_id, set()).add(rule_id)
    return {
        entry.id: Earlier(entry=entry, rules=frozenset(rules.get(entry.id, ())))
        for entry in by_ids(connection, entry_ids)
    }


def by_ids(connection: Connection, entry_ids: Collection[int]) -> list[Entry]:
    """In the order of their ids; those that do not exist are missing."""
    found = []
    for ids in chunks(sorted(entry_ids)):
        query = select(*COLUMNS).where(ENTRY.c.id.in_(ids)).order_by(ENTRY.c.id)
        found += [_entry(row) for row in connection.execute(query).mappings()]
    return found


def keys(connection: Connection, entry_id: int) -> EntryKeys | None:
    """What the entry is recognised by; None where there is no such entry."""
    row = connection.execute(select(*KNOWN_COLUMNS).where(ENTRY.c.id == entry_id)).first()
    return _known(row).keys if row else None


def listed(connection: Connection, wanted: Wanted) -> list[Entry]:
    """Newest first."""
    query: Select[Any] = select(*COLUMNS).order_by(ENTRY.c.first_seen_at.desc(), ENTRY.c.id.desc())
    if wanted.rule_id is not None:
        query = query.where(ENTRY.c.id.in_(select(MATCH.c.entry_id).where(MATCH.c.rule_id == wanted.rule_id)))
    if wanted.story_id is not None:
        query = query.where(ENTRY.c.story_id == wanted.story_id)
    if wanted.feed_id is not None:
        query = query.where(ENTRY.c.feed_id == wanted.feed_id)
    if wanted.since is not None:
        query = query.where(ENTRY.c.first_seen_at >= wanted.since)
    if wanted.newest is not None:
        query = query.limit(wanted.newest)
    return [_entry(row) for row in connection.execute(query).mappings()]


def insert(connection: Connection, stored: Sequence[StoredEntry]) -> None:
    if not stored:
        return
    connection.execute(ENTRY.insert(), [_values(one) for one in stored])
    _index(connection, stored)


def replace(connection: Connection, stored: Sequence[StoredEntry]) -> None:
    """Changed entries: the new text and keys in place of the old ones. Old index rows stay; they do no harm."""
    for one in stored:
        values = _values(one)
        connection.execute(update(ENTRY).where(ENTRY.c.id == values.pop("id")).values(**values))
    _index(connection, stored)


def rekey(connection: Connection, keys: Mapping[int, EntryKeys]) -> None:
    """Entries that did not change go by other keys now."""
    if not keys:
        return
    rows = [
        {"entry": entry_id} | {f"new_{column}": value for column, value in _key_values(one).items()}
        for entry_id, one in keys.items()
    ]
    # SQLAlchemy keeps the names of the columns to itself.
    values: dict[str, Any] = {
        column: bindparam(f"new_{column}") for column in _key_values(next(iter(keys.values())))
    }
    connection.execute(update(ENTRY).where(ENTRY.c.id == bindparam("entry")).values(**values), rows)


def _index(connection: Connection, stored: Iterable[StoredEntry]) -> None:
    rows = [
        {"key": key, "told_at_s": int(one.trace.told_at.timestamp()), "entry_id": one.entry.id}
        for one in stored
        if one.trace.told_at > one.entry.fetched_at - WINDOW  # nothing that comes will be compared with it
        for key in indexed(one.trace.keys)
    ]
    insert_new(connection, EntryKeyRow, rows)


def _known(row: Any) -> Known:
    return Known(
        entry_id=row.id,
        keys=EntryKeys(
            guid=row.guid_key,
            alias=row.alias_key,
            url=row.url_key,
            fingerprint=row.fingerprint,
            content_hash=row.content_hash,
        ),
        title=row.title,
        published_at=row.published_at,
        last_seen_at=row.fetched_at,
    )


def _entry(row: Any) -> Entry:
    return Entry(**{**row, "categories": tuple(row["categories"])})


def _values(stored: StoredEntry) -> dict[str, Any]:
    values = {field.name: getattr(stored.entry, field.name) for field in fields(Entry)}
    return values | {
        "categories": list(stored.entry.categories),
        **_key_values(stored.keys),
        "told_at": stored.trace.told_at,
        "trace_keys": _pack(stored.trace.keys),
    }


def _key_values(keys: EntryKeys) -> dict[str, Any]:
    return {
        "guid_key": keys.guid,
        "alias_key": keys.alias,
        "url_key": keys.url,
        "fingerprint": keys.fingerprint,
        "content_hash": keys.content_hash,
    }


def _pack(keys: frozenset[int]) -> bytes:
    return array("q", sorted(keys)).tobytes()


def _unpack(packed: bytes) -> frozenset[int]:
    keys = array("q")
    keys.frombytes(packed)
    return frozenset(keys)
