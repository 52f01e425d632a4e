from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from samples.news import HOUR, NOW

from monitor.core.stories.pace import RECENT, Pace, pace

MINUTE = timedelta(minutes=1)


def test_the_pace_now_is_that_of_the_recent_hours():
    just_out = NOW - RECENT
    assert pace([NOW, NOW - HOUR, just_out], now=NOW).now == 2 / 6
    assert pace([just_out], now=NOW).now == 0


def test_the_busiest_hour_is_found_wherever_it_begins():
    began = NOW - 30 * HOUR
    moments = [began + 10 * MINUTE, began + 40 * MINUTE, began + 69 * MINUTE, began + 71 * MINUTE, NOW]
    assert pace(moments, now=NOW) == Pace(now=1 / 6, most=3, most_at=began + 10 * MINUTE)


def test_an_hour_ends_where_the_next_begins():
    assert pace([NOW - HOUR, NOW], now=NOW).most == 1
    assert pace([NOW - HOUR + MINUTE, NOW], now=NOW).most == 2


@given(st.lists(st.integers(0, 2000), min_size=1, max_size=30))
def test_the_order_does_not_matter_and_no_hour_has_more(minutes):
    moments = [NOW - minute * MINUTE for minute in minutes]
    found = pace(moments, now=NOW)
    assert found == pace(sorted(moments), now=NOW)
    assert found.most == max(sum(begin <= other < begin + HOUR for other in moments) for begin in moments)
