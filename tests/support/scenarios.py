"""The scenarios, played in process through reports, stories and the question whether a report is told already.

No daemon, no store: what is played is the decision alone. `data/scenarios/README.md` has the format and what the
labels follow; the figures are counted as it says.
"""

import html
import tomllib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from math import log
from pathlib import Path

from monitor.core.rules import compile_rules
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.placing import Placement, place
from monitor.core.stories.recurring import recurring
from monitor.core.stories.report import Report, report_of, watched_in
from monitor.core.stories.sameness import Sameness, is_told
from monitor.core.text.document import read
from monitor.core.text.html import to_text
from monitor.core.text.languages import detect
from monitor.core.text.words import folded_words
from monitor.model import FeedEntry, Match, Rule

FOLDER = Path(__file__).parents[1] / "data/scenarios"
UNSEEN = FOLDER / "unseen"
"""Scenarios that no weight was chosen on."""
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
BEFORE = timedelta(hours=-1)
MAX_AGE = timedelta(days=7)
FEWEST = 200
"""Entries that an archive is taken to have at least."""
FILLERS = (
    ("Gardeners open their greenhouses", "Visitors may see three hundred kinds of fern until Sunday."),
    ("Un atelier de reliure pour les enfants", "La bibliothèque prête le papier et la colle."),
    ("Chorprobe beginnt mit neuer Leiterin", "Gesungen wird jeden zweiten Abend im alten Kino."),
)
"""What every feed has beside the scenario's entries."""
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


def span(text: str) -> timedelta:
    """The length that a scenario writes as `90m`, `-3d` or `before`."""
    if text == "before":
        return BEFORE
    sign = -1 if text.startswith("-") else 1
    return sign * timedelta(**{_UNITS[text[-1]]: int(text.strip("+-")[:-1])})


@dataclass(frozen=True, kw_only=True)
class Scenario:
    """Some days in the life of one monitor."""

    id: str
    family: str
    language: str
    hard: bool
    feeds: Mapping[str, str]
    rules: Mapping[str, str]
    """Id → query."""
    rule_keys: Mapping[str, Mapping]
    """Id → further keys of the rule."""
    entries: Sequence[Mapping]
    """As the file has them; numbered from 1."""

    def event(self, number: int) -> int:
        """The number of the entry that began what an entry tells of."""
        seen: set[int] = set()
        while number not in seen:
            seen.add(number)
            raw = self.entries[number - 1]
            if raw["want"] not in {"update", "quiet"} or not raw.get("of"):
                break
            number = raw["of"]
        return number


def scenarios(files: Iterable[Path] = ()) -> list[Scenario]:
    """All of `files`, else of the folder; a file is a family."""
    return [
        Scenario(
            id=raw["id"],
            family=path.stem,
            language=raw["language"],
            hard=raw.get("hard", False),
            feeds=raw.get("feeds", {}),
            rules={f"rule{n}": raw[f"query{n}"] for n in ("", "2") if raw.get(f"query{n}")},
            rule_keys={f"rule{n}": tomllib.loads(raw.get(f"rule{n}", "")) for n in ("", "2")},
            entries=raw["entries"],
        )
        for path in sorted(files) or sorted(FOLDER.glob("*.toml"))
        for raw in tomllib.loads(path.read_text(encoding="utf-8"))["scenario"]
    ]


class Archive:
    """How rare words are: in what came so far, and in what was there before."""

    def __init__(self, texts: Iterable[str] = ()) -> None:
        self._entries = 0
        self._having: Counter[str] = Counter()
        for text in texts:
            self.add(text)

    def add(self, text: str) -> None:
        self._entries += 1
        self._having.update(set(_filed(text)))

    def rarity(self, word: str) -> float:
        entries = max(self._entries, FEWEST)
        return 1 - log(min(max(self._having[word], 1), entries)) / log(entries)


def _filed(text: str) -> Iterator[str]:
    words = folded_words(text)
    yield from words
    for one, other in pairwise(words):
        yield f"{one} {other}"


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """An entry as it comes."""

    number: int
    """In the scenario; an edit has the number of its own, and is of the entry `entry_id`."""
    entry_id: int
    raw: Mapping
    entry: FeedEntry
    at: datetime
    report: Report
    baseline: bool
    too_old: bool


def arrivals(scenario: Scenario, *, archive: Archive) -> Iterator[Arrival]:
    """The scenario's entries as its polls bring them."""
    rules = _rule_set(scenario)
    steps: defaultdict[timedelta, list[int]] = defaultdict(list)
    for number, raw in enumerate(scenario.entries, 1):
        steps[span(raw["at"])].append(number)
    windows: defaultdict[str, list[int]] = defaultdict(list)
    came: dict[int, FeedEntry] = {}
    ids: dict[int, int] = {}
    for offset in sorted(steps):
        now = START + offset
        numbers = [number for number in steps[offset] if not scenario.entries[number - 1].get("gone")]
        for number in numbers:
            raw = scenario.entries[number - 1]
            came[number] = _entry(raw, now)
            window = windows[raw["feed"]]
            replaced = raw.get("replaces")
            is_edit = replaced is not None and raw.get("guid") == f"={replaced}"
            ids[number] = ids.get(replaced, replaced) if is_edit else number
            if replaced in window:
                window.remove(replaced)
            window.insert(0, number)
        for number in numbers:
            raw, entry = scenario.entries[number - 1], came[number]
            text = f"{entry.title}\n{entry.summary}"
            archive.add(text)
            feed, published = raw["feed"], entry.published_at
            texts = [(came[one].title, came[one].summary) for one in windows[feed]]
            language = detect(text, prior=None)
            matches = rules(entry, language, feed)
            yield Arrival(
                number=number,
                entry_id=ids[number],
                raw=raw,
                entry=entry,
                at=now,
                report=report_of(
                    entry,
                    entry_id=ids[number],
                    feed_id=feed,
                    reported_at=published if published and published < now else now,
                    language=language,
                    rules=frozenset(match.rule_id for match in matches),
                    watched=watched_in(entry, [span for match in matches for span in match.spans]),
                    recurring=recurring(
                        (*texts, *FILLERS), outlet=scenario.feeds.get(feed, f"Feed {feed.upper()}")
                    ),
                ),
                baseline=offset <= BEFORE,
                too_old=published is not None and now - published > MAX_AGE,
            )


def _entry(raw: Mapping, now: datetime) -> FeedEntry:
    date = raw.get("date")
    published = None if date == "" else now + (span(date) if date else timedelta(minutes=-5))
    return FeedEntry(
        title=to_text(html.escape(_sited(raw.get("title", "")), quote=False)),
        summary=to_text(_sited(raw.get("text", ""))),
        published_at=published,
    )


def _sited(text: str) -> str:
    for letter in "abcdefgh":
        text = text.replace(f"{{{letter}}}", f"https://{letter}.example")
    return text


def _rule_set(scenario: Scenario) -> Callable[[FeedEntry, str | None, str], Sequence[Match]]:
    made, _ = compile_rules(
        [Rule(id=rule_id, title=rule_id, query=query) for rule_id, query in scenario.rules.items()], {}
    )

    def matching(entry: FeedEntry, language: str | None, feed: str) -> Sequence[Match]:
        document = read(
            title=entry.title,
            summary=entry.summary,
            content="",
            author="",
            categories=(),
            url=None,
            language=language,
            feed_id=feed,
            feed_tags=frozenset(),
        )
        return tuple(made.match(document))

    return matching


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What became of an entry."""

    arrival: Arrival
    placement: Placement
    story_id: int
    told: bool
    """To somebody, by any rule."""
    why: Mapping[str, Sameness]
    """By rule, where a thread was there to be compared with."""


def play(scenario: Scenario, *, texts: Iterable[str] = ()) -> list[Decided]:
    """The scenario's entries in the order of their coming, each with what became of it."""
    archive, reports = Archive(texts), OpenReports()
    said: defaultdict[tuple[str, int], list[Report]] = defaultdict(list)
    baseline: set[int] = set()
    decided: list[Decided] = []
    for arrival in arrivals(scenario, archive=archive):
        report = arrival.report
        if not report.rules:
            decided.append(
                Decided(
                    arrival=arrival, placement=Placement(reason="no rule"), story_id=0, told=False, why={}
                )
            )
            continue
        placement = place(report, reports, archive.rarity)
        is_edit = arrival.entry_id in reports and arrival.entry_id != arrival.number
        story_id = reports[arrival.entry_id].story_id if is_edit else placement.story_id or arrival.number
        assert story_id is not None
        for other in placement.merges:
            into = min(story_id, other)
            reports.merge(max(story_id, other), into)
            for rule_id in scenario.rules:
                said[rule_id, into] += said.pop((rule_id, max(story_id, other)), [])
            story_id = into
        report = replace(report, story_id=story_id, copy_of=None if is_edit else placement.copy_of)
        reports.add(report)
        why: dict[str, Sameness] = {}
        tells = False
        if arrival.baseline or arrival.too_old:
            baseline.add(arrival.entry_id)
        elif placement.copy_of in baseline:
            pass
        else:
            for rule_id in sorted(report.rules):
                thread = said[rule_id, story_id]
                why[rule_id] = is_told(report, thread, archive.rarity)
                if not why[rule_id].told:
                    tells = True
                    thread.append(report)
        decided.append(Decided(arrival=arrival, placement=placement, story_id=story_id, told=tells, why=why))
    return decided


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Whether an entry was told, or not, as it should have been; and in the right thread."""

    scenario: Scenario
    decided: Decided
    right: bool
    in_thread: bool | None
    """None: not asked."""

    @property
    def want(self) -> str:
        return self.decided.arrival.raw["want"]


def verdicts(scenario: Scenario, decided: Sequence[Decided]) -> Iterator[Verdict]:
    """Of every entry that is judged, counted as the scenarios' README says."""
    by_number = {one.arrival.number: one for one in decided}
    told = {one.arrival.number for one in decided if one.told}
    for one in decided:
        raw, number = one.arrival.raw, one.arrival.number
        if raw["want"] == "any":
            continue
        step = [other.arrival for other in decided if other.arrival.at == one.arrival.at]
        if raw["want"] == "quiet":
            original = raw.get("of")
            stands_in = original not in told and any(other.number == original for other in step)
            yield Verdict(scenario=scenario, decided=one, right=not one.told or stands_in, in_thread=None)
            continue
        right = one.told or any(
            other.raw["want"] == "quiet" and other.raw.get("of") == number and other.number in told
            for other in step
        )
        yield Verdict(
            scenario=scenario,
            decided=one,
            right=right,
            in_thread=_in_thread(scenario, one, by_number, told) if one.told else None,
        )


def _in_thread(
    scenario: Scenario, one: Decided, by_number: Mapping[int, Decided], told: set[int]
) -> bool | None:
    number, raw = one.arrival.number, one.arrival.raw
    if raw["want"] == "new":
        earlier = {
            by_number[other].story_id
            for other in told
            if other < number and scenario.entries[other - 1].get("of") != number
        }
        return one.story_id not in earlier
    target, seen = raw.get("of"), set()
    while target and target not in told and target not in seen:
        seen.add(target)
        target = scenario.entries[target - 1].get("of")
    return one.story_id == by_number[target].story_id if target in told else None


@dataclass
class Figures:
    """Shares of the news told, of the quiet kept, of the threads right."""

    told: Counter[bool] = field(default_factory=Counter)
    quiet: Counter[bool] = field(default_factory=Counter)
    threads: Counter[bool] = field(default_factory=Counter)

    def count(self, verdict: Verdict) -> None:
        (self.quiet if verdict.want == "quiet" else self.told)[verdict.right] += 1
        if verdict.in_thread is not None:
            self.threads[verdict.in_thread] += 1

    @staticmethod
    def share(counted: Counter[bool]) -> float:
        return counted[True] / (counted.total() or 1)
