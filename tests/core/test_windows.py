"""Hours and days in which nobody needs to ask: `politeness.md` 17."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from monitor.core.polling.windows import after_windows

TUESDAY = datetime(2026, 1, 6, 19, 30, tzinfo=UTC)
FIRST, LAST = datetime(2000, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - Hypothesis adds the zone
HOURS, DAYS = st.sets(st.integers(0, 23)), st.sets(st.integers(0, 6))


@pytest.mark.parametrize(
    ("hours", "days", "opens"),
    [
        ((), (), TUESDAY),
        ((18, 20), (0, 2), TUESDAY),
        ((19,), (), TUESDAY.replace(hour=20, minute=0)),
        ((19, 20, 21, 22, 23, 0, 1), (), TUESDAY.replace(day=7, hour=2, minute=0)),
        ((), (1,), TUESDAY.replace(day=7, hour=0, minute=0)),
        ((0, 1), (1,), TUESDAY.replace(day=7, hour=2, minute=0)),
        (range(24), (), TUESDAY),  # all of them: no window at all
        ((), range(7), TUESDAY),
    ],
)
def test_what_falls_into_a_window_waits_for_its_end(hours, days, opens):
    assert after_windows(TUESDAY, skip_hours=hours, skip_days=days) == opens


@pytest.mark.parametrize(("minute", "waits"), [(59, True), (0, False)])
def test_a_window_ends_with_its_hour(minute, waits):
    at = datetime(2026, 1, 6, 18 if minute else 19, minute, tzinfo=UTC)
    assert (after_windows(at, skip_hours=(18,), skip_days=()) > at) == waits


def test_hours_are_those_of_utc():
    paris = TUESDAY.astimezone(timezone(timedelta(hours=1)))
    assert after_windows(paris, skip_hours=(20,), skip_days=()) == TUESDAY
    assert after_windows(paris, skip_hours=(19,), skip_days=()) > TUESDAY


@given(
    st.datetimes(timezones=st.just(UTC), min_value=FIRST, max_value=LAST),
    HOURS,
    DAYS,
)
def test_it_opens_at_the_first_hour_that_is_left_and_within_a_week(at, hours, days):
    assume(len(hours) < 24)
    assume(len(days) < 7)
    opens = after_windows(at, skip_hours=hours, skip_days=days)
    assert at <= opens <= at + timedelta(days=7)
    assert opens.hour not in hours
    assert opens.weekday() not in days
    passed = at
    while passed < opens:
        assert passed.hour in hours or passed.weekday() in days
        passed += timedelta(hours=1)
