"""Pace: how many reports an hour a rule usually finds, a feed usually brings, and whether that is a burst or a lull.

A report is an outlet that tells a story: ten pieces of one outlet about it are one, a copy elsewhere is another.
The test takes reports for a Poisson process that comes in clusters (one event, several reports): `spread` is their
variance over their mean, and chances are bounded by Chernoff's exp(−(n·ln(n/λ) − n + λ) / spread).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.core.polling.rhythm import HOUR, rates, smoothed
from monitor.model import FeedState, Match, Verdict

HISTORY_HOURS: Final = 28 * 24
"""How far back the pace is learned: four of each weekday."""
KNOWN_AFTER: Final = timedelta(days=3)
"""Watched for so long, a rule's pace is known well enough to call something far above it."""
LEAST_REPORTS: Final = 5
"""Fewer are never a burst (the specification's number)."""
LEAST_OUTLETS: Final = 3
"""One outlet's torrent is no coverage."""
TIMES: Final = 3.0
"""A burst is at least so many times the usual."""
CHANCE: Final = 1e-6
"""How likely the usual pace may bring so much: with 720 hours a month, and what the model leaves out, under one false
burst in a rule's year (`tests/bench/simulate_pace.py`)."""
HOT: Final = 1.5
"""A burst goes on while there is so many times the usual, and at least `HOT_REPORTS`."""
HOT_REPORTS: Final = 3
CALM_AFTER: Final = timedelta(hours=3)
"""It is over when it was not hot for so long: what comes then is another."""
USUAL_MOST: Final = 5.0
"""An hour with over so many times the mean is no usual one: it counts as if it had that much."""
PRIOR_SPREAD: Final = 2.0
PRIOR_REPORTS: Final = 10.0
"""Until so many reports were seen, half is believed that news comes in pairs."""

QUIET_KNOWN_AFTER: Final = timedelta(days=14)
"""A lull can be told after two weeks, with two weekends in them."""
LEAST_MISSING: Final = 20.0
"""A lull is told when so many reports are missing: what brings less is not usually busy."""
LEAST_QUIET: Final = timedelta(hours=6)
QUIET_TIMES: Final = 2.0
"""A lull lasts so many times as long as the longest quiet before: nights and weekends are in that."""
AWAKE: Final = 0.5
"""A lull is told at hours that usually have so much of the day's mean: not in the night."""


NO_NEWS: Final = frozenset({Verdict.BASELINE, Verdict.TOO_OLD})
"""Matches that are no reports of now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Covered:
    """What reports are counted by."""

    hour: int
    rule_id: str
    rule_version: str

    @classmethod
    def of(cls, match: Match, *, reported_at: datetime) -> Covered:
        """Of a match of an entry that was reported then."""
        return cls(hour=hour_number(reported_at), rule_id=match.rule_id, rule_version=match.rule_version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    """A rule's usual pace."""

    hourly: tuple[float, ...]
    """Reports an hour, for each UTC hour of the day."""
    spread: float
    """Variance over mean, at least 1."""
    watched: timedelta
    """How much of the time it was learned from somebody looked."""
    longest_quiet: timedelta
    """Between two reports, of the time that somebody looked."""
    last_hour: int | None
    """The last with a report, in hours since 1970; None: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceState:
    """How a rule stands: what was told of its pace."""

    rule_id: str
    rule_version: str
    since_at: datetime
    """When this version of the rule was first watched: another one finds something else."""
    hot_at: datetime | None = None
    """When the present burst was last seen going on; None: there is none."""
    lull_hour: int | None = None
    """`Usual.last_hour` of the last lull that was told."""


def hour_number(moment: datetime) -> int:
    """In hours since 1970."""
    return int(moment.timestamp()) // 3600


def hour_start(hour: int) -> datetime:
    """Of an hour since 1970."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def usual_of_feed(state: FeedState, now: datetime) -> Usual | None:
    """What a feed's rhythm says; None: it has none yet, or never brought anything."""
    hourly = rates(state)
    if hourly is None or state.rhythm.last_entry_at is None or state.baseline_at is None:
        return None
    return Usual(
        hourly=hourly,
        spread=PRIOR_SPREAD,
        watched=now - state.baseline_at,
        longest_quiet=timedelta(seconds=state.rhythm.longest_quiet_s),
        last_hour=hour_number(state.rhythm.last_entry_at),
    )


def usual(coverage: Mapping[int, int], watched: Sequence[int], *, before: int) -> Usual:
    """What `coverage` (reports by hour) says of the hours in which somebody looked, up to the hour `before`."""
    hours = sorted(hour for hour in watched if hour < before)
    reports = _without_bursts(coverage, hours)
    hourly = _hourly(reports, hours) if hours else (0.0,) * 24
    return Usual(
        hourly=hourly,
        spread=_spread(reports, hours, hourly),
        watched=HOUR * len(hours),
        longest_quiet=_longest_quiet(coverage, hours),
        last_hour=max((hour for hour, reports in coverage.items() if reports), default=None),
    )


def expected(hourly: Sequence[float], hours: Sequence[int], now: datetime) -> float:
    """How many reports these hours usually bring, the present one as far as it has gone."""
    present, gone = hour_number(now), (now - hour_start(hour_number(now))) / HOUR
    return sum(hourly[hour % 24] * (gone if hour == present else 1.0) for hour in hours if hour <= present)


def is_burst(known: Usual, *, reports: int, outlets: int, expects: float) -> bool:
    """Whether so many reports, by so many outlets, are far above what was to be expected."""
    if known.watched < KNOWN_AFTER or reports < LEAST_REPORTS or outlets < LEAST_OUTLETS:
        return False
    return reports >= TIMES * expects and _chance(reports, expects, known.spread) < CHANCE


def is_hot(*, reports: int, expects: float) -> bool:
    """Whether a burst goes on."""
    return reports >= max(HOT * expects, HOT_REPORTS)


def is_over(hot_at: datetime, now: datetime) -> bool:
    """Whether a burst that was last seen then has ended."""
    return now - hot_at >= CALM_AFTER


def missing(known: Usual, watched: Sequence[int], now: datetime) -> float | None:
    """How many reports a lull has kept back so far; None: there is no lull.

    It is one where what is usually busy has been quiet for longer than ever, at an hour that is usually awake.
    """
    if known.last_hour is None or known.watched < QUIET_KNOWN_AFTER:
        return None
    quiet = [hour for hour in watched if known.last_hour < hour < hour_number(now)]
    if HOUR * len(quiet) < max(LEAST_QUIET, QUIET_TIMES * known.longest_quiet):
        return None
    if known.hourly[now.astimezone(UTC).hour] < AWAKE * sum(known.hourly) / 24:
        return None
    kept_back = expected(known.hourly, quiet, now)
    return kept_back if kept_back >= LEAST_MISSING * max(known.spread / PRIOR_SPREAD, 1) else None


def _hourly(reports: Mapping[int, float], hours: Sequence[int]) -> tuple[float, ...]:
    """Reports an hour by hour of the day; of those in which nobody ever looked, the mean of the others."""
    looked = Counter(hour % 24 for hour in hours)
    found = [0.0] * 24
    for hour in hours:
        found[hour % 24] += reports.get(hour, 0)
    days = len(hours) / 24
    mean = sum(reports.values()) / len(hours)
    return smoothed([days * (found[of] / looked[of] if looked[of] else mean) for of in range(24)], days)


def _without_bursts(coverage: Mapping[int, int], hours: Sequence[int]) -> Mapping[int, float]:
    """A burst of last week is not the usual of this one."""
    mean = sum(coverage.get(hour, 0) for hour in hours) / max(len(hours), 1)
    most = max(LEAST_REPORTS, USUAL_MOST * mean)
    return {hour: min(coverage[hour], most) for hour in hours if hour in coverage}


def _spread(reports: Mapping[int, float], hours: Sequence[int], hourly: Sequence[float]) -> float:
    """Variance over mean around the hour's usual."""
    squares = sum((reports.get(hour, 0) - hourly[hour % 24]) ** 2 for hour in hours)
    mean = sum(hourly[hour % 24] for hour in hours)
    return max((squares + PRIOR_SPREAD * PRIOR_REPORTS) / (mean + PRIOR_REPORTS), 1.0)


def _longest_quiet(coverage: Mapping[int, int], hours: Sequence[int]) -> timedelta:
    """The most watched hours in a row without a report, before the last report."""
    longest = quiet = 0
    for hour in hours:
        if coverage.get(hour, 0):
            longest, quiet = max(longest, quiet), 0
        else:
            quiet += 1
    return HOUR * longest


def _chance(reports: int, expects: float, spread: float) -> float:
    """An upper bound of the chance of at least so many."""
    if reports <= expects:
        return 1.0
    if expects <= 0:
        return 0.0
    return math.exp(-(reports * math.log(reports / expects) - reports + expects) / spread)
