"""Feeds that are broken, read all the same or not at all: the operator is told of each kind of flaw once."""

from __future__ import annotations

from datetime import datetime

from loguru import logger

from monitor.config import Loaded
from monitor.core.polling import outages, warnings
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


def tell_outages(store: Store, loaded: Loaded, now: datetime) -> None:
    """One note about all feeds that have failed for a day since the last one, and about those that are well again."""
    wanted = [feed.id for feed in loaded.config.feeds.values() if feed.enabled]
    with store.reading() as connection:
        states = feeds.states(connection, wanted).values()
        kinds = feeds.told_kinds(connection)
    told = {feed_id for feed_id, known in kinds.items() if outages.TOLD in known}
    found = outages.outages(states, told, now)
    if not found:
        return
    text = outages.note(found)
    marks = {one.feed_id: (*kinds.get(one.feed_id, ()), outages.TOLD) for one in found.begun}
    marks |= {
        one.feed_id: tuple(kind for kind in kinds[one.feed_id] if kind != outages.TOLD) for one in found.over
    }
    with store.writing() as connection:
        logger.warning("{}", text)
        note(connection, text, key=f"outages {now:%Y-%m-%d %H:%M:%S}", config=loaded.config, now=now)
        feeds.mark_warned(connection, marks)
