"""A feed that fails for a day is told to the operator once, and once that it is well again."""

from datetime import timedelta

import pytest
from house import item, rss
from servers.web import reply

from monitor.core.polling.outages import MOST_FEEDS, outages
from monitor.core.polling.outages import note as said
from monitor.model import AlertKind, FeedState

GOOD, BAD = reply(200, rss(item("Weather"))), reply(500)


async def days(house, daemon, hours, *, step=3):
    """So many hours go by: polls, and looks at what is broken."""
    for _ in range(0, hours, step):
        await daemon.run_once(every=True)
        await daemon.look()
        house.clock.step(hours=step)


def notes(house):
    return [alert.text for alert in house.alerts() if alert.kind is AlertKind.NOTE]


@pytest.fixture
def wire(house, desk, web):
    house.settings["alerting"]["operator"] = ["desk"]
    house.rule("truce", "truce")
    house.feed("wire", web.on("/wire", GOOD))
    return web


async def test_an_outage_is_told_once_and_its_end_once(house, wire):
    async with house.daemon() as daemon:
        await days(house, daemon, 3)
        wire.on("/wire", BAD)
        await days(house, daemon, 21)
        assert notes(house) == []
        await days(house, daemon, 48)
        [outage] = notes(house)
        assert outage.startswith("Feed wire: ")
        assert "500" in outage
        wire.on("/wire", GOOD)
        await days(house, daemon, 12)
        assert sorted(notes(house)) == sorted([outage, "Feed wire answers again."])
        wire.on("/wire", BAD)
        await days(house, daemon, 36)
        assert len(notes(house)) == 3


async def test_what_was_told_is_known_after_a_restart(house, wire):
    async with house.daemon() as daemon:
        await days(house, daemon, 3)
        wire.on("/wire", BAD)
        await days(house, daemon, 36)
    async with house.daemon() as daemon:
        await days(house, daemon, 12)
    assert len(notes(house)) == 1


async def test_an_hour_of_failures_is_no_outage(house, wire):
    async with house.daemon() as daemon:
        await days(house, daemon, 3)
        wire.on("/wire", BAD)
        await days(house, daemon, 6)
        wire.on("/wire", GOOD)
        await days(house, daemon, 30)
    assert notes(house) == []


def state(feed_id, now, **keys):
    return FeedState(feed_id=feed_id, url="https://x.example/", next_poll_at=now, **keys)


@pytest.mark.parametrize(
    ("keys", "told", "begun", "over"),
    [
        ({"failures": 1, "last_success_at": timedelta(hours=25)}, False, True, False),
        ({"failures": 9, "last_success_at": timedelta(hours=23)}, False, False, False),
        ({"failures": 0, "last_success_at": timedelta(hours=25)}, False, False, False),
        ({"failures": 5, "last_success_at": None}, False, True, False),
        ({"failures": 4, "last_success_at": None}, False, False, False),
        ({"failures": 9, "last_success_at": timedelta(days=9)}, True, False, False),
        ({"failures": 0, "last_success_at": timedelta(0)}, True, False, True),
        ({"failures": 3, "last_success_at": timedelta(days=9), "stopped_reason": "410"}, False, False, False),
    ],
)
def test_what_is_an_outage(house, keys, told, begun, over):
    now = house.clock.at
    ago = keys["last_success_at"]
    one = state("wire", now, **{**keys, "last_success_at": now - ago if ago is not None else None})
    found = outages([one], {"wire"} if told else set(), now)
    assert (bool(found.begun), bool(found.over)) == (begun, over)


def test_one_note_for_many(house):
    now = house.clock.at
    many = [state(f"feed{n}", now, failures=9, last_error="status 404") for n in range(50)]
    text = said(outages(many, (), now))
    assert text.startswith("50 feeds have brought nothing but errors for a day.\n")
    assert text.count("status 404") == MOST_FEEDS
    assert text.endswith("… and 30 more: `monitor feeds list --failing`")
