from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.retry import GIVE_UP_AFTER, PACES, Dead, Retry, after_failure
from monitor.errors import ChannelError, ChannelReason

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
REASONS = st.sampled_from(ChannelReason)


def failed(reason=ChannelReason.CONNECT, *, attempts=1, since=NOW, now=NOW, jitter=0.0, **error):
    return after_failure(
        ChannelError("it failed", reason=reason, **error),
        attempts=attempts,
        first_attempt_at=since,
        now=now,
        jitter=jitter,
    )


def wait_s(verdict, now=NOW):
    assert isinstance(verdict, Retry)
    return (verdict.at - now).total_seconds()


def test_every_reason_has_a_pace():
    assert set(PACES) == set(ChannelReason)


@given(REASONS, st.integers(1, 1000))
def test_what_is_permanent_is_dead_at_once(reason, attempts):
    assert failed(reason, attempts=attempts, permanent=True, retry_after_s=5) == Dead("it failed")


@given(REASONS)
def test_a_refused_login_alone_needs_somebody_at_once(reason):
    assert failed(reason).needs_somebody == (reason is ChannelReason.AUTHENTICATION)


def test_waits_double_up_to_the_longest():
    waits = [wait_s(failed(attempts=attempts)) for attempts in range(1, 11)]
    assert waits == [15, 30, 60, 120, 240, 480, 960, 1800, 1800, 1800]


def test_what_may_have_arrived_is_repeated_rarely():
    """Each attempt may be one more copy in an inbox: about a dozen in three days, not hundreds."""
    now, attempts = NOW, 0
    while isinstance(verdict := failed(ChannelReason.UNKNOWN, attempts=attempts + 1, now=now), Retry):
        now, attempts = verdict.at, attempts + 1
    assert attempts < 15
    assert now == NOW + GIVE_UP_AFTER


@given(REASONS, st.integers(1, 10_000), st.floats(0, 1, exclude_max=True), st.none() | st.floats(0, 1e12))
def test_a_retry_is_later_never_after_the_end_and_never_sooner_than_asked(reason, attempts, jitter, asked):
    now = NOW + timedelta(hours=1)
    verdict = failed(reason, attempts=attempts, since=NOW, now=now, jitter=jitter, retry_after_s=asked)
    assert isinstance(verdict, Retry)
    assert now < verdict.at <= NOW + GIVE_UP_AFTER
    assert verdict.at == NOW + GIVE_UP_AFTER or wait_s(verdict, now) >= (asked or 0)


@given(REASONS, st.floats(0, 1, exclude_max=True))
def test_every_delivery_ends(reason, jitter):
    now, attempts = NOW, 1
    while isinstance(verdict := failed(reason, attempts=attempts, now=now, jitter=jitter), Retry):
        assert verdict.at > now
        now, attempts = verdict.at, attempts + 1
    assert now == NOW + GIVE_UP_AFTER
    assert verdict == Dead(f"given up after {attempts} attempts in 72 h: it failed")


def test_what_failed_together_comes_back_apart():
    assert wait_s(failed(jitter=0.0)) == 15
    assert wait_s(failed(jitter=0.8)) == 18


def test_what_the_server_asks_for_is_waited():
    assert wait_s(failed(ChannelReason.RATE_LIMITED, retry_after_s=7200)) == 7200
    assert wait_s(failed(ChannelReason.RATE_LIMITED, retry_after_s=1)) == 60


@pytest.mark.parametrize(("early_s", "dead"), [(1, False), (0, True), (-1, True)])
def test_the_last_attempt_is_at_the_end(early_s, dead):
    verdict = failed(attempts=9, now=NOW + GIVE_UP_AFTER - timedelta(seconds=early_s))
    assert isinstance(verdict, Dead) == dead
