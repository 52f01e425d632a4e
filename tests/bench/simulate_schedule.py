"""How late entries are seen under three schedules that ask equally often.

    python tests/bench/simulate_schedule.py [--feeds 300] [--seed 1]

Posting times are generated: each feed has a rate of its own (a few a week to a few an hour), a daily rhythm and
bursts (each entry draws others after it within the hour); a few feeds bring nearly all that matches. Two weeks to
learn from, two weeks that count. Printed: mean and 95th percentile of the delay from publication to the next poll.
"""

from __future__ import annotations

import argparse
import math
import random
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from monitor.core.polling import budget, rhythm
from monitor.core.polling.schedule import wish_by_rhythm
from monitor.model import FeedState, Polling, PollYield

START = datetime(2026, 1, 5, tzinfo=UTC)
LEARNED, ENDS = 14 * 24.0, 28 * 24.0
"""Hours after `START`."""
SETTINGS = Polling(interval=timedelta(minutes=15), min_interval=timedelta(minutes=5))
LEAST_H, USUAL_H = 5 / 60, 15 / 60


@dataclass
class SimulatedFeed:
    posts: list[float]
    matches: list[bool]

    def between(self, start: float, end: float) -> slice:
        return slice(bisect_right(self.posts, start), bisect_right(self.posts, end))


def generated(rng: random.Random) -> SimulatedFeed:
    a_day = min(math.exp(rng.gauss(math.log(6), 1.5)), 150)
    peak, depth, children = rng.gauss(13, 3), rng.uniform(0.5, 1.0), rng.uniform(0, 0.5)
    weight = rng.betavariate(0.2, 4)
    posts, at = [], 0.0
    most = a_day / 24 * (1 - children) * (1 + depth)
    while at < ENDS:
        at += rng.expovariate(most)
        share = (1 + depth * math.cos((at - peak) / 24 * math.tau)) / (1 + depth)
        weekend = 0.5 if int(at // 24) % 7 >= 5 else 1.0
        if rng.random() < share * weekend:
            posts += burst(rng, at, children)
    posts = sorted(one for one in posts if one < ENDS)
    return SimulatedFeed(posts, [rng.random() < weight for _ in posts])


def burst(rng: random.Random, at: float, children: float) -> list[float]:
    """An entry and those that it draws, which draw others in turn."""
    found, open_ = [], [at]
    while open_:
        parent = open_.pop()
        found.append(parent)
        while rng.random() < children / (1 + children):
            open_.append(parent + rng.expovariate(1.5))
    return found


@dataclass
class Tally:
    requests: int = 0
    delays: list[float] = None  # type: ignore[assignment]
    matched: list[float] = None  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.delays, self.matched = [], []

    def poll(self, feed: SimulatedFeed, last: float, now: float) -> None:
        if now < LEARNED:
            return
        self.requests += 1
        seen = feed.between(last, now)
        delays = [(now - at) * 60 for at in feed.posts[seen]]
        self.delays += delays
        self.matched += [delay for delay, hit in zip(delays, feed.matches[seen], strict=True) if hit]


def simulate(
    feeds: list[SimulatedFeed], interval_h: Callable[[SimulatedFeed, float], float], rng: random.Random
) -> Tally:
    """Every feed by a rule that needs no memory of its own."""
    tally = Tally()
    for feed in feeds:
        last, now = 0.0, rng.random()
        while now < ENDS:
            tally.poll(feed, last, now)
            last, now = now, now + interval_h(feed, now) * (1 + 0.1 * rng.random())
    return tally


def simulate_ours(feeds: list[SimulatedFeed], rng: random.Random) -> Tally:
    """The program's own rhythm and price; the price is looked up daily, as little changes within one."""
    tally = Tally()
    states = [FeedState(feed_id="", url="", next_poll_at=START) for _ in feeds]
    last = [0.0] * len(feeds)
    due = [rng.random() for _ in feeds]
    for day in range(int(ENDS / 24)):
        pulls = [rhythm.pull(state) for state in states]
        price = budget.price([pull for pull in pulls if pull is not None], settings=SETTINGS)
        for number, feed in enumerate(feeds):
            while due[number] < (day + 1) * 24:
                now = due[number]
                tally.poll(feed, last[number], now)
                seen = feed.between(last[number], now)
                moment = START + timedelta(hours=now)
                news = PollYield(
                    published_at=tuple(START + timedelta(hours=at) for at in feed.posts[seen]),
                    matched=sum(feed.matches[seen]),
                )
                states[number] = rhythm.learn(states[number], news, now=moment)
                wish = wish_by_rhythm(states[number], settings=SETTINGS, price=price, now=moment)
                wait_h = max(wish.wait.total_seconds() / 3600 if wish else USUAL_H, LEAST_H)
                last[number], due[number] = now, now + wait_h * (1 + 0.1 * rng.random())
    return tally


def entry_frequency(factor: float) -> Callable[[SimulatedFeed, float], float]:
    """Miniflux: a week over last week's entries, times a factor, between 5 minutes and a day."""

    def interval_h(feed: SimulatedFeed, now: float) -> float:
        week = feed.between(now - 7 * 24, now)
        count = week.stop - week.start
        return min(max(7 * 24 / (count * factor), LEAST_H), 24.0) if count else 24.0

    return interval_h


def equalised(feeds: list[SimulatedFeed], requests: int) -> Tally:
    """Entry frequency with the factor at which it asks about so often."""
    low, high = 1e-2, 1e2
    tally = Tally()
    for _ in range(9):
        middle = math.sqrt(low * high)
        tally = simulate(feeds, entry_frequency(middle), random.Random(7))
        low, high = (middle, high) if tally.requests < requests else (low, middle)
    return tally


def line(name: str, tally: Tally) -> str:
    cells = [f"{name:<34}{tally.requests:>10}"]
    for delays in (tally.matched, tally.delays):
        ranked = sorted(delays)
        mean = sum(ranked) / len(ranked)
        cells.append(f"{mean:>9.1f}{ranked[int(len(ranked) * 0.95)]:>9.1f}")
    return "".join(cells)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--feeds", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    rng = random.Random(asked.seed)
    feeds = [generated(rng) for _ in range(asked.feeds)]
    ours = simulate_ours(feeds, rng)
    usual_h = len(feeds) * (ENDS - LEARNED) / ours.requests / 1.05  # 1.05: the mean of the jitter
    fixed = simulate(feeds, lambda _feed, _now: usual_h, random.Random(7))
    miniflux = equalised(feeds, ours.requests)
    posts = sum(len(feed.posts) for feed in feeds)
    print(f"{len(feeds)} feeds, {posts} entries, {sum(sum(feed.matches) for feed in feeds)} of them matching")
    print(f"{'delay in minutes':<34}{'requests':>10}{'matching':>13}{'every entry':>19}")
    print(f"{'':<44}{'mean':>9}{'95 %':>9}{'mean':>9}{'95 %':>9}")
    for name, tally in [
        ("fixed", fixed),
        ("entry frequency (Miniflux)", miniflux),
        ("by rhythm and weight", ours),
    ]:
        print(line(name, tally))


if __name__ == "__main__":
    main()
