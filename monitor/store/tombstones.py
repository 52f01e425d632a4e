"""What is left of entries that were pruned: the keys by which a feed's old entry is known when it comes back.

One takes some 300 bytes with its indexes, where an entry takes kilobytes. `retention` lets those go that can bring no
news any more.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, exists, func, insert, literal, or_, select, update

from monitor.core.stories.identity import Known
from monitor.core.text.filing import words_of
from monitor.model import DeliveryState, EntryKeys
from monitor.store import entries, open_stories, words
from monitor.store.entries import as_known, key_values
from monitor.store.sql import chunks, table
from monitor.store.tables import (
    DeliveryRow,
    EntryChangeRow,
    EntryRow,
    MatchRow,
    PageRow,
    TombstoneRow,
)
from monitor.store.types import Instant

TOMBSTONE, ENTRY, MATCH, PAGE = table(TombstoneRow), table(EntryRow), table(MatchRow), table(PageRow)
CHANGE, DELIVERY = table(EntryChangeRow), table(DeliveryRow)

TITLE_CHARACTERS: Final = 120
"""Of its title that are kept: what tells two titles apart stands at the beginning."""
KEPT: Final = (
    "id", "feed_id", "published_at", "fetched_at", "guid_key", "alias_key", "url_key", "fingerprint", "content_hash",
)  # fmt: skip


def bury(connection: Connection, entry_ids: Collection[int], *, now: datetime) -> int:
    """Leaves a tombstone of each of these entries, with its matches and changes gone; how many they were.

    An entry in an alert that is still to be sent stays. What told stories stays, too: no rule tells one twice.
    """
    return sum(_bury(connection, ids, now) for ids in chunks(entry_ids))


def known(connection: Connection, feed_id: str, keys: Sequence[EntryKeys]) -> list[Known]:
    """The buried entries of the feed that share a guid, alias or fingerprint with one of `keys`."""
    if (
        connection.execute(select(TOMBSTONE.c.id).where(TOMBSTONE.c.feed_id == feed_id).limit(1)).first()
        is None
    ):
        return []
    wanted = (
        (TOMBSTONE.c.guid_key, {one.guid for one in keys}),
        (TOMBSTONE.c.alias_key, {one.alias for one in keys}),
        (TOMBSTONE.c.fingerprint, {one.fingerprint for one in keys}),
    )
    found: dict[int, Known] = {}
    for column, values in wanted:
        for some in chunks(value for value in values if value is not None):
            query = select(TOMBSTONE).where(TOMBSTONE.c.feed_id == feed_id, column.in_(some))
            found |= {row.id: _known(row) for row in connection.execute(query)}
    return list(found.values())


def newest_known(connection: Connection, feed_id: str, limit: int) -> list[Known]:
    """The feed's buried entries that were stored last."""
    query = select(TOMBSTONE).where(TOMBSTONE.c.feed_id == feed_id)
    query = query.order_by(TOMBSTONE.c.id.desc()).limit(limit)
    return [_known(row) for row in connection.execute(query)]


def rekey(connection: Connection, keys: Mapping[int, EntryKeys]) -> None:
    """Those of these entries that are buried go by other keys now."""
    for ids in chunks(keys):
        found = connection.execute(select(TOMBSTONE.c.id).where(TOMBSTONE.c.id.in_(ids)))
        for entry_id in found.scalars().all():
            statement = update(TOMBSTONE).where(TOMBSTONE.c.id == entry_id)
            connection.execute(statement.values(**key_values(keys[entry_id])))


def _bury(connection: Connection, entry_ids: Sequence[int], now: datetime) -> int:
    waiting = (
        select(MATCH.c.entry_id)
        .join(DELIVERY, DELIVERY.c.alert_id == MATCH.c.alert_id)
        .where(
            MATCH.c.entry_id.in_(entry_ids),
            or_(DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.state == DeliveryState.LEASED),
        )
    )
    ids = sorted(set(entry_ids) - set(connection.execute(waiting).scalars()))
    told = exists().where(MATCH.c.entry_id == ENTRY.c.id, MATCH.c.alert_id.is_not(None))
    rows = select(
        *(ENTRY.c[name] for name in KEPT),
        func.substr(ENTRY.c.title, 1, TITLE_CHARACTERS),
        told,
        literal(now, Instant()),
    ).where(ENTRY.c.id.in_(ids))
    connection.execute(insert(TOMBSTONE).from_select([*KEPT, "title", "told", "buried_at"], rows))
    connection.execute(delete(PAGE).where(PAGE.c.entry_id.in_(ids)))
    connection.execute(delete(CHANGE).where(CHANGE.c.entry_id.in_(ids)))
    connection.execute(delete(MATCH).where(MATCH.c.entry_id.in_(ids)))
    had_stories = select(ENTRY.c.id).where(ENTRY.c.id.in_(ids), ENTRY.c.story_id.is_not(None)).limit(1)
    if connection.execute(had_stories).first() is not None:
        open_stories.leave_mark(connection)
    words.remove(connection, [(one.id, words_of(one)) for one in entries.by_ids(connection, ids)])
    return connection.execute(delete(ENTRY).where(ENTRY.c.id.in_(ids))).rowcount


def _known(row: Any) -> Known:
    return replace(as_known(row), buried=True)
