from dataclasses import replace

import pytest
from samples.news import DAY, HOUR, MINUTE, NOW

from monitor.errors import StalePoll
from monitor.model import LastBody, PollCounts, PublishingHints, Redirect, Rhythm, Validators
from monitor.store import daemon, feeds

URLS = {"wire": "https://wire.example/feed", "mail": "https://mail.example/feed"}


@pytest.fixture
def connection(store):
    with store.writing() as connection:
        feeds.register(connection, URLS, NOW)
        yield connection


def due(connection, now=NOW, limit=100):
    return [state.feed_id for state in feeds.due(connection, now, limit=limit)]


def polled(connection, feed_id="wire", **keys):
    """Stores a poll of the feed that left this behind."""
    before = feeds.states(connection, [feed_id])[feed_id]
    after = replace(before, **{"fence": before.fence + 1, **keys})
    feeds.save(connection, before, after)
    return after


def test_a_feed_that_is_new_to_the_database_is_due_at_once(connection):
    assert sorted(due(connection)) == ["mail", "wire"]
    assert due(connection, NOW - MINUTE) == []


def test_a_feed_is_due_at_its_time_and_not_before(connection):
    polled(connection, "mail", next_poll_at=NOW + 2 * HOUR)
    polled(connection, next_poll_at=NOW + HOUR)
    assert due(connection, NOW + HOUR - MINUTE) == []
    assert due(connection, NOW + HOUR) == ["wire"]


def test_the_longest_overdue_feeds_come_first_and_never_more_than_asked_for(connection):
    polled(connection, "wire", next_poll_at=NOW - HOUR)
    polled(connection, "mail", next_poll_at=NOW - DAY)
    assert due(connection) == ["mail", "wire"]
    assert due(connection, limit=1) == ["mail"]


def test_a_stopped_feed_is_never_due(connection):
    polled(connection, "wire", stopped_reason="gone")
    assert due(connection, NOW + 400 * DAY) == ["mail"]


def test_feeds_are_registered_anew_without_losing_their_due_time(connection):
    polled(connection, next_poll_at=NOW + HOUR, validators=Validators(etag='"1"'))
    feeds.register(connection, URLS, NOW + MINUTE)
    state = feeds.states(connection)["wire"]
    assert (state.next_poll_at, state.validators.etag) == (NOW + HOUR, '"1"')


def test_a_feed_that_left_the_config_is_not_due_and_comes_back_as_it_was(connection):
    after = polled(connection, next_poll_at=NOW - HOUR, validators=Validators(etag='"1"'))
    feeds.register(connection, {"mail": URLS["mail"]}, NOW)
    assert due(connection) == ["mail"]
    feeds.register(connection, URLS, NOW)
    assert feeds.states(connection)["wire"] == after
    assert sorted(due(connection)) == ["mail", "wire"]


def test_many_feeds_are_registered_and_found(connection):
    many = {f"feed{number}": f"https://feed{number}.example/" for number in range(1500)}
    feeds.register(connection, many, NOW)
    assert len(due(connection, limit=2000)) == 1500
    assert feeds.states(connection, list(many)).keys() == many.keys()


def test_a_poll_made_from_an_older_state_is_stale(connection):
    before = feeds.states(connection)["wire"]
    feeds.save(connection, before, replace(before, fence=1, title="first"))
    with pytest.raises(StalePoll, match="feed wire: another poll was stored first"):
        feeds.save(connection, before, replace(before, fence=1, title="second"))
    assert feeds.states(connection)["wire"].title == "first"


def test_a_poll_of_a_feed_that_nobody_registered_is_stale(connection):
    nobody = replace(feeds.states(connection)["wire"], feed_id="nobody")
    with pytest.raises(StalePoll):
        feeds.save(connection, nobody, replace(nobody, fence=1))


def test_a_state_comes_out_as_it_went_in(connection):
    after = polled(
        connection,
        title="Лента 🗞", language="ru", body=LastBody(hash="ab", at=NOW),
        validators=Validators(etag='W/"é"', last_modified="Tue, 06 Jan 2026 19:00:00 GMT"),
        last_poll_at=NOW, last_success_at=NOW, baseline_at=NOW, gone_at=NOW, next_poll_at=NOW + HOUR,
        failures=3, last_error="no answer", next_poll_reason="interval", stopped_reason="gone",
        counts=PollCounts(polls=9, unconditional=2, not_modified=4), credentials_hash="cd",
    )  # fmt: skip
    assert feeds.states(connection, ["wire"]) == {"wire": after}


def test_the_oldest_overdue_feed_is_named(connection):
    assert daemon.oldest_overdue(connection, NOW) is None
    polled(connection, "wire", next_poll_at=NOW - HOUR)
    polled(connection, "mail", next_poll_at=NOW - DAY, stopped_reason="gone")
    assert daemon.oldest_overdue(connection, NOW) == daemon.Overdue(feed_id="wire", since=NOW - HOUR)


def test_all_polls_of_all_feeds_are_counted(connection):
    polled(connection, "wire", counts=PollCounts(polls=3))
    polled(connection, "mail", counts=PollCounts(polls=4))
    assert daemon.polls(connection) == 7


def test_an_address_under_another_id_keeps_its_due_time(connection):
    polled(connection, next_poll_at=NOW + HOUR)
    feeds.register(connection, {"renamed": URLS["wire"]}, NOW)
    assert due(connection, NOW + HOUR - MINUTE) == []
    assert due(connection, NOW + HOUR) == ["renamed"]


def test_what_is_taken_out_and_put_back_is_stopped_no_more(connection):
    polled(connection, next_poll_at=NOW, stopped_reason="gone")
    feeds.register(connection, URLS, NOW)
    assert feeds.stopped(connection).keys() == {"wire"}
    feeds.register(connection, {"mail": URLS["mail"]}, NOW)
    feeds.register(connection, URLS, NOW)
    assert feeds.stopped(connection) == {}


def test_a_host_is_held_until_the_latest_of_what_it_asked_for(connection):
    feeds.pause_host(connection, "wire.example", NOW + HOUR)
    feeds.pause_host(connection, "wire.example", NOW + MINUTE)
    assert feeds.held(connection, NOW) == {"wire.example": NOW + HOUR}
    assert feeds.held(connection, NOW + HOUR) == {}
    feeds.drop_old_pauses(connection, NOW + HOUR)
    assert feeds.held(connection, NOW) == {}


def test_numbers_of_a_state_come_out_as_they_went_in(connection):
    after = polled(
        connection,
        hints=PublishingHints(skip_hours=(0, 23), skip_days=(5,)),
        rhythm=Rhythm(hours=(0.5, 0.0, 1.25), days=2.5),
        redirect=Redirect(to="https://new.example/", since_at=NOW, seen=3),
        validators=Validators(fresh_s=60.5), not_before_at=NOW + HOUR,
    )  # fmt: skip
    assert feeds.states(connection, ["wire"]) == {"wire": after}
