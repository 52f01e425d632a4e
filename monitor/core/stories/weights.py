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
    bias=0.888,
    weights={
        "covered": -1.875,
        "covered²": -1.770,
        "covered > 0.9": -0.336,
        "covered > 0.97": -0.255,
        "headline covered": -1.034,
        "headline covered²": -0.628,
        "new in the headline": 0.188,
        "rare new words": 0.071,
        "newest sentence": 1.102,
        "likeness": -0.416,
        "new numbers": 0.081,
        "any new number": 1.020,
        "numbers the nearest lacks": -0.023,
        "numbers it lacks": 0.331,
        "other numbers both ways": 1.160,
        "new names": -0.085,
        "any new name": -0.391,
        "names it lacks": 0.025,
        "other names both ways": 0.557,
        "nearest's headline not here": 0.705,
        "length": -0.596,
        "headline only": 0.781,
        "same headline": -0.547,
        "headline of the thread": -0.547,
        "the same feed": 3.377,
        "hours since": 0.693,
        "the very same": -1.254,
    },
)
"""Is it news? From 0 on it is told."""

PLACING: Final = Table(
    bias=-7.148,
    weights={
        "likeness": -2.310,
        "title likeness": -1.676,
        "covered": 0.115,
        "title covered": 1.752,
        "nearest's title covered": 3.005,
        "shared names": -0.192,
        "a shared name": -0.145,
        "rarest shared name": 2.372,
        "shared words": -0.204,
        "shared in the title": 0.943,
        "shared by titles": -0.539,
        "rarest in the title": 1.740,
        "rarest shared by titles": 0.362,
        "shared numbers": 0.464,
        "new names in the title": -0.083,
        "new in the title": -0.020,
        "new numbers": -0.449,
        "names it lacks": -0.633,
        "other names both ways": -2.678,
        "other numbers both ways": -0.701,
        "shared places": 0.130,
        "other places both ways": -0.488,
        "shared across languages": -0.025,
        "hours": -0.108,
        "the same feed": -0.488,
        "reports": 1.777,
        "length": 0.521,
        "nearest's length": 0.423,
        "another language": 2.240,
        "likeness above the next": 1.424,
        "shared above the next": 0.779,
        "no other story": -1.116,
    },
)
"""Is it of this story? From 0 on it joins."""
