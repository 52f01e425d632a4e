"""What one feed may bring a day: one that brings more is asked less often, and costs no more than that.

Nothing of what it brings is left out for this. A bucket that leaks a day's allowance a day: a whole one may come at
once, as after an outage, before anything waits.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from monitor.core.polling.reasons import DAY, MinimumWait, Reason
from monitor.model import Allowance, FeedState

ENTRIES_A_DAY: Final = 50_000
"""New and changed ones: three minutes of a processor. The busiest wires bring some thousand."""
BYTES_A_DAY: Final = 4 * 2**30
"""Unpacked: a list of 14 MiB, without a validator, every five minutes."""
_MOST: Final = f"{ENTRIES_A_DAY} entries or {BYTES_A_DAY // 2**30} GiB"
WARNING: Final = f"it brings more than {_MOST} a day, and is asked less often"


def spend(state: FeedState, *, entries: int, size_bytes: int, now: datetime) -> FeedState:
    """The state after a poll that brought so much."""
    cost = max(entries / ENTRIES_A_DAY, size_bytes / BYTES_A_DAY)
    leaked = max((now - state.allowance.spent_at) / DAY, 0.0) if state.allowance.spent_at else 0.0
    spent = max(state.allowance.spent - leaked, 0.0) + cost
    return replace(state, allowance=Allowance(spent=spent, spent_at=now))


def wish(state: FeedState) -> MinimumWait:
    """No poll before what was spent beyond a day's allowance has leaked away."""
    return MinimumWait(DAY * max(state.allowance.spent - 1.0, 0.0), Reason.ALLOWANCE)


def warnings(state: FeedState) -> tuple[str, ...]:
    """Of a feed that has brought more than its day allows; else none."""
    return (WARNING,) if state.allowance.spent > 1.0 else ()
