"""The longest of all wishes decides when a feed is due: `politeness.md` 5-9, 17, 19."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.polling import Poll, Reason, after, host_pause, may_ask, put_off, request, resumed, unpolled
from monitor.errors import FetchReason
from monitor.model import (
    Advice,
    Failed,
    Feed,
    FetchRequest,
    Modified,
    NotModified,
    ParsedFeed,
    Polling,
    PollYield,
    PublishingHints,
    Validators,
)

NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
FEED = Feed(id="wire", url="https://wire.example/feed")
MINE = replace(FEED, interval=5 * MINUTE)
SETTINGS = Polling(interval=15 * MINUTE, min_interval=5 * MINUTE)
FRESH = unpolled(FEED, now=NOW)
ASKED = FetchRequest(url=FEED.url)


def modified(hints=PublishingHints(), **advice):  # noqa: B008 - it is frozen
    return Modified(feed=ParsedFeed(hints=hints), body_hash="1", advice=Advice(**advice))


def polled(outcome, *, state=FRESH, feed=FEED, now=NOW, jitter=0.0, news=PollYield(), price=None):  # noqa: B008
    poll = Poll(asked=ASKED, outcome=outcome, news=news, at=now)
    return after(state, poll, feed=feed, settings=SETTINGS, jitter=jitter, price=price)


def due(outcome, **given):
    state = polled(outcome, **given)
    return state.next_poll_at - NOW, state.next_poll_reason


# ── whose wish ──


@pytest.mark.parametrize(
    ("outcome", "wait", "reason"),
    [
        (modified(), 15 * MINUTE, Reason.INTERVAL),
        (modified(PublishingHints(ttl_s=600)), 15 * MINUTE, Reason.INTERVAL),
        (modified(PublishingHints(ttl_s=1800)), 30 * MINUTE, Reason.TTL),
        (modified(PublishingHints(ttl_s=86_400)), HOUR, Reason.TTL),
        (modified(PublishingHints(update_s=1800)), 30 * MINUTE, Reason.UPDATES),
        (modified(PublishingHints(update_s=604_800)), HOUR, Reason.UPDATES),
        (modified(fresh_s=7200), 2 * HOUR, Reason.FRESH),
        (modified(fresh_s=1e6), DAY, Reason.FRESH),
        (modified(PublishingHints(ttl_s=1800), fresh_s=2400), 40 * MINUTE, Reason.FRESH),
        (NotModified(advice=Advice(fresh_s=7200)), 2 * HOUR, Reason.FRESH),
        (NotModified(advice=Advice(retry_after_s=7200)), 2 * HOUR, Reason.RETRY_AFTER),
        (modified(PublishingHints(skip_hours=(12, 13))), 2 * HOUR, Reason.SKIPPED),
        (modified(PublishingHints(skip_hours=(13, 14), ttl_s=3600)), 3 * HOUR, Reason.SKIPPED),
        (modified(PublishingHints(skip_days=(1,))), 12 * HOUR, Reason.SKIPPED),
    ],
)
def test_the_longest_wish_decides_and_is_named(outcome, wait, reason):
    assert due(outcome) == (wait, reason)


@pytest.mark.parametrize(
    ("outcome", "wait"),
    [
        (modified(PublishingHints(ttl_s=1800, update_s=3600)), 5 * MINUTE),
        (modified(fresh_s=1800), 30 * MINUTE),
        (modified(PublishingHints(skip_hours=(12,))), HOUR),
    ],
)
def test_the_document_yields_to_the_users_interval_and_headers_do_not(outcome, wait):
    assert due(outcome, feed=MINE)[0] == wait


def test_a_304_leaves_what_the_document_and_the_server_said_before():
    state = polled(modified(PublishingHints(ttl_s=1800), fresh_s=2400))
    assert due(NotModified(), state=state) == (40 * MINUTE, Reason.FRESH)
    assert due(NotModified(advice=Advice(fresh_s=0)), state=state) == (30 * MINUTE, Reason.TTL)


@given(
    st.builds(
        modified,
        st.builds(
            PublishingHints,
            ttl_s=st.none() | st.floats(0, 1e8),
            update_s=st.none() | st.floats(0, 1e8),
            skip_hours=st.sets(st.integers(0, 23), max_size=23).map(tuple),
            skip_days=st.sets(st.integers(0, 6), max_size=6).map(tuple),
        ),
        fresh_s=st.none() | st.floats(0, 1e8),
        retry_after_s=st.none() | st.floats(0, 1e8),
    ),
    st.floats(0, 1, exclude_max=True),
)
def test_jitter_is_later_only_and_never_into_a_window(outcome, jitter):
    plain, shaken = polled(outcome), polled(outcome, jitter=jitter)
    pace = outcome.feed.hints
    assert NOW + 15 * MINUTE <= plain.next_poll_at <= shaken.next_poll_at
    assert shaken.next_poll_at.hour not in pace.skip_hours
    assert shaken.next_poll_at.weekday() not in pace.skip_days


def test_a_feed_found_due_within_a_window_is_put_off_to_its_end():
    state = polled(modified(PublishingHints(skip_hours=(14, 15))))
    assert put_off(state, now=NOW) is None
    later = put_off(state, now=NOW + 2 * HOUR)
    assert (later.next_poll_at, later.fence) == (NOW + 4 * HOUR, state.fence + 1)


# ── what nobody's wish overrides ──


def test_retry_after_holds_for_everybody_and_freshness_does_not():
    assert may_ask(polled(modified(fresh_s=7200)), now=NOW) == ""
    asked = polled(Failed(reason=FetchReason.SERVER_STATUS, message="", status=503, retry_after_s=7200))
    assert "14:00 UTC" in may_ask(asked, now=NOW + 2 * HOUR - MINUTE)
    assert may_ask(asked, now=NOW + 2 * HOUR) == ""


def test_a_429_without_a_word_holds_its_feed_for_four_hours():
    state = polled(Failed(reason=FetchReason.CLIENT_STATUS, message="", status=429))
    assert may_ask(state, now=NOW + 4 * HOUR - MINUTE)
    assert not may_ask(state, now=NOW + 4 * HOUR)


@pytest.mark.parametrize(("seconds", "length"), [(60.0, MINUTE), (1e9, 7 * DAY)])
def test_a_429_with_retry_after_holds_its_host(seconds, length):
    outcome = Failed(
        reason=FetchReason.CLIENT_STATUS,
        message="",
        status=429,
        retry_after_s=seconds,
        held_host="wire.example",
    )
    assert host_pause(outcome, now=NOW) == ("wire.example", NOW + length)
    assert host_pause(replace(outcome, held_host=""), now=NOW) is None


def test_a_stopped_feed_goes_on_when_its_address_or_user_changes_and_not_before():
    stopped = polled(Failed(reason=FetchReason.CLIENT_STATUS, message="", status=401))
    assert resumed(stopped, feed=FEED, now=NOW + DAY) is None
    again = resumed(stopped, feed=replace(FEED, user="ann"), now=NOW + DAY)
    assert (again.stopped_reason, again.next_poll_at) == ("", NOW + DAY)
    assert resumed(FRESH, feed=replace(FEED, user="ann"), now=NOW) is None


def test_a_feed_that_never_let_us_in_is_stopped_with_the_credentials_that_it_refused():
    feed = replace(FEED, user="ann")
    stopped = polled(Failed(reason=FetchReason.CLIENT_STATUS, message="", status=401), feed=feed)
    assert resumed(stopped, feed=feed, now=NOW) is None


# ── doubts ──

TIMES = tuple(NOW - hours * HOUR for hours in range(1, 49))
ETAG = Validators(etag='"1"')
BUSY = replace(polled(modified(), news=PollYield(published_at=TIMES)), validators=ETAG)


def conditional(state, now):
    return request(state, feed=FEED, settings=SETTINGS, now=now).etag is not None


def test_a_busy_feed_that_says_304_for_over_three_days_is_asked_for_its_body_once_a_day():
    assert conditional(BUSY, NOW + 3 * DAY)
    doubted = NOW + 3 * DAY + MINUTE
    assert not conditional(BUSY, doubted)
    failed = polled(Failed(reason=FetchReason.TIMEOUT, message=""), state=BUSY, now=doubted)
    assert conditional(failed, doubted + DAY - MINUTE)
    assert not conditional(failed, doubted + DAY)
    answered = polled(NotModified(status=200, etag='"1"'), state=BUSY, now=doubted)
    assert conditional(answered, doubted + 3 * DAY)


def test_a_quiet_feed_may_say_304_for_three_of_its_gaps():
    times = tuple(NOW - days * DAY for days in range(0, 27, 3))
    quiet = replace(polled(modified(), news=PollYield(published_at=times)), validators=ETAG)
    assert conditional(quiet, NOW + 7 * DAY)
    assert not conditional(quiet, NOW + 10 * DAY)


def test_a_feed_without_a_rhythm_is_not_doubted():
    assert conditional(replace(polled(modified()), validators=ETAG), NOW + 6 * DAY)


# ── gaps ──

MISSED = PollYield(published_at=(NOW,), all_unknown=True)


def test_a_poll_of_which_nothing_was_known_is_a_gap_and_the_next_comes_sooner():
    known = replace(polled(modified()), baseline_at=NOW)
    later = NOW + 20 * MINUTE
    state = polled(modified(), state=known, now=later, news=MISSED)
    assert (state.gaps.count, state.gaps.last_at, state.next_poll_reason) == (1, later, Reason.GAP)
    assert state.next_poll_at == later + 10 * MINUTE
    after_a_week = polled(modified(), state=state, now=later + 7 * DAY)
    assert after_a_week.next_poll_reason == Reason.INTERVAL


def test_the_first_poll_is_no_gap_and_the_publishers_wish_stands_above_one():
    assert polled(modified(), news=MISSED).gaps.count == 0
    known = replace(polled(modified()), baseline_at=NOW)
    state = polled(modified(fresh_s=3600), state=known, now=NOW + 20 * MINUTE, news=MISSED)
    assert (state.gaps.count, state.next_poll_reason) == (1, Reason.FRESH)
