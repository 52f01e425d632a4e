"""A feed's rhythm: how many entries it publishes in each hour of the day, and how long to wait by it.

Theory: Sia, Cho & Cho, "Efficient Monitoring Algorithm for Fast News Alerts" (TKDE 2007). Entries come at a rate
λ(t) that repeats daily; a poll at t + g finds those published since t, delayed on average by half of g. With weight
w (how often an entry matters) and a price p for a request, the least sum of delays and prices is reached where each
poll has saved what it costs: ∫ w·λ(s)·(g − s) ds = p. For a steady rate that is g = √(2p / (w·λ)).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from monitor.model import FeedState, PollYield

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
HALF_LIFE = timedelta(days=14)
"""What a feed did a fortnight ago counts half: its weekdays are averaged, a change of habits shows in days."""
LOOK_BACK = timedelta(days=28)
"""Of a first poll's entries, older ones say nothing: archives hang below many feeds."""
LATE = timedelta(days=1)
"""A new entry dated so long before the last look is an old one that came again."""
LEAST_ENTRIES = 3
LEAST_DAYS = 0.5
QUIET_DAYS = 7.0
"""A rhythm is known after that many entries over that many days, or after a week without."""
PRIOR_DAYS = 3.0
"""Before an hour has shown its own rate for so many days, it is thought to be like the others."""
PRIOR_ENTRIES = 20.0
PRIOR_MATCHES = 1.0
"""An entry is thought to match once in twenty times, until a feed's own entries say otherwise."""
BURST_PRIOR = 2.0
"""What a poll brought changes the rate that is expected next as if so many entries had come as expected before."""


def learn(state: FeedState, news: PollYield, *, now: datetime) -> FeedState:
    """The state with what a good poll at `now` tells of the feed's rhythm."""
    if state.rhythm.until_at is None:
        return _begin(state, news, now)
    since = max(now - state.rhythm.until_at, timedelta(0))
    fresh = [min(at, now) for at in news.published_at if at > state.rhythm.until_at - LATE]
    faded = _faded(since)
    counts = [count * faded for count in state.rhythm.hours or (0.0,) * 24]
    for at in fresh:
        counts[at.astimezone(UTC).hour] += 1
    learned = replace(
        state.rhythm,
        hours=tuple(counts),
        days=state.rhythm.days * faded + _faded_days(since),
        matches=state.rhythm.matches * faded + news.matched,
        burst=_burst(state, len(fresh), now),
        until_at=now,
    )
    return replace(state, rhythm=learned)


def rates(state: FeedState) -> tuple[float, ...] | None:
    """Entries an hour, for each UTC hour of the day; None where too little is known."""
    total, days = sum(state.rhythm.hours), state.rhythm.days
    known = (total >= LEAST_ENTRIES and days >= LEAST_DAYS) or days >= QUIET_DAYS
    if not known:
        return None
    return smoothed(state.rhythm.hours or (0.0,) * 24, days)


def smoothed(counts: Sequence[float], days: float) -> tuple[float, ...]:
    """An hourly rate for each hour of the day, from how much came in it on so many days."""
    mean = (sum(counts) + 0.5) / (24 * days)
    smooth = [(counts[hour - 1] + 2 * counts[hour] + counts[(hour + 1) % 24]) / 4 for hour in range(24)]
    return tuple((count + PRIOR_DAYS * mean) / (days + PRIOR_DAYS) for count in smooth)


def weight(state: FeedState) -> float:
    """How likely one of the feed's entries matters."""
    return (state.rhythm.matches + PRIOR_MATCHES) / (sum(state.rhythm.hours) + PRIOR_ENTRIES)


def pull(state: FeedState) -> float | None:
    """Polls an hour at the price of one (entry × hour): the mean of √(w·λ/2) over the day; None: not known."""
    hourly = rates(state)
    if hourly is None:
        return None
    return sum(math.sqrt(weight(state) * rate / 2) for rate in hourly) / 24


def wait(
    hourly: Sequence[float], *, worth: float, price: float, now: datetime, ceiling: timedelta
) -> timedelta:
    """How long until the expected delay, weighed with `worth`, has reached `price` (entry × hours)."""
    saved, entries, passed_h = 0.0, 0.0, 0.0
    moment = now.astimezone(UTC)
    left_h = 1 - (moment.minute * 60 + moment.second) / 3600  # of the present hour of the day
    while passed_h < ceiling / HOUR:
        rate = worth * hourly[int(moment.hour)]
        # saved + entries·x + rate·x²/2 = price
        x = _positive_root(rate / 2, entries, saved - price)
        if x <= left_h:
            return min(HOUR * (passed_h + x), ceiling)
        saved += entries * left_h + rate * left_h**2 / 2
        entries += rate * left_h
        passed_h += left_h
        moment += HOUR
        left_h = 1.0
    return ceiling


def usual_gap(state: FeedState) -> timedelta | None:
    """The mean time between two entries; None where no rhythm is known, or nothing is published."""
    if rates(state) is None or sum(state.rhythm.hours) < 1:
        return None
    return DAY * (state.rhythm.days / sum(state.rhythm.hours))


def _begin(state: FeedState, news: PollYield, now: datetime) -> FeedState:
    """A first poll's entries tell the rhythm from the oldest of them on."""
    times = [at for at in news.published_at if now - LOOK_BACK <= at <= now]
    counts = [0.0] * 24
    for at in times:
        counts[at.astimezone(UTC).hour] += _faded(now - at)
    share = sum(counts) / len(news.published_at) if times else 0.0
    begun = replace(
        state.rhythm,
        hours=tuple(counts),
        days=_faded_days(now - min(times)) if times else 0.0,
        matches=news.matched * share,
        until_at=now,
    )
    return replace(state, rhythm=begun)


def _burst(state: FeedState, entries: int, now: datetime) -> float:
    """By how much the feed was busier since the last look than its hours say: news comes in bursts."""
    hourly = rates(state)
    if hourly is None or state.rhythm.until_at is None:
        return 1.0
    expected = _expected(hourly, state.rhythm.until_at, now)
    return (entries + BURST_PRIOR) / (expected + BURST_PRIOR)


def _expected(hourly: Sequence[float], start: datetime, end: datetime) -> float:
    """How many entries the hours from `start` to `end` usually bring; of a longer time a day's worth."""
    start = max(start, end - DAY).astimezone(UTC)
    expected = 0.0
    while start < end:
        until = min(start.replace(minute=0, second=0, microsecond=0) + HOUR, end)
        expected += hourly[start.hour] * ((until - start) / HOUR)
        start = until
    return expected


def _faded_days(span: timedelta) -> float:
    """So many days, each faded with its age: ∫ 2^(−s / HALF_LIFE) ds."""
    return (HALF_LIFE / DAY) / math.log(2) * (1 - _faded(span))


def _faded(span: timedelta) -> float:
    """What is left of a count so much later."""
    return math.exp2(-(span / HALF_LIFE))


def _positive_root(a: float, b: float, c: float) -> float:
    """The least x ≥ 0 with a·x² + b·x + c = 0, for a, b ≥ 0; infinite where there is none."""
    if c >= 0:
        return 0.0
    root = math.sqrt(b * b - 4 * a * c)
    return -2 * c / (b + root) if b + root > 0 else math.inf
