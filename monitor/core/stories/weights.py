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
    bias=1.649,
    weights={
        "covered": -3.709,
        "least covered": -3.691,
        "all covered": -1.326,
        "likeness": -0.704,
        "numbers it lacks": 0.200,
        "other numbers both ways": 1.275,
        "a new number in the headline": 1.962,
        "other names both ways": 0.309,
        "headline only": 1.230,
        "another day": 8.623,
        "a turn": 3.536,
        "a turn in the same feed": 3.997,
        "a negation": 5.216,
        "the same feed": 2.344,
        "new in the same feed": 0.299,
        "hours since": 0.584,
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
