"""`data/told/cases.toml`: what was told and what came then, eight cases of a kind and more, in several languages."""

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from scenarios import FILLERS, Archive

from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.placing import place
from monitor.core.stories.recurring import recurring
from monitor.core.stories.report import Report, report_of
from monitor.core.stories.sameness import Comparison, is_told
from monitor.core.stories.weighing import Weights
from monitor.model import FeedEntry

FILE = Path(__file__).parents[1] / "data/told/cases.toml"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
AFTER = timedelta(hours=3)


@dataclass(frozen=True, kw_only=True)
class Case:
    kind: str
    language: str
    said: Report
    then: Report
    archive: Archive
    told: bool
    """It has to be."""

    def is_told(self) -> bool:
        """Whether it is: as a story of its own, or because it says what its story has not said."""
        reports = OpenReports([self.said])
        placed = place(self.then, reports, self.archive.rarity)
        return placed.story_id is None or not is_told(self.then, [self.said], self.archive.rarity).told

    def signals(self) -> Mapping[str, float]:
        return Comparison(self.then, [self.said], Weights(self.then, self.archive.rarity)).signals()


def kinds() -> Mapping[str, Mapping]:
    return tomllib.loads(FILE.read_text(encoding="utf-8"))


def cases() -> Iterator[Case]:
    for kind, table in kinds().items():
        for raw in table["cases"]:
            yield _case(kind, raw, told=table["told"])


def _case(kind: str, raw: Mapping, *, told: bool) -> Case:
    texts = [*FILLERS, raw["said"], raw["then"]]
    same = raw["feed"] == "same"
    said = _report(1, raw["said"], "a", raw["language"], at=NOW)
    beside = [raw["said"]] if same else []
    return Case(
        kind=kind,
        language=raw["language"],
        said=replace(said, story_id=1),
        then=_report(2, raw["then"], "a" if same else "b", raw["language"], at=NOW + AFTER, beside=beside),
        archive=Archive("\n".join(text) for text in texts),
        told=told,
    )


def _report(
    number: int,
    text: Sequence[str],
    feed: str,
    language: str,
    *,
    at: datetime,
    beside: Sequence[Sequence[str]] = (),
) -> Report:
    title, summary = text
    texts = [(title, body) for title, body in (text, *beside, *FILLERS)]
    return report_of(
        FeedEntry(title=title, summary=summary),
        entry_id=number,
        feed_id=feed,
        reported_at=at,
        language=language,
        rules=frozenset({"rule"}),
        recurring=recurring(texts, outlet={"a": "Valley News", "b": "The Ledger"}[feed]),
    )
