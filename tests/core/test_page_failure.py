"""What follows from a page that could not be read."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.pages.failure import PATIENCE, WAITS, Again, GivenUp, after_failure
from monitor.core.pages.wish import LONGEST_URL, site_of
from monitor.core.polling import RETRY_AFTER_CEILING
from monitor.errors import FetchError, FetchReason, ParseError, ParseReason

NOW = datetime(2026, 1, 6, 19, tzinfo=UTC)
HOUR = timedelta(hours=1)


def after(reason, *, status=None, retry_after_s=None, attempts=1, waited=timedelta(0)):
    error = FetchError("no", reason=reason, status=status, retry_after_s=retry_after_s)
    return after_failure(error, attempts=attempts, queued_at=NOW - waited, now=NOW)


def refused(status, **keys):
    reason = FetchReason.SERVER_STATUS if status >= 500 else FetchReason.CLIENT_STATUS
    return after(reason, status=status, **keys)


@pytest.mark.parametrize(
    ("status", "again", "paused_h"),
    [
        (404, False, 0), (410, False, 0), (401, False, 0), (402, False, 0), (403, False, 4), (451, False, 4),
        (408, True, 0), (425, True, 0), (429, True, 4), (500, True, 0), (502, True, 0), (503, True, 0),
    ],
)  # fmt: skip
def test_what_is_said_of_the_page_ends_it_and_what_is_said_to_us_holds_its_site(status, again, paused_h):
    verdict = refused(status)
    assert isinstance(verdict, Again) == again
    assert verdict.site_paused_until == (NOW + paused_h * HOUR if paused_h else None)


@pytest.mark.parametrize("reason", FetchReason)
def test_every_reason_has_an_answer(reason):
    passing = {"DNS", "CONNECT", "TLS", "TIMEOUT", "PROTOCOL", "SERVER_STATUS", "HELD"}
    assert isinstance(after(reason), Again) == (reason.name in passing)


@pytest.mark.parametrize("reason", ParseReason)
def test_what_cannot_be_read_is_not_asked_for_again(reason):
    verdict = after_failure(ParseError("no", reason=reason), attempts=1, queued_at=NOW, now=NOW)
    assert verdict == GivenUp(reason="no")


def test_the_waits_grow_and_the_fourth_try_is_the_last():
    for attempts, wait in enumerate(WAITS, start=1):
        verdict = after(FetchReason.TIMEOUT, attempts=attempts)
        assert isinstance(verdict, Again)
        assert verdict.at == NOW + wait
    assert isinstance(after(FetchReason.TIMEOUT, attempts=len(WAITS) + 1), GivenUp)


def test_a_page_is_not_tried_beyond_a_day():
    wait = WAITS[0]
    assert isinstance(after(FetchReason.DNS, waited=PATIENCE - wait), Again)
    assert isinstance(after(FetchReason.DNS, waited=PATIENCE - wait + timedelta(seconds=1)), GivenUp)


def test_a_held_host_was_not_asked_so_it_was_no_try():
    verdict = after(FetchReason.HELD, retry_after_s=600, attempts=9)
    assert isinstance(verdict, Again)
    assert (verdict.counts, verdict.at) == (False, NOW + timedelta(minutes=10))
    assert isinstance(after(FetchReason.HELD, retry_after_s=2 * 86_400), GivenUp)


@given(st.floats(0, 1e9), st.sampled_from([429, 503]), st.integers(1, 9))
def test_what_a_site_asks_for_is_granted_up_to_a_week_and_never_cut_short(asked_s, status, attempts):
    verdict = refused(status, retry_after_s=asked_s, attempts=attempts)
    granted = min(timedelta(seconds=asked_s), RETRY_AFTER_CEILING)
    assert (verdict.site_paused_until or NOW) >= NOW + granted
    if isinstance(verdict, Again):
        assert verdict.at >= NOW + granted


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://Paper.Example/a?b#c", "https://paper.example"),
        ("https://paper.example:443/a", "https://paper.example"),
        ("http://paper.example:8080/a", "http://paper.example:8080"),
        ("https://me:secret@paper.example/a", "https://paper.example"),
        ("http://[::1]:8080/a", "http://[::1]:8080"),
        ("http://paper.example:99999/", None),
        ("http://paper .example/", None),
        ("http://[::1/", None),
        ("http:///a", None),
        ("ftp://paper.example/", None),
        ("file:///etc/passwd", None),
        ("javascript:alert(1)", None),
        ("mailto:me@paper.example", None),
        ("", None),
        ("https://paper.example/" + "a" * LONGEST_URL, None),
    ],
)
def test_only_addresses_of_the_web_have_a_site(url, site):
    assert site_of(url) == site


@given(st.text())
def test_any_text_has_a_site_or_none(text):
    site = site_of(text)
    assert site is None or site_of(site) == site
