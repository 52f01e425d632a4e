"""Deliveries and stories get the names under which receivers know them, when they are first told.

Here, not where they are decided: only the database knows what was told under which name already.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import Connection, func, select, update

from monitor.core.alerts.ids import AlertContent, delivery_id, entry_name, name_apart
from monitor.model import Alert, Delivery
from monitor.store import alerts
from monitor.store.sql import chunks, table
from monitor.store.tables import AlertRow, DeliveryRow, EntryRow, StoryRow

ALERT, DELIVERY = table(AlertRow), table(DeliveryRow)
ENTRY, STORY = table(EntryRow), table(StoryRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Key:
    """What makes two deliveries the same row."""

    alert_id: int
    channel: str
    recipient: str

    @classmethod
    def of(cls, delivery: Delivery) -> _Key:
        return cls(alert_id=delivery.alert_id, channel=delivery.channel, recipient=delivery.recipient)


def named(connection: Connection, deliveries: Collection[Delivery]) -> list[Delivery]:
    """The deliveries, of alerts that are stored, with their ids; no two rows ever have the same."""
    told = _told(connection, {delivery.alert_id for delivery in deliveries})
    found = [
        replace(one, id=delivery_id(told[one.alert_id], one.channel, one.recipient))
        if one.alert_id in told
        else one
        for one in deliveries
    ]
    return _apart(connection, found, told)


def _apart(
    connection: Connection, wanted: list[Delivery], told: Mapping[int, AlertContent]
) -> list[Delivery]:
    """What would have the id of another takes the next turn, until none has."""
    turn, settled = 1, dict[str, Delivery]()
    while wanted:
        taken = _taken(connection, [one.id for one in wanted])
        again = []
        for one in wanted:
            owner = settled.get(one.id)
            holder = _Key.of(owner) if owner else taken.get(one.id)
            if holder is None or holder == _Key.of(one) or one.alert_id not in told:
                settled[one.id] = one
            else:
                again.append(one)
        turn += 1
        wanted = [
            replace(one, id=delivery_id(told[one.alert_id], one.channel, one.recipient, turn=turn))
            for one in again
        ]
    return list(settled.values())


def _taken(connection: Connection, ids: Collection[str]) -> dict[str, _Key]:
    found = {}
    for some in chunks(ids):
        query = select(DELIVERY.c.id, DELIVERY.c.alert_id, DELIVERY.c.channel, DELIVERY.c.recipient)
        for row in connection.execute(query.where(DELIVERY.c.id.in_(some))):
            found[row.id] = _Key(alert_id=row.alert_id, channel=row.channel, recipient=row.recipient)
    return found


def _told(connection: Connection, alert_ids: Collection[int]) -> dict[int, AlertContent]:
    known = [one for ids in chunks(sorted(alert_ids)) for one in alerts.listed(connection, ids)]
    entries = _entries(connection, {one.entry_id for one in known if one.entry_id is not None})
    return {
        alert.id: AlertContent(
            kind=alert.kind,
            story=_story(connection, alert),
            entry=entries.get(alert.entry_id, "") if alert.entry_id is not None else "",
            rules=alert.rules,
            said=_said(alert),
        )
        for alert in known
    }


def _said(alert: Alert) -> str:
    """What happens again and again, such as a digest, is named by its moment too."""
    if alert.note_key is not None:
        return alert.note_key
    if alert.entry_id is not None and alert.story_id is not None:
        return alert.text
    return f"{alert.text}\n{alert.id}\n{alert.created_at.isoformat()}"


def _entries(connection: Connection, entry_ids: Collection[int]) -> dict[int, str]:
    found = {}
    for ids in chunks(sorted(entry_ids)):
        query = select(ENTRY.c.id, ENTRY.c.feed_id, ENTRY.c.guid, ENTRY.c.url, ENTRY.c.title)
        for row in connection.execute(query.where(ENTRY.c.id.in_(ids))):
            found[row.id] = entry_name(row.feed_id, guid=row.guid, url=row.url, title=row.title)
    return found


def _story(connection: Connection, alert: Alert) -> str:
    """The name of the alert's story, which it gets when it is first told: by the first of its entries then.

    No two stories have one: a feed may use a guid anew, or the address of its one page for all that it tells.
    """
    if alert.story_id is None:
        return ""
    known: str | None = connection.execute(select(STORY.c.name).where(STORY.c.id == alert.story_id)).scalar()
    if known:
        return known
    first = connection.execute(
        select(func.min(ENTRY.c.id)).where(ENTRY.c.story_id == alert.story_id)
    ).scalar()
    name = _entries(connection, [first]).get(first, "") if first is not None else ""
    while name and _is_named(connection, name):
        name = name_apart(name)
    if name:
        connection.execute(update(STORY).where(STORY.c.id == alert.story_id).values(name=name))
    return name


def _is_named(connection: Connection, name: str) -> bool:
    return connection.execute(select(STORY.c.id).where(STORY.c.name == name).limit(1)).first() is not None
