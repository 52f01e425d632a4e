"""The price of a request: what makes adaptive feeds together ask as often as they would at the usual interval."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import timedelta

from monitor.model import Polling

CEILING_FACTOR = 8
"""No feed is left alone for longer than so many usual intervals: what never matched may match tomorrow."""
HOUR = timedelta(hours=1)
HALVINGS = 60


def ceiling(settings: Polling) -> timedelta:
    """The longest wait that a rhythm may lead to."""
    return max(settings.interval * CEILING_FACTOR, settings.min_interval)


def price(pulls: Sequence[float], *, settings: Polling) -> float | None:
    """What one request must save, in weighted entry × hours; None where no feed's rhythm is known.

    A feed asks pull / √price times an hour, within its floor and ceiling; the price is found where the sum over all
    feeds is what the usual interval would cost.
    """
    if not pulls:
        return None
    most, least = HOUR / settings.min_interval, HOUR / ceiling(settings)
    budget = len(pulls) * min(HOUR / settings.interval, most)

    def asked(log_price: float) -> float:
        factor = math.exp(-log_price / 2)
        return sum(min(max(pull * factor, least), most) for pull in pulls)

    low, high = -60.0, 60.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if asked(middle) > budget else (low, middle)
    return math.exp(high)
