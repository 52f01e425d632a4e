from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.retry_after import CEILING_S, retry_after_s

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("0", 0),
        (" 120 ", 120),
        ("Sat, 10 Jan 2026 12:01:00 GMT", 60),
        ("Saturday, 10-Jan-26 12:01:00 GMT", 60),
        ("Sat Jan 10 12:01:00 2026", 60),
        ("Sat, 10 Jan 2026 11:59:00 GMT", 0),
        ("9" * 10_000, CEILING_S),
        ("Fri, 31 Dec 9999 23:59:59 GMT", CEILING_S),
    ],
)
def test_both_forms_are_read_and_dates_in_their_three_ways(value, seconds):
    assert retry_after_s(value, now=NOW) == seconds


@pytest.mark.parametrize(
    "value",
    [None, "", "soon", "-1", "1.5", "١٢", "120s", "Sat, 32 Jan 2026 12:00:00 GMT", "1 Jan 99999 0:0:0"],
)
def test_what_says_nothing_is_none(value):
    assert retry_after_s(value, now=NOW) is None


@given(st.integers(min_value=0, max_value=86_400 * 300))
def test_a_date_and_its_distance_mean_the_same(seconds):
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert retry_after_s(date, now=NOW) == retry_after_s(str(seconds), now=NOW) == seconds


@given(st.text(max_size=50))
def test_any_text_is_none_or_a_wait_within_bounds(value):
    seconds = retry_after_s(value, now=NOW)
    assert seconds is None or 0 <= seconds <= CEILING_S
