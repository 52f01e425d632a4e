"""How often a burst or a lull is told where there is none, and how soon where there is one.

    python tests/bench/simulate_pace.py [--rules 40] [--weeks 8] [--seed 1]

Reports are generated: each rule has a rate of its own, a daily rhythm (a third as much at night), half as much at
weekends, and events that draw further reports after them over hours. The first four weeks are learned from. Then
false bursts and lulls are counted; bursts of so many times the usual over three hours are put in, one a week, and
each rule falls silent for good at the end. Checked every ten minutes, as `jobs.bursts` does every minute.
"""

from __future__ import annotations

import argparse
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from statistics import median

from monitor.core.alerts import burst_test

LEARNED_H = 28 * 24
RATES_A_DAY = (2.0, 8.0, 30.0, 120.0)
EVENT_REPORTS = 3.0
"""Reports of one event, on average."""
EVENT_H = 3.0
"""How long after the first the others come, on average."""
BURST_H = 3
TIMES = (3, 5, 10, 30)
STEPS = 6
"""Checks an hour."""
FIRST_HOUR = burst_test.hour_number(burst_test.hour_start(490_800))


@dataclass
class Outcome:
    false_bursts: int = 0
    false_lulls: int = 0
    months: float = 0.0
    delays_h: dict[int, list[float | None]] = field(default_factory=dict)
    """By how many times the usual the burst was; None: never told."""
    lull_h: list[float | None] = field(default_factory=list)


def rate_at(hour: float, a_day: float) -> float:
    of_day, weekday = hour % 24, int(hour // 24 + 3) % 7
    night = 1 / 3 if of_day < 6 or of_day >= 22 else 1.0
    weekend = 0.5 if weekday >= 5 else 1.0
    return a_day / 24 * night * weekend / 0.78 / 0.86


def ordinary(rng: random.Random, a_day: float, hours: int) -> list[float]:
    """When reports come, in hours."""
    found = []
    most = rate_at(12, a_day) / EVENT_REPORTS
    hour = 0.0
    while (hour := hour + rng.expovariate(most)) < hours:
        if rng.random() < rate_at(FIRST_HOUR + hour, a_day) / EVENT_REPORTS / most:
            found.append(hour)
            while rng.random() < 1 - 1 / EVENT_REPORTS:
                found.append(hour + rng.expovariate(1 / EVENT_H))
    return [one for one in found if one < hours]


def burst(rng: random.Random, a_day: float, times: int, start: int) -> list[float]:
    """Extra reports over `BURST_H`, so that there are `times` the usual."""
    wanted = sum(rate_at(FIRST_HOUR + start + hour, a_day) for hour in range(BURST_H)) * (times - 1)
    reports: list[float] = []
    at = float(start)
    while (at := at + rng.expovariate(wanted / BURST_H)) < start + BURST_H:
        reports.append(at)
    return reports


def told(reports: Iterable[float], hours: int) -> tuple[list[float], list[float]]:
    """When bursts and lulls are told, in hours."""
    waiting = sorted(reports, reverse=True)
    coverage: Counter[int] = Counter()
    bursts, lulls = [], []
    hot_at, lull_hour, known = None, None, None
    for step in range(hours * STEPS):
        at = step / STEPS
        while waiting and waiting[-1] <= at:
            coverage[FIRST_HOUR + int(waiting.pop())] += 1
        hour = FIRST_HOUR + int(at)
        now = burst_test.hour_start(FIRST_HOUR) + timedelta(hours=at)
        watched = range(max(FIRST_HOUR, hour - LEARNED_H), hour + 1)
        if step % STEPS == 0:
            recent = {one: coverage[one] for one in watched if coverage[one]}
            known = burst_test.usual(recent, watched, before=hour)
            if burst_test.missing(known, watched, now) is not None and lull_hour != known.last_hour:
                lulls.append(at)
                lull_hour = known.last_hour
        assert known is not None
        count = coverage[hour] + coverage[hour - 1]
        expects = burst_test.expected(known.hourly, [hour - 1, hour], now)
        if hot_at is not None and burst_test.is_hot(reports=count, expects=expects):
            hot_at = now
        elif hot_at is not None and burst_test.is_over(hot_at, now):
            hot_at = None
        elif hot_at is None and burst_test.is_burst(known, reports=count, outlets=count, expects=expects):
            bursts.append(at)
            hot_at = now
    return bursts, lulls


def measured(rng: random.Random, a_day: float, rules: int, hours: int) -> Outcome:
    outcome = Outcome(delays_h={times: [] for times in TIMES})
    for _ in range(rules):
        calm = ordinary(rng, a_day, hours)
        bursts, lulls = told(calm, hours)
        outcome.false_bursts += sum(at >= LEARNED_H for at in bursts)
        outcome.false_lulls += len(lulls)
        outcome.months += (hours - LEARNED_H) / 720
        starts = {
            LEARNED_H + week * 168 + rng.randrange(48, 160): rng.choice(TIMES)
            for week in range((hours - LEARNED_H) // 168)
        }
        end = hours - rng.randrange(24)
        busy = calm + [at for start, times in starts.items() for at in burst(rng, a_day, times, start)]
        bursts, lulls = told([at for at in busy if at < end], hours + 14 * 24)
        for start, times in starts.items():
            outcome.delays_h[times].append(_first(bursts, start, start + BURST_H + 1))
        outcome.lull_h.append(_first(lulls, end, hours + 14 * 24))
    return outcome


def _first(moments: Sequence[float], start: float, end: float) -> float | None:
    return next((at - start for at in moments if start <= at < end), None)


def _said(delays: Sequence[float | None]) -> str:
    found = [delay for delay in delays if delay is not None]
    share = f"{len(found) / len(delays):4.0%}" if delays else "   -"
    return f"{share} {median(found):4.1f} h" if found else f"{share}       "


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rules", type=int, default=40)
    parser.add_argument("--weeks", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    rng = random.Random(given.seed)
    heads = "   ".join(f"{f'×{times}':>11}" for times in TIMES)
    print("a day | false bursts, lulls a rule-month | bursts told, median delay")
    print(f"      |                                  | {heads} | told when silent for good, after")
    for a_day in RATES_A_DAY:
        found = measured(rng, a_day, given.rules, given.weeks * 168)
        delays = "   ".join(f"{_said(found.delays_h[times]):>11}" for times in TIMES)
        false = f"{found.false_bursts / found.months:.3f}, {found.false_lulls / found.months:.3f}"
        print(f"{a_day:5.0f} | {false:>32} | {delays} | {_said(found.lull_h)}")


if __name__ == "__main__":
    main()
