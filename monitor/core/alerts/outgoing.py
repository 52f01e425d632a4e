"""Alerts that were decided, and a delivery for each recipient: sent by itself, or held for a summary."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from monitor.core.alerts.holding import Hold, Holding, Traffic, hold
from monitor.core.alerts.ids import row_id
from monitor.model import Alert, AlertKind, Config, Delivery, DeliveryState, Rule, Silence

Holds = Mapping[str, Hold | None]
"""Channel → what an alert waits for there; None: nothing."""


class Outgoing:
    """Collects `alerts`, numbered from `next_alert_id`, and `deliveries`."""

    def __init__(self, *, next_alert_id: int, config: Config, now: datetime, traffic: Traffic) -> None:
        self._config, self._now, self._traffic = config, now, traffic
        self._sent, self._of_feeds = Counter(traffic.sent), Counter(traffic.of_feeds)
        self.next_alert_id = next_alert_id
        self.alerts: list[Alert] = []
        self.deliveries: dict[str, Delivery] = {}
        """By their ids."""

    def holds(self, rule: Rule, feed_id: str = "", *, silence: Silence | None = None) -> Holds:
        """What an alert of the rule, about an entry of the feed, waits for on each of its channels.

        `silence`: one that wishes for a summary of what it keeps back.
        """
        traffic = replace(self._traffic, sent=self._sent, of_feeds=self._of_feeds)
        return {
            channel: hold(
                Holding(
                    rule=rule,
                    channel=channel,
                    feed_id=feed_id,
                    now=self._now,
                    config=self._config,
                    traffic=traffic,
                    silence=silence,
                )
            )
            for channel in rule.alert or self._config.alerting.default
        }

    def said(self, holds: Holds) -> str:
        """Until when and why it is held; the channels are named where not all wait alike. Empty: it is not."""
        zone = self._config.alerting.zone
        said = {channel: held.said(zone, now=self._now) for channel, held in holds.items() if held}
        if len(said) == len(holds) and len(set(said.values())) == 1:
            return next(iter(said.values()))
        return ", ".join(f"{channel} {words}" for channel, words in said.items())

    def alert(
        self,
        kind: AlertKind,
        *,
        reason: str,
        send_at: datetime,
        story_id: int | None = None,
        entry_id: int | None = None,
        rules: tuple[str, ...] = (),
        text: str = "",
        note_key: str | None = None,
    ) -> Alert:
        """A new one."""
        alert = Alert(
            id=self.next_alert_id,
            kind=kind,
            story_id=story_id,
            entry_id=entry_id,
            rules=rules,
            reason=reason,
            created_at=self._now,
            send_at=send_at,
            text=text,
            note_key=note_key,
        )
        self.next_alert_id += 1
        self.alerts.append(alert)
        return alert

    def send(
        self,
        alert_id: int,
        holds: Holds,
        *,
        send_at: datetime,
        rule: Rule | None = None,
        feed_id: str = "",
    ) -> None:
        """To the recipients on each channel, at `send_at` where it is not held. None: those of the channels.

        A rule's recipients stand in for those of a channel that has any of its own.
        """
        for channel_id, held in holds.items():
            if rule is not None and held is None:
                self._sent[rule.id, channel_id] += 1
                self._of_feeds[rule.id, channel_id, feed_id] += 1
            channel = self._config.channels.get(channel_id)
            own = channel.recipients if channel else ()
            wanted = rule.recipients if rule else ()
            for recipient in (wanted or own) if own else ("",):
                delivery = Delivery(
                    id=row_id(alert_id, channel_id, recipient, made_at=self._now),
                    alert_id=alert_id,
                    channel=channel_id,
                    recipient=recipient,
                    state=DeliveryState.HELD if held else DeliveryState.PENDING,
                    next_attempt_at=held.until if held else send_at,
                    held_for=held.occasion if held else None,
                )
                self.deliveries.setdefault(delivery.id, delivery)


def held_until(holds: Holds) -> datetime | None:
    """When the first channel is told; None where one is told at once."""
    if not holds or not all(holds.values()):
        return None
    return min(held.until for held in holds.values() if held)
