"""The labelled stories, streamed through copies and stories as polls would bring them, and how well it went."""

import json
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import combinations
from math import log, sqrt
from pathlib import Path

from scenarios import Archive

from monitor.cli.demo.corpus import outlets
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.placing import place
from monitor.core.stories.report import Report, report_of
from monitor.core.text.html import to_text
from monitor.model import FeedEntry

DEV_HALF = Path(__file__).parents[1] / "data/stories/entries.dev.jsonl"
ORDERS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A labelled entry: its report, the story it tells and the entry it copies."""

    name: str
    text: str
    report: Report
    story: str
    copy_of: str | None


@dataclass(frozen=True, slots=True)
class Grouped:
    """What an order of arrival led to, by name."""

    stories: Mapping[str, int]
    copies: Mapping[str, str | None]


def labelled(path: Path = DEV_HALF) -> list[Labelled]:
    """In the file's order; their rules are one, that holds for all that the labels call a match."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_labelled(number, json.loads(line)) for number, line in enumerate(lines)]


def _labelled(number: int, line: dict) -> Labelled:
    entry = FeedEntry(
        title=to_text(line["title"]),
        summary=to_text(line["summary"] or ""),
        content=to_text(line["content"] or ""),
        published_at=datetime.fromisoformat(line["published"]).astimezone(UTC),
    )
    return _read(
        number,
        line["id"],
        entry,
        line["feed"],
        line["lang"],
        line["match"],
        line["story"],
        copy_of=line["dup_of"],
    )


def _read(number, name, entry, feed_id, language, matches, story, *, copy_of=None) -> Labelled:
    report = report_of(
        entry,
        entry_id=number,
        feed_id=feed_id,
        reported_at=entry.published_at,
        language=language,
        rules=frozenset({"rule"} if matches else ()),
    )
    text = f"{entry.title}\n{entry.summary}\n{entry.content}"
    return Labelled(name=name, text=text, report=report, story=story, copy_of=copy_of)


def demo() -> list[Labelled]:
    """The demo's reports, by outlet. What tells no story of the demo's is taken to tell one of its own."""
    found = []
    printed = [(outlet, entry) for outlet in outlets() for entry in outlet.entries]
    for number, (press, entry) in enumerate(printed):
        given = FeedEntry(
            title=to_text(entry.title),
            summary=to_text(entry.summary),
            content=to_text(entry.content),
            published_at=entry.at.astimezone(UTC),
        )
        story = entry.story or f"{press.id} {number}"
        found.append(_read(number, str(number), given, press.id, press.language, entry.story, story))
    return found


def matching(entries: Sequence[Labelled]) -> list[Labelled]:
    """Those that a rule matches: the others are compared with nothing."""
    return [one for one in entries if one.report.rules]


def orders(entries: Sequence[Labelled]) -> Iterator[list[Labelled]]:
    """By time of publication, then feed after feed, as first polls bring them, in six orders of the feeds."""
    by_time = sorted(entries, key=lambda one: one.report.reported_at)
    yield by_time
    feeds = sorted({one.report.feed_id for one in entries})
    dice = random.Random(5)
    for _ in range(ORDERS - 1):
        dice.shuffle(feeds)
        yield sorted(by_time, key=lambda one: feeds.index(one.report.feed_id))


def streamed(entries: Sequence[Labelled]) -> Grouped:
    """By the monitor."""
    reports, archive = OpenReports(), Archive()
    names = {one.report.entry_id: one.name for one in entries}
    stories: dict[str, int] = {}
    copies: dict[str, str | None] = {}
    for one in entries:
        archive.add(one.text)
        placed = place(one.report, reports, archive.rarity)
        story = one.report.entry_id if placed.story_id is None else placed.story_id
        for other in placed.merges:
            from_id, story = max(story, other), min(story, other)
            reports.merge(from_id, story)
            stories |= {name: story for name, told in stories.items() if told == from_id}
        reports.add(replace(one.report, story_id=story, copy_of=placed.copy_of))
        stories[one.name] = story
        copies[one.name] = None if placed.copy_of is None else names[placed.copy_of]
    return Grouped(stories, copies)


# ── Figures ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Score:
    precision: float
    recall: float

    @property
    def f1(self) -> float:
        return 2 * self.precision * self.recall / ((self.precision + self.recall) or 1)


def copies_score(entries: Sequence[Labelled], grouped: Grouped) -> Score:
    """Over pairs of entries that are one text."""
    right = _families({one.name: one.copy_of for one in entries})
    found = _families(grouped.copies)
    return Score(len(right & found) / (len(found) or 1), len(right & found) / (len(right) or 1))


def _families(copies: Mapping[str, str | None]) -> set[frozenset[str]]:
    return {
        frozenset(pair)
        for pair in combinations(copies, 2)
        if (copies[pair[0]] or pair[0]) == (copies[pair[1]] or pair[1])
    }


def b_cubed(
    entries: Sequence[Labelled],
    stories: Mapping[str, int],
    counts: Callable[[Labelled, Labelled], bool] = lambda one, other: True,
) -> Score:
    """Bagga and Baldwin 1998. `counts`: which others an entry is judged with, beside itself."""
    precision = recall = 0.0
    for one in entries:
        others = [other for other in entries if other is one or counts(one, other)]
        found = {other.name for other in others if stories[other.name] == stories[one.name]}
        right = {other.name for other in others if other.story == one.story}
        precision += len(found & right) / len(found)
        recall += len(found & right) / len(right)
    return Score(precision / len(entries), recall / len(entries))


def within(one: Labelled, other: Labelled) -> bool:
    return one.report.language == other.report.language


def across(one: Labelled, other: Labelled) -> bool:
    return one.report.language != other.report.language


def mean(scores: Sequence[Score]) -> Score:
    return Score(
        sum(score.precision for score in scores) / len(scores),
        sum(score.recall for score in scores) / len(scores),
    )


# ── Baselines ────────────────────────────────────────────────────────────────────────────────────


def copies_alone(entries: Sequence[Labelled], _threshold: float = 0) -> dict[str, int]:
    """Every text is a story of its own, by the labels."""
    ids = {one.name: one.report.entry_id for one in entries}
    return {one.name: ids[one.copy_of or one.name] for one in entries}


def by_title(entries: Sequence[Labelled], threshold: float) -> dict[str, int]:
    """Joins the story of the entry whose title shares most of the shorter title's words, from `threshold` on."""
    stories: dict[str, int] = {}
    for index, one in enumerate(entries):
        ours = _telling(one.report.title)
        shares = [
            (len(ours & theirs) / (min(len(ours), len(theirs)) or 1), stories[other.name])
            for other in entries[:index]
            for theirs in [_telling(other.report.title)]
        ]
        share, story = max(shares, default=(0.0, 0))
        stories[one.name] = story if share >= threshold else one.report.entry_id
    return stories


def by_centroid(entries: Sequence[Labelled], threshold: float) -> dict[str, int]:
    """Joins the story whose mean TF-IDF vector is nearest by cosine, from `threshold` on; counts grow as it goes."""
    having: Counter[str] = Counter()
    centroids: dict[int, Counter[str]] = defaultdict(Counter)
    stories: dict[str, int] = {}
    for number, one in enumerate(entries, 1):
        words = _telling(one.report.tokens)
        having.update(words)
        weights = {word: log((number + 1) / having[word]) for word in words}
        near = [(_cosine(weights, centroid), story) for story, centroid in centroids.items()]
        cosine, story = max(near, default=(0.0, 0))
        stories[one.name] = story if cosine >= threshold else one.report.entry_id
        centroids[stories[one.name]].update(weights)
    return stories


def _telling(tokens: frozenset[str]) -> set[str]:
    return {token for token in tokens if token[0] not in "~#"}


def _cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    both = sum(one[word] * other[word] for word in one.keys() & other.keys())
    return both / (sqrt(sum(x * x for x in one.values()) * sum(x * x for x in other.values())) or 1)
