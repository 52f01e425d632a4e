"""The reports of the stories that are being told, in memory, and with which of them a new one is to be compared.

Bounded: `near` looks at so many, whatever is open, and `resembles`, which is asked of every entry that no rule
matches, is a few set operations on words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from heapq import nlargest
from typing import Final

from monitor.core.stories.report import Report
from monitor.core.stories.weighing import Rarity

WINDOW: Final = timedelta(days=10)
"""Reports of stories that nobody told of for so long are not compared any more."""
CANDIDATES: Final = 32
"""Reports that one report is compared with in full."""
COMMON: Final = 256
"""Open reports from which on a token finds nobody: half of what is watched has it."""
MOST_LOOKED_AT: Final = 4096
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
        self._having: defaultdict[str, set[int]] = defaultdict(set)
        self._telling: defaultdict[str, set[int]] = defaultdict(set)
        self._of_story: defaultdict[int, set[int]] = defaultdict(set)
        for report in reports:
            self.add(report)

    def __len__(self) -> int:
        return len(self._reports)

    def __contains__(self, entry_id: object) -> bool:
        return entry_id in self._reports

    def get(self, entry_id: int) -> Report | None:
        return self._reports.get(entry_id)

    def __getitem__(self, entry_id: int) -> Report:
        return self._reports[entry_id]

    def add(self, report: Report) -> None:
        """Makes a report known, its story decided; one of the same entry goes."""
        self.remove(report.entry_id)
        self._reports[report.entry_id] = report
        for token in (*report.words, *report.across):
            if token[0] != "~":
                self._having[token].add(report.entry_id)
        if report.rules:  # what is only related makes nothing else related
            for word in telling_words(report):
                self._telling[word].add(report.entry_id)
        if report.story_id is not None:
            self._of_story[report.story_id].add(report.entry_id)

    def remove(self, entry_id: int) -> None:
        """Forgets the report of an entry; nothing where it has none."""
        report = self._reports.pop(entry_id, None)
        if report is None:
            return
        for index, keys in (
            (self._having, (*report.words, *report.across)),
            (self._telling, telling_words(report)),
        ):
            for key in keys:
                if key in index:
                    index[key].discard(entry_id)
                    if not index[key]:
                        del index[key]
        if report.story_id is not None:
            self._of_story[report.story_id].discard(entry_id)

    def keep(self, entry_ids: Collection[int]) -> None:
        """Forgets the reports of all other entries."""
        for entry_id in [one for one in self._reports if one not in entry_ids]:
            self.remove(entry_id)

    def merge(self, from_id: int, into_id: int) -> None:
        """The reports of the one story are the other's from now on."""
        for entry_id in self._of_story.pop(from_id, set()):
            self._reports[entry_id] = replace(self._reports[entry_id], story_id=into_id)
            self._of_story[into_id].add(entry_id)

    def forget(self, before: datetime) -> None:
        """Stories whose newest report is older go, with all their reports."""
        for story_id in list(self._of_story):
            ids = self._of_story[story_id]
            if all(self._reports[entry_id].reported_at < before for entry_id in ids):
                for entry_id in list(ids):
                    self.remove(entry_id)
                del self._of_story[story_id]

    def thread(self, story_id: int) -> tuple[Report, ...]:
        """The reports of a story, the first one first."""
        found = (self._reports[entry_id] for entry_id in self._of_story.get(story_id, ()))
        return tuple(sorted(found, key=lambda report: (report.reported_at, report.entry_id)))

    def near(self, report: Report, *, most: int = CANDIDATES) -> tuple[Report, ...]:
        """Those that share most with it, rare tokens counting more; never itself."""
        shared: defaultdict[int, float] = defaultdict(float)
        found = [
            ids
            for token in {*report.words, *report.across}
            if token[0] != "~" and (ids := self._having.get(token)) and len(ids) < COMMON
        ]
        left = MOST_LOOKED_AT
        for ids in sorted(found, key=len):
            for entry_id in ids:
                shared[entry_id] += 1 / len(ids)
            left -= len(ids)
            if left <= 0:
                break
        shared.pop(report.entry_id, None)
        nearest = nlargest(most, shared, key=lambda entry_id: (shared[entry_id], entry_id))
        return tuple(self._reports[entry_id] for entry_id in nearest)

    def stories_having(self, token: str, *, most: int = 100) -> int:
        """How many open stories have a token in one of their reports."""
        ids = self._having.get(token, ())
        return len({self._reports[entry_id].story_id for entry_id in list(ids)[:most]})

    def resembles(self, words: Collection[str], rarity: Rarity) -> bool:
        """Whether an entry of these folded words shares enough with one open report to be compared in full."""
        common = self._telling.keys() & words
        if len(common) < TELLING:
            return False
        told = {word: rare for word in common if (rare := rarity(word)) > COMMONPLACE}
        if sum(told.values()) < TELLING:
            return False
        shared: defaultdict[int, float] = defaultdict(float)
        for word, rare in told.items():
            for entry_id in self._telling[word]:
                shared[entry_id] += rare
        return any(rare >= TELLING for rare in shared.values())


def telling_words(report: Report) -> set[str]:
    """The folded words of the headline and the names: by these an entry that no rule matches resembles it."""
    said = {token for token in (*report.headline, *report.names) if token[0] != "~"}
    return {report.folded_of[token] for token in said if token in report.folded_of}
