"""Feeds that have brought nothing but errors for a day: the operator hears of each once, and once that it is well."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.model import FeedState

BROKEN: Final = timedelta(days=1)
NEVER: Final = 5
"""Failures in a row of a feed that never answered: by then it was asked for hours."""
MOST_FEEDS: Final = 20
"""That one note names."""
TOLD: Final = "broken for a day"
"""The mark of a feed whose outage was told."""


@dataclass(frozen=True, slots=True)
class Outages:
    """The feeds that are out, by what is known of them."""

    begun: tuple[FeedState, ...]
    over: tuple[FeedState, ...]

    def __bool__(self) -> bool:
        return bool(self.begun or self.over)


def is_broken(state: FeedState, now: datetime) -> bool:
    """Nothing but errors for a day. One that is stopped is another matter: that was said when it was."""
    if state.stopped_reason or not state.failures:
        return False
    if state.last_success_at is None:
        return state.failures >= NEVER
    return now - state.last_success_at >= BROKEN


def outages(states: Iterable[FeedState], told: Collection[str], now: datetime) -> Outages:
    """What the operator has not heard yet; `told`: the feeds of whose outage he has."""
    known = list(states)
    return Outages(
        begun=tuple(state for state in known if state.feed_id not in told and is_broken(state, now)),
        over=tuple(
            state
            for state in known
            if state.feed_id in told and not state.failures and not state.stopped_reason
        ),
    )


def note(found: Outages) -> str:
    """One note for all of them."""
    begun = [f"{state.feed_id}: {state.last_error}" for state in found.begun]
    over = [state.feed_id for state in found.over]
    said = []
    if len(begun) == 1:
        said.append(f"Feed {begun[0]} (nothing else for a day)")
    elif begun:
        said += [f"{len(begun)} feeds have brought nothing but errors for a day.", *_most(begun)]
    if len(over) == 1:
        said.append(f"Feed {over[0]} answers again.")
    elif over:
        said += [f"{len(over)} feeds answer again.", *_most(over)]
    return "\n".join(said)


def _most(lines: list[str]) -> list[str]:
    left = len(lines) - MOST_FEEDS
    return [
        *lines[:MOST_FEEDS],
        *([f"… and {left} more: `monitor feeds list --failing`"] if left > 0 else []),
    ]
