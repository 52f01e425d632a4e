"""Updates: told stories that were reported again are looked at, and told again where they are told more widely.

Gather, decide, apply in one transaction for each story: a crash leaves it to be looked at, or told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from loguru import logger
from sqlalchemy import Connection

from monitor import metrics
from monitor.core.alerts.hours import hour_of
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.threads import Thread, looked
from monitor.core.alerts.thresholds import NotWider, Wider, is_wider
from monitor.errors import StorageError
from monitor.model import Alert, Config
from monitor.store import Store, alerts, polls, threads
from monitor.store.threads import Gathered

AT_ONCE: Final = 20
"""Stories looked at in one round: the next round is a second away, and polls wait for the writer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What a look at a told story led to."""

    alerts: tuple[Alert, ...] = ()
    text: str = ""
    """What is new, or why there is no update; empty: nothing was there to look at."""


def tell_news(store: Store, config: Config, now: datetime, *, until: datetime | None = None) -> int:
    """How many stories were looked at, of those that were to be `until` then; None: now."""
    with store.reading() as connection:
        due = threads.due(connection, until or now, limit=AT_ONCE)
    for story_id in due:
        try:
            with store.writing() as connection:
                looked_at = look(connection, story_id, config=config, now=now)
            _report(story_id, looked_at)
        except StorageError:
            raise
        except Exception:  # noqa: BLE001 - the border of one story's update
            logger.exception("story {}: the monitor's own error: no update", story_id)
            with store.writing() as connection:
                threads.skip(connection, story_id)
    return len(due)


def look(connection: Connection, story_id: int, *, config: Config, now: datetime) -> Looked:
    """Looks whether a story that was reported again is told more widely, and tells it then."""
    thread = threads.known(connection, [story_id]).get(story_id)
    if thread is None or thread.update_at is None:
        return Looked()
    gathered = threads.gathered(connection, story_id)
    found = Looked()
    match is_wider(threads.coverage(connection, story_id, thread)):
        case Wider(text=text) if gathered:
            thread, alerts_ = _tell(connection, story_id, thread, gathered, text=text, config=config, now=now)
            found = Looked(alerts=alerts_, text=text)
        case NotWider(reason=reason):
            threads.explain(connection, gathered, reason=reason)
            found = Looked(text=reason)
    threads.save(connection, {story_id: looked(thread)})
    return found


def _report(story_id: int, found: Looked) -> None:
    for alert in found.alerts:
        metrics.updates.labels(outcome="told").inc()
        logger.info("story {}: alert {}: {}", story_id, alert.id, found.text)
    if found.text and not found.alerts:
        metrics.updates.labels(outcome="nothing new").inc()
        logger.debug("story {}: no update: {}", story_id, found.text)


def _tell(
    connection: Connection,
    story_id: int,
    thread: Thread,
    matches: Sequence[Gathered],
    *,
    text: str,
    config: Config,
    now: datetime,
) -> tuple[Thread, tuple[Alert, ...]]:
    """The thread, in which the matches' rules are told what is new, and by which alerts."""
    rule_ids = list(dict.fromkeys(one.rule_id for one in matches))
    telling = AlertPlanner(
        told={},
        threads={story_id: looked(thread)},
        next_alert_id=polls.next_ids(connection).alert,
        config=config,
        now=now,
        traffic=alerts.traffic_since(connection, hour_of(now), rule_ids),
    )
    first = threads.first_told(connection, story_id, rule_ids)
    entry_id = matches[0].entry_id if first is None else first
    by_rule = telling.update(story_id, entry_id, rule_ids, text=text)
    polls.apply_notes(connection, telling)
    for rule_id, alert_id in by_rule.items():
        threads.join(connection, [one for one in matches if one.rule_id == rule_id], alert_id)
    return telling.threads.get(story_id, thread), tuple(telling.alerts)
