"""What is learned of a feed's rhythm, and the waits that follow: `politeness.md` 18."""

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.polling import budget, rhythm
from monitor.model import FeedState, Polling, PollYield

NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRESH = FeedState(feed_id="wire", url="https://wire.example/", next_poll_at=NOW)
SETTINGS = Polling(interval=timedelta(minutes=15), min_interval=timedelta(minutes=5))
PRICES = st.floats(1e-6, 1e3)
HOURLY = st.lists(st.floats(0, 50), min_size=24, max_size=24)


def lived(days, *, entries, matched=0, state=FRESH):
    """Polled hourly for so many days; `entries(hour)` says how many came in the hour before."""
    for passed in range(int(days * 24)):
        now = NOW + passed * HOUR
        times = (now - HOUR / 2,) * entries((now - HOUR / 2).hour)
        state = rhythm.learn(state, PollYield(published_at=times, matched=matched), now=now)
    return state


def test_a_steady_feeds_rate_is_found():
    rates = rhythm.rates(lived(10, entries=lambda _hour: 2))
    assert all(rate == pytest.approx(2, rel=0.05) for rate in rates)


def test_the_hours_in_which_a_feed_publishes_are_found():
    rates = rhythm.rates(lived(28, entries=lambda hour: 4 if 8 <= hour < 18 else 0))
    assert min(rates[9:17]) > 3
    assert max(rates[20:24] + rates[:6]) < 0.5


def test_a_first_polls_entries_tell_the_rhythm_at_once():
    times = tuple(NOW - hours * HOUR for hours in range(48))
    rates = rhythm.rates(rhythm.learn(FRESH, PollYield(published_at=times), now=NOW))
    assert sum(rates) == pytest.approx(24, rel=0.1)


def test_old_entries_that_come_again_tell_nothing():
    state = lived(10, entries=lambda _hour: 1)
    old = PollYield(published_at=(NOW - 30 * DAY,) * 500)
    now = state.rhythm.until_at
    assert rhythm.learn(state, old, now=now).rhythm.hours == pytest.approx(state.rhythm.hours)


@pytest.mark.parametrize("entries", [0, 2])
def test_nothing_is_known_of_a_feed_before_a_few_entries_or_a_week(entries):
    times = tuple(NOW - 10 * HOUR * number for number in range(entries))
    state = rhythm.learn(FRESH, PollYield(published_at=times), now=NOW)
    assert rhythm.rates(state) is None
    assert rhythm.pull(state) is None
    assert rhythm.rates(rhythm.learn(state, PollYield(), now=NOW + 10 * DAY)) is not None


def test_a_clock_that_was_set_back_does_no_harm():
    state = lived(2, entries=lambda _hour: 1)
    assert rhythm.rates(rhythm.learn(state, PollYield(), now=NOW - 300 * DAY)) is not None


def test_a_feed_that_matches_more_weighs_more():
    assert rhythm.weight(lived(2, entries=lambda _hour: 1, matched=1)) > 5 * rhythm.weight(
        lived(2, entries=lambda _hour: 1)
    )


def test_a_burst_shortens_the_next_wait_and_silence_lengthens_it():
    state = lived(10, entries=lambda _hour: 1)
    now = state.rhythm.until_at + HOUR
    busy = rhythm.learn(state, PollYield(published_at=(now,) * 9), now=now)
    assert busy.rhythm.burst > 2
    assert rhythm.learn(state, PollYield(), now=now).rhythm.burst < 1


# ── waits ──


@given(st.floats(0.01, 50), PRICES)
def test_at_a_steady_rate_the_wait_is_the_papers(rate, price):
    wait = rhythm.wait([rate] * 24, worth=1, price=price, now=NOW, ceiling=1000 * DAY)
    assert wait / HOUR == pytest.approx(min(math.sqrt(2 * price / rate), 24_000), rel=1e-6, abs=1e-8)


@given(HOURLY, PRICES, st.floats(1.1, 10))
def test_whoever_weighs_more_waits_less_and_whoever_costs_more_waits_longer(hourly, price, factor):
    def wait(worth, price):
        return rhythm.wait(hourly, worth=worth, price=price, now=NOW, ceiling=DAY)

    assert wait(factor, price) <= wait(1, price) <= wait(1, price * factor) <= DAY


def test_the_wait_through_a_quiet_night_ends_soon_after_it():
    hourly = [0.0] * 18 + [10.0] + [0.0] * 5
    wait = rhythm.wait(hourly, worth=1, price=0.2, now=NOW, ceiling=DAY)
    assert 6 * HOUR < wait < 6.5 * HOUR


# ── the budget ──


@given(st.lists(st.floats(1e-4, 100), min_size=1, max_size=50))
def test_all_feeds_together_ask_as_often_as_at_the_usual_interval(pulls):
    price = budget.price(pulls, settings=SETTINGS)
    often = [min(max(pull / math.sqrt(price), 0.5), 12) for pull in pulls]
    assert sum(often) <= 4 * len(pulls) * 1.000001
    assert sum(often) == pytest.approx(4 * len(pulls), rel=1e-6)


def test_no_feed_no_price():
    assert budget.price([], settings=SETTINGS) is None


def test_the_ceiling_is_never_below_the_floor():
    assert budget.ceiling(replace(SETTINGS, min_interval=DAY)) == DAY
