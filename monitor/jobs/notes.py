"""Notes to the operator that no poll led to: a dead delivery, a broken rule."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from monitor.core.alerts.planner import AlertPlanner
from monitor.model import Config
from monitor.store import alerts, polls


def note(
    connection: Connection, text: str, *, key: str, config: Config, now: datetime, except_channel: str = ""
) -> None:
    """Enqueues the note for the operator's channels, where the config names any; once for each `key`."""
    if not alerts.note_is_new(connection, key):
        return
    telling = AlertPlanner(told={}, next_alert_id=polls.next_ids(connection).alert, config=config, now=now)
    telling.note(text, key=key, except_channel=except_channel)
    polls.apply_notes(connection, telling)
