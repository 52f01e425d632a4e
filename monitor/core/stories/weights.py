"""What each signal counts: one table for each decision, written by a script that anyone can run.

python tests/bench/fit_weights.py --write
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A decision's weights: what they sum up to is its score."""

    bias: float
    weights: Mapping[str, float]

    def score(self, signals: Mapping[str, float]) -> float:
        """The bias and all signals by their weights. KeyError: a signal has no weight, the script has to be run."""
        return self.bias + sum([self.weights[name] * value for name, value in signals.items()])


TOLD: Final = Table(
    bias=1.914,
    weights={
        "covered": -2.795,
        "least covered": -4.233,
        "all covered": -1.668,
        "likeness": -1.839,
        "numbers it lacks": 0.292,
        "other numbers both ways": 1.388,
        "a new number in the headline": 2.058,
        "other names both ways": 1.178,
        "headline only": 1.492,
        "the same feed": 2.031,
        "new in the same feed": 0.606,
        "hours since": 0.720,
    },
)
"""Is it news? From 0 on it is told."""

PLACING: Final = Table(
    bias=-3.086,
    weights={
        "titles": 2.823,
        "titles among many": 4.353,
        "told soon": -1.905,
        "told soon among many": 1.267,
        "own words": 0.309,
        "likeness, soon": -2.374,
        "title likeness": -5.326,
        "shared numbers": 0.345,
        "shared names": 0.488,
        "a shared place": -1.445,
        "other names both ways": -0.839,
        "other names in the same feed": -1.428,
        "other numbers both ways": -0.756,
        "other places both ways": -1.867,
        "in other languages only": 0.692,
        "in other languages, soon": 1.514,
        "across languages": -0.783,
        "across languages, soon": 1.703,
        "titles above the next": 1.989,
        "evidence above the next": 0.739,
        "most evidence": 1.632,
    },
)
"""Is it of this story? From 0 on it joins."""
