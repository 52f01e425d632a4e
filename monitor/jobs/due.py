"""Which of the feeds that are due are polled now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from monitor.core import polling
from monitor.model import FeedState
from monitor.store import Store, feeds


def to_poll(store: Store, due: Sequence[FeedState], now: datetime) -> list[FeedState]:
    """Those of `due` that no window of their publisher's forbids; the others are put off to its end, and stored."""
    put_off = {state.feed_id: later for state in due if (later := polling.put_off(state, now=now))}
    if put_off:
        with store.writing() as connection:
            feeds.save_all(
                connection, [(state, put_off[state.feed_id]) for state in due if state.feed_id in put_off]
            )
    return [state for state in due if state.feed_id not in put_off]
