"""The outbox: deliveries are leased, sent, and marked after the acknowledgement.

Every change of state is a compare-and-swap on the lease, so an answer that comes after its lease ran out
changes nothing, and two senders never hold one row.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, select, update

from monitor.core.alerts.waiting import WAITS
from monitor.model import Delivery, DeliveryState, Occasion, Silence
from monitor.store.sql import insert_new, table
from monitor.store.tables import AlertRuleRow, DeliveryRow

DELIVERY, ALERT_RULE = table(DeliveryRow), table(AlertRuleRow)
COLUMNS = [DELIVERY.c[field.name] for field in fields(Delivery)]
OPEN = (DeliveryState.PENDING, DeliveryState.LEASED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """A delivery that this process alone may send, until `expires_at`."""

    delivery: Delivery
    """With the attempt that the lease is for counted."""
    token: str
    first_attempt_at: datetime
    expires_at: datetime


def enqueue(connection: Connection, deliveries: Collection[Delivery]) -> None:
    """Rows that are already there, by alert, channel and recipient, stay as they are."""
    insert_new(connection, DeliveryRow, [_values(delivery) for delivery in deliveries])


def lease(
    connection: Connection,
    now: datetime,
    *,
    for_: timedelta,
    token: str,
    channel: str,
    limit: int,
    without_rules: Collection[str] = (),
) -> list[Lease]:
    """Up to `limit` due deliveries of one channel, oldest first; expired leases are due too.

    One for each recipient: who sends one after another repeats one after a crash, and keeps threads in order.
    None of alerts that are for no other rules than `without_rules`.
    """
    order = DELIVERY.c.next_attempt_at, DELIVERY.c.alert_id
    without = [~_only_of(without_rules)] if without_rules else []
    turn = func.row_number().over(partition_by=DELIVERY.c.recipient, order_by=order)
    due = (
        select(DELIVERY.c.id, turn.label("turn"))
        .where(_is_due(now), DELIVERY.c.channel == channel, *without)
        .subquery()
    )
    query = (
        select(*COLUMNS, DELIVERY.c.first_attempt_at)
        .join(due, due.c.id == DELIVERY.c.id)
        .where(due.c.turn == 1)
        .order_by(*order)
        .limit(limit)
    )
    leases = []
    for row in connection.execute(query).mappings().all():
        values = dict(row)
        first = values.pop("first_attempt_at") or now
        values["attempts"] += 1
        leases.append(
            Lease(delivery=delivery(values), token=token, first_attempt_at=first, expires_at=now + for_)
        )
    if leases:
        connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id.in_([held.delivery.id for held in leases]))
            .values(
                state=DeliveryState.LEASED,
                silenced_by=None,
                lease=token,
                next_attempt_at=now + for_,
                attempts=DELIVERY.c.attempts + 1,
                first_attempt_at=func.coalesce(DELIVERY.c.first_attempt_at, now),
            )
        )
    return leases


def next_at(connection: Connection) -> datetime | None:
    """When the next of what is still to be sent, or is held, is due; None: nothing is."""
    waiting = (*OPEN, DeliveryState.HELD)
    query = select(func.min(DELIVERY.c.next_attempt_at)).where(DELIVERY.c.state.in_(waiting))
    return connection.execute(query).scalar()


def channels_with_due(connection: Connection, now: datetime) -> list[str]:
    """The channels that have something to send now."""
    query = select(DELIVERY.c.channel).where(_is_due(now)).distinct()
    return sorted(connection.execute(query).scalars())


def rules_with_due(connection: Connection, now: datetime) -> set[str]:
    """The rules that found what is to be sent now."""
    due = select(DELIVERY.c.alert_id).where(_is_due(now))
    query = select(ALERT_RULE.c.rule_id).where(ALERT_RULE.c.alert_id.in_(due)).distinct()
    return set(connection.execute(query).scalars())


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """A delivery that is due and cannot be sent, since the config has no such channel or rules any more."""

    delivery_id: str
    alert_id: int
    channel: str


def stranded(
    connection: Connection, now: datetime, *, channels: Collection[str], rules: Collection[str]
) -> list[Stranded]:
    """Those due for these channels, or of these rules alone, that do not say yet what they wait for."""
    query = select(DELIVERY.c.id, DELIVERY.c.alert_id, DELIVERY.c.channel).where(
        _is_due(now),
        DELIVERY.c.channel.in_(channels) | _only_of(rules),
        DELIVERY.c.last_error.not_like(f"{WAITS}%"),
    )
    return [
        Stranded(delivery_id=row.id, alert_id=row.alert_id, channel=row.channel)
        for row in connection.execute(query)
    ]


def wait_for(connection: Connection, said: Mapping[str, str]) -> None:
    """By the ids of deliveries: what each waits for, in words that begin with `WAITS`. It stays due.

    As if it had never been tried: when it can be sent again, it has all the time for further attempts.
    """
    for delivery_id, why in said.items():
        connection.execute(
            update(DELIVERY)
            .where(DELIVERY.c.id == delivery_id, DELIVERY.c.state.in_(OPEN))
            .values(
                state=DeliveryState.PENDING,
                lease="",
                attempts=0,
                first_attempt_at=None,
                silenced_by=None,
                last_error=why,
            )
        )


def waiting(connection: Connection) -> dict[str, int]:
    """What deliveries wait for to come back into the config, and how many: for people to see."""
    query = (
        select(DELIVERY.c.last_error, func.count())
        .where(DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.last_error.like(f"{WAITS}%"))
        .group_by(DELIVERY.c.last_error)
    )
    return {why: count for why, count in connection.execute(query)}  # noqa: C416 - rows are not pairs


def close_group_wait(connection: Connection, now: datetime) -> None:
    """Alerts that wait for further reports of their story are due now."""
    connection.execute(
        update(DELIVERY)
        .where(
            DELIVERY.c.state == DeliveryState.PENDING,
            DELIVERY.c.attempts == 0,
            DELIVERY.c.next_attempt_at > now,
        )
        .values(next_attempt_at=now)
    )


def is_held(connection: Connection, held: Lease) -> bool:
    """Whether nobody else took it over."""
    query = select(DELIVERY.c.id).where(_is_ours(held))
    return connection.execute(query).first() is not None


def mark_sent(
    connection: Connection, held: Lease, *, now: datetime, reply_to: str, subject: str = ""
) -> bool:
    """False where the lease was lost meanwhile: then somebody else repeats it with the same id.

    `subject`: of a thread's first message.
    """
    values = {"state": DeliveryState.SENT, "sent_at": now, "reply_to": reply_to, "subject": subject}
    return _swap(connection, held, values | {"last_error": "", "lease": ""})


def mark_failed(connection: Connection, held: Lease, *, retry_at: datetime, error: str) -> bool:
    """Pending again, due at `retry_at`."""
    return _swap(
        connection,
        held,
        {"state": DeliveryState.PENDING, "next_attempt_at": retry_at, "last_error": error, "lease": ""},
    )


def mark_dead(connection: Connection, held: Lease, *, error: str) -> bool:
    """Given up; False: the lease was not ours any more."""
    return _swap(connection, held, {"state": DeliveryState.DEAD, "last_error": error, "lease": ""})


def release(connection: Connection, held: Lease, *, now: datetime) -> bool:
    """Given back unsent, as at a shutdown: due at once, the attempt not counted."""
    return _swap(
        connection,
        held,
        {
            "state": DeliveryState.PENDING,
            "next_attempt_at": now,
            "attempts": DELIVERY.c.attempts - 1,
            "lease": "",
        },
    )


def hold_back(connection: Connection, held: Lease, *, until: datetime, silence_id: int) -> bool:
    """Given back unsent until then, since a silence holds: the attempt never was."""
    attempts = held.delivery.attempts - 1
    return _swap(
        connection,
        held,
        {
            "state": DeliveryState.PENDING,
            "next_attempt_at": until,
            "attempts": attempts,
            # Of the time that is left for further attempts a silence takes nothing.
            "first_attempt_at": held.first_attempt_at if attempts else None,
            "silenced_by": silence_id,
            "lease": "",
        },
    )


def end_silence(connection: Connection, silence: Silence, *, now: datetime) -> int:
    """How many deliveries that the silence kept waiting, or held for its summary, are due now."""
    waits = (DELIVERY.c.silenced_by == silence.id) & (DELIVERY.c.state == DeliveryState.PENDING)
    held = (
        (DELIVERY.c.state == DeliveryState.HELD)
        & (DELIVERY.c.held_for == Occasion.SILENCE)
        & (DELIVERY.c.next_attempt_at == silence.until_at)
    )
    which = waits | held if silence.summary else waits
    result = connection.execute(update(DELIVERY).where(which).values(next_attempt_at=now, silenced_by=None))
    return result.rowcount


def wake(connection: Connection, alert_ids: Collection[int], *, now: datetime) -> None:
    """What a silence kept of these alerts is due: something was added that no silence is about."""
    if alert_ids:
        connection.execute(
            update(DELIVERY)
            .where(
                DELIVERY.c.alert_id.in_(alert_ids),
                DELIVERY.c.silenced_by.is_not(None),
                DELIVERY.c.state == DeliveryState.PENDING,
            )
            .values(next_attempt_at=now, silenced_by=None)
        )


def retry(connection: Connection, alert_id: int, *, now: datetime) -> int:
    """How many dead, dropped, held or waiting deliveries of the alert are due at once; sent ones never.

    A silence that holds keeps them waiting all the same.
    """
    result = connection.execute(
        update(DELIVERY)
        .where(
            DELIVERY.c.alert_id == alert_id,
            DELIVERY.c.state.in_(
                (DeliveryState.DEAD, DeliveryState.DROPPED, DeliveryState.HELD, DeliveryState.PENDING)
            ),
        )
        .values(state=DeliveryState.PENDING, next_attempt_at=now, first_attempt_at=None)
    )
    return result.rowcount


def drop(connection: Connection, alert_id: int) -> int:
    """How many unsent deliveries of the alert were taken out. One that is being sent now is left alone."""
    result = connection.execute(
        update(DELIVERY)
        .where(
            DELIVERY.c.alert_id == alert_id,
            DELIVERY.c.state.in_((DeliveryState.DEAD, DeliveryState.HELD, DeliveryState.PENDING)),
        )
        .values(state=DeliveryState.DROPPED)
    )
    return result.rowcount


def of_alerts(connection: Connection, alert_ids: Collection[int] | None) -> dict[int, list[Delivery]]:
    """By alert id, each in the order of channel and recipient; None: of all alerts."""
    query = select(*COLUMNS).order_by(DELIVERY.c.alert_id, DELIVERY.c.channel, DELIVERY.c.recipient)
    if alert_ids is not None:
        query = query.where(DELIVERY.c.alert_id.in_(alert_ids))
    found: dict[int, list[Delivery]] = {}
    for row in connection.execute(query).mappings():
        one = delivery(row)
        found.setdefault(one.alert_id, []).append(one)
    return found


def counts(connection: Connection) -> dict[DeliveryState, int]:
    """Deliveries, by state."""
    query = select(DELIVERY.c.state, func.count()).group_by(DELIVERY.c.state)
    return {DeliveryState(state): count for state, count in connection.execute(query)}


def oldest_waiting(connection: Connection, now: datetime) -> datetime | None:
    """Since when the delivery is due that has waited longest."""
    query = select(func.min(DELIVERY.c.next_attempt_at)).where(
        DELIVERY.c.state == DeliveryState.PENDING, DELIVERY.c.next_attempt_at <= now
    )
    return connection.execute(query).scalar()


def stuck_since(connection: Connection, now: datetime) -> datetime | None:
    """Since when a delivery is due that waits for nothing to come back into the config; None: there is none."""
    query = select(func.min(DELIVERY.c.next_attempt_at)).where(
        _is_due(now), DELIVERY.c.last_error.not_like(f"{WAITS}%")
    )
    return connection.execute(query).scalar()


def _is_due(now: datetime) -> ColumnElement[bool]:
    return DELIVERY.c.state.in_(OPEN) & (DELIVERY.c.next_attempt_at <= now)


def _only_of(rules: Collection[str]) -> ColumnElement[bool]:
    """Of an alert that is for rules, all of which are among these."""
    its = ALERT_RULE.c.alert_id == DELIVERY.c.alert_id
    of_these = exists().where(its, ALERT_RULE.c.rule_id.in_(rules))
    return of_these & ~exists().where(its, ALERT_RULE.c.rule_id.not_in(rules))


def _swap(connection: Connection, held: Lease, values: Mapping[str, Any]) -> bool:
    return connection.execute(update(DELIVERY).where(_is_ours(held)).values(**values)).rowcount == 1


def _is_ours(held: Lease) -> ColumnElement[bool]:
    return and_(
        DELIVERY.c.id == held.delivery.id,
        DELIVERY.c.state == DeliveryState.LEASED,
        DELIVERY.c.lease == held.token,
    )


def delivery(row: Any) -> Delivery:
    """The record of a row of `COLUMNS`."""
    held_for = Occasion(row["held_for"]) if row["held_for"] else None
    return Delivery(**{**row, "state": DeliveryState(row["state"]), "held_for": held_for})


def _values(delivery: Delivery) -> dict[str, Any]:
    values = {field.name: getattr(delivery, field.name) for field in fields(Delivery)}
    return values | {"lease": "", "first_attempt_at": None}
