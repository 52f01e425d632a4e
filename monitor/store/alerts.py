"""Alerts, the matches that led to them, and which rule has told which story."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, case, func, or_, select

from monitor.core.alerts.when import Told
from monitor.model import Alert, AlertKind, Decision, DeliveryState, Field, Match, Span, Verdict
from monitor.store.sql import chunks, insert_new, table
from monitor.store.tables import AlertRow, DeliveryRow, MatchRow, ToldRow

ALERT, MATCH, TOLD, DELIVERY = table(AlertRow), table(MatchRow), table(ToldRow), table(DeliveryRow)


def told(connection: Connection, story_ids: Collection[int]) -> dict[tuple[int, str], Told]:
    """By story and rule. An alert waits as long as all its deliveries do: none was attempted, none taken out."""
    found: dict[tuple[int, str], Told] = {}
    begun = or_(DELIVERY.c.attempts > 0, DELIVERY.c.state != DeliveryState.PENDING)
    waiting = (
        select(func.max(case((begun, 1), else_=0)) == 0)
        .where(DELIVERY.c.alert_id == TOLD.c.alert_id)
        .scalar_subquery()
    )
    for ids in chunks(story_ids):
        query = (
            select(TOLD.c.story_id, TOLD.c.rule_id, TOLD.c.alert_id, ALERT.c.send_at, waiting)
            .join(ALERT, ALERT.c.id == TOLD.c.alert_id)
            .where(TOLD.c.story_id.in_(ids))
        )
        for story_id, rule_id, alert_id, send_at, waits in connection.execute(query):
            found[story_id, rule_id] = Told(alert_id=alert_id, waits_until=send_at if waits else None)
    return found


def insert(connection: Connection, alerts: Sequence[Alert]) -> None:
    if alerts:
        connection.execute(ALERT.insert(), [_values(alert) for alert in alerts])


def mark_told(connection: Connection, tellings: Mapping[tuple[int, str], int], now: datetime) -> None:
    """The promise, kept by the primary key: a second telling of a story by a rule is an error."""
    if tellings:
        connection.execute(
            TOLD.insert(),
            [
                {"story_id": story_id, "rule_id": rule_id, "alert_id": alert_id, "told_at": now}
                for (story_id, rule_id), alert_id in tellings.items()
            ],
        )


def decide(connection: Connection, decisions: Sequence[Decision], now: datetime) -> None:
    """Stores matches with what became of them; one that was decided before stays as it is."""
    insert_new(
        connection,
        MatchRow,
        [
            {
                "entry_id": decision.entry_id,
                "rule_id": decision.match.rule_id,
                "rule_version": decision.match.rule_version,
                "spans": [[span.field, span.start, span.end] for span in decision.match.spans],
                "score": decision.match.score,
                "verdict": decision.verdict,
                "reason": decision.reason,
                "alert_id": decision.alert_id,
                "matched_at": now,
            }
            for decision in decisions
        ],
    )


def listed(connection: Connection, alert_ids: Collection[int] | None = None) -> list[Alert]:
    """Newest first; None: all."""
    query: Select[Any] = select(ALERT).order_by(ALERT.c.id.desc())
    rules: Select[Any] = select(TOLD.c.alert_id, TOLD.c.rule_id).order_by(TOLD.c.told_at, TOLD.c.rule_id)
    if alert_ids is not None:
        query, rules = query.where(ALERT.c.id.in_(alert_ids)), rules.where(TOLD.c.alert_id.in_(alert_ids))
    names: dict[int, list[str]] = {}
    for alert_id, rule_id in connection.execute(rules):
        names.setdefault(alert_id, []).append(rule_id)
    return [_alert(row, tuple(names.get(row["id"], ()))) for row in connection.execute(query).mappings()]


def decisions(
    connection: Connection, *, alert_id: int | None = None, entry_ids: Collection[int] = ()
) -> list[Decision]:
    """Of an alert's entries, or of the given entries; in the order of entry and rule."""
    query: Select[Any] = select(MATCH).order_by(MATCH.c.entry_id, MATCH.c.rule_id)
    if alert_id is not None:
        return _decisions(connection, query.where(MATCH.c.alert_id == alert_id))
    found = []
    for ids in chunks(sorted(entry_ids)):
        found += _decisions(connection, query.where(MATCH.c.entry_id.in_(ids)))
    return found


def matches_by_rule(connection: Connection) -> dict[str, int]:
    """How many entries each rule matched, ever."""
    query = select(MATCH.c.rule_id, func.count()).group_by(MATCH.c.rule_id)
    return {rule_id: count for rule_id, count in connection.execute(query)}  # noqa: C416 - rows are not pairs


def note_is_new(connection: Connection, key: str) -> bool:
    """Whether no note with this key was made yet."""
    return connection.execute(select(ALERT.c.id).where(ALERT.c.note_key == key)).first() is None


def sent_before(
    connection: Connection, story_id: int, *, alert_id: int, channel: str, recipient: str
) -> str | None:
    """What the channel returned for the story's first alert that went to this recipient: later ones answer it.

    Empty where the channel has no threads; None where there is nothing to answer.
    """
    query = (
        select(DELIVERY.c.reply_to)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(
            ALERT.c.story_id == story_id,
            DELIVERY.c.alert_id < alert_id,
            DELIVERY.c.channel == channel,
            DELIVERY.c.recipient == recipient,
            DELIVERY.c.state == DeliveryState.SENT,
        )
        .order_by(DELIVERY.c.alert_id)
        .limit(1)
    )
    return connection.execute(query).scalar()


def _decisions(connection: Connection, query: Select[Any]) -> list[Decision]:
    return [
        Decision(
            entry_id=row["entry_id"],
            match=Match(
                rule_id=row["rule_id"],
                rule_version=row["rule_version"],
                spans=tuple(Span(Field(field), start, end) for field, start, end in row["spans"]),
                score=row["score"],
            ),
            verdict=Verdict(row["verdict"]),
            reason=row["reason"],
            alert_id=row["alert_id"],
        )
        for row in connection.execute(query).mappings()
    ]


def _alert(row: Any, rules: tuple[str, ...]) -> Alert:
    return Alert(**{**row, "kind": AlertKind(row["kind"]), "rules": rules})


def _values(alert: Alert) -> dict[str, Any]:
    return {
        "id": alert.id,
        "kind": alert.kind,
        "story_id": alert.story_id,
        "entry_id": alert.entry_id,
        "reason": alert.reason,
        "created_at": alert.created_at,
        "send_at": alert.send_at,
        "text": alert.text,
        "note_key": alert.note_key,
    }
