"""Deliveries that wait for a summary, the summaries that tell them, and the pauses that hold them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, func, or_, select, update

from monitor.core.alerts.holding import Pause, Traffic
from monitor.core.alerts.hours import hour_of
from monitor.core.alerts.summaries import Held, Release
from monitor.errors import StorageError
from monitor.model import Delivery, DeliveryState, Line, Occasion, RuleName, Verdict
from monitor.store import alerts, naming, outbox, stories, threads
from monitor.store.sql import chunks, put, table
from monitor.store.stories import Spread
from monitor.store.tables import (
    AlertRow,
    DaemonRow,
    DeliveryRow,
    EntryRow,
    FeedRow,
    MatchRow,
    PauseRow,
    StoryRow,
)

ALERT, DELIVERY, ENTRY, STORY = table(AlertRow), table(DeliveryRow), table(EntryRow), table(StoryRow)
FEED, DAEMON, PAUSE, MATCH = table(FeedRow), table(DaemonRow), table(PauseRow), table(MatchRow)
_LAST_PAUSE: Final = select(PAUSE.c.since, PAUSE.c.until)
ROW = 1


def any_due(connection: Connection, now: datetime, *, ended: Collection[Occasion]) -> bool:
    """Whether something that is held has to be looked at now: one step in an index."""
    return connection.execute(_due(select(DELIVERY.c.id), now, ended).limit(1)).first() is not None


def held(connection: Connection, now: datetime, *, ended: Collection[Occasion]) -> list[Held]:
    """All that is due or whose wait `ended`, and what rules gather; the oldest alert first."""
    query = _due(
        select(*outbox.COLUMNS, ALERT.c.created_at, ALERT.c.story_id).join(
            ALERT, ALERT.c.id == DELIVERY.c.alert_id
        ),
        now,
        {*ended, Occasion.RULE},
    ).order_by(DELIVERY.c.alert_id, DELIVERY.c.channel, DELIVERY.c.recipient)
    rows = connection.execute(query).mappings().all()
    rules = alerts.rules_of(connection, {row["alert_id"] for row in rows})
    found = []
    for row in rows:
        values = dict(row)
        created_at, story_id = values.pop("created_at"), values.pop("story_id")
        delivery = outbox.delivery(values)
        if delivery.held_for is not None:
            found.append(
                Held(
                    delivery=delivery,
                    occasion=delivery.held_for,
                    rules=rules.get(delivery.alert_id, ()),
                    created_at=created_at,
                    story_id=story_id,
                )
            )
    return found


def apply(connection: Connection, release: Release) -> None:
    """Carries it out. Raises StorageError where something of it was told meanwhile."""
    alerts.insert(connection, release.alerts)
    outbox.enqueue(connection, naming.named(connection, release.deliveries))
    threads.say(connection, release.stories, release.at)
    for summary_id, delivery_ids in release.told.items():
        taken = _change(
            connection, delivery_ids, {"state": DeliveryState.SUMMARISED, "summary_id": summary_id}
        )
        if taken != len(delivery_ids):
            raise StorageError(f"summary {summary_id}: another one tells part of it")
    _change(
        connection,
        release.alone,
        {"state": DeliveryState.PENDING, "next_attempt_at": release.at, "held_for": None},
    )
    _say_who_tells(connection, release)
    if release.quiet_until is not None:
        _change(
            connection,
            release.postponed,
            {"next_attempt_at": release.quiet_until, "held_for": Occasion.QUIET},
        )


def lines(connection: Connection, summary_id: int, *, to: Delivery | None = None) -> list[Line]:
    """What a summary tells, the oldest alert first; outlets and rules go by their ids. None: to anybody."""
    told = DELIVERY.alias()
    query: Select[Any] = (
        select(
            ALERT.c.id,
            ALERT.c.story_id,
            ALERT.c.entry_id,
            ALERT.c.text,
            ALERT.c.created_at,
            STORY.c.title.label("story"),
            ENTRY.c.title,
            ENTRY.c.feed_id,
            ENTRY.c.url,
            ENTRY.c.language,
        )
        .join(told, told.c.alert_id == ALERT.c.id)
        .join(STORY, STORY.c.id == ALERT.c.story_id, isouter=True)
        .join(ENTRY, ENTRY.c.id == ALERT.c.entry_id, isouter=True)
        .where(told.c.summary_id == summary_id)
        .order_by(ALERT.c.id)
        .distinct()
    )
    if to is not None:
        query = query.where(told.c.channel == to.channel, told.c.recipient == to.recipient)
    rows = connection.execute(query).all()
    rules = alerts.rules_of(connection, {row.id for row in rows})
    spread = stories.spread(connection, {row.story_id for row in rows if row.story_id is not None})
    return [_line(row, rules.get(row.id, ()), spread.get(row.story_id, Spread())) for row in rows]


def _line(row: Any, rules: tuple[str, ...], spread: Spread) -> Line:
    return Line(
        alert_id=row.id,
        title=row.title or row.story or row.text,
        story_id=row.story_id,
        entry_id=row.entry_id,
        outlet=row.feed_id or "",
        url=row.url,
        language=row.language,
        rules=tuple(RuleName(id=rule_id, title="") for rule_id in rules),
        created_at=row.created_at,
        outlets=len(spread.since),
        outlets_then=sum(since <= row.created_at for since in spread.since.values()),
        languages=spread.languages,
        text=row.text,
    )


def _say_who_tells(connection: Connection, release: Release) -> None:
    """Beside the reason why a match was held stands from now on what told it."""
    for summary_id in release.told:
        carried = select(DELIVERY.c.alert_id).where(DELIVERY.c.summary_id == summary_id)
        connection.execute(
            update(MATCH)
            .where(MATCH.c.alert_id.in_(carried), MATCH.c.verdict == Verdict.HELD)
            .values(reason=MATCH.c.reason + f"; told by alert {summary_id}")
        )


def _due(query: Select[Any], now: datetime, ended: Collection[Occasion]) -> Select[Any]:
    """Without an `ended` wait the index answers alone."""
    query = query.where(DELIVERY.c.state == DeliveryState.HELD)
    due = DELIVERY.c.next_attempt_at <= now
    return query.where(or_(due, DELIVERY.c.held_for.in_(sorted(ended))) if ended else due)


def _change(connection: Connection, delivery_ids: Collection[str], values: dict[str, Any]) -> int:
    """How many of those that are still held were changed."""
    return sum(
        connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_(ids), DELIVERY.c.state == DeliveryState.HELD)
            .values(**values)
        ).rowcount
        for ids in chunks(delivery_ids)
    )


# ── pauses ──


def traffic(
    connection: Connection, now: datetime, *, rule_ids: Collection[str], last_poll_at: datetime | None
) -> Traffic:
    """What has to be known of other alerts to decide on those of these rules, from a feed last polled then."""
    if not rule_ids:
        return Traffic()
    pause = last_pause(connection)
    missed = pause if pause and last_poll_at and last_poll_at <= pause.since else None
    return replace(alerts.traffic_since(connection, hour_of(now), rule_ids), missed=missed)


def last_pause(connection: Connection) -> Pause | None:
    """None: nobody ever stopped polling."""
    row = connection.execute(_LAST_PAUSE).first()
    return Pause(since=row.since, until=row.until) if row else None


def save_pause(connection: Connection, pause: Pause) -> None:
    """The newest."""
    put(connection, PauseRow, [{"id": ROW, **asdict(pause)}])


def last_sign_of_life(connection: Connection) -> datetime | None:
    """When a feed was polled or a daemon said that it runs; None: never."""
    polled = connection.execute(select(func.max(FEED.c.last_poll_at))).scalar()
    beat = connection.execute(select(func.max(DAEMON.c.beat_at))).scalar()
    return max((at for at in (polled, beat) if at is not None), default=None)


def is_behind(connection: Connection, pause: Pause) -> bool:
    """Whether a feed that was due when the pause ended was not asked since."""
    query = select(FEED.c.feed_id).where(
        FEED.c.listed,
        FEED.c.stopped_reason == "",
        FEED.c.last_poll_at <= pause.since,
        FEED.c.next_poll_at <= pause.until,
    )
    return connection.execute(query.limit(1)).first() is not None
