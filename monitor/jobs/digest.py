"""The ends of waits: what was held for a digest, for quiet hours, for a busy hour or a pause becomes summaries.

Gather, decide, apply in one transaction: a crash leaves everything held, or everything in its summary.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Final

from loguru import logger
from sqlalchemy import Connection

from monitor import metrics
from monitor.core.alerts.holding import CATCHING_UP, PAUSE, Pause
from monitor.core.alerts.summaries import Release, plan_release
from monitor.model import Config, Occasion
from monitor.store import Store, pages, polls, summaries

WITH_A_PASS: Final = frozenset({Occasion.RULE, Occasion.LIMIT, Occasion.PAUSE})
"""What `run --once` does not wait for: the next pass may be a day away. Quiet hours and digests keep their times."""


def release(
    store: Store, config: Config, now: datetime, *, ended: Collection[Occasion] = ()
) -> Release | None:
    """Enqueues the summaries of what is due or whose wait has `ended`; None: there is nothing."""
    with store.reading() as connection:
        pause = summaries.last_pause(connection)
        if pause and now < pause.until + CATCHING_UP and not _is_behind(connection, pause):
            ended = {*ended, Occasion.PAUSE}
    plan = released(store, config, now, ended=ended)
    if plan is not None:
        _report(plan)
    return plan


def released(
    store: Store, config: Config, now: datetime, *, ended: Collection[Occasion] = ()
) -> Release | None:
    """The same, and nobody is told of it; what a pause held is held for as long as it lasts."""
    with store.reading() as connection:
        if not summaries.any_due(connection, now, ended=ended):
            return None
    with store.writing() as connection:
        ids = polls.next_ids(connection)
        plan = plan_release(
            summaries.held(connection, now, ended=ended),
            ended=ended,
            next_alert_id=ids.alert,
            config=config,
            now=now,
        )
        summaries.apply(connection, plan)
        if plan.alerts:
            polls.save_next_ids(connection, replace(ids, alert=ids.alert + len(plan.alerts)))
    return plan


def _is_behind(connection: Connection, pause: Pause) -> bool:
    """Whether a feed, or a page that one brought since, is still to be read."""
    return summaries.is_behind(connection, pause) or pages.any_waits_since(connection, pause.until)


def notice_pause(store: Store, now: datetime) -> Pause | None:
    """The pause that ends now: nobody polled, and no daemon ran, for longer than `PAUSE`; None: there was none."""
    with store.reading() as connection:
        since = summaries.last_sign_of_life(connection)
    if since is None or now - since <= PAUSE:
        return None
    pause = Pause(since=since, until=now)
    with store.writing() as connection:
        summaries.save_pause(connection, pause)
    hours = (now - since).total_seconds() / 3600
    logger.info("nobody polled for {:.0f} h: what was missed is told in one summary", hours)
    return pause


def _report(plan: Release) -> None:
    for alert in plan.alerts:
        metrics.summaries.labels(occasion=alert.occasion).inc()
        logger.info("alert {}: {}", alert.id, alert.reason)
    if plan.postponed:
        logger.info("{} deliveries held on: quiet hours", len(plan.postponed))
