"""What the stored entries say of the rules: the part of the lint that needs a history."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.config import Loaded
from monitor.core.examine import document_of
from monitor.model import Feed
from monitor.store import Store, entries
from monitor.store.entries import Wanted

NEWEST = 5_000
"""Entries that are read: some seconds, and enough to know the words of the feeds."""
FEW = 20
"""Entries of a language: with fewer it says nothing that no word of a rule occurred in them."""
RECENT = timedelta(days=7)
"""Entries told within it tell how busy a rule is; older ones came with a first poll, and say nothing of a day."""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is stored, as far as the lint asks."""

    vocabulary: Mapping[str, int]
    """Folded word → how often it stands in the entries."""
    per_day: Mapping[str, float]
    """Rule id → how many entries a day it matches."""
    wordless: Mapping[str, Mapping[str, float]]
    """Rule id → languages of which it has no word in any entry → their share of the entries."""


def read_history(store: Store, loaded: Loaded, *, now: datetime) -> History:
    """The newest entries in the eyes of these rules."""
    with store.reading() as connection:
        found = entries.listed(connection, Wanted(newest=NEWEST))
    vocabulary: Counter[str] = Counter()
    matched: Counter[str] = Counter()
    spoken: Counter[str] = Counter()
    touched: dict[str, set[str]] = {}
    oldest = now - timedelta(days=1)
    for entry in found:
        feed = loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
        document = document_of(entry, entry.language, feed)
        for segment in document.segments:
            vocabulary.update(segment.words.folded)
        if document.language:
            spoken[document.language] += 1
            rules = loaded.rules.touched(loaded.rules.reading(document))
            touched.setdefault(document.language, set()).update(one.rule.id for one in rules)
        reported_at = entry.published_at or entry.first_seen_at
        if reported_at > now - RECENT:
            oldest = min(oldest, reported_at)
            matched.update(match.rule_id for match in loaded.rules.match(document))
    days = (now - oldest) / timedelta(days=1)
    return History(
        vocabulary=vocabulary,
        per_day={rule_id: count / days for rule_id, count in matched.items()},
        wordless={
            rule_id: {
                language: number / len(found)
                for language, number in spoken.most_common()
                if number >= FEW and rule_id not in touched[language]
            }
            for rule_id in loaded.rules.read
        },
    )
