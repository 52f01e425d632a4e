"""When a redirect is believed: `politeness.md` 11."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr

from monitor.core.polling import Poll, after, request, unpolled
from monitor.errors import FetchReason
from monitor.model import Advice, Failed, Feed, Modified, NotModified, ParsedFeed, Polling

NOW = datetime(2026, 1, 6, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)
FEED = Feed(id="wire", url="https://wire.example/feed")
NEW = "https://new.example/feed"
SETTINGS = Polling()
FAILED = Failed(reason=FetchReason.TIMEOUT, message="no")


def moved(target=NEW):
    return NotModified(advice=Advice(moved_to=target))


def lived(outcomes, *, feed=FEED, every=DAY / 2, state=None, start=NOW):
    state = state or unpolled(feed, now=start)
    for number, outcome in enumerate(outcomes):
        now = start + number * every
        asked = request(state, feed=feed, settings=SETTINGS, now=now)
        poll = Poll(asked=asked, outcome=outcome, at=now)
        state = after(state, poll, feed=feed, settings=SETTINGS, jitter=0.0)
    return state


def asked_url(state, feed=FEED):
    return request(state, feed=feed, settings=SETTINGS, now=NOW + 30 * DAY).url


ADOPTED = lived([moved()] * 10)


@pytest.mark.parametrize(
    ("sightings", "every", "adopted"),
    [(10, DAY / 2, True), (9, DAY, False), (10, DAY / 3, True), (10, DAY / 3 - timedelta(seconds=1), False)],
)
def test_a_move_is_adopted_after_ten_sightings_over_three_days(sightings, every, adopted):
    state = lived([moved()] * sightings, every=every)
    assert asked_url(state) == (NEW if adopted else FEED.url)


def test_failures_neither_count_nor_break_the_row():
    assert asked_url(lived([moved(), FAILED] * 10)) == NEW


@pytest.mark.parametrize(
    "other",
    [NotModified(), moved("https://third.example/"), Modified(feed=ParsedFeed(cut_off=True), body_hash="1")],
)
def test_any_other_end_begins_the_count_anew(other):
    assert asked_url(lived([*[moved()] * 9, other, *[moved()] * 9])) == FEED.url


@pytest.mark.parametrize(
    ("feed", "target", "adopted"),
    [
        (FEED, "http://wire.example/feed", False),  # less safe
        (replace(FEED, url="http://wire.example/feed"), "https://wire.example/feed", True),
        (replace(FEED, user="ann", password=SecretStr("p")), NEW, False),  # a stranger's host
        (replace(FEED, headers={"X-Key": SecretStr("k")}), NEW, False),
        (replace(FEED, headers={"X-Key": SecretStr("k")}), "https://wire.example/new", True),
    ],
)
def test_a_move_takes_no_credentials_along_and_leaves_no_encryption_behind(feed, target, adopted):
    assert (asked_url(lived([moved(target)] * 10, feed=feed), feed) == target) == adopted


def test_what_the_operator_allowed_is_allowed_at_home_alone():
    feed = replace(FEED, allow_private=True)
    allowed = {
        target: request(
            lived([moved(target)] * 10, feed=feed), feed=feed, settings=SETTINGS, now=NOW
        ).allow_private
        for target in (NEW, "https://wire.example/new")
    }
    assert allowed == {NEW: False, "https://wire.example/new": True}


def test_the_validators_move_along():
    state = lived([Modified(feed=ParsedFeed(), body_hash="1", etag='"1"', advice=Advice(moved_to=NEW))] * 10)
    assert request(state, feed=FEED, settings=SETTINGS, now=NOW).etag == '"1"'


def test_while_the_new_address_fails_every_fourth_poll_asks_the_configs():
    asked = [asked_url(lived([FAILED] * failures, state=ADOPTED)) for failures in range(8)]
    assert asked == [NEW, NEW, NEW, FEED.url] * 2


def test_the_configs_address_is_back_once_it_answers_itself():
    assert asked_url(lived([FAILED] * 3 + [NotModified()], state=ADOPTED)) == FEED.url


def test_another_address_in_the_config_ends_it():
    edited = replace(FEED, url="https://wire.example/atom")
    assert asked_url(ADOPTED, edited) == edited.url
    state = lived([NotModified()], feed=edited, state=ADOPTED)
    assert (asked_url(state, edited), state.redirect.adopted_url) == (edited.url, "")
