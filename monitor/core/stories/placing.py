"""Which story a report tells, and which text it copies.

Streaming: it joins a story or opens one, once. Pure and bounded: it is compared with the nearest of the open reports.
Names and rare words in common hold developments together; a name, a place or a number that differs keeps events of
one kind apart. Addresses prove nothing. The weights are chosen by `tests/bench/fit_weights.py`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from math import exp, hypot, log, log1p, sqrt
from typing import Final

from monitor.core.stories import weights
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.report import FORM, Report
from monitor.core.stories.weighing import SMALL_WORD, Rarity, Weights
from monitor.core.stories.wording import worded

HOUR: Final = timedelta(hours=1)
SOON_H: Final = 6.0
"""Hours after which likeness counts 1/e where it has to show by itself that two reports tell one event."""
WITHIN: Final = 6.0
"""What full likeness counts within a language, beside rarities in common across languages."""
BEST_ACROSS: Final = 2
"""Reports in other languages that a story is judged by: those that say most of the same."""
FEWEST: Final = 200
"""Reports that there are taken to be at least: in fewer every name would be rare."""
STORIES: Final = 12
"""Stories that a report is compared with, those of the nearest reports."""
OF_A_STORY: Final = 24
"""Reports of a story that count: the first, and the newest."""
MERGED_FROM: Final = 2.0
"""Strength from which a report ties a second story to its own, and from which the two are one."""
COPIES: Final = 12
"""Of the nearest reports, those whose text it may have: what shares a text shares its rare words."""
WATCHED: Final = 0.25
"""What a word counts that the rule's query found, in telling stories apart: all that match have one of them."""
NAMED: Final = 6
"""Words that a reason names: the rarest, which count most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where a report belongs."""

    story_id: int | None = None
    """None: it opens a story."""
    copy_of: int | None = None
    """The entry whose text it has, which is no copy itself; then it is of that one's story."""
    reason: str
    """One line for a person."""
    copy_reason: str = ""
    signals: Mapping[str, float] = field(default_factory=dict)
    """Against the story that it joined, or else the nearest; none where nothing was near."""
    score: float = 0.0
    """The signals by their weights: it joins from 0 on."""
    merges: tuple[int, ...] = ()
    """Further stories that are shown to be one with the one it joins."""


def place(report: Report, open_reports: OpenReports, rarity: Rarity) -> Placement:
    """The story that a report joins, or that it opens one; the same text stays with its original."""
    near = open_reports.near(report, stories=STORIES)
    weight = Weights(report, rarity)
    if (copied := copied_by(report, near[:COPIES], apart=open_reports.stands_apart)) is not None:
        of, reason = copied
        if of.story_id is not None:
            return Placement(
                story_id=of.story_id,
                copy_of=of.entry_id if of.copy_of is None else of.copy_of,
                copy_reason=reason,
                reason=f"a copy of entry {of.entry_id} stays in its story",
            )
    compared = Stories(report, _threads(near, open_reports), weight)
    scored = compared.scored()
    if not scored:
        return Placement(reason="a story of its own: nothing like it is known")
    score, story_id, signals = scored[0]
    why = in_common(report, compared.nearest(story_id), weight)
    if score < 0:
        return Placement(reason=f"a story of its own: too little {why}", signals=signals, score=score)
    merged = tuple(
        other
        for strength, other, _ in scored[1:]
        if strength >= MERGED_FROM and _are_one(story_id, other, open_reports, rarity)
    )
    return Placement(story_id=story_id, reason=why, signals=signals, score=score, merges=merged)


def _threads(near: Sequence[Report], open_reports: OpenReports) -> dict[int, tuple[Report, ...]]:
    """The stories of the nearest reports, each with those of its reports that count."""
    found: dict[int, tuple[Report, ...]] = {}
    for one in near:
        if one.story_id is not None and one.story_id not in found:
            found[one.story_id] = open_reports.thread(one.story_id, most=OF_A_STORY)
    return found


def _are_one(one: int, other: int, open_reports: OpenReports, rarity: Rarity) -> bool:
    """Whether two stories, each by itself, tell one event: the first report of the younger is of the older."""
    into, merged = sorted((one, other))
    first = open_reports.thread(merged)[0]
    compared = Stories(first, {into: open_reports.thread(into)}, Weights(first, rarity))
    return all(score >= MERGED_FROM for score, _, _ in compared.scored())


class Beside:
    """A report of a story beside the one that is placed: what both say, and how far apart they were told."""

    __slots__ = ("across", "common", "fading", "hours", "likeness", "report", "sets", "title_common")

    def __init__(self, report: Report, ours: Report, weight: Weights) -> None:
        self.report, self.sets = report, report.sets
        self.common = ours.sets.tokens & self.sets.tokens
        self.title_common = ours.sets.title & self.sets.title
        self.across = ours.across & report.across
        self.hours = abs((ours.reported_at - report.reported_at) / HOUR)
        self.fading = exp(-self.hours / SOON_H)
        self.likeness = weight.alike(self.sets, self.common)


class Stories:
    """A report beside the stories near it."""

    def __init__(self, report: Report, threads: Mapping[int, Sequence[Report]], weight: Weights) -> None:
        self._report, self._weight, self._sets = report, weight, report.sets
        self._beside = {
            story_id: [Beside(one, report, weight) for one in thread] for story_id, thread in threads.items()
        }
        told = {story_id: _all(one.common for one in thread) for story_id, thread in self._beside.items()}
        in_stories = Counter(token for common in told.values() for token in common)
        self._own_weights = {
            token: each / in_stories[token] if token in in_stories else each
            for token, each in weight.of_own.items()
        }
        for token in report.watched:
            self._own_weights[token] *= WATCHED
        self._title_weight = self._own(self._sets.title)
        self._told = told
        threads_across = [[one.across for one in thread] for thread in self._beside.values()]
        self._in_reports = Counter(token for thread in threads_across for said in thread for token in said)
        self._across_stories = Counter(token for thread in threads_across for token in _all(thread))
        self._nearest: dict[int, Beside] = {}

    def scored(self) -> list[tuple[float, int, Mapping[str, float]]]:
        """How strongly the report seems to be of each story, and by which signals; the strongest first."""
        scored = [(weights.PLACING.score(own), story_id, own) for story_id, own in self.signals().items()]
        return sorted(scored, key=lambda one: (-one[0], -one[1]))

    def signals(self) -> dict[int, dict[str, float]]:
        """By story, what speaks for the report's being of it, and against."""
        signals = {story_id: self._signals(story_id) for story_id in self._beside}
        evidence = {story_id: self._evidence(thread) for story_id, thread in self._beside.items()}
        for story_id, own in signals.items():
            others = [other for other in signals if other != story_id]
            above = evidence[story_id] - max((evidence[other] for other in others), default=0.0)
            titles = max((signals[other]["titles"] for other in others), default=0.0)
            own["titles above the next"] = own["titles"] - titles
            own["evidence above the next"] = above
            own["most evidence"] = float(above > 0)
        return signals

    def nearest(self, story_id: int) -> Report:
        """The story's report that is most like it."""
        return self._most_like(story_id).report

    def _most_like(self, story_id: int) -> Beside:
        if story_id not in self._nearest:
            self._nearest[story_id] = max(self._beside[story_id], key=lambda one: one.likeness)
        return self._nearest[story_id]

    def _own(self, tokens: Iterable[str]) -> float:
        """What tokens of the report tell of one story rather than of the others: less where several have them."""
        return sum(map(self._own_weights.__getitem__, tokens))

    def _signals(self, story_id: int) -> dict[str, float]:
        report, thread, sets = self._report, self._beside[story_id], self._sets
        told = self._told[story_id]
        near = self._most_like(story_id).report
        named = _all(one.report.names for one in thread)
        places = _all(one.report.places for one in thread)
        other_names = float(bool(report.names - told and named - sets.tokens))
        titles = max(map(self._titles, thread))
        soon = max([one.fading for one in thread])
        likeness = [one.likeness * one.fading for one in thread if one.report.language == report.language]
        foreign = sorted(
            (
                (self._carried(one.across), one.fading)
                for one in thread
                if one.report.language != report.language
            ),
            reverse=True,
        )[:BEST_ACROSS]
        many = log1p(len(self._beside))
        return {
            "titles": titles,
            "titles among many": titles * many,
            "told soon": soon,
            "told soon among many": soon * many,
            "own words": log1p(max([self._own(one.common) for one in thread])),
            "likeness, soon": hypot(*likeness),
            "title likeness": max([self._title_likeness(one) for one in thread]),
            "shared numbers": min(self._own(sets.numbers & told), 3.0),
            "shared names": log1p(self._own((report.names - report.watched) & told)),
            "a shared place": float(not places.isdisjoint(sets.places)),
            "other names both ways": other_names,
            "other names in the same feed": other_names * (near.feed_id == report.feed_id),
            "other numbers both ways": float(bool(sets.numbers - told and near.numbers - sets.numbers)),
            "other places both ways": float(bool(sets.places - near.places and near.places - sets.places)),
            "in other languages only": float(not likeness),
            "in other languages, soon": soon * (not likeness),
            "across languages": sum(carried for carried, _ in foreign) / (len(foreign) or 1),
            "across languages, soon": sum(carried * fading for carried, fading in foreign)
            / (len(foreign) or 1),
        }

    def _titles(self, other: Beside) -> float:
        """How much of either title is in the other report, the mean of both: 0 to 1."""
        ours, theirs = self._sets, other.sets
        told = self._own(ours.title & theirs.tokens) / (self._title_weight or 1)
        known = theirs.title & ours.tokens
        shared = self._own(known)
        small = theirs.title_small - sum([token[0] == "~" for token in known])
        theirs_all = shared + len(theirs.title) - len(known) - small + SMALL_WORD * small
        return (told + shared / (theirs_all or 1)) / 2

    def _title_likeness(self, other: Beside) -> float:
        if not other.title_common:
            return 0.0
        return self._weight.likeness(self._sets.title, other.sets.title)

    def _carried(self, across: Iterable[str]) -> float:
        """What holds across languages and tells of one story: names, countries, numbers of two digits and more."""
        return sum([1 / self._across_stories[token] for token in across if _tells(token)])

    def _evidence(self, thread: Sequence[Beside]) -> float:
        """How strongly a story's reports together seem to tell the same, by likeness and time alone.

        Reports of one language that are each a little alike add up, as the sides of a right angle do; across
        languages the mean of the best counts: there what all reports of an evening name adds up too.
        """
        language = self._report.language
        within = [
            WITHIN * self._cosine(one) * one.fading for one in thread if one.report.language == language
        ]
        across = sorted(
            (
                sum([1 - log(self._in_reports[token]) / log(FEWEST) for token in one.across if _tells(token)])
                * one.fading
                for one in thread
                if one.report.language != language
            ),
            reverse=True,
        )[:BEST_ACROSS]
        return max(hypot(*within), sum(across) / (len(across) or 1))

    def _cosine(self, other: Beside) -> float:
        """Of what both say, rare things counting more, those of the titles twice: 0 to 1."""
        ours, theirs, squares = self._sets, other.sets, self._weight.squares
        both, our_norm, their_norm = self._weight.cosine_parts(theirs, other.common)
        alike = both + sum(map(squares.__getitem__, other.title_common))
        if not alike:
            return 0.0
        our_title = sum(map(squares.__getitem__, ours.title))
        known = theirs.title & ours.tokens
        small = theirs.title_small - sum([token[0] == "~" for token in known])
        their_title = sum(map(squares.__getitem__, known)) + len(theirs.title) - len(known) - small
        return alike / sqrt((our_norm + our_title) * (their_norm + their_title))


def _all(sets: Iterable[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*sets)


def _tells(token: str) -> bool:
    return token[0] != "#" or len(token) > 2


def in_common(report: Report, other: Report, weight: Weights) -> str:
    """What two reports share, the rarest first, and the time between them, for a person."""
    theirs = other.tokens
    shared = [token for token in report.words if token in theirs and token[0] != "~"]
    shared.sort(key=lambda token: -weight(token))
    kept = shared[:NAMED]
    parts = [
        f"{name} {', '.join(worded(report, each))}"
        for name, each in (
            ("names", [token for token in kept if token in report.names]),
            ("numbers", [token for token in kept if token[0] == "#"]),
            ("words", [token for token in kept if token not in report.names and token[0] != "#"]),
        )
        if each
    ]
    rules = "".join(f"; rule {rule_id}" for rule_id in sorted(report.rules & other.rules))
    said = "; ".join(parts) or "nothing that has a name"
    apart = f"{_span(report.reported_at - other.reported_at)}, {other.feed_id}"
    return f"in common with entry {other.entry_id} ({apart}): {said}{rules}"


def _span(length: timedelta) -> str:
    minutes = round(abs(length).total_seconds() / 60)
    when = "earlier" if length > timedelta(0) else "later"
    if not minutes:
        return "at the same time"
    return f"{minutes} min {when}" if minutes < 90 else f"{round(minutes / 60)} h {when}"


# ── Copies ───────────────────────────────────────────────────────────────────────────────────────

SAME_TEXT: Final = 0.4
"""Share of the smaller text's pairs of words that are in the larger. Labelled copies share 0.83 and more, other
entries 0.22 and less; a copy whose house edits freely shares less than any of these."""
SAME_WORDS: Final = 0.25
"""Share of the smaller report's words that are in the larger, below which the pairs need not be counted."""
ALL_TEXT: Final = 0.9
"""Share from which one feed's texts are one text, however long after."""
SAME_LEAD: Final = 0.3
"""Share of the smaller text's first sentence that is in the larger: two takes of one day share background only."""
TEMPLATE: Final = 0.4
"""Share of what either headline says that both say, from which two headlines are of one form."""
HEADED: Final = 0.2
"""Share of a headline that its text, or another headline, repeats."""
SAME_TITLE: Final = 0.8
"""Share of a title's pairs, both ways, where one of the two has hardly more than a title."""
FEW_PAIRS: Final = 8
"""Pairs of words below which a text says too little to be compared."""
SOON: Final = timedelta(hours=12)
"""Titles alone, and texts of one feed, are copies within it; later they recur: a briefing, a bulletin."""


def copied_by(
    report: Report, near: Sequence[Report], *, apart: Callable[[int], bool] = lambda _: False
) -> tuple[Report, str] | None:
    """The report whose text it has, and how that was seen; None where it stands for itself.

    Of two that have the same of it, that of which a person said that it stands `apart` from the other.
    """
    best: tuple[float, bool, str, Report] | None = None
    for other in near:
        found = _same_text(report, other)
        if found is None:
            continue
        share, reason = found
        stands = apart(other.entry_id)
        if best is None or (share, stands) > best[:2]:
            best = share, stands, reason, other
    return None if best is None else (best[3], best[2])


def _same_text(one: Report, other: Report) -> tuple[float, str] | None:
    if min(_length(one), _length(other)) < FEW_PAIRS:
        return _same_title(one, other)
    if len(one.tokens & other.tokens) < SAME_WORDS * min(len(one.tokens), len(other.tokens)):
        return None
    ours, theirs = one.sets.pairs, other.sets.pairs
    fewer = min(len(ours), len(theirs))
    if fewer < FEW_PAIRS:
        return _same_title(one, other)
    share = len(ours & theirs) / fewer
    if share < SAME_TEXT or not _may_be_copy(one, other, share):
        return None
    return share, f"{share:.0%} of the text is the same"


def _may_be_copy(one: Report, other: Report, share: float) -> bool:
    """Whether nothing speaks against it, of two reports with this share of their texts in common."""
    if share < ALL_TEXT and one.feed_id == other.feed_id and abs(one.reported_at - other.reported_at) > SOON:
        return False
    smaller, larger = sorted((one, other), key=lambda report: len(report.sets.pairs))
    lead = set(pairwise(smaller.sentences[0]))
    if len(lead & larger.sets.pairs) < SAME_LEAD * len(lead):
        return False
    if _differ(one, other) or _is_template(one, other):
        return False
    return _is_headed(one, one.body) or _is_headed(other, other.body) or _is_headed(one, other.title)


def _differ(one: Report, other: Report) -> bool:
    """Whether each has a number, or its text a name, that the other has in no form."""
    return any(
        _lacks(ours, other) and _lacks(theirs, one)
        for ours, theirs in (
            (one.numbers, other.numbers),
            (one.names & one.body, other.names & other.body),
        )
    )


def _lacks(tokens: frozenset[str], report: Report) -> bool:
    """Whether one of them, function words aside, is in the report in no form."""
    missing = [token for token in tokens - report.tokens if token[0] != "~"]
    if not missing:
        return False
    begin = {token[:FORM] for token in report.tokens}
    return any(token[0] == "#" or token[:FORM] not in begin for token in missing)


def _is_template(one: Report, other: Report) -> bool:
    """Whether the headlines are one form: with another name, or, where the texts are the same, with another word."""
    ours, theirs = one.title, other.title
    if len(ours & theirs) < TEMPLATE * len(ours | theirs):
        return False
    if one.body != other.body:
        ours, theirs = ours & one.names, theirs & other.names
    return _lacks(ours, other) and _lacks(theirs, one)


def _is_headed(report: Report, said: frozenset[str]) -> bool:
    """Whether this repeats a headline: a pitch for subscribers, the same under any headline, does not."""
    telling = [token for token in report.title if token[0] != "~"]
    repeated = sum(token in said for token in telling)
    return repeated >= min(2, len(telling)) and repeated >= HEADED * len(telling)


def _same_title(one: Report, other: Report) -> tuple[float, str] | None:
    if abs(one.reported_at - other.reported_at) > SOON:
        return None
    ours, theirs = one.title, other.title
    telling = [token for token in ours & theirs if token[0] != "~"]
    if len(telling) < 3 or len(ours & theirs) < SAME_TITLE * len(ours | theirs):
        return None
    if one.sentences and other.sentences:
        return None
    return 1.0, "the same title"


def _length(report: Report) -> int:
    """Pairs of words of the text, at most."""
    return sum([len(tokens) - 1 for tokens in report.sentences])
