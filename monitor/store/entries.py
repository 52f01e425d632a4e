"""Entries: how they are recognised, compared, stored and listed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, TextClause, bindparam, select, text, update

from monitor.core.plan import Earlier, StoredEntry
from monitor.core.stories.identity import EntryKeys, Known
from monitor.core.stories.keys import Keys, kept
from monitor.core.stories.traces import NEWEST_PER_KEY, WORDS_OF_ALL, WORDS_OF_ONE_IN, Trace, filed
from monitor.model import Entry
from monitor.store.sql import chunks, table
from monitor.store.tables import EntryRow, MatchRow

Told = tuple[datetime, datetime]
"""From when until when."""

MOST_COUNTED: Final = 128
"""Entries with a word that are counted; how common it is beyond that is told by how closely they follow."""

ENTRY, MATCH = table(EntryRow), table(MatchRow)
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
                found[row.id] = as_known(row)
    return list(found.values())


def newest_known(connection: Connection, feed_id: str, limit: int) -> list[Known]:
    """The feed's entries that were stored last."""
    query = select(*KNOWN_COLUMNS).where(ENTRY.c.feed_id == feed_id).order_by(ENTRY.c.id.desc()).limit(limit)
    return [as_known(row) for row in connection.execute(query)]


def postings(connection: Connection, keys: Collection[int], told: Told) -> dict[int, list[int]]:
    """For each of the keys that any entry has: the ids of its newest, at most `NEWEST_PER_KEY`."""
    rows = connection.execute(_stated(connection, NEWEST), _asked(keys, told, most=NEWEST_PER_KEY))
    return {key: [*map(int, ids.split(","))] for key, ids in rows if ids}


def counted(connection: Connection, keys: Collection[int], told: Told) -> dict[int, tuple[int, int | None]]:
    """For each of the keys that any entry has: about how many have it, and the least id where more may have.

    For keys that `traces.filed` leaves out of most entries.
    """
    rows = connection.execute(_stated(connection, COUNT), _asked(keys, told, most=MOST_COUNTED))
    found = [(key, *map(int, counts.split(","))) for key, counts in rows if counts]
    return {
        key: (rows + (WORDS_OF_ONE_IN - 1) * sampled, oldest if rows >= MOST_COUNTED else None)
        for key, rows, sampled, oldest in found
    }


def first_since(connection: Connection, moment: datetime) -> int | None:
    """The id of the entry that was seen first since then, None where nothing was."""
    query = select(ENTRY.c.id).where(ENTRY.c.first_seen_at >= moment).order_by(ENTRY.c.first_seen_at).limit(1)
    return connection.execute(query).scalar()


def _asked(keys: Collection[int], told: Told, *, most: int) -> dict[str, object]:
    since, until = told
    return {
        "keys": json.dumps(list(keys)),
        "from": int(since.timestamp()),
        "until": int(until.timestamp()),
        "most": most,
        "sampled": WORDS_OF_ALL,
    }


# A LIMIT for each key, never one for all: a common word would hide the rare ones, or cost a scan of the archive.
_NEWEST_OF_KEY = """
    SELECT entry_id FROM entry_key
    WHERE "key" = wanted.value AND told_at_s BETWEEN :from AND :until
    ORDER BY told_at_s DESC, entry_id DESC LIMIT :most
"""
_COUNTS = "count(*) || ',' || sum(CASE WHEN entry_id < :sampled THEN 0 ELSE 1 END) || ',' || min(entry_id)"
_OF_SQLITE = f"FROM ({_NEWEST_OF_KEY})) FROM json_each(:keys) AS wanted"
_OF_POSTGRESQL = (
    f"FROM ({_NEWEST_OF_KEY}) AS newest) "  # noqa: S608 - constants, all of it
    "FROM (SELECT value::bigint FROM json_array_elements_text(CAST(:keys AS json))) AS wanted(value)"
)
NEWEST = {
    "sqlite": text(f"SELECT wanted.value, (SELECT group_concat(entry_id) {_OF_SQLITE}"),
    "postgresql": text(f"SELECT wanted.value, (SELECT string_agg(entry_id::text, ',') {_OF_POSTGRESQL}"),
}
COUNT = {
    "sqlite": text(f"SELECT wanted.value, (SELECT {_COUNTS} {_OF_SQLITE}"),
    "postgresql": text(f"SELECT wanted.value, (SELECT {_COUNTS} {_OF_POSTGRESQL}"),
}
FILE = {
    "sqlite": text(
        "INSERT INTO entry_key SELECT value, :told_at_s, :entry_id FROM json_each(:keys) WHERE true "
        "ON CONFLICT DO NOTHING"
    ),
    "postgresql": text(
        "INSERT INTO entry_key SELECT value::bigint, :told_at_s, :entry_id "
        "FROM json_array_elements_text(CAST(:keys AS json)) ON CONFLICT DO NOTHING"
    ),
}


def _stated(connection: Connection, statement: Mapping[str, TextClause]) -> TextClause:
    return statement[connection.dialect.name]


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
                keys=Keys.unpacked(row.trace_keys),
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
    return as_known(row).keys if row else None


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


def said(connection: Connection, story_id: int, *, until: datetime, newest: int) -> frozenset[int]:
    """The keys of a story's newest entries that were seen until then, in their plain form."""
    query = (
        select(ENTRY.c.trace_keys)
        .where(ENTRY.c.story_id == story_id, ENTRY.c.first_seen_at <= until)
        .order_by(ENTRY.c.id.desc())
        .limit(newest)
    )
    keys: set[int] = set()
    for packed in connection.execute(query).scalars():
        keys |= Keys.unpacked(packed).said[0]
    return frozenset(keys)


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
        {"entry": entry_id} | {f"new_{column}": value for column, value in key_values(one).items()}
        for entry_id, one in keys.items()
    ]
    # SQLAlchemy keeps the names of the columns to itself.
    values: dict[str, Any] = {
        column: bindparam(f"new_{column}") for column in key_values(next(iter(keys.values())))
    }
    connection.execute(update(ENTRY).where(ENTRY.c.id == bindparam("entry")).values(**values), rows)


def _index(connection: Connection, stored: Iterable[StoredEntry]) -> None:
    rows = [
        {
            "keys": json.dumps(sorted(filed(one.trace))),
            "told_at_s": int(one.trace.told_at.timestamp()),
            "entry_id": one.entry.id,
        }
        for one in stored
    ]
    if rows:
        connection.execute(_stated(connection, FILE), rows)


def as_known(row: Any) -> Known:
    """A row of `KNOWN_COLUMNS`, or a tombstone's."""
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
        **key_values(stored.keys),
        "told_at": stored.trace.told_at,
        "trace_keys": kept(stored.trace.keys).packed(),
    }


def key_values(keys: EntryKeys) -> dict[str, Any]:
    """By column, the same ones for entries and tombstones."""
    return {
        "guid_key": keys.guid,
        "alias_key": keys.alias,
        "url_key": keys.url,
        "fingerprint": keys.fingerprint,
        "content_hash": keys.content_hash,
    }
