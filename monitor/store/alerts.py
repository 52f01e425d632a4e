"""Alerts, the matches that led to them, and which rule has told which story."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import blake2b
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    case,
    delete,
    func,
    or_,
    select,
    update,
)

from monitor.core.alerts.dedup import EarlierOutcome, ToldAlert
from monitor.core.alerts.holding import Traffic
from monitor.model import Alert, AlertKind, Decision, DeliveryState, Field, Match, Occasion, Span, Verdict
from monitor.store.sql import chunks, insert_new, table
from monitor.store.tables import AlertRow, AlertRuleRow, DeliveryRow, EntryRow, MatchRow, ToldRow

ALERT, MATCH, TOLD, DELIVERY = table(AlertRow), table(MatchRow), table(ToldRow), table(DeliveryRow)
ALERT_RULE, ENTRY = table(AlertRuleRow), table(EntryRow)
WAITING = (DeliveryState.PENDING, DeliveryState.HELD)
LONGEST_KEY = 500
"""Characters of a note's key."""
IN_SUMMARIES = (DeliveryState.HELD, DeliveryState.SUMMARISED)


_BEGUN = or_(DELIVERY.c.attempts > 0, DELIVERY.c.state.not_in(WAITING))
_OF_STORIES = (
    select(
        TOLD.c.story_id,
        TOLD.c.rule_id,
        TOLD.c.alert_id,
        (func.sum(case((_BEGUN, 0), (DELIVERY.c.id.is_(None), 0), else_=1)) == func.count()).label("waits"),
        (func.min(case((DELIVERY.c.state == DeliveryState.HELD, 1), else_=0)) == 1).label("held"),
        func.min(DELIVERY.c.next_attempt_at).label("held_until"),
        func.max(ALERT.c.send_at).label("send_at"),
    )
    .join(ALERT, ALERT.c.id == TOLD.c.alert_id)
    .join(DELIVERY, DELIVERY.c.alert_id == TOLD.c.alert_id, isouter=True)
    .where(TOLD.c.story_id.in_(bindparam("ids", expanding=True)))
    .group_by(TOLD.c.story_id, TOLD.c.rule_id, TOLD.c.alert_id)
)
_SHOWN = (
    select(ALERT.c.entry_id, ALERT_RULE.c.rule_id)
    .join(ALERT_RULE, ALERT_RULE.c.alert_id == ALERT.c.id)
    .where(ALERT.c.entry_id.in_(bindparam("ids", expanding=True)))
)
_MATCHED = select(MATCH.c.entry_id, MATCH.c.rule_id, MATCH.c.verdict, MATCH.c.alert_id).where(
    MATCH.c.entry_id.in_(bindparam("ids", expanding=True))
)

_TRAFFIC = (
    select(
        ALERT_RULE.c.rule_id,
        DELIVERY.c.channel,
        ENTRY.c.feed_id,
        func.count(ALERT_RULE.c.alert_id.distinct()).label("n"),
    )
    .join(DELIVERY, DELIVERY.c.alert_id == ALERT_RULE.c.alert_id)
    .join(ALERT, ALERT.c.id == ALERT_RULE.c.alert_id)
    .join(ENTRY, ENTRY.c.id == ALERT.c.entry_id, isouter=True)
    .where(
        ALERT_RULE.c.joined_at >= bindparam("hour"),
        ALERT_RULE.c.rule_id.in_(bindparam("rules", expanding=True)),
        DELIVERY.c.state.not_in(IN_SUMMARIES),
    )
    .group_by(ALERT_RULE.c.rule_id, DELIVERY.c.channel, ENTRY.c.feed_id)
)


def told(connection: Connection, story_ids: Collection[int]) -> dict[tuple[int, str], ToldAlert]:
    """By story and rule. An alert waits as long as all its deliveries do: none was attempted, none taken out."""
    found: dict[tuple[int, str], ToldAlert] = {}
    for ids in chunks(story_ids):
        for row in connection.execute(_OF_STORIES, {"ids": ids}).all():
            told_at = row.held_until if row.held else row.send_at
            found[row.story_id, row.rule_id] = ToldAlert(
                alert_id=row.alert_id,
                waits_until=told_at if row.waits else None,
                held_until=told_at if row.held else None,
            )
    return found


def became(connection: Connection, entry_ids: Collection[int]) -> dict[tuple[int, str], EarlierOutcome]:
    """By entry and rule: what became of their matches, and which of the entries were told to a rule unmatched."""
    found: dict[tuple[int, str], EarlierOutcome] = {}
    for ids in chunks(entry_ids):
        for entry_id, rule_id in connection.execute(_SHOWN, {"ids": ids}).all():
            found[entry_id, rule_id] = EarlierOutcome(Verdict.ALERTED, told=True)
        for entry_id, rule_id, verdict, alert_id in connection.execute(_MATCHED, {"ids": ids}).all():
            told = alert_id is not None or (entry_id, rule_id) in found
            found[entry_id, rule_id] = _became(verdict, told=told)
    return found


@cache
def _became(verdict: str, *, told: bool) -> EarlierOutcome:
    return EarlierOutcome(Verdict(verdict), told=told)


def traffic_since(connection: Connection, hour: datetime, rule_ids: Collection[str]) -> Traffic:
    """How many alerts were made since then that no summary tells; each is the feed's whose entry caused it."""
    sent: Counter[tuple[str, str]] = Counter()
    of_feeds: dict[tuple[str, str, str], int] = {}
    for row in connection.execute(_TRAFFIC, {"hour": hour, "rules": list(rule_ids)}):
        sent[row.rule_id, row.channel] += row.n
        of_feeds[row.rule_id, row.channel, row.feed_id or ""] = row.n
    return Traffic(sent=sent, of_feeds=of_feeds)


def insert(connection: Connection, alerts: Sequence[Alert]) -> None:
    """New alerts, with their rules."""
    if alerts:
        connection.execute(ALERT.insert(), [_values(alert) for alert in alerts])
    join(
        connection,
        [(alert.id, rule_id, alert.created_at) for alert in alerts for rule_id in alert.rules],
    )


def join(connection: Connection, joined: Sequence[tuple[int, str, datetime]]) -> None:
    """Alerts are for these rules too."""
    names = ("alert_id", "rule_id", "joined_at")
    insert_new(connection, AlertRuleRow, [dict(zip(names, one, strict=True)) for one in joined])


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
    join(connection, [(alert_id, rule_id, now) for (_, rule_id), alert_id in tellings.items()])


def take_back(connection: Connection, untold: Collection[tuple[int, str]]) -> None:
    """Of these stories and rules nothing was told after all: what comes next is told as the first."""
    for story_id, rule_id in untold:
        connection.execute(delete(TOLD).where(TOLD.c.story_id == story_id, TOLD.c.rule_id == rule_id))


def untold_by(connection: Connection, *, story_id: int, rule_id: str, alert_id: int) -> None:
    """This alert told nothing after all: the rule's last word on the story is the one before it, or none."""
    mine = (TOLD.c.story_id == story_id, TOLD.c.rule_id == rule_id, TOLD.c.alert_id == alert_id)
    earlier = [one.id for one in of_story(connection, story_id) if one.id < alert_id and rule_id in one.rules]
    if earlier:
        connection.execute(update(TOLD).where(*mine).values(alert_id=max(earlier)))
    else:
        connection.execute(delete(TOLD).where(*mine))


def others_told_by(connection: Connection, alert_id: int, *, but: tuple[int, str]) -> int:
    """How many matches the alert tells besides that entry's by that rule."""
    query = select(func.count()).where(
        MATCH.c.alert_id == alert_id, (MATCH.c.entry_id != but[0]) | (MATCH.c.rule_id != but[1])
    )
    return connection.execute(query).scalar_one()


def forget(connection: Connection, entry_id: int, rule_id: str) -> None:
    """The rule has not matched the entry after all."""
    connection.execute(delete(MATCH).where(MATCH.c.entry_id == entry_id, MATCH.c.rule_id == rule_id))


def rethread(connection: Connection, threads: Mapping[int, int]) -> None:
    """Alerts that are of another story's thread."""
    for alert_id, story_id in threads.items():
        connection.execute(update(ALERT).where(ALERT.c.id == alert_id).values(story_id=story_id))


def mark_updated(connection: Connection, tellings: Mapping[tuple[int, str], int]) -> None:
    """The newest alert by which a rule tells a story that it has told before."""
    for (story_id, rule_id), alert_id in tellings.items():
        connection.execute(
            update(TOLD)
            .where(TOLD.c.story_id == story_id, TOLD.c.rule_id == rule_id)
            .values(alert_id=alert_id)
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


def redecide(connection: Connection, decisions: Sequence[Decision]) -> None:
    """Of matches that were decided before, what became of them instead; when they came stays."""
    for one in decisions:
        connection.execute(
            update(MATCH)
            .where(MATCH.c.entry_id == one.entry_id, MATCH.c.rule_id == one.match.rule_id)
            .values(verdict=one.verdict, reason=one.reason, alert_id=one.alert_id)
        )


def mark(connection: Connection, entry_id: int, spans: Mapping[str, Sequence[Span]]) -> None:
    """By rule, what is marked in the entry's text as it is now; what was decided stays."""
    for rule_id, marked in spans.items():
        connection.execute(
            update(MATCH)
            .where(MATCH.c.entry_id == entry_id, MATCH.c.rule_id == rule_id)
            .values(spans=[[span.field, span.start, span.end] for span in marked])
        )


def listed(connection: Connection, alert_ids: Collection[int] | None = None) -> list[Alert]:
    """Newest first; None: all."""
    query: Select[Any] = select(ALERT).order_by(ALERT.c.id.desc())
    if alert_ids is not None:
        query = query.where(ALERT.c.id.in_(alert_ids))
    return _named(connection, query)


def of_story(connection: Connection, story_id: int) -> list[Alert]:
    """Newest first."""
    return _named(connection, select(ALERT).where(ALERT.c.story_id == story_id).order_by(ALERT.c.id.desc()))


def newest(
    connection: Connection,
    *,
    rule_id: str | None = None,
    since: datetime | None = None,
    most: int | None = None,
    before: int | None = None,
    states: Collection[str] = (),
) -> list[Alert]:
    """Newest first: those of the rule, made since then, at most so many.

    `before`: an alert that is newer than they are; `states`: of one of these is a delivery of each.
    """
    query: Select[Any] = select(ALERT).order_by(ALERT.c.id.desc())
    if rule_id is not None:
        query = query.where(
            ALERT.c.id.in_(select(ALERT_RULE.c.alert_id).where(ALERT_RULE.c.rule_id == rule_id))
        )
    if since is not None:
        query = query.where(ALERT.c.created_at >= since)
    if before is not None:
        query = query.where(ALERT.c.id < before)
    if states:
        query = query.where(ALERT.c.id.in_(select(DELIVERY.c.alert_id).where(DELIVERY.c.state.in_(states))))
    if most is not None:
        query = query.limit(most)
    return _named(connection, query)


def of_stories(connection: Connection, story_ids: Collection[int]) -> dict[int, list[Alert]]:
    """By story, newest first."""
    found: dict[int, list[Alert]] = {}
    for ids in chunks(sorted(story_ids)):
        query: Select[Any] = select(ALERT).where(ALERT.c.story_id.in_(ids)).order_by(ALERT.c.id.desc())
        for alert in _named(connection, query):
            found.setdefault(alert.story_id or 0, []).append(alert)
    return found


def _named(connection: Connection, query: Select[Any]) -> list[Alert]:
    """The alerts with the rules that each is for."""
    rows = connection.execute(query).mappings().all()
    names = rules_of(connection, [row["id"] for row in rows])
    return [_alert(row, names.get(row["id"], ())) for row in rows]


def rules_of(connection: Connection, alert_ids: Collection[int] | None) -> dict[int, tuple[str, ...]]:
    """The rules that each alert is for, in the order in which they matched; None: of all alerts."""
    query: Select[Any] = select(ALERT_RULE.c.alert_id, ALERT_RULE.c.rule_id)
    query = query.order_by(ALERT_RULE.c.joined_at, ALERT_RULE.c.rule_id)
    names: dict[int, list[str]] = {}
    wanted = [None] if alert_ids is None else chunks(sorted(alert_ids))
    for ids in wanted:
        chosen = query if ids is None else query.where(ALERT_RULE.c.alert_id.in_(ids))
        for alert_id, rule_id in connection.execute(chosen):
            names.setdefault(alert_id, []).append(rule_id)
    return {alert_id: tuple(rules) for alert_id, rules in names.items()}


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
    return connection.execute(select(ALERT.c.id).where(ALERT.c.note_key == _short(key))).first() is None


@dataclass(frozen=True, slots=True)
class SentBefore:
    """The first message of a thread."""

    reply_to: str
    """What the channel returned for it; empty where the channel has no threads."""
    subject: str


def sent_before(connection: Connection, alert: Alert, *, channel: str, recipient: str) -> SentBefore | None:
    """The first alert of its thread that this recipient got: later ones answer it. None where there is none."""
    thread = _thread_of(alert)
    if thread is None:
        return None
    query = (
        select(DELIVERY.c.reply_to, DELIVERY.c.subject)
        .join(ALERT, ALERT.c.id == DELIVERY.c.alert_id)
        .where(
            thread,
            DELIVERY.c.alert_id < alert.id,
            DELIVERY.c.channel == channel,
            DELIVERY.c.recipient == recipient,
            DELIVERY.c.state == DeliveryState.SENT,
        )
        .order_by(DELIVERY.c.alert_id)
        .limit(1)
    )
    row = connection.execute(query).first()
    return SentBefore(row.reply_to, row.subject) if row else None


def _thread_of(alert: Alert) -> ColumnElement[bool] | None:
    """Which alerts share a thread with this one: its story's, or its rule's where that gathers all it finds."""
    if alert.story_id is not None:
        return ALERT.c.story_id == alert.story_id
    if alert.occasion is not Occasion.RULE or not alert.rules:
        return None
    its = select(ALERT_RULE.c.alert_id).where(ALERT_RULE.c.rule_id == alert.rules[0])
    return and_(ALERT.c.occasion == Occasion.RULE, ALERT.c.id.in_(its))


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
    occasion = Occasion(row["occasion"]) if row["occasion"] else None
    return Alert(**{**row, "kind": AlertKind(row["kind"]), "occasion": occasion, "rules": rules})


def _short(key: str) -> str:
    """Of a long key the beginning, and a hash: no index of PostgreSQL takes more than 2 700 bytes."""
    if len(key) <= LONGEST_KEY:
        return key
    return f"{key[:LONGEST_KEY]} {blake2b(key.encode(errors='replace'), digest_size=16).hexdigest()}"


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
        "occasion": alert.occasion,
        "note_key": _short(alert.note_key) if alert.note_key is not None else None,
    }
