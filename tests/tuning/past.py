"""A history for tests: entries as a poll would have stored them, an hour apart, the last one now."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from samples.news import HOUR, NOW

from monitor.core.poll_facts import StoredEntry
from monitor.core.text.filing import words_of
from monitor.model import Entry, EntryKeys
from monitor.store import Store, entries

NO_KEYS = EntryKeys(guid=None, alias=None, url=None, fingerprint=None, content_hash="00")


def past(store: Store, texts: Iterable[Mapping[str, Any]], *, now: datetime = NOW) -> list[Entry]:
    """Stores an entry of each of them; the ids follow each other, from 1 on."""
    given = list(texts)
    with store.reading() as connection:
        first = entries.count(connection) + 1
    stored = []
    for number, text in enumerate(given, first):
        seen = now - (first + len(given) - 1 - number) * HOUR
        own = {
            "title": "",
            "feed_id": "wire",
            "fetched_at": seen,
            "first_seen_at": seen,
            "published_at": seen,
        }
        stored.append(Entry(id=number, **{**own, **text}))
    with store.writing() as connection:
        entries.insert(
            connection,
            [
                StoredEntry(entry=one, keys=NO_KEYS, words=words_of(one), reported_at=one.first_seen_at)
                for one in stored
            ],
        )
    return stored
