"""How long a feed is quiet between two of its entries: nights, weekends and holidays are in that."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

from monitor.core.polling.rhythm import HALF_LIFE, LOOK_BACK
from monitor.model import FeedState, PollYield


def learn(state: FeedState, news: PollYield, *, now: datetime) -> FeedState:
    """The state with what a poll's entries tell of the longest quiet; a weekend ago counts more than a Christmas."""
    before = state.rhythm.last_entry_at
    since = before or now - LOOK_BACK
    times = sorted(at for at in news.published_at if since < at <= now)
    if not times:
        return state
    known = [before, *times] if before else times
    gaps = [later - earlier for earlier, later in pairwise(known)]
    longest_s = max(
        state.rhythm.longest_quiet_s * _faded(times[-1] - (before or times[-1])),
        *(gap.total_seconds() for gap in gaps),
        0.0,
    )
    return replace(state, rhythm=replace(state.rhythm, last_entry_at=times[-1], longest_quiet_s=longest_s))


def _faded(since: timedelta) -> float:
    return math.exp2(-(since / HALF_LIFE))
