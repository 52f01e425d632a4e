"""Which story a report tells, and which text it copies.

Streaming: it joins a story or opens one, once. Pure and bounded: it is compared with the nearest of the open reports.
Names and rare words in common hold developments together; a name, a place or a number that differs keeps events of
one kind apart. Addresses prove nothing. The weights are chosen by `tests/bench/fit_threads.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from math import log1p
from typing import Final

from monitor.core.stories import weights
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.report import Report
from monitor.core.stories.weighing import Rarity, Weights

STORIES: Final = 8
"""Stories that a report is compared with, those of the nearest reports."""
OF_A_STORY: Final = 24
"""Reports of a story that count: the first, and the newest."""
MERGED_FROM: Final = 2.0
"""Strength from which a report ties a second story to its own, and from which the two are one."""
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
    near = open_reports.near(report)
    weight = Weights(report, rarity)
    if (copied := copied_by(report, near)) is not None:
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
            thread = open_reports.thread(one.story_id)
            found[one.story_id] = (
                thread if len(thread) <= OF_A_STORY else (thread[0], *thread[1 - OF_A_STORY :])
            )
            if len(found) == STORIES:
                break
    return found


def _are_one(one: int, other: int, open_reports: OpenReports, rarity: Rarity) -> bool:
    """Whether two stories, each by itself, tell one event: the first report of the younger is of the older."""
    into, merged = sorted((one, other))
    first = open_reports.thread(merged)[0]
    compared = Stories(first, {into: open_reports.thread(into)}, Weights(first, rarity))
    return all(score >= MERGED_FROM for score, _, _ in compared.scored())


class Stories:
    """A report beside the stories near it."""

    def __init__(self, report: Report, threads: Mapping[int, Sequence[Report]], weight: Weights) -> None:
        self._report, self._threads, self._weight = report, threads, weight
        self._told = {
            story_id: frozenset().union(*(one.tokens for one in thread))
            for story_id, thread in threads.items()
        }

    def scored(self) -> list[tuple[float, int, Mapping[str, float]]]:
        """How strongly the report seems to be of each story, and by which signals; the strongest first."""
        scored = [(weights.PLACING.score(own), story_id, own) for story_id, own in self.signals().items()]
        return sorted(scored, key=lambda one: (-one[0], -one[1]))

    def signals(self) -> dict[int, dict[str, float]]:
        """By story, what speaks for the report's being of it, and against."""
        signals = {story_id: self._signals(story_id) for story_id in self._threads}
        for story_id, own in signals.items():
            others = [theirs for other, theirs in signals.items() if other != story_id]
            own["likeness above the next"] = own["likeness"] - max(
                (x["likeness"] for x in others), default=0.05
            )
            own["shared above the next"] = own["shared words"] - max(
                (x["shared words"] for x in others), default=0.5
            )
            own["no other story"] = float(not others)
        return signals

    def nearest(self, story_id: int) -> Report:
        """The story's report that is most like it."""
        return max(
            self._threads[story_id], key=lambda one: self._weight.likeness(self._report.tokens, one.tokens)
        )

    def _own(self, token: str) -> float:
        """What a token tells of one story rather than of the others: less where several of them have it."""
        having = sum(token in told for told in self._told.values())
        return self._weight(token) / max(1, having)

    def _signals(self, story_id: int) -> dict[str, float]:
        report, thread, told, weight = (
            self._report,
            self._threads[story_id],
            self._told[story_id],
            self._weight,
        )
        near = self.nearest(story_id)
        named = frozenset().union(*(one.names for one in thread))
        titles = frozenset().union(*(one.title for one in thread))
        across = frozenset().union(*(one.across for one in thread))
        places = {token for token in across if token[0] == "@"}
        shared = [token for token in report.tokens & told if token[0] not in "~#"]
        in_title = [self._own(token) for token in shared if token in report.title]
        both_titles = [self._own(token) for token in shared if token in report.title and token in titles]
        names = [self._own(token) for token in shared if token in report.names or token in named]
        numbers = [self._own(token) for token in report.numbers & told]
        last = max(one.reported_at for one in thread)
        hours = max(0.0, (report.reported_at - last) / timedelta(hours=1))
        return {
            "likeness": weight.likeness(report.tokens, near.tokens),
            "title likeness": max(weight.likeness(report.title, one.title) for one in thread),
            "covered": weight.share(report.tokens, told),
            "title covered": weight.share(report.title, told),
            "nearest's title covered": weight.share(near.title, report.tokens),
            "shared names": min(sum(names), 4.0),
            "a shared name": float(bool(names)),
            "rarest shared name": max(names, default=0.0),
            "shared words": log1p(sum(map(self._own, shared))),
            "shared in the title": log1p(sum(in_title)),
            "shared by titles": log1p(sum(both_titles)),
            "rarest in the title": max(in_title, default=0.0),
            "rarest shared by titles": max(both_titles, default=0.0),
            "shared numbers": min(sum(numbers), 3.0),
            "new names in the title": float(min(len((report.title & report.names) - told), 3)),
            "new in the title": min(weight.of(report.title - told), 6.0),
            "new numbers": float(min(len(report.numbers - told), 4)),
            "names it lacks": float(min(len((near.names & near.title) - report.tokens), 3)),
            "other names both ways": float(bool(report.names - told and named - report.tokens)),
            "other numbers both ways": float(bool(report.numbers - told and near.numbers - report.numbers)),
            "shared places": float(min(len(report.places & places), 2)),
            "other places both ways": float(bool(report.places - places and places - report.places)),
            "shared across languages": float(min(len(report.across & across), 4)),
            "hours": log1p(hours),
            "the same feed": float(any(one.feed_id == report.feed_id for one in thread)),
            "reports": log1p(len(thread)),
            "length": log1p(len(report.words)),
            "nearest's length": log1p(len(near.words)),
            "another language": float(report.language != near.language),
        }


def in_common(report: Report, other: Report, weight: Weights) -> str:
    """What two reports share, the rarest first, and the time between them, for a person."""
    shared = [token for token in report.words if token in other.tokens and token[0] != "~"]
    shared.sort(key=lambda token: -weight(token))
    kept = shared[:NAMED]
    parts = [
        f"{name} {', '.join(report.folded_of[token] for token in each)}"
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
SAME_LEAD: Final = 0.3
"""Share of the smaller text's first sentence that is in the larger: two takes of one day share background only."""
SAME_TITLE: Final = 0.8
"""Share of a title's pairs, both ways, where one of the two has hardly more than a title."""
FEW_PAIRS: Final = 8
"""Pairs of words below which a text says too little to be compared."""
SOON: Final = timedelta(hours=12)
"""Titles alone, and texts of one feed, are copies within it; later they recur: a briefing, a bulletin."""


def copied_by(report: Report, near: Sequence[Report]) -> tuple[Report, str] | None:
    """The report whose text it has, and how that was seen; None where it stands for itself."""
    best: tuple[float, str, Report] | None = None
    for other in near:
        found = _same_text(report, other)
        if found is not None and (best is None or found[0] > best[0]):
            best = (*found, other)
    return None if best is None else (best[2], best[1])


def _same_text(one: Report, other: Report) -> tuple[float, str] | None:
    if one.feed_id == other.feed_id and abs(one.reported_at - other.reported_at) > SOON:
        return None
    ours, theirs = _pairs(one.sentences), _pairs(other.sentences)
    if min(len(ours), len(theirs)) < FEW_PAIRS:
        return _same_title(one, other)
    smaller, larger = (one, theirs) if len(ours) <= len(theirs) else (other, ours)
    share = len(ours & theirs) / min(len(ours), len(theirs))
    lead = _pairs(smaller.sentences[:1])
    if share < SAME_TEXT or len(lead & larger) < SAME_LEAD * len(lead):
        return None
    if one.numbers - other.numbers and other.numbers - one.numbers:
        return None
    if one.names - other.tokens and other.names - one.tokens and share < 0.8:
        return None
    return share, f"{share:.0%} of the text is the same"


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


def _pairs(sentences: Sequence[Sequence[str]]) -> set[tuple[str, str]]:
    """Neighbouring tokens of each sentence."""
    return {pair for tokens in sentences for pair in pairwise(tokens)}
