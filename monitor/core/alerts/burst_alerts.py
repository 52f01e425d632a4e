"""What is told of a rule's or feed's pace, and in what words: each burst once, each lull once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from monitor.core.alerts import burst_test
from monitor.core.alerts.burst_test import PaceState, Usual
from monitor.core.alerts.hours import clock
from monitor.model import AlertKind, FeedState, Rule

TOP_STORIES: Final = 3
"""Of a burst, with their addresses: more does not fit on a phone."""
MOST_FEEDS: Final = 20
"""Quiet feeds in one note."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported:
    """A match, as far as a burst is concerned."""

    feed_id: str
    story_id: int
    title: str
    """The story's."""
    url: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceAlert:
    """An alert about a rule's pace."""

    kind: AlertKind
    rule: Rule
    text: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceFacts:
    """How a rule stands at this moment."""

    rule: Rule
    course: PaceState
    known: Usual
    watched: Sequence[int]
    """The hours in which somebody looked, with the present one."""
    reported: Sequence[Reported] = ()
    """Since the hour before the present one began."""


def after_burst(stand: PaceFacts, now: datetime, *, zone: str) -> tuple[PaceState, PaceAlert | None]:
    """The rule's course, and its burst, where one begins."""
    course, hour = stand.course, burst_test.hour_number(now)
    expects = burst_test.expected(stand.known.hourly, [one for one in stand.watched if one >= hour - 1], now)
    reports = len({(one.feed_id, one.story_id) for one in stand.reported})
    outlets = len({one.feed_id for one in stand.reported})
    if course.hot_at is not None:
        if burst_test.is_hot(reports=reports, expects=expects):
            return replace(course, hot_at=now), None
        return (replace(course, hot_at=None) if burst_test.is_over(course.hot_at, now) else course), None
    if not burst_test.is_burst(stand.known, reports=reports, outlets=outlets, expects=expects):
        return course, None
    since = clock(burst_test.hour_start(hour - 1), zone, now=now)
    text = "\n".join(
        [
            f"Burst: {_name(stand.rule)}: {reports} reports by {outlets} outlets since {since}, {_usual(expects)}.",
            *_top(stand.reported),
        ]
    )
    reason = f"{reports} reports in two hours, {expects:.1f} expected"
    return replace(course, hot_at=now), PaceAlert(
        kind=AlertKind.BURST, rule=stand.rule, text=text, reason=reason
    )


def after_lull(
    stand: PaceFacts, now: datetime, *, zone: str, feeds: Sequence[FeedState]
) -> tuple[PaceState, PaceAlert | None]:
    """The rule's course, and its lull, where one is to be told; `feeds` are those that it looks at."""
    kept_back = burst_test.missing(stand.known, stand.watched, now)
    last_hour = stand.known.last_hour
    if kept_back is None or last_hour is None or stand.course.lull_hour == last_hour:
        return stand.course, None
    since = clock(burst_test.hour_start(last_hour + 1), zone, now=now)
    text = (
        f"Lull: {_name(stand.rule)}: no report since {since}, where usually some {kept_back:.0f} would have come.\n"
        f"{_broken_or_calm(feeds)}"
    )
    reason = f"no report since {since}, {kept_back:.1f} expected"
    return replace(stand.course, lull_hour=last_hour), PaceAlert(
        kind=AlertKind.LULL, rule=stand.rule, text=text, reason=reason
    )


def feed_lull(state: FeedState, watched: Sequence[int], now: datetime, *, zone: str) -> str | None:
    """What the operator is told of a feed that has gone quiet; None: it has not."""
    known = burst_test.usual_of_feed(state, now)
    kept_back = burst_test.missing(known, watched, now) if known else None
    if kept_back is None or state.rhythm.last_entry_at is None:
        return None
    since = clock(state.rhythm.last_entry_at, zone, now=now)
    missed = f"no entry since {since}, where usually some {kept_back:.0f} would have come"
    return f"{state.feed_id}: {missed}. {_health(state, now, zone)}"


def lulls_note(lines: Sequence[str]) -> str:
    """One note for all feeds that were found quiet at the same time."""
    if len(lines) == 1:
        return f"Quiet feed {lines[0]}"
    more = [f"… and {len(lines) - MOST_FEEDS} more: `monitor feeds list`"] if len(lines) > MOST_FEEDS else []
    return "\n".join([f"{len(lines)} feeds have gone quiet.", *lines[:MOST_FEEDS], *more])


def is_offline(states: Iterable[FeedState]) -> bool:
    """Whether most polls fail: then it is this machine's connection, and no feed's or rule's lull."""
    failing = [state.failures > 0 for state in states]
    return 2 * sum(failing) > len(failing)


def _name(rule: Rule) -> str:
    return rule.title or rule.id


def _usual(expects: float) -> str:
    return f"usually {expects:.0f}" if expects >= 0.5 else "usually hardly any"


def _top(reported: Sequence[Reported]) -> list[str]:
    """The stories that most outlets tell, each with the address of its first report."""
    outlets: dict[int, set[str]] = {}
    first: dict[int, Reported] = {}
    for one in reported:
        outlets.setdefault(one.story_id, set()).add(one.feed_id)
        first.setdefault(one.story_id, one)
    top = sorted(first.values(), key=lambda one: (-len(outlets[one.story_id]), one.story_id))[:TOP_STORIES]
    lines = []
    for one in top:
        count = len(outlets[one.story_id])
        told_by = f"{count} outlets" if count > 1 else "1 outlet"
        # A title is a stranger's text: on a line of its own it cannot pass for ours.
        lines += [
            f"{told_by}: {' '.join(one.title.split()) or '(untitled)'}",
            *([one.url] if one.url else []),
        ]
    return lines


def _broken_or_calm(feeds: Sequence[FeedState]) -> str:
    failing = sorted(state.feed_id for state in feeds if state.failures or state.stopped_reason)
    if not failing:
        return f"All of its {len(feeds)} feeds answer: it seems to be calm."
    named = ", ".join(failing[:TOP_STORIES]) + (" …" if len(failing) > TOP_STORIES else "")
    seems = "it may be broken" if 2 * len(failing) > len(feeds) else "most answer, so it seems to be calm"
    return f"{len(failing)} of its {len(feeds)} feeds fail ({named}): {seems}."


def _health(state: FeedState, now: datetime, zone: str) -> str:
    polled = clock(state.last_poll_at, zone, now=now) if state.last_poll_at else "never"
    if state.failures:
        return f"Broken: its last {state.failures} polls failed, the last at {polled}: {state.last_error}"
    if (
        state.body.at is not None
        and state.last_success_at is not None
        and state.body.at < state.last_success_at
    ):
        unchanged = clock(state.body.at, zone, now=now)
        return f"It answers (last poll {polled}), unchanged since {unchanged}: calm, or given up by its publisher."
    return f"It answers (last poll {polled}), with nothing new: calm, or its address is out of date."
