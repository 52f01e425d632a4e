"""When a feed is polled next, and what is remembered of a poll: `politeness.md` 1-4, 6, 9, 10, line by line."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from monitor.core.polling import JITTER, NOTHING, Poll, Reason, after, may_ask, unpolled
from monitor.core.polling import request as request_at
from monitor.core.polling.reasons import DAY
from monitor.errors import FetchReason, ParseReason
from monitor.model import Failed, Feed, LastBody, Modified, NotModified, ParsedFeed, Polling, Validators

NOW = datetime(2026, 1, 10, 12, 0, tzinfo=UTC)
URL = "https://feeds.example/rss"
FEED = Feed(id="feed", url=URL)
SETTINGS = Polling(interval=timedelta(minutes=15), min_interval=timedelta(minutes=5))
FRESH = unpolled(FEED, now=NOW)
KNOWN = replace(
    FRESH,
    validators=Validators(etag='"1"', last_modified="then"),
    body=LastBody(hash="old"),
    title="Old",
    language="fr",
)
MODIFIED = Modified(
    feed=ParsedFeed(title="New", language="en"), body_hash="new", etag='"2"', last_modified="now"
)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def failed(reason=FetchReason.CLIENT_STATUS, **told):
    return Failed(reason=reason, message="no", **told)


def request(state, *, feed, settings):
    return request_at(state, feed=feed, settings=settings, now=NOW)


def polled(state, *outcomes, feed=FEED, now=NOW, settings=SETTINGS, news=NOTHING, jitter=0.0, price=None):
    for outcome in outcomes:
        asked = request_at(state, feed=feed, settings=settings, now=now)
        poll = Poll(asked=asked, outcome=outcome, news=news, at=now)
        state = after(state, poll, feed=feed, settings=settings, jitter=jitter, price=price)
    return state


def waits(outcome, *, state=KNOWN, **given):
    due = polled(state, outcome, **given)
    return due.next_poll_at - NOW, Reason(due.next_poll_reason)


# ── What is asked for ────────────────────────────────────────────────────────────────────────────


def test_the_first_request_is_unconditional():
    asked = request(FRESH, feed=FEED, settings=SETTINGS)
    assert (asked.url, asked.etag, asked.last_modified) == (URL, None, None)


def test_later_requests_carry_both_validators():
    asked = request(KNOWN, feed=FEED, settings=SETTINGS)
    assert (asked.etag, asked.last_modified) == ('"1"', "then")


@pytest.mark.parametrize(
    "changed",
    [
        {"url": "https://feeds.example/other"},
        {"user": "ann"},
        {"password": SecretStr("p")},
        {"headers": {"X-Key": SecretStr("k")}},
    ],
)
def test_validators_are_dropped_when_the_address_or_the_credentials_change(changed):
    feed = replace(FEED, **changed)
    asked = request(KNOWN, feed=feed, settings=SETTINGS)
    assert (asked.url, asked.etag, asked.last_modified) == (feed.url, None, None)
    assert request(polled(KNOWN, MODIFIED, feed=feed), feed=feed, settings=SETTINGS).etag == '"2"'


def test_the_order_and_case_of_headers_change_no_credentials():
    one = replace(FEED, headers={"A": SecretStr("1"), "B": SecretStr("2")})
    other = replace(FEED, headers={"b": SecretStr("2"), "a": SecretStr("1")})
    state = polled(KNOWN, MODIFIED, feed=one)
    assert request(state, feed=other, settings=SETTINGS).etag == '"2"'


def test_a_request_carries_all_that_the_feed_says():
    feed = replace(
        FEED,
        headers={"A": SecretStr("1")},
        user="u",
        password=SecretStr("p"),
        proxy=SecretStr("http://proxy.example"),
    )
    asked = request(FRESH, feed=feed, settings=SETTINGS)
    assert (asked.headers, asked.user, asked.password, asked.proxy) == (
        feed.headers,
        feed.user,
        feed.password,
        feed.proxy,
    )


@pytest.mark.parametrize(("mine", "everybodys"), [(False, False), (True, False), (False, True)])
def test_private_addresses_are_allowed_by_the_feed_or_for_all(mine, everybodys):
    feed, settings = replace(FEED, allow_private=mine), replace(SETTINGS, allow_private=everybodys)
    assert request(FRESH, feed=feed, settings=settings).allow_private == (mine or everybodys)


# ── When to ask again ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("wished", "minutes"),
    [(None, 15), (timedelta(hours=2), 120), (timedelta(minutes=5), 5), (timedelta(minutes=4), 5)],
)
@pytest.mark.parametrize("outcome", [MODIFIED, NotModified()])
def test_after_a_success_the_interval_is_waited_but_never_less_than_the_least(outcome, wished, minutes):
    wait, reason = waits(outcome, feed=replace(FEED, interval=wished))
    assert wait == minutes * MINUTE
    assert reason is (Reason.LEAST if wished == 4 * MINUTE else Reason.INTERVAL)


@pytest.mark.parametrize(
    "reason",
    [
        FetchReason.TIMEOUT,
        FetchReason.CONNECT,
        FetchReason.SERVER_STATUS,
        FetchReason.HOST_UNKNOWN,
        ParseReason.HTML,
    ],
)
def test_failures_in_a_row_double_the_wait_up_to_a_day(reason):
    found = [
        waits(failed(reason), state=replace(KNOWN, failures=n))[0] / MINUTE for n in (0, 1, 2, 3, 6, 7, 1000)
    ]
    assert found == [15, 30, 60, 120, 960, 1440, 1440]


def test_dns_faults_count_less():
    found = [
        waits(failed(FetchReason.DNS), state=replace(KNOWN, failures=n))[0] / MINUTE
        for n in (0, 3, 4, 8, 1000)
    ]
    assert found == [15, 15, 30, 60, 240]


def test_a_missing_file_is_looked_for_at_the_usual_pace():
    assert waits(failed(FetchReason.FILE), state=replace(KNOWN, failures=9)) == (
        15 * MINUTE,
        Reason.BACKING_OFF,
    )


def test_a_feed_of_many_days_is_not_asked_sooner_because_it_fails():
    feed = replace(FEED, interval=3 * DAY)
    assert waits(failed(status=500), feed=feed)[0] == 3 * DAY
    assert waits(failed(status=410), feed=feed)[0] == 3 * DAY
    assert waits(failed(status=429, retry_after_s=60), feed=feed)[0] == 3 * DAY


def test_401_stops_and_says_why():
    state = polled(KNOWN, failed(status=401))
    assert state.next_poll_reason == Reason.STOPPED
    assert "401" in state.stopped_reason
    assert "401" in may_ask(state, now=NOW + 400 * DAY)


@pytest.mark.parametrize("status", [403, 451])
def test_a_refusal_is_respected_for_four_hours_at_first(status):
    assert waits(failed(status=status)) == (4 * HOUR, Reason.REFUSED)
    assert waits(failed(status=status), state=replace(KNOWN, failures=1))[0] == 8 * HOUR
    assert waits(failed(status=status), state=replace(KNOWN, failures=9))[0] == DAY


def test_404_is_soft():
    assert waits(failed(status=404)) == (15 * MINUTE, Reason.BACKING_OFF)
    assert not polled(KNOWN, *[failed(status=404)] * 100).stopped_reason


def test_410_stops_when_it_comes_again_a_day_later():
    gone = failed(status=410)
    assert waits(gone) == (DAY, Reason.GONE)
    once = polled(KNOWN, gone)
    assert (once.gone_at, once.stopped_reason) == (NOW, "")
    early = polled(once, gone, now=NOW + DAY - timedelta(seconds=1))
    assert (early.gone_at, early.stopped_reason) == (NOW, "")
    assert "410" in polled(once, gone, now=NOW + DAY).stopped_reason


def test_a_success_between_two_410s_forgets_the_first():
    state = polled(polled(KNOWN, failed(status=410)), NotModified(), now=NOW + HOUR)
    assert state.gone_at is None
    assert not polled(state, failed(status=410), now=NOW + 2 * DAY).stopped_reason


def test_a_failure_between_two_410s_does_not():
    state = polled(polled(KNOWN, failed(status=410)), failed(FetchReason.TIMEOUT), now=NOW + HOUR)
    assert polled(state, failed(status=410), now=NOW + DAY).stopped_reason


def test_429_without_retry_after_waits_four_hours_doubling_to_a_day():
    found = [waits(failed(status=429), state=replace(KNOWN, failures=n))[0] / HOUR for n in (0, 1, 2, 3, 50)]
    assert found == [4, 8, 16, 24, 24]
    assert waits(failed(status=429))[1] is Reason.RATE_LIMITED


@pytest.mark.parametrize(
    ("status", "asked_s", "wait"),
    [
        (429, 60, 15 * MINUTE),  # never sooner than the interval
        (429, 3600, HOUR),  # and then not four hours
        (503, 3600, HOUR),
        (503, 60, 15 * MINUTE),
        (302, 7200, 2 * HOUR),
        (429, 7 * 86_400, 7 * DAY),
        (503, 7 * 86_400 + 1, 7 * DAY),
        (429, 10 * 86_400, 7 * DAY),
    ],
)
def test_retry_after_is_honoured_and_never_shortened_below_seven_days(status, asked_s, wait):
    assert waits(failed(status=status, retry_after_s=asked_s))[0] == wait


def test_retry_after_does_not_shorten_the_wait_after_many_failures():
    state = replace(KNOWN, failures=5)
    assert waits(failed(status=503, retry_after_s=3600), state=state) == (8 * HOUR, Reason.BACKING_OFF)


def test_a_held_host_is_asked_when_the_hold_ends():
    assert waits(failed(FetchReason.HELD, retry_after_s=90.0)) == (timedelta(seconds=90), Reason.HOST_HELD)
    assert waits(failed(FetchReason.HELD)) == (15 * MINUTE, Reason.HOST_HELD)


OUTCOMES = st.one_of(
    st.just(MODIFIED),
    st.builds(NotModified, status=st.sampled_from([200, 304]), etag=st.sampled_from([None, '"3"'])),
    st.builds(
        failed,
        st.sampled_from([*FetchReason, *ParseReason]),
        status=st.sampled_from([None, 302, 400, 401, 403, 404, 410, 429, 500, 503]),
        retry_after_s=st.none() | st.floats(min_value=0, max_value=1e9),
    ),
)
STATES = st.builds(
    replace,
    st.just(KNOWN),
    failures=st.integers(min_value=0, max_value=10_000),
    gone_at=st.none() | st.timedeltas(timedelta(0), 3 * DAY).map(lambda ago: NOW - ago),
)
INTERVALS = st.timedeltas(timedelta(seconds=1), timedelta(days=5000))


@given(OUTCOMES, STATES, INTERVALS, INTERVALS, st.floats(min_value=0, max_value=1, exclude_max=True))
def test_no_outcome_brings_a_poll_sooner_than_the_least_interval(outcome, state, wished, least, jitter):
    settings, feed = replace(SETTINGS, min_interval=least), replace(FEED, interval=wished)
    held = isinstance(outcome, Failed) and outcome.reason is FetchReason.HELD  # nothing was asked
    wait, reason = waits(outcome, state=state, feed=feed, settings=settings, jitter=jitter)
    assert held or reason is Reason.STOPPED or wait >= max(wished, least)


@given(OUTCOMES, STATES, INTERVALS, st.floats(min_value=0, max_value=1, exclude_max=True))
def test_jitter_only_makes_it_later_and_by_a_tenth_at_most(outcome, state, wished, jitter):
    feed = replace(FEED, interval=wished)
    plain, _ = waits(outcome, state=state, feed=feed)
    shaken, _ = waits(outcome, state=state, feed=feed, jitter=jitter)
    assert plain <= shaken <= plain * (1 + JITTER)


# ── What is remembered ───────────────────────────────────────────────────────────────────────────


def test_a_200_replaces_the_pair_and_all_that_was_known():
    state = polled(replace(KNOWN, failures=3, last_error="no"), MODIFIED)
    assert (state.validators.etag, state.validators.last_modified, state.body.hash) == ('"2"', "now", "new")
    assert (state.title, state.language) == ("New", "en")
    assert (state.failures, state.last_error, state.last_success_at) == (0, "", NOW)


def test_a_feed_that_lost_its_title_keeps_its_name():
    state = polled(KNOWN, replace(MODIFIED, feed=ParsedFeed()))
    assert (state.title, state.language) == ("Old", "fr")


@pytest.mark.parametrize(
    "outcome", [replace(MODIFIED, etag=None), NotModified(status=200, last_modified="now")]
)
def test_a_200_without_a_validator_clears_it_even_if_the_body_is_the_same(outcome):
    state = polled(KNOWN, outcome)
    assert (state.validators.etag, state.validators.last_modified) == (None, "now")


def test_a_304_updates_what_it_carries_and_keeps_the_rest():
    assert polled(KNOWN, NotModified()).validators.etag == '"1"'
    state = polled(KNOWN, NotModified(etag='"3"'))
    assert (state.validators.etag, state.validators.last_modified, state.body.hash) == ('"3"', "then", "old")


def test_an_error_never_clears_validators():
    for reason in [*FetchReason, *ParseReason]:
        state = polled(KNOWN, failed(reason, status=500))
        assert (state.validators.etag, state.validators.last_modified, state.body.hash) == (
            '"1"',
            "then",
            "old",
        )


def test_a_body_that_was_cut_off_never_counts_as_seen():
    cut = replace(MODIFIED, feed=ParsedFeed(title="New", cut_off=True))
    state = polled(KNOWN, cut)
    assert (state.validators.etag, state.validators.last_modified, state.body.hash) == ('"1"', "then", None)
    moved = replace(FEED, url="https://feeds.example/other")
    assert polled(KNOWN, cut, feed=moved).validators.etag is None


def test_a_failure_at_a_new_address_leaves_the_old_validators_with_the_old_address():
    moved = replace(FEED, url="https://feeds.example/other")
    state = polled(KNOWN, failed(status=500), feed=moved)
    assert (state.url, state.validators.etag) == (URL, '"1"')
    assert request(state, feed=moved, settings=SETTINGS).etag is None


def test_polls_are_counted_by_what_they_asked_and_got():
    state = polled(
        FRESH, failed(status=500), MODIFIED, NotModified(), NotModified(status=200), failed(status=404)
    )
    assert (state.counts.polls, state.counts.unconditional, state.counts.not_modified) == (5, 3, 2)
    assert (state.failures, state.last_error, state.last_poll_at) == (1, "no", NOW)


def test_a_request_that_was_never_made_counts_as_none():
    state = polled(
        replace(KNOWN, failures=2, last_error="before"), failed(FetchReason.HELD, retry_after_s=90.0)
    )
    assert (state.counts.polls, state.failures, state.last_error, state.last_poll_at) == (
        0,
        2,
        "before",
        None,
    )
    assert (state.next_poll_reason, state.fence) == (Reason.HOST_HELD, 1)


@given(OUTCOMES, STATES)
def test_every_poll_raises_the_fence_by_one_and_leaves_the_baseline_alone(outcome, state):
    state = replace(state, baseline_at=NOW - DAY)
    later = polled(state, outcome)
    assert (later.fence, later.baseline_at) == (state.fence + 1, state.baseline_at)
    assert later.next_poll_at > NOW


def test_secrets_do_not_show_in_the_state():
    feed = replace(FEED, headers={"X-Key": SecretStr("canary")}, user="canary", password=SecretStr("canary"))
    assert "canary" not in repr(polled(unpolled(feed, now=NOW), MODIFIED, feed=feed))
