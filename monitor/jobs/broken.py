"""Feeds that are broken and read all the same: the operator is told of each kind of flaw once."""

from __future__ import annotations

from datetime import datetime

from loguru import logger

from monitor.config import Loaded
from monitor.core.polling import warnings
from monitor.jobs.notes import note
from monitor.store import Store, alerts, feeds


def tell_broken(store: Store, loaded: Loaded, now: datetime) -> None:
    """One note an hour at most, about all feeds in which something is broken that was not told before."""
    with store.reading() as connection:
        known = feeds.warned(connection)
    found = {feed_id: warnings.untold(said, told) for feed_id, (said, told) in known.items()}
    found = {feed_id: said for feed_id, said in found.items() if said and feed_id in loaded.config.feeds}
    if not found:
        return
    key, text = f"broken feeds {now:%Y-%m-%d %H}", warnings.note(found)
    with store.writing() as connection:
        if not alerts.note_is_new(connection, key):
            return
        logger.warning("{}", text)
        note(connection, text, key=key, config=loaded.config, now=now)
        told = {feed_id: (*known[feed_id][1], *warnings.kinds(said)) for feed_id, said in found.items()}
        feeds.mark_warned(connection, told)
