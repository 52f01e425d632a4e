"""What was agreed with hubs (WebSub)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import asdict, fields
from typing import Any

from sqlalchemy import Connection, delete, select

from monitor.core.polling.push import HubOffer
from monitor.model import Subscription, SubscriptionState
from monitor.store.sql import chunks, insert_new, put, table
from monitor.store.tables import FeedRow, SubscriptionRow

SUBSCRIPTION, FEED = table(SubscriptionRow), table(FeedRow)
COLUMNS = [SUBSCRIPTION.c[field.name] for field in fields(Subscription)]


def listed(connection: Connection, feed_id: str | None = None) -> list[Subscription]:
    """All, or the feed's; those that come to their end among them."""
    query = select(*COLUMNS).order_by(SUBSCRIPTION.c.next_at)
    if feed_id is not None:
        query = query.where(SUBSCRIPTION.c.feed_id == feed_id)
    return [_subscription(row) for row in connection.execute(query).mappings()]


def by_token(connection: Connection, token: str) -> Subscription | None:
    """None: there is none."""
    row = connection.execute(select(*COLUMNS).where(SUBSCRIPTION.c.token == token)).mappings().first()
    return _subscription(row) if row else None


def wishes(connection: Connection) -> dict[str, tuple[str, HubOffer]]:
    """Which feeds of the config name a hub, with the address where they did; stopped ones need none."""
    query = select(FEED.c.feed_id, FEED.c.url, FEED.c.hub, FEED.c.topic).where(
        FEED.c.hub != "", FEED.c.listed, FEED.c.stopped_reason == ""
    )
    return {row.feed_id: (row.url, HubOffer(row.hub, row.topic)) for row in connection.execute(query)}


def insert(connection: Connection, new: Iterable[Subscription]) -> None:
    """New ones."""
    insert_new(connection, SubscriptionRow, [asdict(one) for one in new])


def save(connection: Connection, changed: Iterable[Subscription]) -> None:
    """As they are now."""
    put(connection, SubscriptionRow, [asdict(one) for one in changed])


def change(
    connection: Connection, token: str, how: Callable[[Subscription], Subscription]
) -> Subscription | None:
    """The subscription as it is by now, changed and stored; None where there is none any more."""
    one = by_token(connection, token)
    if one is None:
        return None
    changed = how(one)
    save(connection, [changed])
    return changed


def remove(connection: Connection, gone: Iterable[Subscription]) -> None:
    """They are gone."""
    for tokens in chunks([one.token for one in gone]):
        connection.execute(delete(SUBSCRIPTION).where(SUBSCRIPTION.c.token.in_(tokens)))


def _subscription(row: Any) -> Subscription:
    return Subscription(**{**row, "state": SubscriptionState(row["state"])})
