"""What a message is made of, gathered for one delivery."""

from __future__ import annotations

from sqlalchemy import Connection

from monitor.core.alerts.compose import Material
from monitor.errors import StorageError
from monitor.model import Delivery
from monitor.store import alerts, entries, feeds, stories, summaries


def material(connection: Connection, delivery: Delivery) -> Material:
    """Everything that `compose` needs. Raises StorageError where the alert is gone."""
    found = alerts.listed(connection, [delivery.alert_id])
    if not found:
        raise StorageError(f"delivery {delivery.id}: its alert {delivery.alert_id} is gone")
    alert = found[0]
    decisions = alerts.decisions(connection, alert_id=alert.id)
    ids = {decision.entry_id for decision in decisions}
    if alert.entry_id is not None and alert.entry_id not in ids:  # told before, or no rule matches it
        decisions += alerts.decisions(connection, entry_ids=[alert.entry_id])
        ids.add(alert.entry_id)
    told = entries.by_ids(connection, ids)
    lines = summaries.lines(connection, alert.id, to=delivery) if alert.occasion else []
    outlets = {entry.feed_id for entry in told} | {line.outlet for line in lines if line.outlet}
    known = stories.summaries(connection, [alert.story_id]) if alert.story_id is not None else []
    summary = known[0] if known else None
    states = feeds.states(connection, outlets | set(summary.feeds if summary else ()))
    first_sent = alerts.sent_before(connection, alert, channel=delivery.channel, recipient=delivery.recipient)
    return Material(
        alert=alert,
        story=summary.story if summary else None,
        entries=told,
        decisions=decisions,
        outlets={feed_id: state.title for feed_id, state in states.items() if state.title},
        feeds=len(summary.feeds) if summary else 0,
        languages=summary.languages if summary else (),
        tellers=summary.feeds if summary else (),
        told_before=first_sent is not None,
        reply_to=first_sent.reply_to if first_sent else "",
        thread_subject=first_sent.subject if first_sent else "",
        lines=lines,
    )
