"""What was held, and is due, becomes summaries: one for each occasion, with a delivery for each recipient.

What may not be told now either, because the quiet hours have begun, is held on to their end.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from monitor.core.alerts.holding import most_of_a_feed, quiet
from monitor.core.alerts.hours import clock
from monitor.core.alerts.ids import row_id
from monitor.model import Alert, AlertKind, Config, Delivery, Occasion

BY_ITSELF: Final = frozenset({Occasion.PAUSE, Occasion.LIMIT, Occasion.SILENCE})
"""What waits for these is told as it would have been, where it is one message: it goes into its story's thread."""
MOST_RULES = 20
"""Of a summary: what a message can name. More are in its lines."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A delivery that waits for a summary."""

    delivery: Delivery
    occasion: Occasion
    rules: tuple[str, ...]
    """Its alert's."""
    created_at: datetime
    """Its alert's."""
    story_id: int | None = None
    """Its alert's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """What the end of a wait changes."""

    at: datetime
    stories: frozenset[int] = frozenset()
    """That are told now."""
    alerts: tuple[Alert, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    told: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    """The id of a summary → the ids of the deliveries that it stands for."""
    alone: tuple[str, ...] = ()
    """Deliveries that are sent by themselves: each is all that waited for its recipient."""
    postponed: tuple[str, ...] = ()
    """Deliveries that wait on for the end of the quiet hours, `quiet_until`."""
    quiet_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class _Key:
    """What is told in one alert: a rule that gathers all it finds has a thread, so alerts, of its own."""

    occasion: Occasion
    rule: str = ""


def plan_release(
    held: Sequence[Held],
    *,
    ended: Collection[Occasion] = (),
    next_alert_id: int,
    config: Config,
    now: datetime,
) -> Release:
    """The summaries of all that is due, numbered from `next_alert_id`; waiting for what is `ended` is over."""
    still = quiet(config, now=now)
    groups: dict[_Key, list[Held]] = {}
    for one in held:
        groups.setdefault(_key(one), []).append(one)
    alerts: list[Alert] = []
    deliveries: list[Delivery] = []
    told: dict[int, tuple[str, ...]] = {}
    alone: list[str] = []
    postponed: list[str] = []
    stories: set[int] = set()
    for key, group in groups.items():
        due = _due(group, everything=key.occasion in ended, now=now)
        now_told = [one for one in due if not still or _breaks_through(one, config)]
        postponed += [one.delivery.id for one in due if still and not _breaks_through(one, config)]
        stories |= {one.story_id for one in now_told if one.story_id is not None}
        if key.occasion in BY_ITSELF:
            single = _alone(now_told)
            alone += [one.delivery.id for one in single]
            now_told = [one for one in now_told if one not in single]
        if now_told:
            alert = _summary(next_alert_id + len(alerts), key.occasion, now_told, config=config, now=now)
            alerts.append(alert)
            deliveries += _deliveries(alert, now_told, now=now)
            told[alert.id] = tuple(one.delivery.id for one in now_told)
    return Release(
        at=now,
        stories=frozenset(stories),
        alerts=tuple(alerts),
        deliveries=tuple(deliveries),
        told=told,
        alone=tuple(alone),
        postponed=tuple(postponed),
        quiet_until=still.until if still else None,
    )


def _due(group: Sequence[Held], *, everything: bool, now: datetime) -> Sequence[Held]:
    """What a rule gathers is told together, as soon as the first of it has waited long enough."""
    due = [one for one in group if one.delivery.next_attempt_at <= now]
    if everything or (due and group[0].occasion is Occasion.RULE):
        return group
    return due


def _alone(held: Sequence[Held]) -> list[Held]:
    """Those that are all that a recipient waits for: a summary of one would only take it out of its thread."""
    targets = Counter((one.delivery.channel, one.delivery.recipient) for one in held)
    return [one for one in held if targets[one.delivery.channel, one.delivery.recipient] == 1]


def _breaks_through(held: Held, config: Config) -> bool:
    """Urgent rules do, but not with their digests: those are not urgent."""
    rules = (config.rules.get(rule_id) for rule_id in held.rules)
    return held.occasion is not Occasion.DIGEST and any(
        rule.priority == "urgent" for rule in rules if rule is not None
    )


def _key(held: Held) -> _Key:
    return _Key(held.occasion, held.rules[0] if held.occasion is Occasion.RULE else "")


def _summary(
    alert_id: int, occasion: Occasion, held: Sequence[Held], *, config: Config, now: datetime
) -> Alert:
    count = len({one.delivery.alert_id for one in held})
    return Alert(
        id=alert_id,
        kind=AlertKind.DIGEST if occasion is Occasion.DIGEST else AlertKind.SUMMARY,
        story_id=None,
        entry_id=None,
        rules=tuple(dict.fromkeys(rule for one in held for rule in one.rules))[:MOST_RULES],
        reason=f"{occasion}: {count} held since {_since(held, config, now)}",
        created_at=now,
        send_at=now,
        text=_text(occasion, held, config=config, now=now),
        occasion=occasion,
    )


def _since(held: Iterable[Held], config: Config, now: datetime) -> str:
    return clock(min(one.created_at for one in held), config.alerting.zone, now=now)


def _text(occasion: Occasion, held: Sequence[Held], *, config: Config, now: datetime) -> str:
    """What its message says first."""
    since = _since(held, config, now)
    match occasion:
        case Occasion.QUIET:
            return f"In the quiet hours, since {since}"
        case Occasion.SILENCE:
            return f"What a silence kept back, since {since}"
        case Occasion.LIMIT:
            most, of_a_feed = config.alerting.max_per_hour, most_of_a_feed(config)
            its_part = f" or {of_a_feed} of one feed" if of_a_feed < most else ""
            return f"More than {most} messages{its_part} in an hour: the rest, since {since}"
        case Occasion.PAUSE:
            return "What came while the monitor was not running"
        case Occasion.DIGEST:
            return f"Digest, since {since}"
        case Occasion.RULE:
            [rule_id, *_] = held[0].rules
            rule = config.rules.get(rule_id)
            return (rule.title if rule else "") or rule_id


def _deliveries(alert: Alert, held: Iterable[Held], *, now: datetime) -> list[Delivery]:
    targets = dict.fromkeys((one.delivery.channel, one.delivery.recipient) for one in held)
    return [
        Delivery(
            id=row_id(alert.id, channel, recipient, made_at=now),
            alert_id=alert.id,
            channel=channel,
            recipient=recipient,
            next_attempt_at=now,
        )
        for channel, recipient in targets
    ]
