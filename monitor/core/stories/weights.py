"""What each signal counts: one table for each decision, written by a script that anyone can run.

python tests/bench/fit_told.py --write
python tests/bench/fit_threads.py --write
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
    bias=1.048,
    weights={
        "covered": -1.986,
        "covered²": -1.992,
        "covered > 0.9": -0.339,
        "covered > 0.97": -0.327,
        "headline covered": -1.145,
        "headline covered²": -0.595,
        "new in the headline": 0.134,
        "rare new words": 0.063,
        "newest sentence": 0.739,
        "likeness": -0.767,
        "new numbers": 0.083,
        "any new number": 1.016,
        "numbers the nearest lacks": -0.018,
        "numbers it lacks": 0.393,
        "other numbers both ways": 1.025,
        "new names": -0.203,
        "any new name": -0.195,
        "names it lacks": 0.057,
        "other names both ways": 0.976,
        "nearest's headline not here": 0.766,
        "length": -0.450,
        "headline only": 0.854,
        "same headline": -0.439,
        "headline of the thread": -0.439,
        "the same feed": 3.426,
        "hours since": 0.682,
        "the very same": -1.250,
    },
)
"""Is it news? From 0 on it is told."""

PLACING: Final = Table(
    bias=-3.755,
    weights={
        "titles": 4.335,
        "titles among many": 4.383,
        "told soon": -1.675,
        "told soon among many": 1.113,
        "own words": 0.274,
        "likeness, soon": -2.530,
        "title likeness": -6.119,
        "shared numbers": 0.267,
        "other names both ways": -1.620,
        "other numbers both ways": -0.747,
        "other places both ways": -1.633,
        "in other languages only": 0.619,
        "in other languages, soon": 1.414,
        "across languages": -0.506,
        "across languages, soon": 1.422,
        "titles above the next": 1.911,
        "evidence above the next": 0.661,
        "most evidence": 1.551,
    },
)
"""Is it of this story? From 0 on it joins."""
