"""Updates: told stories that were reported again are looked at, and told again where they are told more widely.

Gather, decide, apply in one transaction for each story: a crash leaves it to be looked at, or told.
"""

from __future__ import annotations

from collections.abc import Sequence
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
from monitor.model import Config
from monitor.store import Store, alerts, polls, threads
from monitor.store.threads import Gathered

AT_ONCE: Final = 20
"""Stories looked at in one round: the next round is a second away, and polls wait for the writer."""


def tell_news(store: Store, config: Config, now: datetime, *, until: datetime | None = None) -> int:
    """How many stories were looked at, of those that were to be `until` then; None: now."""
    with store.reading() as connection:
        due = threads.due(connection, until or now, limit=AT_ONCE)
    for story_id in due:
        try:
            with store.writing() as connection:
                thread = threads.known(connection, [story_id]).get(story_id)
                if thread is not None and thread.update_at is not None:
                    _look(connection, story_id, thread, config=config, now=now)
        except StorageError:
            raise
        except Exception:  # noqa: BLE001 - the border of one story's update
            logger.exception("story {}: the monitor's own error: no update", story_id)
            with store.writing() as connection:
                threads.skip(connection, story_id)
    return len(due)


def _look(connection: Connection, story_id: int, thread: Thread, *, config: Config, now: datetime) -> None:
    gathered = threads.gathered(connection, story_id)
    match is_wider(threads.coverage(connection, story_id, thread)):
        case Wider(text=text) if gathered:
            thread = _tell(connection, story_id, thread, gathered, text=text, config=config, now=now)
        case NotWider(reason=reason):
            threads.explain(connection, gathered, reason=reason)
            metrics.updates.labels(outcome="nothing new").inc()
            logger.debug("story {}: no update: {}", story_id, reason)
    threads.save(connection, {story_id: looked(thread)})


def _tell(
    connection: Connection,
    story_id: int,
    thread: Thread,
    matches: Sequence[Gathered],
    *,
    text: str,
    config: Config,
    now: datetime,
) -> Thread:
    """The thread, in which the matches' rules are told what is new."""
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
    for alert in telling.alerts:
        metrics.updates.labels(outcome="told").inc()
        logger.info("story {}: alert {}: {}", story_id, alert.id, text)
    return telling.threads.get(story_id, thread)
