"""What is stored is brought within its bounds once a day, at night, where the users live."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from loguru import logger

from monitor.model import Config
from monitor.store import Store, retention, workers

NIGHT: Final = range(3, 6)
"""Hours: few read, and few publish."""
RESTED: Final = timedelta(hours=12)
"""Not twice in one night."""
OVERDUE: Final = timedelta(hours=36)
"""After which it is done at any hour: a machine may be off at night."""


def is_time(last: datetime | None, now: datetime, zone: str) -> bool:
    """Whether it is to be done now. A clock that went back counts for nothing done."""
    if last is None:
        return False
    since = now - last
    if since < timedelta(0) or since >= OVERDUE:
        return True
    return since >= RESTED and now.astimezone(ZoneInfo(zone)).hour in NIGHT


def beside(config: Config) -> dict[str, Any]:
    """What `retention.prune` is to know of a config beside its bounds."""
    return {
        "own": {feed.id: feed.retention for feed in config.feeds.values()},
        "max_age": config.alerting.max_age,
    }


def keep_within(store: Store, config: Config, now: datetime, *, stop: threading.Event) -> None:
    """Prunes where it is time to. `stop` ends it after the transaction under way: the next time it goes on."""
    with store.reading() as connection:
        last = retention.last_done(connection)
    if last is None:  # from here on it is counted
        with store.writing() as connection:
            retention.mark_done(connection, now)
        return
    if not store.has_room or not is_time(last, now, config.alerting.zone):
        return
    pruned = retention.prune(store, config.retention, now=now, stop=stop, **beside(config))
    if not pruned.ended:
        return
    if store.is_shared:
        with store.leasing() as connection:
            workers.sweep(connection)
    with store.writing() as connection:
        retention.mark_done(connection, now)
    if pruned.entries:
        logger.info(
            "pruned {} entries beyond the bounds of [retention]; {} stay", pruned.entries, pruned.stored
        )
