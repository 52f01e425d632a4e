"""Entries: how they are recognised, compared, stored and listed."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import Connection, Select, bindparam, func, or_, select, text, update

from monitor.core.poll_facts import Earlier, StoredEntry
from monitor.core.stories.identity import NEWEST_KNOWN, Known
from monitor.core.text.filing import words_of
from monitor.model import Entry, EntryKeys, Field, Span
from monitor.store import words
from monitor.store.sql import chunks, in_dialect, insert_rows, table
from monitor.store.tables import EntryRow, MatchRow

ENTRY, MATCH = table(EntryRow), table(MatchRow)
COLUMNS = [ENTRY.c[field.name] for field in fields(Entry)]
_NAMES: Final = [field.name for field in fields(Entry)]
_OF_ENTRY: Final = attrgetter(*_NAMES)
KEY_COLUMNS = (ENTRY.c.guid_key, ENTRY.c.alias_key, ENTRY.c.fingerprint)
KNOWN_COLUMNS = (
    ENTRY.c.id, ENTRY.c.guid_key, ENTRY.c.alias_key, ENTRY.c.url_key, ENTRY.c.fingerprint,
    ENTRY.c.content_hash, ENTRY.c.title, ENTRY.c.published_at, ENTRY.c.fetched_at,
)  # fmt: skip


_KNOWN_OF_KEY = """
    SELECT id FROM entry WHERE feed_id = :feed_id AND {column} = wanted.value ORDER BY id DESC LIMIT :most
"""
KNOWN_BY = {
    column.name: {
        "sqlite": text(
            f"SELECT (SELECT group_concat(id) FROM ({_KNOWN_OF_KEY.format(column=column.name)})) "  # noqa: S608 - constants
            "FROM json_each(:keys) AS wanted"
        ),
        "postgresql": text(
            f"SELECT (SELECT string_agg(id::text, ',') FROM ({_KNOWN_OF_KEY.format(column=column.name)}) AS counted) "  # noqa: S608
            "FROM (SELECT value::bigint FROM json_array_elements_text(CAST(:keys AS json))) AS wanted(value)"
        ),
    }
    for column in KEY_COLUMNS
}

_KNOWN: Final = select(*KNOWN_COLUMNS).where(ENTRY.c.id.in_(bindparam("ids", expanding=True)))

_LANGUAGES: Final = text(
    """
    WITH RECURSIVE spoken(language) AS (
      SELECT min(language) FROM entry
      UNION ALL
      SELECT (SELECT min(language) FROM entry WHERE language > spoken.language)
      FROM spoken WHERE spoken.language IS NOT NULL
    )
    SELECT language FROM spoken WHERE language IS NOT NULL
    """
)
"""From one to the next by their index: `DISTINCT` would look at every entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries to list; None: whichever."""

    rule_id: str | None = None
    story_id: int | None = None
    feed_id: str | None = None
    since: datetime | None = None
    """First seen at or after."""
    words: tuple[str, ...] = ()
    """Folded words that all stand in it, wherever."""
    newest: int | None = None
    """At most so many."""


def known(connection: Connection, feed_id: str, keys: Sequence[EntryKeys]) -> list[Known]:
    """The entries of the feed that share a guid, alias or fingerprint with one of `keys`.

    Of each key the newest `NEWEST_KNOWN`: a feed whose entries all link to one page has thousands of it.
    """
    wanted = (
        {one.guid for one in keys},
        {one.alias for one in keys},
        {one.fingerprint for one in keys},
    )
    ids: set[int] = set()
    for column, values in zip(KEY_COLUMNS, wanted, strict=True):
        if some := values - {None}:
            given = {"feed_id": feed_id, "keys": json.dumps(list(some)), "most": NEWEST_KNOWN}
            rows = connection.execute(in_dialect(connection, KNOWN_BY[column.name]), given)
            ids.update(int(one) for (found,) in rows if found for one in found.split(","))
    return [
        as_known(row) for some in chunks(sorted(ids)) for row in connection.execute(_KNOWN, {"ids": some})
    ]


def newest_known(connection: Connection, feed_id: str, limit: int) -> list[Known]:
    """The feed's entries that were stored last."""
    query = select(*KNOWN_COLUMNS).where(ENTRY.c.feed_id == feed_id).order_by(ENTRY.c.id.desc()).limit(limit)
    return [as_known(row) for row in connection.execute(query)]


def first_since(connection: Connection, moment: datetime) -> int | None:
    """The lowest id of the entries that were seen since then, None where there are none.

    Not that of the first of them: all of one poll are seen at once, and of several workers each has its own ids.
    """
    return connection.execute(select(func.min(ENTRY.c.id)).where(ENTRY.c.first_seen_at >= moment)).scalar()


def ids_since(connection: Connection, moment: datetime) -> list[int]:
    """Of the entries first seen since then, the newest first."""
    query = select(ENTRY.c.id).where(ENTRY.c.first_seen_at >= moment).order_by(ENTRY.c.id.desc())
    return list(connection.execute(query).scalars())


def earlier(connection: Connection, entry_ids: Collection[int]) -> dict[int, Earlier]:
    """Changed entries as they are stored, and the rules that they matched."""
    rules = rules_of(connection, entry_ids)
    return {
        entry.id: Earlier(entry=entry, rules=rules.get(entry.id, frozenset()))
        for entry in by_ids(connection, entry_ids)
    }


def rules_of(connection: Connection, entry_ids: Collection[int]) -> dict[int, frozenset[str]]:
    """The rules that match them, by entry."""
    found: dict[int, set[str]] = {}
    for ids in chunks(entry_ids):
        query = select(MATCH.c.entry_id, MATCH.c.rule_id).where(MATCH.c.entry_id.in_(ids))
        for entry_id, rule_id in connection.execute(query):
            found.setdefault(entry_id, set()).add(rule_id)
    return {entry_id: frozenset(rules) for entry_id, rules in found.items()}


def spans_of(connection: Connection, entry_ids: Collection[int]) -> dict[int, list[Span]]:
    """What the rules that match them found in them, by entry."""
    found: dict[int, list[Span]] = {}
    for ids in chunks(entry_ids):
        query = select(MATCH.c.entry_id, MATCH.c.spans).where(MATCH.c.entry_id.in_(ids))
        for entry_id, spans in connection.execute(query):
            found.setdefault(entry_id, []).extend(Span(Field(field), *place) for field, *place in spans)
    return found


def by_ids(connection: Connection, entry_ids: Collection[int]) -> list[Entry]:
    """In the order of their ids; those that do not exist are missing."""
    found = []
    for ids in chunks(sorted(entry_ids)):
        query = select(*COLUMNS).where(ENTRY.c.id.in_(ids)).order_by(ENTRY.c.id)
        found += [_entry(row) for row in connection.execute(query).mappings()]
    return found


def at_address(connection: Connection, url: str, *, title: str) -> int | None:
    """The newest entry of whichever feed with this address and headline. It looks at all: not for a poll to ask."""
    query = select(func.max(ENTRY.c.id)).where(ENTRY.c.url == url, ENTRY.c.title == title)
    found: int | None = connection.execute(query).scalar()
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
    if not wanted.words:
        return [_entry(row) for row in connection.execute(query.limit(wanted.newest)).mappings()]
    found: list[Entry] = []
    for ids in chunks(words.find(connection, words.having(wanted.words))):
        found += map(_entry, connection.execute(query.where(ENTRY.c.id.in_(ids))).mappings())
        if wanted.newest is not None and len(found) >= wanted.newest:
            break
    return found[: wanted.newest]


def languages(connection: Connection) -> list[str | None]:
    """Those that any entry is in, as they are stored; None: it is unknown, whether there is such an entry or not."""
    return [None, *connection.execute(_LANGUAGES).scalars()]


def ids_in(connection: Connection, codes: Collection[str | None]) -> list[int]:
    """Of the entries in these languages, as they are stored."""
    known = ENTRY.c.language.in_([code for code in codes if code is not None])
    condition = or_(known, ENTRY.c.language.is_(None)) if None in codes else known
    return list(connection.execute(select(ENTRY.c.id).where(condition)).scalars())


def least_since(connection: Connection, moment: datetime) -> int | None:
    """The smallest id of those that were first seen since then, whatever clocks said meanwhile."""
    return connection.execute(select(func.min(ENTRY.c.id)).where(ENTRY.c.first_seen_at >= moment)).scalar()


def before(
    connection: Connection,
    entry_id: int | None,
    *,
    most: int,
    since: datetime | None = None,
    feed_id: str | None = None,
) -> list[Entry]:
    """At most so many of smaller ids, the newest first. `since`: first seen at or after."""
    query = select(*COLUMNS).where(*_of(since, feed_id)).order_by(ENTRY.c.id.desc()).limit(most)
    if entry_id is not None:
        query = query.where(ENTRY.c.id < entry_id)
    return [_entry(row) for row in connection.execute(query).mappings()]


def seen(connection: Connection, *, since: datetime | None = None) -> list[tuple[datetime, int]]:
    """When each entry was first seen, and its id: in the order in which they came."""
    query = select(ENTRY.c.first_seen_at, ENTRY.c.id).where(*_of(since, None))
    return sorted((row.first_seen_at, row.id) for row in connection.execute(query))


def span(connection: Connection, *, since: datetime | None = None) -> tuple[datetime, datetime] | None:
    """When the oldest and the newest were first seen; None: there are none."""
    seen_at = ENTRY.c.first_seen_at
    ends = (select(end(seen_at)).where(*_of(since, None)).scalar_subquery() for end in (func.min, func.max))
    first, last = connection.execute(select(*ends)).one()
    return (first, last) if first is not None else None


def count(connection: Connection, *, since: datetime | None = None, feed_id: str | None = None) -> int:
    """How many there are."""
    query = select(func.count()).select_from(ENTRY).where(*_of(since, feed_id))
    return connection.execute(query).scalar_one()


def _of(since: datetime | None, feed_id: str | None) -> list[Any]:
    conditions = [ENTRY.c.first_seen_at >= since] if since is not None else []
    return [*conditions, ENTRY.c.feed_id == feed_id] if feed_id is not None else conditions


def titles(connection: Connection, entry_ids: Collection[int]) -> dict[int, str]:
    """Their headlines."""
    query = select(ENTRY.c.id, ENTRY.c.title)
    found: dict[int, str] = {}
    for ids in chunks(sorted(entry_ids)):
        found |= {row.id: row.title for row in connection.execute(query.where(ENTRY.c.id.in_(ids)))}
    return found


def reported_at(connection: Connection, entry_ids: Collection[int]) -> dict[int, datetime]:
    """When each entry was told."""
    found: dict[int, datetime] = {}
    for ids in chunks(entry_ids):
        query = select(ENTRY.c.id, ENTRY.c.reported_at).where(ENTRY.c.id.in_(ids))
        found |= {row.id: row.reported_at for row in connection.execute(query)}
    return found


def insert(connection: Connection, stored: Sequence[StoredEntry], filing: words.Filing | None = None) -> None:
    """New entries, with their words: at the end of the `filing`, or else at once."""
    if not stored:
        return
    insert_rows(connection, EntryRow, [_values(one) for one in stored])
    filed = [(one.entry.id, one.words) for one in stored]
    if filing is None:
        words.add(connection, filed)
    else:
        filing.add(filed)


def replace(connection: Connection, stored: Sequence[StoredEntry], filing: words.Filing) -> None:
    """Changed entries: the new text and keys in place of the old ones."""
    ids = [one.entry.id for one in stored]
    filing.replace(
        [(entry.id, words_of(entry)) for entry in by_ids(connection, ids)],
        [(one.entry.id, one.words) for one in stored],
    )
    for one in stored:
        values = _values(one)
        connection.execute(update(ENTRY).where(ENTRY.c.id == values.pop("id")).values(**values))


def put_into(connection: Connection, entry: Entry) -> None:
    """The entry is of another story, or of another copy: its text stays."""
    names = ("story_id", "story_reason", "copy_of", "copy_reason")
    values: dict[str, Any] = {name: getattr(entry, name) for name in names}
    connection.execute(update(ENTRY).where(ENTRY.c.id == entry.id).values(**values))


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
    values = dict(zip(_NAMES, _OF_ENTRY(stored.entry), strict=True))
    return values | {
        "categories": list(stored.entry.categories),
        **key_values(stored.keys),
        "reported_at": stored.reported_at,
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
