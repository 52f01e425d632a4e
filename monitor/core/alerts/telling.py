"""What becomes of the matches of one poll: decisions, alerts, and a delivery for each recipient.

One after the other: a story that an earlier match of the same poll told is told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts.holding import Hold, Holding, Traffic, hold, quiet
from monitor.core.alerts.ids import delivery_id
from monitor.core.alerts.silences import silence_of
from monitor.core.alerts.when import Question, Told, decide
from monitor.model import (
    Alert,
    AlertKind,
    Config,
    Decision,
    Delivery,
    DeliveryState,
    Entry,
    Match,
    Rule,
    Silence,
    Verdict,
)


class Telling:
    """Collects `decisions`, `alerts`, `told` and `deliveries`; alerts are numbered from `next_alert_id`."""

    def __init__(
        self,
        *,
        told: Mapping[tuple[int, str], Told],
        next_alert_id: int,
        config: Config,
        now: datetime,
        traffic: Traffic | None = None,
        silences: Sequence[Silence] = (),
    ) -> None:
        """`told` is by story and rule, for every story that an entry may turn out to tell."""
        self._before = told
        self._config = config
        self._now = now
        self._traffic = traffic or Traffic()
        self._sent = Counter(self._traffic.sent)
        self._silences = silences
        self.next_alert_id = next_alert_id
        self.decisions: list[Decision] = []
        self.alerts: list[Alert] = []
        self.told: dict[tuple[int, str], Told] = {}
        self.deliveries: dict[str, Delivery] = {}

    def tell(self, entry: Entry, match: Match, *, was_there: str = "") -> None:
        """Decides what becomes of a match; `was_there` says why it is no news, where it is none."""
        rule = self._config.rules[match.rule_id]
        told = self._told(entry.story_id, rule.id)
        answer = decide(
            Question(
                now=self._now,
                first_seen_at=entry.first_seen_at,
                published_at=entry.published_at,
                max_age=self._max_age(rule),
                was_there=was_there,
                copy_of=entry.copy_of,
                story_id=entry.story_id,
                told=told,
                silence=silence_of(
                    self._silences,
                    rule_id=rule.id,
                    feed_id=entry.feed_id,
                    story_id=entry.story_id,
                    now=self._now,
                ),
            )
        )
        verdict, reason, alert_id = answer.verdict, answer.reason, None
        if verdict is Verdict.ALERTED:
            holds = self._holds(rule)
            alert_id = self._alert(entry, rule, reason, holds)
            if _held_until(holds):
                verdict, reason = Verdict.HELD, self._said(holds)
            elif any(holds.values()):
                reason = f"{reason}; {self._said(holds)}"
        elif verdict is Verdict.JOINED_ALERT and told is not None:
            alert_id = told.alert_id
        self.decisions.append(
            Decision(entry_id=entry.id, match=match, verdict=verdict, reason=reason, alert_id=alert_id)
        )

    def note(self, text: str, *, key: str, except_channel: str = "") -> None:
        """A note to the operator's channels, where the config names any; `key` is what it is about."""
        channels = [one for one in self._config.alerting.operator if one != except_channel]
        if channels:
            held = quiet(self._config, now=self._now)
            send_at = held.until if held else self._now
            alert = self._new(AlertKind.NOTE, reason="for the operator", send_at=send_at)
            self.alerts[-1] = replace(alert, text=text, note_key=key)
            for channel in channels:
                self._enqueue(alert.id, channel, send_at=send_at, held=held)

    def merge(self, from_id: int, into_id: int) -> None:
        """What was told of the one story was told of the other, which lives on; what silenced it silences that."""
        tellings = {**self._before, **self.told}
        moved = {
            (into_id, rule_id): told
            for (story_id, rule_id), told in tellings.items()
            if story_id == from_id and (into_id, rule_id) not in tellings
        }
        self._before = {**self._before, **moved}
        self._silences = [
            replace(silence, story_id=into_id) if silence.story_id == from_id else silence
            for silence in self._silences
        ]

    def _told(self, story_id: int, rule_id: str) -> Told | None:
        key = story_id, rule_id
        return self.told.get(key) or self._before.get(key)

    def _max_age(self, rule: Rule) -> timedelta:
        limit = self._config.alerting.max_age
        return limit if rule.max_age is None else min(limit, rule.max_age)

    def _channels(self, rule: Rule) -> tuple[str, ...]:
        return rule.alert or self._config.alerting.default

    def _holds(self, rule: Rule) -> dict[str, Hold | None]:
        """What an alert of the rule waits for, by channel."""
        traffic = replace(self._traffic, sent=self._sent)
        return {
            channel: hold(
                Holding(rule=rule, channel=channel, now=self._now, config=self._config, traffic=traffic)
            )
            for channel in self._channels(rule)
        }

    def _said(self, holds: Mapping[str, Hold | None]) -> str:
        """Where and until when it is held: the channels are named where not all wait alike."""
        zone = self._config.alerting.zone
        said = {channel: held.said(zone, now=self._now) for channel, held in holds.items() if held}
        if len(said) == len(holds) and len(set(said.values())) == 1:
            return next(iter(said.values()))
        return ", ".join(f"{channel} {words}" for channel, words in said.items())

    def _alert(self, entry: Entry, rule: Rule, reason: str, holds: Mapping[str, Hold | None]) -> int:
        """The id of the story's alert that waits alike, else of a new one; the rule's recipients get it."""
        held_until = _held_until(holds)
        tellings = [
            told
            for tolds in (self._before, self.told)
            for (story_id, _), told in tolds.items()
            if story_id == entry.story_id
        ]
        waiting = [told for told in tellings if told.waits_until and told.held_until == held_until]
        if waiting:
            told = max(waiting, key=lambda told: told.alert_id)
        else:
            begun = any(told.held_until is None for told in tellings)
            send_at = held_until or self._now + self._config.alerting.group_wait
            kind = AlertKind.UPDATE if begun else AlertKind.NEW
            alert = self._new(kind, reason=reason, send_at=send_at, entry=entry, rules=(rule.id,))
            told = Told(alert_id=alert.id, waits_until=send_at, held_until=held_until)
        self.told[entry.story_id, rule.id] = told
        for channel, held in holds.items():
            if held is None:
                self._sent[rule.id, channel] += 1
            self._enqueue(
                told.alert_id,
                channel,
                send_at=held.until if held else told.waits_until or self._now,
                held=held,
                recipients=rule.recipients,
            )
        return told.alert_id

    def _new(
        self,
        kind: AlertKind,
        *,
        reason: str,
        send_at: datetime,
        entry: Entry | None = None,
        rules: tuple[str, ...] = (),
    ) -> Alert:
        alert = Alert(
            id=self.next_alert_id,
            kind=kind,
            story_id=entry.story_id if entry else None,
            entry_id=entry.id if entry else None,
            rules=rules,
            reason=reason,
            created_at=self._now,
            send_at=send_at,
        )
        self.next_alert_id += 1
        self.alerts.append(alert)
        return alert

    def _enqueue(
        self,
        alert_id: int,
        channel_id: str,
        *,
        send_at: datetime,
        held: Hold | None,
        recipients: Sequence[str] = (),
    ) -> None:
        """`recipients` stand in for those of a channel that has any of its own."""
        channel = self._config.channels.get(channel_id)
        own = channel.recipients if channel else ()
        for recipient in (recipients or own) if own else ("",):
            delivery = Delivery(
                id=delivery_id(alert_id, channel_id, recipient, made_at=self._now),
                alert_id=alert_id,
                channel=channel_id,
                recipient=recipient,
                state=DeliveryState.HELD if held else DeliveryState.PENDING,
                next_attempt_at=send_at,
                held_for=held.occasion if held else None,
            )
            self.deliveries.setdefault(delivery.id, delivery)


def _held_until(holds: Mapping[str, Hold | None]) -> datetime | None:
    """When the first channel is told; None where one is told at once."""
    if not holds or not all(holds.values()):
        return None
    return min(held.until for held in holds.values() if held)
