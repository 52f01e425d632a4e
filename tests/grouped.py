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

from monitor.cli.demo.corpus import outlets
from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.keys import ByKind, Kind, by_kind, prominent_by_kind
from monitor.core.stories.merging import merges
from monitor.core.stories.traces import Neighbours, Trace, keys_to_find, told_at, url_key
from monitor.core.text.html import to_text
from monitor.model import FeedEntry

DEV_HALF = Path(__file__).parent / "data/stories/entries.dev.jsonl"
SEEN_AT = datetime(2026, 3, 1, tzinfo=UTC)
ORDERS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A labelled entry: its trace, the story it tells and the entry it copies."""

    name: str
    title: str
    trace: Trace
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
        url=line["url"],
        language=line["lang"],
        published_at=datetime.fromisoformat(line["published"]).astimezone(UTC),
    )
    trace = Trace(
        entry_id=number,
        feed_id=line["feed"],
        told_at=told_at(entry, seen_at=SEEN_AT),
        language=line["lang"],
        url=url_key(entry),
        keys=keys_to_find(entry),
        rules=frozenset({"rule"} if line["match"] else ()),
    )
    return Labelled(
        name=line["id"], title=entry.title, trace=trace, story=line["story"], copy_of=line["dup_of"]
    )


def demo() -> list[Labelled]:
    """The demo's reports, by outlet. What tells no story of the demo's is taken to tell one of its own."""
    found = []
    printed = [(outlet, entry) for outlet in outlets() for entry in outlet.entries]
    for number, (press, entry) in enumerate(printed):
        given = FeedEntry(
            title=to_text(entry.title),
            summary=to_text(entry.summary),
            content=to_text(entry.content),
            url=entry.url,
            language=press.language,
            published_at=entry.at.astimezone(UTC),
        )
        trace = Trace(
            entry_id=number,
            feed_id=press.id,
            told_at=told_at(given, seen_at=SEEN_AT),
            language=press.language,
            url=url_key(given),
            keys=keys_to_find(given),
            rules=frozenset({"rule"} if entry.story else ()),
        )
        story = entry.story or f"{press.id} {number}"
        found.append(Labelled(name=str(number), title=entry.title, trace=trace, story=story, copy_of=None))
    return found


def without_rules(entries: Sequence[Labelled]) -> list[Labelled]:
    return [replace(one, trace=replace(one.trace, rules=frozenset())) for one in entries]


def orders(entries: Sequence[Labelled]) -> Iterator[list[Labelled]]:
    """By time of publication, then feed after feed, as first polls bring them, in six orders of the feeds."""
    by_time = sorted(entries, key=lambda one: one.trace.told_at)
    yield by_time
    feeds = sorted({one.trace.feed_id for one in entries})
    dice = random.Random(5)
    for _ in range(ORDERS - 1):
        dice.shuffle(feeds)
        yield sorted(by_time, key=lambda one: feeds.index(one.trace.feed_id))


def streamed(entries: Sequence[Labelled]) -> Grouped:
    """By the monitor."""
    neighbours = Neighbours([], {})
    names = {one.trace.entry_id: one.name for one in entries}
    stories: dict[str, int] = {}
    copies: dict[str, str | None] = {}
    for one in entries:
        copy = find_copy(one.trace, neighbours)
        chosen = choose_story(one.trace, neighbours, copy=copy)
        story = chosen.story_id if isinstance(chosen, Joined) else one.trace.entry_id
        if merged := merges(chosen.ties, neighbours, sizes={}) if isinstance(chosen, Joined) else None:
            neighbours.merge(merged.from_id, merged.into_id)
            stories |= {name: merged.into_id for name, told in stories.items() if told == merged.from_id}
            story = merged.into_id
        neighbours.add(replace(one.trace, story_id=story, copy_of=copy.of if copy else None))
        stories[one.name] = story
        copies[one.name] = names[copy.of] if copy else None
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
    return one.trace.language == other.trace.language


def across(one: Labelled, other: Labelled) -> bool:
    return one.trace.language != other.trace.language


def mean(scores: Sequence[Score]) -> Score:
    return Score(
        sum(score.precision for score in scores) / len(scores),
        sum(score.recall for score in scores) / len(scores),
    )


# ── Baselines ────────────────────────────────────────────────────────────────────────────────────


def copies_alone(entries: Sequence[Labelled], _threshold: float = 0) -> dict[str, int]:
    """Every text is a story of its own, by the labels."""
    ids = {one.name: one.trace.entry_id for one in entries}
    return {one.name: ids[one.copy_of or one.name] for one in entries}


def by_title(entries: Sequence[Labelled], threshold: float) -> dict[str, int]:
    """Joins the story of the entry whose title shares most of the shorter title's words, from `threshold` on."""
    stories: dict[str, int] = {}
    for index, one in enumerate(entries):
        ours = _words(one, prominent_by_kind)
        shares = [
            (len(ours & theirs) / (min(len(ours), len(theirs)) or 1), stories[other.name])
            for other in entries[:index]
            for theirs in [_words(other, prominent_by_kind)]
        ]
        share, story = max(shares, default=(0.0, 0))
        stories[one.name] = story if share >= threshold else one.trace.entry_id
    return stories


def by_centroid(entries: Sequence[Labelled], threshold: float) -> dict[str, int]:
    """Joins the story whose mean TF-IDF vector is nearest by cosine, from `threshold` on; counts grow as it goes."""
    having: Counter[int] = Counter()
    centroids: dict[int, Counter[int]] = defaultdict(Counter)
    stories: dict[str, int] = {}
    for number, one in enumerate(entries, 1):
        words = _words(one, by_kind)
        having.update(words)
        weights = {word: log((number + 1) / having[word]) for word in words}
        near = [(_cosine(weights, centroid), story) for story, centroid in centroids.items()]
        cosine, story = max(near, default=(0.0, 0))
        stories[one.name] = story if cosine >= threshold else one.trace.entry_id
        centroids[stories[one.name]].update(weights)
    return stories


def _words(one: Labelled, kinds: Callable[[frozenset[int]], ByKind]) -> frozenset[int]:
    return kinds(one.trace.keys)[Kind.WORD]


def _cosine(one: Mapping[int, float], other: Mapping[int, float]) -> float:
    both = sum(one[key] * other[key] for key in one.keys() & other.keys())
    return both / (sqrt(sum(x * x for x in one.values()) * sum(x * x for x in other.values())) or 1)
