"""What is asked of a running daemon from outside: figures of what is stored, and a sign of life."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import httpx
from loguru import logger
from sqlalchemy import Connection

from monitor import __version__, metrics
from monitor.config import Loaded
from monitor.core.agreement import version_to_run
from monitor.model import DeliveryState, FeedState
from monitor.store import Store, feeds, outbox, published, workers
from monitor.store.daemon import database_size, oldest_overdue

PING_S = 60
"""How often the sign of life is given."""
PING_LIMIT_S = 10.0


def take_stock(store: Store, loaded: Loaded, now: datetime) -> None:
    """Sets the figures that are read from the database, and from the config in force. Raises StorageError."""
    with store.reading() as connection:
        states = feeds.states(connection, list(loaded.config.feeds))
        waiting = outbox.counts(connection)
        oldest = outbox.oldest_waiting(connection, now)
        overdue = oldest_overdue(connection, now)
        size = database_size(connection)
        _count_workers(connection)
    counted = dict.fromkeys(metrics.FEED_STATES, 0)
    for feed in loaded.config.feeds.values():
        counted["disabled" if not feed.enabled else _fares(states.get(feed.id))] += 1
    for state, count in counted.items():
        metrics.feeds.labels(state=state).set(count)
    for one in DeliveryState:
        metrics.outbox.labels(state=one.value).set(waiting.get(one, 0))
    metrics.outbox_oldest.set((now - oldest).total_seconds() if oldest else 0)
    metrics.feeds_overdue.set((now - overdue.since).total_seconds() if overdue else 0)
    metrics.rules.set(len(loaded.config.rules))
    metrics.config_problems.set(len(loaded.problems))
    metrics.database_bytes.set(size)
    metrics.build.labels(version=__version__).set(1)


def _count_workers(connection: Connection) -> None:
    """None of a file's database: one process works on it."""
    if connection.dialect.name == "sqlite":
        return
    running = workers.versions(connection)
    newest = published.in_force(connection)
    wanted = version_to_run(newest.version if newest else None, running)
    agree = sum(version in {wanted, ""} for version in running)
    metrics.workers.labels(state="at work").set(agree)
    metrics.workers.labels(state="on another config").set(len(running) - agree)


def _fares(state: FeedState | None) -> str:
    if state is None or not state.counts.polls:
        return "new"
    if state.stopped_reason:
        return "stopped"
    return "failing" if state.failures else "ok"


class Heartbeat:
    """Asks an address every minute as long as all is well: who does not hear it any more raises the alarm."""

    def __init__(
        self, http: httpx.AsyncClient, *, url: Callable[[], str], is_well: Callable[[], bool]
    ) -> None:
        """`url`: of the config in force, empty where nobody is to be told."""
        self._http, self._url, self._is_well = http, url, is_well
        self._failed = False

    async def beat(self) -> None:
        """Never raises: a listener that is not there is said once, and is no fault of the monitor's."""
        url = self._url()
        if not url or not self._is_well():
            return
        try:
            async with asyncio.timeout(PING_LIMIT_S):
                answer = await self._http.get(url)
            fault = f"status {answer.status_code}" if answer.status_code >= 400 else ""
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            fault = type(error).__name__
        if fault and not self._failed:
            logger.warning("the address of [alerting] ping_url does not take the sign of life: {}", fault)
        self._failed = bool(fault)
