"""Whether what a report says has been told already: one decision, whatever the report comes as.

A copy, a growing headline, a second outlet's report, a feed that was issued anew, an edit, the next notice of a
template: the same named signals are asked of each, against what was told. Silence must be proven: too little text
proves nothing, and in doubt a report is told. The weights are chosen by `tests/bench/fit_told.py`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log1p

from monitor.core.stories import weights
from monitor.core.stories.report import Report
from monitor.core.stories.weighing import Rarity, Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Whether a report is told already, and why."""

    told: bool
    """It says nothing that was not said."""
    nearest: Report | None = None
    """Of what was told, the report that it is most like."""
    signals: Mapping[str, float] = field(default_factory=dict)
    score: float = 0.0
    """The signals by their weights; told already below 0."""
    new: tuple[str, ...] = ()
    """The folded words that the thread has not said, the most telling first."""


def is_told(report: Report, said: Sequence[Report], rarity: Rarity) -> Told:
    """Whether what `report` says is in what was said: the reports that a rule's thread told."""
    if not said:
        return Told(told=False)
    seen = Comparison(report, said, Weights(report, rarity))
    signals = seen.signals()
    score = weights.TOLD.score(signals)
    return Told(told=score < 0, nearest=seen.nearest, signals=signals, score=score, new=seen.new_words())


class Comparison:
    """A report beside the reports of a thread."""

    def __init__(self, report: Report, said: Sequence[Report], weight: Weights) -> None:
        self._report, self._said = report, said
        self.weight = weight
        self._known = {one.entry_id: _without(one, report) for one in said}
        self.nearest = max(said, key=self.likeness)
        self._told = frozenset().union(*self._known.values())

    def likeness(self, other: Report) -> float:
        return self.weight.likeness(self._report.tokens, self._known[other.entry_id])

    def new_words(self) -> tuple[str, ...]:
        new = [token for token in self._report.words if token not in self._told and token[0] != "~"]
        head = self._report.title
        new.sort(key=lambda token: (token not in head, -self.weight(token)))
        return tuple(self._report.folded_of[token] for token in new)

    def signals(self) -> dict[str, float]:
        e, near, told = self._report, self.nearest, self._told
        weight = self.weight
        total = sum(map(weight, e.tokens)) or 1
        new = e.tokens - told
        new_head = [weight(token) for token in e.title if token not in told]
        cover = 1 - sum(map(weight, new)) / total
        cover_head = 1 - sum(new_head) / (sum(map(weight, e.title)) or 1)
        newest = 0.0
        for sentence in (e.headline, *e.sentences):
            tokens = set(sentence)
            heavy = sum(map(weight, tokens))
            if heavy > 1:
                newest = max(
                    newest, sum(weight(token) for token in tokens if token not in told) / (heavy + 1)
                )
        nearby = self._known[near.entry_id]
        near_numbers = {token for token in nearby if token[0] == "#"}
        names, near_names = e.names - e.numbers, near.names & nearby
        new_names = names - told
        hours = max(0.0, (e.reported_at - near.reported_at).total_seconds() / 3600)
        return {
            "covered": cover,
            "covered²": cover**2,
            "covered > 0.9": float(cover > 0.9),
            "covered > 0.97": float(cover > 0.97),
            "headline covered": cover_head,
            "headline covered²": cover_head**2,
            "new in the headline": sum(new_head),
            "rare new words": min(sum(weight(token) > 0.75 for token in new), 10),
            "newest sentence": newest,
            "likeness": self.likeness(near),
            "new numbers": min(sum(token[0] == "#" for token in new), 3),
            "any new number": float(any(token[0] == "#" for token in new)),
            "numbers the nearest lacks": min(len(e.numbers - near_numbers), 3),
            "numbers it lacks": min(len(near_numbers - e.numbers), 3),
            "other numbers both ways": float(bool(e.numbers - near_numbers and near_numbers - e.numbers)),
            "new names": min(len(new_names), 4),
            "any new name": float(bool(new_names)),
            "names it lacks": min(len(near_names - e.tokens), 4),
            "other names both ways": float(bool(names - nearby and near_names - e.tokens)),
            "nearest's headline not here": 1 - len(near.title & e.tokens) / max(1, len(near.title)),
            "length": log1p(len(e.words)),
            "headline only": float(not e.sentences),
            "same headline": float(e.headline == near.headline),
            "headline of the thread": float(e.headline in {one.headline for one in self._said}),
            "the same feed": float(e.feed_id == near.feed_id),
            "hours since": log1p(hours),
            "the very same": float((e.headline, e.sentences) == (near.headline, near.sentences)),
        }


def _without(one: Report, report: Report) -> frozenset[str]:
    """What a told report says, but for what is known by now to recur in the feed of the new one."""
    if not report.recurring:
        return one.tokens
    again = set(report.recurring)
    own = {token for sentence in one.sentences if sentence not in again for token in sentence}
    return frozenset(own | one.title)
