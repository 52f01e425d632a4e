"""Times of day on the days when clocks are changed: every change of 2026 in zones that do it in different ways."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.hours import clock, instant, next_time, quiet_until
from monitor.model import QuietHours, Timetable

ZONES = ("Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Santiago")
"""An hour in spring and autumn; half an hour on an island; twice around Ramadan; at midnight, in the south."""
SECOND, MINUTE, HOUR, DAY = (timedelta(**{unit: 1}) for unit in ("seconds", "minutes", "hours", "days"))
YEAR = [date(2026, 1, 1) + number * DAY for number in range(365)]


def transitions(zone: str) -> list[datetime]:
    """The instants of 2026 at which the zone's clocks are changed, to the minute."""
    tz = ZoneInfo(zone)
    start = datetime(2025, 12, 31, 12, tzinfo=UTC)
    hours = [start + number * HOUR for number in range(366 * 24)]
    changed = [at for at in hours if at.astimezone(tz).utcoffset() != (at + HOUR).astimezone(tz).utcoffset()]
    return [
        next(
            at + number * MINUTE
            for number in range(61)
            if (at + number * MINUTE).astimezone(tz).utcoffset() != at.astimezone(tz).utcoffset()
        )
        for at in changed
    ]


CHANGES = [(zone, at) for zone in ZONES for at in transitions(zone)]


def local_day(at: datetime, zone: str) -> date:
    return at.astimezone(ZoneInfo(zone)).date()


def test_each_zone_changes_its_clocks_twice_in_2026():
    assert {zone: sum(one == zone for one, _ in CHANGES) for zone in ZONES} == dict.fromkeys(ZONES, 2)


@pytest.mark.parametrize(
    ("zone", "day", "at", "expected"),
    [
        ("Europe/Paris", date(2026, 3, 29), time(1, 59), "2026-03-29T00:59Z"),
        ("Europe/Paris", date(2026, 3, 29), time(2, 0), "2026-03-29T01:00Z"),  # skipped
        ("Europe/Paris", date(2026, 3, 29), time(2, 30), "2026-03-29T01:00Z"),  # skipped
        ("Europe/Paris", date(2026, 3, 29), time(3, 0), "2026-03-29T01:00Z"),
        ("Europe/Paris", date(2026, 10, 25), time(2, 30), "2026-10-25T00:30Z"),  # the first of two
        ("Europe/Paris", date(2026, 10, 25), time(3, 0), "2026-10-25T02:00Z"),
        ("America/New_York", date(2026, 3, 8), time(2, 30), "2026-03-08T07:00Z"),
        ("America/New_York", date(2026, 11, 1), time(1, 30), "2026-11-01T05:30Z"),
        ("Australia/Lord_Howe", date(2026, 10, 4), time(2, 15), "2026-10-03T15:30Z"),  # half an hour is skipped
        ("Australia/Lord_Howe", date(2026, 4, 5), time(1, 45), "2026-04-04T14:45Z"),
        ("Africa/Casablanca", date(2026, 3, 22), time(2, 30), "2026-03-22T02:00Z"),
        ("America/Santiago", date(2026, 9, 6), time(0, 30), "2026-09-06T04:00Z"),  # midnight is skipped
        ("America/Santiago", date(2026, 4, 4), time(23, 30), "2026-04-05T02:30Z"),
    ],
)  # fmt: skip
def test_a_time_that_is_skipped_is_the_moment_of_skipping_and_of_two_the_first(zone, day, at, expected):
    assert instant(day, at, ZoneInfo(zone)) == datetime.fromisoformat(expected)


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize(
    "at", ["00:00", "00:30", "01:30", "02:00", "02:15", "02:30", "03:00", "08:00", "23:30"]
)
def test_a_daily_digest_goes_out_once_on_every_day_of_the_year(zone, at):
    timetable = Timetable(times=(time.fromisoformat(at),))
    at = datetime(2025, 12, 31, 12, tzinfo=UTC)
    sent: list[date] = []
    while (at := next_time(at, timetable, zone)) < datetime(2027, 1, 1, 12, tzinfo=UTC):
        sent.append(local_day(at, zone))
    assert sorted(set(sent)) == sent, "never twice"
    assert set(YEAR) <= set(sent), "never not at all"


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_a_weekly_digest_goes_out_once_around_every_change(zone, change):
    day = local_day(change, zone)
    timetable = Timetable(times=(time(2, 30),), days=frozenset({day.weekday()}))
    first = next_time(change - 3 * DAY, timetable, zone)
    assert local_day(first, zone) == day
    assert local_day(next_time(first, timetable, zone), zone) == day + 7 * DAY


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_what_comes_every_quarter_of_an_hour_has_no_time_twice_and_no_hole_but_the_repeated_hour(
    zone, change
):
    timetable = Timetable(times=tuple(time(hour, minute) for hour in range(24) for minute in (0, 15, 30, 45)))
    at, gaps = change - DAY, []
    while at < change + DAY:
        later = next_time(at, timetable, zone)
        gaps.append(later - at)
        at = later
    assert min(gaps) > timedelta(0)
    assert max(gaps) <= 15 * MINUTE + HOUR


@pytest.mark.parametrize(("zone", "change"), CHANGES)
@pytest.mark.parametrize(
    ("start", "end"),
    [("22:00", "07:00"), ("00:00", "06:00"), ("02:30", "09:00"), ("20:00", "02:30"), ("00:30", "02:15")],
)
def test_quiet_hours_begin_once_and_end_once_whatever_the_clocks_do(zone, change, start, end):
    quiet = QuietHours(start=time.fromisoformat(start), end=time.fromisoformat(end), zone=zone)
    minutes = [change - 36 * HOUR + number * 5 * MINUTE for number in range(72 * 12)]
    spans, before = [], None
    for at in minutes:
        until = quiet_until(at, quiet)
        if until is not None:
            assert at < until <= at + 25 * HOUR
            assert quiet_until(until - SECOND, quiet) == until
            assert quiet_until(until, quiet) is None
        if until != before and until is not None:
            spans.append(until)
        before = until
    assert len(set(spans)) == len(spans) >= 2


def test_quiet_hours_end_at_their_second():
    quiet = QuietHours(start=time(22), end=time(7), zone="Europe/Paris")
    ten, seven = datetime(2026, 1, 6, 21, tzinfo=UTC), datetime(2026, 1, 7, 6, tzinfo=UTC)
    assert [quiet_until(at, quiet) for at in (ten - SECOND, ten, seven - SECOND, seven)] == [
        None, seven, seven, None,
    ]  # fmt: skip
    assert quiet_until(ten, None) is None


@given(
    st.sampled_from(ZONES),
    st.integers(0, 363 * 24 * 60).map(lambda minutes: datetime(2026, 1, 2, tzinfo=UTC) + minutes * MINUTE),
    st.lists(st.times().map(lambda at: at.replace(microsecond=0)), min_size=1, max_size=4),
    st.sets(st.integers(0, 6), min_size=1),
)
def test_the_next_time_is_after_now_and_nothing_of_the_timetable_lies_between(zone, now, times, days):
    timetable = Timetable(times=tuple(sorted(times)), days=frozenset(days))
    coming = next_time(now, timetable, zone)
    assert coming > now
    assert next_time(coming - SECOND / 1000, timetable, zone) == coming
    halfway = now + (coming - now) / 2
    assert next_time(halfway, timetable, zone) == coming


def test_an_unknown_zone_is_taken_for_utc():
    assert next_time(
        datetime(2026, 1, 6, tzinfo=UTC), Timetable(times=(time(8),)), "Mars/Olympus"
    ) == datetime(2026, 1, 6, 8, tzinfo=UTC)


def test_a_time_is_said_with_its_day_where_it_is_far():
    now = datetime(2026, 1, 6, 19, tzinfo=UTC)
    assert clock(now + 11 * HOUR, "Europe/Paris", now=now) == "07:00"
    assert clock(now + 13 * HOUR, "Europe/Paris", now=now) == "Wed 7 Jan, 09:00"
