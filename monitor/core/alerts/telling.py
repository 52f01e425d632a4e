"""What becomes of the matches of one poll: decisions, alerts, and a delivery for each recipient.

One after the other: a story that an earlier match of the same poll told is told.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts.ids import delivery_id
from monitor.core.alerts.when import Question, Told, decide
from monitor.model import Alert, AlertKind, Config, Decision, Delivery, Entry, Match, Rule, Verdict


class Telling:
    """Collects `decisions`, `alerts`, `told` and `deliveries`; alerts are numbered from `next_alert_id`."""

    def __init__(
        self,
        *,
        told: Mapping[tuple[int, str], Told],
        next_alert_id: int,
        config: Config,
        now: datetime,
    ) -> None:
        """`told` is by story and rule, for every story that an entry may turn out to tell."""
        self._before = told
        self._config = config
        self._now = now
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
            )
        )
        alert_id = None
        if answer.verdict is Verdict.ALERTED:
            alert_id = self._alert(entry, rule, answer.reason)
        elif answer.verdict is Verdict.JOINED_ALERT and told is not None:
            alert_id = told.alert_id
        self.decisions.append(
            Decision(
                entry_id=entry.id,
                match=match,
                verdict=answer.verdict,
                reason=answer.reason,
                alert_id=alert_id,
            )
        )

    def note(self, text: str, *, key: str, except_channel: str = "") -> None:
        """A note to the operator's channels, where the config names any; `key` is what it is about."""
        channels = [one for one in self._config.alerting.operator if one != except_channel]
        if channels:
            alert = self._new(AlertKind.NOTE, reason="for the operator", send_at=self._now)
            self.alerts[-1] = replace(alert, text=text, note_key=key)
            self._enqueue(alert.id, channels, send_at=alert.send_at)

    def _told(self, story_id: int, rule_id: str) -> Told | None:
        key = story_id, rule_id
        return self.told.get(key) or self._before.get(key)

    def _max_age(self, rule: Rule) -> timedelta:
        limit = self._config.alerting.max_age
        return limit if rule.max_age is None else min(limit, rule.max_age)

    def _alert(self, entry: Entry, rule: Rule, reason: str) -> int:
        """The id of the story's alert that still waits, else of a new one; the rule's recipients get it."""
        tellings = [
            told
            for tolds in (self._before, self.told)
            for (story_id, _), told in tolds.items()
            if story_id == entry.story_id
        ]
        waiting = [told for told in tellings if told.waits_until is not None]
        if waiting:
            told = max(waiting, key=lambda told: told.alert_id)
        else:
            kind = AlertKind.UPDATE if tellings else AlertKind.NEW
            send_at = self._now + self._config.alerting.group_wait
            alert = self._new(kind, reason=reason, send_at=send_at, entry=entry, rules=(rule.id,))
            told = Told(alert_id=alert.id, waits_until=send_at)
        self.told[entry.story_id, rule.id] = told
        self._enqueue(
            told.alert_id,
            rule.alert or self._config.alerting.default,
            send_at=told.waits_until or self._now,
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
        self, alert_id: int, channels: Sequence[str], *, send_at: datetime, recipients: Sequence[str] = ()
    ) -> None:
        """`recipients` stand in for those of every channel that has any of its own."""
        for channel_id in channels:
            channel = self._config.channels.get(channel_id)
            own = channel.recipients if channel else ()
            for recipient in (recipients or own) if own else ("",):
                delivery = Delivery(
                    id=delivery_id(alert_id, channel_id, recipient, made_at=self._now),
                    alert_id=alert_id,
                    channel=channel_id,
                    recipient=recipient,
                    next_attempt_at=send_at,
                )
                self.deliveries.setdefault(delivery.id, delivery)
