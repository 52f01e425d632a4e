"""What was compared, what was taken out, and which signals decided: for a person who asks why.

It is worked out anew from what is stored: beside the reports that came before, as the feed's recurring lines and the
rarity of words are known now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitor.core.stories import weights
from monitor.core.stories.placing import Stories
from monitor.core.stories.report import Report
from monitor.core.stories.sameness import is_told
from monitor.core.stories.weighing import Rarity, Weights
from monitor.core.stories.wording import worded


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """One of the things that a decision sums up."""

    name: str
    value: float
    counts: float
    """The value by its weight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A decision: the sum of its signals, and of a bias that speaks for neither side alone."""

    beside: tuple[int, ...]
    """The entries that it was compared with."""
    nearest: int
    holds: bool
    """Told already; or of the story."""
    score: float
    bias: float
    signals: tuple[Signal, ...]
    """Those that count, the one that counts most first."""
    shared: tuple[str, ...]
    """The rarest words that it has in common with the nearest."""
    new: tuple[str, ...] = ()
    """Words that were not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All that decided on an entry."""

    names: tuple[str, ...]
    numbers: tuple[str, ...]
    taken_out: tuple[str, ...]
    """Sentences that recur in its feed: they tell nothing."""
    of_story: Judged | None
    """Whether it is of its story; None: it is the first of it."""
    told: Mapping[str, Judged]
    """By rule, whether the rule's thread had told what it says; rules that had told nothing are missing."""


def compared(
    report: Report,
    thread: Sequence[Report],
    told: Mapping[str, Sequence[Report]],
    rarity: Rarity,
    *,
    taken_out: Sequence[str] = (),
) -> Comparison:
    """`thread`: the reports of its story that came before it; `told`, by rule, those of them that were told."""
    weight = Weights(report, rarity)
    return Comparison(
        names=tuple(worded(report, [one for one in report.words if one in report.names])),
        numbers=tuple(worded(report, [one for one in report.words if one[0] == "#"])),
        taken_out=tuple(taken_out),
        of_story=_placed(report, thread, weight) if thread else None,
        told={rule_id: _told(report, said, rarity, weight) for rule_id, said in told.items() if said},
    )


def _placed(report: Report, thread: Sequence[Report], weight: Weights) -> Judged:
    stories = Stories(report, {0: thread}, weight)
    [(score, story_id, signals)] = stories.scored()
    nearest = stories.nearest(story_id)
    return Judged(
        beside=tuple(one.entry_id for one in thread),
        nearest=nearest.entry_id,
        holds=score >= 0,
        score=score,
        bias=weights.PLACING.bias,
        signals=_signals(signals, weights.PLACING),
        shared=shared(report, nearest, weight),
    )


def _told(report: Report, said: Sequence[Report], rarity: Rarity, weight: Weights) -> Judged:
    found = is_told(report, said, rarity)
    nearest = found.nearest or said[0]
    return Judged(
        beside=tuple(one.entry_id for one in said),
        nearest=nearest.entry_id,
        holds=found.told,
        score=found.score,
        bias=weights.TOLD.bias,
        signals=_signals(found.signals, weights.TOLD),
        shared=shared(report, nearest, weight),
        new=found.new,
    )


def shared(report: Report, other: Report, weight: Weights) -> tuple[str, ...]:
    """The words that both say, the rarest first."""
    both = [token for token in report.words if token in other.tokens and token[0] != "~"]
    both.sort(key=lambda token: -weight(token))
    return tuple(worded(report, both))


def _signals(signals: Mapping[str, float], table: weights.Table) -> tuple[Signal, ...]:
    found = [
        Signal(name=name, value=value, counts=value * table.weights[name])
        for name, value in signals.items()
        if value
    ]
    return tuple(sorted(found, key=lambda one: -abs(one.counts)))
