"""A poll of many entries as several smaller ones, and their plans as one.

Each part is stored in a transaction of its own; the feed's state goes with the last. Where only some were stored the
document counts as never seen: its next reading knows the entries that were, and brings the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from monitor.core.facts import Polled
from monitor.core.plan import PollPlan


def parts(polled: Polled, size: int) -> tuple[Polled, ...]:
    """The poll, `size` of its entries at a time, in their order; at least one part.

    A restructured feed is one part: what shows that its entries are no news is that there are so many of them.
    """
    if polled.restructured or len(polled.examined) <= size:
        return (polled,)
    *first, last = (polled.examined[start : start + size] for start in range(0, len(polled.examined), size))
    return (
        *(replace(polled, examined=some, rekeyed={}, more_follows=True) for some in first),
        replace(polled, examined=last),
    )


def whole(plans: Sequence[PollPlan]) -> PollPlan:
    """What all parts of a poll changed."""
    return replace(
        plans[-1],
        new=tuple(chain.from_iterable(plan.new for plan in plans)),
        changed=tuple(chain.from_iterable(plan.changed for plan in plans)),
        merges=tuple(chain.from_iterable(plan.merges for plan in plans)),
        decisions=tuple(chain.from_iterable(plan.decisions for plan in plans)),
        alerts=tuple(chain.from_iterable(plan.alerts for plan in plans)),
    )
