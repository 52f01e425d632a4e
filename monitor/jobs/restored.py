"""A database that was restored, moved or copied: what it does not know may have been told, and nobody is flooded."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from loguru import logger
from sqlalchemy import Connection

from monitor import metrics
from monitor.core.alerts.holding import Pause
from monitor.jobs.notes import note
from monitor.model import Config
from monitor.store import Store, backups, summaries


def notice_restored(store: Store, config: Config, now: datetime, *, memory: Path | None) -> None:
    """What an older database may have told already is stored and matched only; what a copy missed is one summary.

    `memory` is a folder outside the state folder. The operator hears of either. Raises StorageError.
    """
    with store.writing() as connection:
        until = backups.missing_since(store, connection, memory)
        if until is not None:
            _note_older(connection, config, now, until=until)
        elif backups.is_a_copy(store):
            _note_copy(connection, config, now)


def _note_older(connection: Connection, config: Config, now: datetime, *, until: datetime) -> None:
    backups.mark_told_until(connection, until)
    metrics.floods.labels(cause="restored").inc()
    text = (
        f"An older copy of the database was restored: what was published until {until:%Y-%m-%d %H:%M} UTC "
        "may have been told, and is stored and matched only."
    )
    logger.warning("{}", text)
    note(connection, text, key=f"restored {until}", config=config, now=now)


def _note_copy(connection: Connection, config: Config, now: datetime) -> None:
    since = summaries.last_sign_of_life(connection)
    if since is None:
        return
    summaries.save_pause(connection, Pause(since=since, until=now))
    metrics.floods.labels(cause="copied").inc()
    text = (
        "The database lies in another file than the one that was written last: it was moved, copied or restored "
        f"from a backup. What came since {since:%Y-%m-%d %H:%M} UTC may have been told, and comes as one summary."
    )
    logger.warning("{}", text)
    note(connection, text, key=f"copied {since}", config=config, now=now)
