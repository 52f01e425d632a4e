"""A database with the reports of four topics and of the declaration, in some forty languages, as if polled."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitor.core.poll_facts import StoredEntry
from monitor.core.text.filing import words_of
from monitor.core.text.html import to_text
from monitor.model import Entry, EntryKeys
from monitor.store import entries

DATA = Path(__file__).parents[1] / "data"
FIRST_SEEN = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
APART = timedelta(hours=3)
NO_KEYS = EntryKeys(guid=None, alias=None, url=None, fingerprint=None, content_hash="")


def reports():
    """Entries from 1 on, the first seen at `FIRST_SEEN`, each `APART` from the one before."""
    lines = [
        json.loads(line)
        for path in ("topics/entries.dev.jsonl", "stories/entries.dev.jsonl", "rules/further-reports.jsonl")
        for line in (DATA / path).read_text(encoding="utf-8").splitlines()
    ]
    return [_entry(number, line) for number, line in enumerate(lines, 1)]


def _entry(number, line):
    first_seen = FIRST_SEEN + (number - 1) * APART
    return Entry(
        id=number,
        feed_id=line.get("outlet") or line.get("feed") or "reports",
        title=to_text(line["title"]),
        summary=to_text(line.get("summary") or line.get("text") or ""),
        content=to_text(line.get("content") or ""),
        author=("Léa Brun", "", "Reuters staff")[number % 3],
        categories=("Europe", "Été")[: number % 3],
        url=line.get("url") or f"https://www.outlet{number % 7}.example/{number}/paris-talks",
        language=line.get("language") or line.get("lang"),
        published_at=first_seen,
        fetched_at=first_seen,
        first_seen_at=first_seen,
    )


def file(store, given):
    with store.writing() as connection:
        entries.insert(
            connection,
            [
                StoredEntry(entry=one, keys=NO_KEYS, words=words_of(one), reported_at=one.first_seen_at)
                for one in given
            ],
        )
