"""Whether what a report says has been told already: one decision, whatever the report comes as.

A copy, a growing headline, a second outlet's report, a feed that was issued anew, an edit, the next notice of a
template: the same named signals are asked of each, against what was told. Silence must be proven: too little text
proves nothing, and in doubt a report is told. The weights are chosen by `tests/bench/fit_weights.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from math import log1p
from typing import Final

from monitor.core.stories import weights
from monitor.core.stories.negation import is_negation
from monitor.core.stories.report import FORM, Report, beginnings
from monitor.core.stories.weighing import Rarity, Weights
from monitor.core.stories.wording import worded

ALL: Final = 0.97
"""Share of what a report says from which all of it was said: a slip of the pen is left."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sameness:
    """Whether a report is told already, and why."""

    told: bool
    """It says nothing that was not said."""
    nearest: Report | None = None
    """Of what was told, the report that it is most like."""
    signals: Mapping[str, float] = field(default_factory=dict)
    score: float = 0.0
    """The signals by their weights; told already below 0."""
    new: tuple[str, ...] = ()
    """The folded words that the thread has not said, the most telling first; those without spaces put together."""


def is_told(report: Report, said: Sequence[Report], rarity: Rarity) -> Sameness:
    """Whether what `report` says is in what was said: the reports that a rule's thread told."""
    if not said:
        return Sameness(told=False)
    seen = Comparison(report, said, Weights(report, rarity))
    signals = seen.signals()
    score = weights.TOLD.score(signals)
    return Sameness(told=score < 0, nearest=seen.nearest, signals=signals, score=score, new=seen.new_words())


class Comparison:
    """A report beside the reports of a thread."""

    def __init__(self, report: Report, said: Sequence[Report], weight: Weights) -> None:
        self._report, self._said, self._weight = report, said, weight
        self._known = {one.entry_id: _without(one, report) for one in said}
        likeness = {one.entry_id: self._likeness(one) for one in said}
        self.nearest = max(said, key=lambda one: likeness[one.entry_id])
        self._told = frozenset().union(*self._known.values())
        self._new = self._in_no_form(report.tokens - self._told)

    def new_words(self) -> tuple[str, ...]:
        """The folded words that the thread has in no form: those of the headline first, then the rarest."""
        report = self._report
        new = [token for token in report.words if token in self._new and token[0] != "~"]
        new.sort(key=lambda token: (token not in report.title, -self._weight(token)))
        return tuple(worded(report, new))

    def signals(self) -> dict[str, float]:
        """What speaks for its being news, and against."""
        report, near, told, new, weight = self._report, self.nearest, self._told, self._new, self._weight
        nearby = self._known[near.entry_id]
        near_numbers = {token for token in nearby if token[0] == "#"}
        covered = 1 - weight.of(new) / (weight.of(report.tokens) or 1)
        headline = 1 - weight.of(report.title & new) / (weight.of(report.title) or 1)
        same_feed = report.feed_id == near.feed_id
        hours = max(0.0, (report.reported_at - near.reported_at) / timedelta(hours=1))
        return {
            "covered": covered**2,
            "least covered": min(covered, headline),
            "all covered": float(weight.share(report.tokens, told) > ALL),
            "likeness": self._likeness(near),
            "numbers it lacks": float(min(len(near_numbers - report.numbers), 3)),
            "other numbers both ways": float(bool(report.numbers - nearby and near_numbers - report.numbers)),
            "a new number in the headline": float(
                any(token[0] == "#" and token not in told for token in report.title)
            ),
            "other names both ways": float(
                bool(report.names - nearby and (near.names & nearby) - report.tokens)
            ),
            "headline only": float(not report.sentences),
            "another day": float(self._is_another_day()),
            "a turn": self._turn(),
            "a turn in the same feed": same_feed * self._turn(),
            "a negation": self._negation(),
            "the same feed": float(same_feed),
            "new in the same feed": same_feed * log1p(weight.of(new)),
            "hours since": log1p(hours),
        }

    def _is_another_day(self) -> bool:
        """Whether the headline names a day or a month that nobody named, beside one that the nearest named."""
        named = frozenset().union(*(one.days for one in self._said))
        new = {day[0] for day in self._report.headline_days - named}
        return any(day[0] in new for day in self.nearest.days - self._report.days)

    def _turn(self) -> float:
        """How much of the headline is a word in the place of another, which title and text do not repeat."""
        report, near, weight = self._report, self.nearest, self._weight
        for_it = [token for token in near.title - report.tokens if token[0] != "~"]
        forms = report.sets.begins
        lacks = any(token[:FORM] not in forms or len(token) <= FORM or token[0] == "#" for token in for_it)
        new = {token for token in report.title & self._new if token[0] != "~"}
        if report.sentences:
            said = beginnings(report.body)
            new = {token for token in new if token in report.body or token[:FORM] in said}
        if not lacks or not new:
            return 0.0
        return weight.likeness(report.title, near.title)

    def _negation(self) -> float:
        """How alike two headlines are of which the one says no, where the other report says it nowhere."""
        report, near = self._report, self.nearest
        for one, other in ((report, near), (near, report)):
            if says_no(one.title, one.language) and not says_no(other.tokens, other.language):
                return self._weight.likeness(report.title, near.title)
        return 0.0

    def _likeness(self, other: Report) -> float:
        tokens, known = self._report.tokens, self._known[other.entry_id]
        if known is other.tokens:
            return self._weight.alike(other.sets, tokens & known)
        return self._weight.likeness(tokens, known)

    def _in_no_form(self, tokens: frozenset[str]) -> set[str]:
        """Those of words that were not said of which no other form was said either."""
        known = [
            one.sets.begins if said is one.tokens else beginnings(said)
            for one in self._said
            for said in (self._known[one.entry_id],)
        ]
        forms = {token[:FORM] for token in tokens if token[0] not in "~#" and len(token) > FORM}
        forms.intersection_update(frozenset().union(*known))
        return {
            token for token in tokens if token[0] in "~#" or len(token) <= FORM or token[:FORM] not in forms
        }


def says_no(tokens: Iterable[str], language: str | None) -> bool:
    """Whether one of the tokens is a negation."""
    return any(token[0] == "~" and is_negation(token[1:], language) for token in tokens)


def _without(one: Report, report: Report) -> frozenset[str]:
    """What a told report says, but for what is known by now to recur in the feed of the new one."""
    if not report.recurring:
        return one.tokens
    again = set(report.recurring)
    if again.isdisjoint(one.sentences):
        return one.tokens
    own = {token for sentence in one.sentences if sentence not in again for token in sentence}
    return frozenset(own | one.title)
