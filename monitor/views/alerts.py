"""An alert with its deliveries, as lists, the page and the API give it."""

from __future__ import annotations

from typing import Any

from monitor.core.alerts.state import state_of
from monitor.model import Alert, Delivery, DeliveryState, Line

OVER = frozenset({DeliveryState.SUMMARISED, DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.DROPPED})
"""Of these nothing is attempted any more."""


def line_document(line: Line) -> dict[str, Any]:
    return {
        "alert": line.alert_id,
        "story": line.story_id,
        "entry": line.entry_id,
        "title": line.title,
        "rules": [rule.id for rule in line.rules],
        "outlets": line.outlets,
        "languages": line.languages,
        "text": line.text,
        "created_at": line.created_at,
    }


def document(alert: Alert, deliveries: list[Delivery], title: str) -> dict[str, Any]:
    """`title`: of the entry that it tells of, where it tells of one."""
    return {
        "id": alert.id,
        "headline": title or alert.text,
        "rules": alert.rules,
        "story": alert.story_id,
        "entry": alert.entry_id,
        "kind": alert.kind,
        "state": state_of(deliveries),
        "reason": alert.reason,
        "text": alert.text,
        "created_at": alert.created_at,
        "deliveries": [
            {
                "id": delivery.id,
                "channel": delivery.channel,
                "recipient": delivery.recipient,
                "state": delivery.state,
                "attempts": delivery.attempts,
                "sent_at": delivery.sent_at,
                "next_attempt_at": None if delivery.state in OVER else delivery.next_attempt_at,
                "last_error": delivery.last_error,
                "silenced_by": delivery.silenced_by,
                "held_for": delivery.held_for,
                "summary": delivery.summary_id,
            }
            for delivery in deliveries
        ],
    }
