"""Bursts and lulls: looks every minute whether a rule finds far more than usual, every hour who has gone quiet.

Gather and decide, then apply in one transaction: a burst or a lull is told once, whatever crashes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from loguru import logger
from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.alerts import burst_alerts, burst_test
from monitor.core.alerts.burst_alerts import PaceAlert, PaceFacts
from monitor.core.alerts.burst_test import HISTORY_HOURS, LEAST_REPORTS, PaceState, hour_number
from monitor.core.alerts.holding import CATCHING_UP
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.silences import silence_of
from monitor.jobs.notes import note
from monitor.model import Config, FeedState, Rule
from monitor.store import Store, feeds, polls, silences, summaries
from monitor.store import bursts as stored


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What one look at the paces found."""

    courses: Mapping[str, PaceState]
    said: tuple[PaceAlert, ...]
    quiet: Mapping[str, str]
    """By feed id, what the operator is told of it."""


def look(store: Store, loaded: Loaded, now: datetime) -> tuple[PaceAlert, ...]:
    """Tells the bursts and lulls that began since the last look; returns those of rules."""
    hour, config = hour_number(now), loaded.config
    with store.reading() as connection:
        before = stored.courses(connection)
        watched = stored.watched(connection, since=hour - HISTORY_HOURS)
        first_of_hour = hour not in watched[-1:]
        if first_of_hour:
            watched.append(hour)
        in_force = _in_force(before, loaded, now)
        found = _bursts(connection, config, in_force, watched, now)
        if first_of_hour:
            found = _lulls(connection, config, found, watched, now)
        said = _audible(connection, found.said, now)
    changed = [course for course in found.courses.values() if before.get(course.rule_id) != course]
    if not (first_of_hour or changed or said or found.quiet):
        return ()
    with store.writing() as connection:
        stored.watch(connection, hour)
        stored.forget(connection, before=hour - HISTORY_HOURS)
        stored.save(connection, changed)
        _tell(connection, config, said, now)
        _note(connection, config, found.quiet, now)
    return said


def _in_force(before: Mapping[str, PaceState], loaded: Loaded, now: datetime) -> dict[str, PaceState]:
    """The courses of the rules as they are now: a rule that was changed begins anew."""
    found = {}
    for rule_id in loaded.config.rules:
        version = loaded.rules.rule(rule_id).version
        known = before.get(rule_id)
        fits = known is not None and known.rule_version == version
        found[rule_id] = (
            known if known and fits else PaceState(rule_id=rule_id, rule_version=version, since_at=now)
        )
    return found


def _bursts(
    connection: Connection,
    config: Config,
    in_force: dict[str, PaceState],
    watched: Sequence[int],
    now: datetime,
) -> _Look:
    """Looks closer only at rules that found enough in these two hours, or whose burst goes on."""
    hour = hour_number(now)
    pause = summaries.last_pause(connection)
    if not config.alerting.bursts or (pause and now < pause.until + CATCHING_UP):
        return _Look(courses=in_force, said=(), quiet={})
    recent = stored.coverage(connection, since=hour - 1)
    busy = [
        course
        for course in in_force.values()
        if course.hot_at is not None
        or sum(recent.get((course.rule_id, course.rule_version), {}).values()) >= LEAST_REPORTS
    ]
    history = stored.coverage(
        connection, since=hour - HISTORY_HOURS, rule_ids=[course.rule_id for course in busy]
    )
    found, said = dict(in_force), []
    for course in busy:
        stand = _stand(course, config, history, watched, before=hour - 1)
        reported = stored.reported(connection, course.rule_id, since=burst_test.hour_start(hour - 1))
        found[course.rule_id], burst = burst_alerts.after_burst(
            replace(stand, reported=reported), now, zone=config.alerting.zone
        )
        said += [burst] if burst else []
    return _Look(courses=found, said=tuple(said), quiet={})


def _lulls(
    connection: Connection, config: Config, found: _Look, watched: Sequence[int], now: datetime
) -> _Look:
    """`found` with the rules and feeds that have gone quiet; none where most polls fail."""
    states = [state for state in feeds.states(connection).values() if state.feed_id in config.feeds]
    if not config.alerting.lulls or burst_alerts.is_offline(states):
        return found
    zone, told = config.alerting.zone, feeds.lulls_told(connection)
    history = stored.coverage(connection, since=hour_number(now) - HISTORY_HOURS)
    after, said = dict(found.courses), list(found.said)
    for course in found.courses.values():
        stand = _stand(course, config, history, watched, before=hour_number(now))
        after[course.rule_id], lull = burst_alerts.after_lull(
            stand, now, zone=zone, feeds=_feeds_of(stand.rule, config, states)
        )
        said += [lull] if lull else []
    quiet = {
        state.feed_id: line
        for state in states
        if not state.stopped_reason
        and (told.get(state.feed_id) != state.rhythm.last_entry_at)
        and (line := burst_alerts.feed_lull(state, watched, now, zone=zone))
    }
    return _Look(courses=after, said=tuple(said), quiet=quiet)


def _stand(
    course: PaceState,
    config: Config,
    history: Mapping[tuple[str, str], Mapping[int, int]],
    watched: Sequence[int],
    *,
    before: int,
) -> PaceFacts:
    """What is known of the rule's pace from the hours before that one in which it was looked for."""
    own = [hour for hour in watched if hour > hour_number(course.since_at)]
    coverage = history.get((course.rule_id, course.rule_version), {})
    return PaceFacts(
        rule=config.rules[course.rule_id],
        course=course,
        known=burst_test.usual(coverage, own, before=before),
        watched=own,
    )


def _feeds_of(rule: Rule, config: Config, states: Sequence[FeedState]) -> list[FeedState]:
    """Those that the rule looks at."""
    if not rule.feeds:
        return list(states)
    wanted = set(rule.feeds)
    return [
        state
        for state in states
        if wanted & {state.feed_id, *(f"tag:{tag}" for tag in config.feeds[state.feed_id].tags)}
    ]


def _audible(connection: Connection, said: Sequence[PaceAlert], now: datetime) -> tuple[PaceAlert, ...]:
    """Those of rules that no silence is about: afterwards a burst is over, so it does not wait for the end."""
    holding = silences.listed(connection, ending_after=now) if said else []
    return tuple(
        one
        for one in said
        if silence_of(holding, rule_id=one.rule.id, feed_id=None, story_id=None, now=now) is None
    )


def _tell(connection: Connection, config: Config, said: Sequence[PaceAlert], now: datetime) -> None:
    if not said:
        return
    telling = AlertPlanner(
        told={},
        next_alert_id=polls.next_ids(connection).alert,
        config=config,
        now=now,
        traffic=summaries.traffic(connection, now, rule_ids={one.rule.id for one in said}, last_poll_at=None),
    )
    for one in said:
        telling.of_pace(one.kind, one.rule, one.text, reason=one.reason)
        logger.info("rule {}: {}: {}", one.rule.id, one.kind, one.reason)
    polls.apply_notes(connection, telling)


def _note(connection: Connection, config: Config, quiet: Mapping[str, str], now: datetime) -> None:
    if quiet:
        text = burst_alerts.lulls_note(list(quiet.values()))
        logger.warning("{}", text)
        feeds.mark_lulls(connection, list(quiet))
        note(connection, text, key=f"lull {hour_number(now)} {min(quiet)}", config=config, now=now)
