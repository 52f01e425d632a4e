"""What each rule's thread has told of a story, and what of it is new to that."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from monitor.core.alerts.dedup import EarlierOutcome
from monitor.core.alerts.plain import one_line
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.recurring import sentences
from monitor.core.stories.report import Report
from monitor.core.stories.sameness import Sameness, is_told
from monitor.core.stories.weighing import Rarity
from monitor.core.text.words import folded_words
from monitor.model import Entry, Verdict

MOST: Final = 60
"""Reports of a thread that a new one is compared with: the first, and the newest."""
NO_NEWS: Final = frozenset({Verdict.BASELINE, Verdict.TOO_OLD})
"""What its copy is not either."""
SAYS: Final = "it says what entry"
"""With which the reason begins where a report was taken for one that was no news."""
TELLING: Final = 6
"""New words, the most telling ones, by which the sentence is chosen that says what is new."""
LONGEST: Final = 300
"""Characters of that sentence: it is read on a phone."""


class ToldThreads:
    """The open reports, by who has told them. It grows as they are told."""

    def __init__(
        self, reports: OpenReports, became: Mapping[tuple[int, str], EarlierOutcome], rarity: Rarity
    ) -> None:
        """`became`: by entry and rule."""
        self._reports, self._rarity = reports, rarity
        self._became = dict(became)

    def judged(self, report: Report, rule_id: str, *, before: Report | None = None) -> Sameness:
        """Whether the rule's thread has told what the report says; of its own entry, what that said `before`."""
        said = [
            before if before and one.entry_id == report.entry_id else one
            for one in self._thread(report)
            if self._is_told(one.entry_id, rule_id)
        ]
        return is_told(report, said if len(said) <= MOST else [said[0], *said[1 - MOST :]], self._rarity)

    def no_news(self, report: Report, rule_id: str) -> str:
        """Why what the report says was no news; empty: that is not proven.

        It is where it says what one entry of its feed says that was none, or which it is a copy of.
        """
        for one in self._thread(report):
            became = self._became.get((one.entry_id, rule_id))
            is_its = report.copy_of in {one.entry_id, one.copy_of} - {None} or one.feed_id == report.feed_id
            if (
                became is None
                or became.verdict not in NO_NEWS
                or not is_its
                or one.entry_id == report.entry_id
            ):
                continue
            if is_told(report, [one], self._rarity).told:
                why = "was there before" if became.verdict is Verdict.BASELINE else "is too old"
                return f"{SAYS} {one.entry_id} says, which {why}"
        return ""

    def decided(self, entry_id: int, rule_id: str, became: EarlierOutcome) -> None:
        """What became of a match is known to the next one."""
        self._became[entry_id, rule_id] = became

    def _thread(self, report: Report) -> Sequence[Report]:
        return () if report.story_id is None else self._reports.thread(report.story_id)

    def _is_told(self, entry_id: int, rule_id: str) -> bool:
        became = self._became.get((entry_id, rule_id))
        return became is not None and became.told


def what_is_new(entry: Entry, new: Sequence[str]) -> str:
    """The headline, or else the sentence, that says most of what is new (`stories.sameness.Sameness.new`)."""
    telling = set(new[:TELLING])
    body = entry.content or entry.summary
    parts = [part for part in (entry.title, *sentences(body)) if part.strip()]
    if not parts:
        return ""
    best = max(parts, key=lambda part: _said_in(part, telling))
    return one_line(best, longest=LONGEST)


def _said_in(text: str, telling: Collection[str]) -> int:
    """How many of the words it says; one that is written without spaces where its characters stand side by side."""
    words = folded_words(text)
    found, run = set(words), "".join(words)
    return sum(one in found or (not one.isascii() and one in run) for one in telling)
