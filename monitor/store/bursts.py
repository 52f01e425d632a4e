"""How much each rule found in each hour, in which hours somebody looked, and what was told of that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, delete, select

from monitor.core.alerts.burst_alerts import Reported
from monitor.core.alerts.burst_test import (
    HISTORY_HOURS,
    NO_NEWS,
    Covered,
    PaceState,
    Usual,
    hour_number,
    usual,
)
from monitor.store.sql import add_up, insert_new, put, table
from monitor.store.tables import CourseRow, CoverageRow, EntryRow, MatchRow, StoryRow, WatchedRow

WATCHED, COVERAGE, COURSE = table(WatchedRow), table(CoverageRow), table(CourseRow)
MATCH, ENTRY, STORY = table(MatchRow), table(EntryRow), table(StoryRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownPace:
    """A rule's pace, to be shown."""

    usual: Usual
    last_day: int
    """Reports of the last 24 hours."""


MOST_REPORTS = 1000
"""Of one rule in two hours that are looked at: a burst of more is one by any count."""


def count(connection: Connection, coverage: Mapping[Covered, int]) -> None:
    """So many more reports."""
    values = [asdict(covered) | {"reports": reports} for covered, reports in coverage.items()]
    add_up(connection, CoverageRow, values, sum_="reports")


def watch(connection: Connection, hour: int) -> None:
    """Somebody looks in this hour."""
    insert_new(connection, WatchedRow, [{"hour": hour}])


def watched(connection: Connection, *, since: int) -> list[int]:
    """The hours in which somebody looked, in order."""
    query = select(WATCHED.c.hour).where(WATCHED.c.hour >= since).order_by(WATCHED.c.hour)
    return list(connection.execute(query).scalars())


def coverage(
    connection: Connection, *, since: int, rule_ids: Collection[str] | None = None
) -> dict[tuple[str, str], dict[int, int]]:
    """Reports by hour, by rule and version; None: of all rules."""
    query: Select[Any] = select(COVERAGE).where(COVERAGE.c.hour >= since)
    if rule_ids is not None:
        query = query.where(COVERAGE.c.rule_id.in_(rule_ids))
    found: dict[tuple[str, str], dict[int, int]] = {}
    for row in connection.execute(query):
        found.setdefault((row.rule_id, row.rule_version), {})[row.hour] = row.reports
    return found


def known(connection: Connection, now: datetime) -> dict[tuple[str, str], KnownPace]:
    """What is usual for each rule and version that has found something."""
    present = hour_number(now)
    hours = watched(connection, since=present - HISTORY_HOURS)
    since = {course.rule_id: hour_number(course.since_at) for course in courses(connection).values()}
    return {
        key: KnownPace(
            usual=usual(found, [hour for hour in hours if hour > since.get(key[0], 0)], before=present),
            last_day=sum(reports for hour, reports in found.items() if hour > present - 24),
        )
        for key, found in coverage(connection, since=present - HISTORY_HOURS).items()
    }


def forget(connection: Connection, *, before: int) -> None:
    """Hours before that."""
    connection.execute(delete(COVERAGE).where(COVERAGE.c.hour < before))
    connection.execute(delete(WATCHED).where(WATCHED.c.hour < before))


def courses(connection: Connection) -> dict[str, PaceState]:
    """By rule id."""
    rows = connection.execute(select(COURSE)).mappings()
    return {row["rule_id"]: PaceState(**row) for row in rows}


def save(connection: Connection, changed: Iterable[PaceState]) -> None:
    """The rules' paces as they stand."""
    put(connection, CourseRow, [asdict(course) for course in changed])


def reported(connection: Connection, rule_id: str, *, since: datetime) -> list[Reported]:
    """What the rule found that was told since then, the oldest first."""
    query = (
        select(ENTRY.c.feed_id, ENTRY.c.story_id, STORY.c.title, ENTRY.c.url)
        .join(ENTRY, ENTRY.c.id == MATCH.c.entry_id)
        .join(STORY, STORY.c.id == ENTRY.c.story_id)
        .where(
            MATCH.c.rule_id == rule_id,
            MATCH.c.matched_at >= since,  # nothing is seen before it is told
            MATCH.c.verdict.not_in(NO_NEWS),
            ENTRY.c.reported_at >= since,
        )
        .order_by(ENTRY.c.id)
        .limit(MOST_REPORTS)
    )
    return [Reported(**row) for row in connection.execute(query).mappings()]
