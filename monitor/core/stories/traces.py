"""What of an entry is compared with others: some hundred numbers instead of its text.

Compared are the entries that have a story, and those of the last `WINDOW` alone: they lie in memory.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from heapq import nlargest
from math import log
from typing import Final

from monitor.core.stories.keys import (
    ACROSS,
    PROMINENT,
    Keys,
    Kind,
    digest,
    hash_of,
    kept,
    key_of_hash,
    kind_of,
    said_by,
)
from monitor.core.stories.shingles import shingles
from monitor.core.stories.topics import topics, wording
from monitor.core.text.urls import identity_key
from monitor.core.text.words import folded_words
from monitor.model import Entry, FeedEntry

WINDOW: Final = timedelta(days=7)
"""Entries told further apart are never compared."""
NEWEST_PER_KEY: Final = 256
"""Entries that have a key, from which on it finds nobody."""
CANDIDATES: Final = 24
"""Entries that one entry is compared with in full."""
FEWEST: Final = 200
"""Entries that an archive is taken to have at least: in an emptier one every word would be rare."""
LONGEST_TITLE: Final = 500
"""Characters that are read of a title."""
LONGEST_BODY: Final = 40_000
"""Characters that are read of a text: 6 000 words, longer than any report."""

PAIRS_PER_INDEXED: Final = 4
MOST_LOOKED_AT: Final = 2048
"""Ids that the nearest are chosen from, those of the rarest keys first: common ones add little, and are many."""

Postings = Mapping[int, Collection[int]]
"""Number → ids of the entries that have it."""


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
    """`keys_to_find` of the entry."""
    rules: frozenset[str] = frozenset()
    """The rules that it matches."""
    story_id: int | None = None
    """None: not decided yet."""
    copy_of: int | None = None


def told_at(entry: FeedEntry | Entry, *, seen_at: datetime) -> datetime:
    """When the entry was told: published, unless that is missing or in the future, then seen."""
    published = entry.published_at or entry.updated_at
    return published if published is not None and published < seen_at else seen_at


def keys_to_find(entry: FeedEntry | Entry, *, language: str | None = None) -> frozenset[int]:
    """The keys that an entry is compared by: `keys.Kind` says for what they stand.

    150 are usual, some 1 500 the most. `language`: where it is known better than by the entry's own word.
    """
    title, body = entry.title[:LONGEST_TITLE], _body(entry)[:LONGEST_BODY]
    url = url_key(entry)
    return Keys(
        (
            *(() if url is None else (url,)),
            *shingles(folded_words(title), folded_words(body)),
            *topics(title, body, language or entry.language),
        )
    )


def wording_of(entry: FeedEntry, *, language: str | None = None) -> dict[int, str]:
    """What the keys of an entry that tell of something stand for, in its own words."""
    return wording(entry.title[:LONGEST_TITLE], _body(entry)[:LONGEST_BODY], language or entry.language)


def findable(keys: frozenset[int]) -> frozenset[int]:
    """Those of an entry's keys that its neighbours are found by.

    Whoever tells the same shares a name, a place, a number, a title's word or some shingles. Of the shingles one in
    `PAIRS_PER_INDEXED` is one, the same ones in every text, and none twice: two texts that share enough of them to
    be copies share some of these.
    """
    by = kept(keys)
    shingles = [one for one in by.run(Kind.PAIR, Kind.RUN) if hash_of(one) % PAIRS_PER_INDEXED == 0]
    return frozenset(
        (
            *by.run(Kind.URL, Kind.TITLE_PAIR),
            *shingles,
            *by.run(Kind.NAME, Kind.NUMBER),
            *by.run(Kind.WORD, Kind.NUMBER, mark=PROMINENT),
        )
    )


def url_key(entry: FeedEntry | Entry) -> int | None:
    """The same for the same page; None for no page, and for a site's front page, which is no entry's own."""
    page = identity_key(entry.url or "")
    _, beyond_host, _ = page.removeprefix("//").partition("/")
    return key_of_hash(Kind.URL, digest(page)) if beyond_host else None


def _body(entry: FeedEntry | Entry) -> str:
    """Summary and content, without saying twice what begins both."""
    return entry.content if entry.content.startswith(entry.summary) else f"{entry.summary}\n{entry.content}"


def nearest(postings: Postings, *, limit: int = CANDIDATES) -> tuple[int, ...]:
    """The ids that share most, rare numbers counting more; the newest id first among equals.

    `postings` are those of one entry's numbers. What more have than are listed finds nobody, unless it carries
    across languages: names that all have may be few entries' together.
    """
    shared: defaultdict[int, float] = defaultdict(float)
    found = [ids for one, ids in postings.items() if len(ids) < NEWEST_PER_KEY or kind_of(one) in ACROSS]
    left = MOST_LOOKED_AT
    for ids in sorted(found, key=len):
        share = 1 / len(ids)
        for entry_id in ids:
            shared[entry_id] += share
        left -= len(ids)
        if left <= 0:
            break
    return tuple(nlargest(limit, shared, key=lambda entry_id: (shared[entry_id], entry_id)))


class Neighbours:
    """The traces that the entries of one poll are compared with; it grows as they are decided."""

    @classmethod
    def of(cls, traces: Iterable[Trace]) -> Neighbours:
        """These, and all their keys counted."""
        around = cls((), {})
        for trace in traces:
            around.add(trace)
        return around

    def __init__(self, traces: Iterable[Trace], frequency: Mapping[int, int], *, total: int = 0) -> None:
        """`frequency` says how many stored entries have a key: the lengths of its postings.

        `total`: how many entries were told within `WINDOW`; where it is not known, the traces tell the least.
        """
        self._traces: dict[int, Trace] = {}
        self._having: defaultdict[int, set[int]] = defaultdict(set)
        self._frequency = Counter(frequency)
        looked_up = findable(frozenset(frequency))
        for trace in traces:
            # The poll's entries are found by the keys that were looked up for them; the traces' others find nothing.
            self._keep(trace, trace.keys & looked_up)
        self._total = max(total, len(self._traces), FEWEST)
        self._rarities: dict[int, float] = {}
        self._squares: dict[int, float] = {}
        self._norms: dict[int, float] = {}
        self._near: tuple[int, tuple[Trace, ...]] | None = None

    def add(self, trace: Trace) -> None:
        """Make an entry of this poll known to those after it, its story and original decided."""
        self._keep(trace, findable(trace.keys))
        self._near = None
        self._frequency.update(trace.keys)
        for one in trace.keys:
            self._squares.pop(one, None)
        if len(self._traces) > self._total:
            self._total = len(self._traces)
            self._rarities.clear()
            self._squares.clear()

    def merge(self, from_id: int, into_id: int) -> None:
        """Those of the one story are the other's from now on."""
        for trace in list(self._traces.values()):
            if trace.story_id == from_id:
                self._traces[trace.entry_id] = replace(trace, story_id=into_id)
        self._near = None

    def near(self, trace: Trace) -> tuple[Trace, ...]:
        """The nearest, at most `CANDIDATES`, told within `WINDOW` of it; never itself."""
        if self._near is not None and self._near[0] == trace.entry_id:  # copies ask first, stories again
            return self._near[1]
        postings = {one: self._having[one] for one in trace.keys if one in self._having}
        found = (self._traces[entry_id] for entry_id in nearest(postings) if entry_id != trace.entry_id)
        near = tuple(other for other in found if abs(other.told_at - trace.told_at) <= WINDOW)
        self._near = trace.entry_id, near
        return near

    def rarity(self, one: int) -> float:
        """How much a key tells: 1 where hardly anybody has it, 0 where all have."""
        having = self._frequency.get(one, 0)
        found = self._rarities.get(having)
        if found is None:  # few numbers of entries, asked for thousands of times in a poll
            found = 1 - log(min(max(having, 1), self._total)) / log(self._total)
            self._rarities[having] = found
        return found

    def weight(self, keys: frozenset[int]) -> float:
        """The squared rarities of keys, summed: the length that a cosine is measured by, squared."""
        known = self._squares
        return sum([known.get(one) or self._square(one) for one in keys])

    def norm(self, trace: Trace) -> float:
        """The weight of all that an entry says. Kept: within one poll no frequency changes by much."""
        found = self._norms.get(trace.entry_id)
        if found is None:
            said, prominently = said_by(trace.keys)
            # Most of what a neighbour says nobody else of the poll does: as rare as can be, without a look.
            known, titles = said & self._frequency.keys(), prominently & self._frequency.keys()
            rare = len(said) - len(known) + len(prominently) - len(titles)
            found = self._norms[trace.entry_id] = rare + self.weight(known) + self.weight(titles)
        return found

    def _square(self, one: int) -> float:
        found = self._squares[one] = self.rarity(one) ** 2
        return found

    def _keep(self, trace: Trace, keys: Iterable[int]) -> None:
        self._traces[trace.entry_id] = trace
        for one in keys:
            self._having[one].add(trace.entry_id)
