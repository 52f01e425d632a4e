"""What one feed may bring a day: whole, and then no faster; nothing is left out for it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.polling import Poll, Reason, after, allowance, unpolled
from monitor.core.polling.allowance import BYTES_A_DAY, ENTRIES_A_DAY
from monitor.errors import FetchReason
from monitor.model import Failed, Feed, FetchRequest, Modified, NotModified, ParsedFeed, Polling

NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = Feed(id="wire", url="https://wire.example/feed", interval=timedelta(seconds=5))
SETTINGS = Polling(interval=timedelta(minutes=15), min_interval=timedelta(seconds=1))
FRESH = unpolled(FEED, now=NOW)


def polled(state, *, entries=0, size_bytes=0, now=NOW, outcome=None):
    outcome = outcome or Modified(feed=ParsedFeed(), body_hash="1", size_bytes=size_bytes)
    poll = Poll(asked=FetchRequest(url=FEED.url), outcome=outcome, entries=entries, at=now)
    return after(state, poll, feed=FEED, settings=SETTINGS, jitter=0.0)


def wait(state, now=NOW):
    return state.next_poll_at - now, state.next_poll_reason


@pytest.mark.parametrize(
    "brought",
    [
        {"entries": ENTRIES_A_DAY},
        {"size_bytes": BYTES_A_DAY},
        {"outcome": NotModified(status=200, size_bytes=BYTES_A_DAY)},
    ],
    ids=["entries", "bytes", "bytes that came before"],
)
def test_a_days_allowance_may_come_at_once_and_what_is_more_waits_until_it_is_earned(brought):
    state = polled(FRESH, **brought)
    assert wait(state) == (FEED.interval, Reason.INTERVAL)
    assert state.warnings == ()
    again = polled(state, **brought)
    assert wait(again) == (DAY, Reason.ALLOWANCE)
    later = polled(again, now=NOW + DAY)
    assert wait(later, NOW + DAY) == (FEED.interval, Reason.INTERVAL)


def test_the_operator_hears_of_it():
    state = polled(FRESH, entries=ENTRIES_A_DAY + 1)
    assert state.warnings == (allowance.WARNING,)
    assert polled(replace(state, allowance=replace(state.allowance, spent_at=NOW - DAY))).warnings == ()


@pytest.mark.parametrize("outcome", [NotModified(), Failed(reason=FetchReason.TIMEOUT, message="none")])
def test_where_nothing_comes_nothing_is_spent(outcome):
    assert polled(FRESH, outcome=outcome).allowance.spent == 0.0


@given(polls=st.lists(st.tuples(st.integers(0, 20_000), st.integers(0, 2**25)), min_size=1, max_size=300))
def test_whatever_comes_a_feed_that_is_asked_when_it_is_due_brings_a_days_worth_a_day(polls):
    """And what came at once: the first day's allowance, and the last poll, which nobody knew before."""
    state, now, entries, size_bytes = FRESH, NOW, 0, 0
    for some, many in polls:
        state, now = polled(state, entries=some, size_bytes=many, now=now), max(state.next_poll_at, now)
        entries, size_bytes = entries + some, size_bytes + many
        days = (state.next_poll_at - NOW) / DAY
        assert entries <= ENTRIES_A_DAY * (1.01 + days) + 20_000
        assert size_bytes <= BYTES_A_DAY * (1.01 + days) + 2**25
        now = state.next_poll_at


@pytest.mark.parametrize(
    ("entries", "every"),
    [(30, timedelta(minutes=1)), (400, timedelta(minutes=15)), (5_000, timedelta(hours=3))],
    ids=["a busy wire", "an aggregator", "a list that changes whole"],
)
def test_busy_feeds_never_meet_it(entries, every):
    state, now = FRESH, NOW
    while now < NOW + 3 * DAY:
        state = polled(state, entries=entries, size_bytes=entries * 4_000, now=now)
        assert state.next_poll_reason == Reason.INTERVAL
        now += every
