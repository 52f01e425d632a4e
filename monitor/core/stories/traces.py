"""What of an entry is compared with others: a few hundred numbers instead of its text.

One inverted index, rows (key, told_at, entry_id), serves copies and stories. For each key of an entry the store
returns the newest `NEWEST_PER_KEY` ids told within `WINDOW` (a LIMIT for each key, never one for all), then the
traces of the `nearest`: one entry costs the same in any archive.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.core.stories.hashes import hash63
from monitor.core.text.urls import identity_key
from monitor.model import FeedEntry

WINDOW: Final = timedelta(days=7)
"""Entries told further apart are never compared: the index may forget what is older than two of it."""
NEWEST_PER_KEY: Final = 64
"""Entries that one number is answered with; a number with that many says little anyway."""
CANDIDATES: Final = 64
"""Entries that one entry is compared with in full."""

Postings = Mapping[int, Sequence[int]]
"""Number → ids of the newest entries that have it, at most `NEWEST_PER_KEY`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """An entry as the comparison sees it."""

    entry_id: int
    """Any number that is its own: entries of the poll at hand, not stored yet, may have negative ones."""
    feed_id: str
    told_at: datetime
    language: str | None
    url: int | None
    """`EntryKeys.url`."""
    keys: frozenset[int]
    """`keys_to_find` of the entry: stored one row each."""
    rules: frozenset[str] = frozenset()
    """The rules that it matches."""
    story_id: int | None = None
    """None: not decided yet."""
    copy_of: int | None = None


def told_at(entry: FeedEntry, *, seen_at: datetime) -> datetime:
    """When the entry was told: published, unless that is missing or in the future, then seen."""
    published = entry.published_at or entry.updated_at
    return published if published is not None and published < seen_at else seen_at


def keys_to_find(entry: FeedEntry) -> frozenset[int]:
    """The numbers that an entry is stored and found under, at most a few hundred.

    The lowest bits say what a number stands for (`Kind`), so nothing else need be stored with it.
    """
    words = re.findall(r"\w+", f"{entry.title} {entry.summary} {entry.content}".casefold())
    keys = {hash63("word", word) for word in words}
    url = identity_key(entry.url or "")
    if url:
        keys.add(hash63("url", url))
    return frozenset(keys)


def nearest(postings: Postings, *, limit: int = CANDIDATES) -> tuple[int, ...]:
    """The ids that share most, rare numbers counting more; the newest id first among equals.

    `postings` are those of one entry's numbers.
    """
    shared: defaultdict[int, float] = defaultdict(float)
    for ids in postings.values():
        for entry_id in ids:
            shared[entry_id] += 1 / len(ids)
    return tuple(sorted(shared, key=lambda entry_id: (-shared[entry_id], -entry_id))[:limit])


def overlap(one: Collection[int], other: Collection[int]) -> float:
    """How much of the smaller collection is in the larger: 0 to 1, 0 where one is empty."""
    smaller = min(len(one), len(other))
    return len(set(one) & set(other)) / smaller if smaller else 0.0


class Neighbours:
    """The traces that the entries of one poll are compared with; it grows as they are decided."""

    def __init__(self, traces: Iterable[Trace], frequency: Mapping[int, int]) -> None:
        """`frequency` says how many stored entries have a number: the lengths of its postings."""
        self._traces: dict[int, Trace] = {}
        self._having: defaultdict[int, set[int]] = defaultdict(set)
        self._stored = frequency
        self._added: Counter[int] = Counter()
        for trace in traces:
            self._keep(trace)

    def add(self, trace: Trace) -> None:
        """Make an entry of this poll known to those after it, its story and original decided."""
        self._keep(trace)
        self._added.update(trace.keys)

    def near(self, trace: Trace) -> tuple[Trace, ...]:
        """The nearest, at most `CANDIDATES`, told within `WINDOW` of it; never itself."""
        postings = {key: tuple(self._having[key]) for key in trace.keys if key in self._having}
        found = (self._traces[entry_id] for entry_id in nearest(postings))
        return tuple(
            other
            for other in found
            if other.entry_id != trace.entry_id and abs(other.told_at - trace.told_at) <= WINDOW
        )

    def frequency(self, key: int) -> int:
        """How many entries have this number, as far as was counted."""
        return self._stored.get(key, 0) + self._added[key]

    def _keep(self, trace: Trace) -> None:
        self._traces[trace.entry_id] = trace
        for key in trace.keys:
            self._having[key].add(trace.entry_id)
