"""The reports of the stories that are being told, in memory, and with which of them a new one is to be compared.

Bounded: `near` looks at so many, whatever is open, and `resembles`, which is asked of every entry that no rule
matches, is a few set operations on words.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Final

from monitor.core.stories.postings import Postings
from monitor.core.stories.report import Report
from monitor.core.stories.weighing import Rarity

WINDOW: Final = timedelta(days=10)
"""Reports of stories that nobody told of for so long are not compared any more."""
CANDIDATES: Final = 32
"""Reports that one report is compared with in full."""
COMMON: Final = 256
"""Open reports from which on a token finds nobody: half of what is watched has it."""
MOST_LOOKED_AT: Final = 1536
"""Reports that the nearest are chosen from, those of the rarest tokens first."""
TELLING: Final = 2.5
"""Rarities of telling words that an entry which no rule matches shares with one report at least, to be looked at
further: three rare words, or a dozen that all of the day's reports have."""
COMMONPLACE: Final = 0.35
"""Rarity up to which a word tells nothing: one in twenty of the newest entries has it."""


class OpenReports:
    """It grows as reports are placed, and changes with merges. Not shared between threads."""

    def __init__(self, reports: Iterable[Report] = ()) -> None:
        self._reports: dict[int, Report] = {}
        self._having, self._telling = Postings(), Postings()
        self._of_story: defaultdict[int, list[tuple[datetime, int]]] = defaultdict(list)
        self._standing: frozenset[int] = frozenset()
        self._apart: frozenset[frozenset[int]] = frozenset()
        for report in reports:
            self.add(report)

    def __len__(self) -> int:
        return len(self._reports)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._reports

    def get(self, entry_id: int) -> Report | None:
        """The report of an entry; None: it is not open."""
        return self._reports.get(entry_id)

    def __getitem__(self, entry_id: int) -> Report:
        return self._reports[entry_id]

    def add(self, report: Report) -> None:
        """Makes a report known, its story decided; one of the same entry goes."""
        self.remove(report.entry_id)
        self._reports[report.entry_id] = report
        self._having.add(report.entry_id, _found_by(report))
        if report.rules:  # what is only related makes nothing else related
            self._telling.add(report.entry_id, telling_words(report))
        if report.story_id is not None:
            insort(self._of_story[report.story_id], (report.reported_at, report.entry_id))

    def remove(self, entry_id: int) -> None:
        """Forgets the report of an entry; nothing where it has none."""
        report = self._reports.pop(entry_id, None)
        if report is None:
            return
        self._having.remove(entry_id, _found_by(report))
        self._telling.remove(entry_id, telling_words(report))
        if report.story_id is not None:
            self._of_story[report.story_id].remove((report.reported_at, entry_id))
            if not self._of_story[report.story_id]:
                del self._of_story[report.story_id]

    def keep_apart(self, entry_ids: Collection[int], stories: Iterable[Collection[int]]) -> None:
        """What people said, in the place of what they said before.

        These entries are no copies, or of no other story than theirs; of these pairs of stories none is one.
        """
        self._standing = frozenset(entry_ids)
        self._apart = frozenset(frozenset(pair) for pair in stories)

    def stands_apart(self, entry_id: int) -> bool:
        """Whether a person said so: its story is the one it has, and it shows no two to be one."""
        return entry_id in self._standing

    def are_apart(self, one: int, other: int) -> bool:
        """Whether a person said that the two stories are two."""
        return frozenset((one, other)) in self._apart

    def keep(self, entry_ids: Collection[int]) -> None:
        """Forgets the reports of all other entries."""
        for entry_id in [one for one in self._reports if one not in entry_ids]:
            self.remove(entry_id)

    def merge(self, from_id: int, into_id: int) -> None:
        """The reports of the one story are the other's from now on."""
        for dated in self._of_story.pop(from_id, []):
            self._reports[dated[1]] = replace(self._reports[dated[1]], story_id=into_id)
            insort(self._of_story[into_id], dated)
        if self._apart:
            self._apart = frozenset(
                frozenset(into_id if one == from_id else one for one in pair) for pair in self._apart
            )

    def forget(self, before: datetime) -> None:
        """Stories whose newest report is older go, with all their reports."""
        for story_id in [one for one, dated in self._of_story.items() if dated[-1][0] < before]:
            for _, entry_id in list(self._of_story[story_id]):
                self.remove(entry_id)

    def thread(self, story_id: int, *, most: int | None = None) -> tuple[Report, ...]:
        """The reports of a story, the first one first; at `most` so many, the first and the newest."""
        dated = self._of_story.get(story_id, [])
        if most is not None and len(dated) > most:
            dated = [dated[0], *dated[1 - most :]]
        return tuple([self._reports[entry_id] for _, entry_id in dated])

    def near(
        self, report: Report, *, most: int = CANDIDATES, stories: int = CANDIDATES
    ) -> tuple[Report, ...]:
        """Those that share most with it, of so many stories, rare tokens counting more; never itself."""
        shared: defaultdict[int, float] = defaultdict(float)
        having = self._having.get
        those = [ids for token in set(_found_by(report)) if (ids := having(token)) and len(ids) < COMMON]
        left = MOST_LOOKED_AT
        for ids in sorted(those, key=len):
            count = 1 / len(ids)
            for entry_id in ids:
                shared[entry_id] += count
            left -= len(ids)
            if left <= 0:
                break
        shared.pop(report.entry_id, None)
        nearest = nlargest(most, zip(shared.values(), shared, strict=True))
        found: list[Report] = []
        theirs: set[int | None] = set()
        for _, entry_id in nearest:
            theirs.add(self._reports[entry_id].story_id)
            if len(theirs) > stories:
                break
            found.append(self._reports[entry_id])
        return tuple(found)

    def resembles(self, words: Collection[str], rarity: Rarity) -> bool:
        """Whether an entry of these folded words shares enough with one open report to be compared in full."""
        common = self._telling.among(words)
        if len(common) < TELLING:
            return False
        told = {word: rare for word in common if (rare := rarity(word)) > COMMONPLACE}
        if sum(told.values()) < TELLING:
            return False
        shared: defaultdict[int, float] = defaultdict(float)
        for word, rare in told.items():
            for entry_id in self._telling.get(word):
                shared[entry_id] += rare
        return any(rare >= TELLING for rare in shared.values())


def telling_words(report: Report) -> set[str]:
    """The folded words of the headline and the names: by these an entry that no rule matches resembles it."""
    said = {*report.headline, *report.names}
    return {
        folded
        for token, folded in zip(report.words, report.folded, strict=True)
        if token[0] != "~" and token in said
    }


def _found_by(report: Report) -> list[str]:
    """What the index of the reports has of it: all but function words."""
    return [token for token in (*report.words, *report.across) if token[0] != "~"]
