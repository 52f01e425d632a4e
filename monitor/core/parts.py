"""A poll of many entries as several smaller ones, and their plans as one.

Each part is stored in a transaction of its own; the feed's state goes with the last. Where only some were stored the
document counts as never seen: its next reading knows the entries that were, and brings the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import chain

from monitor.core.examine import Examined
from monitor.core.plan import PollPlan
from monitor.core.poll_facts import Polled

MATCHING = 5
"""An entry that a rule matches takes as long to store as so many others: it has a story, and may have an alert."""


def parts(polled: Polled, size: int) -> tuple[Polled, ...]:
    """The poll, `size` of its entries at a time, in their order, those that match counted by their weight.

    At least one part. A restructured feed is one part: what shows that its entries are no news is that there are so
    many of them.
    """
    if polled.restructured or _weight(polled.examined) <= size:
        return (polled,)
    *first, last = _divided(polled.examined, size)
    return (
        *(replace(polled, examined=some, rekeyed={}, more_follows=True) for some in first),
        replace(polled, examined=last),
    )


def _divided(examined: Sequence[Examined], size: int) -> list[tuple[Examined, ...]]:
    divided, left = [[examined[0]]], size - _weight(examined[:1])
    for one in examined[1:]:
        if (weight := _weight([one])) > left:
            divided.append([])
            left = size
        divided[-1].append(one)
        left -= weight
    return [tuple(some) for some in divided]


def _weight(examined: Sequence[Examined]) -> int:
    return sum(MATCHING if one.matches else 1 for one in examined)


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
