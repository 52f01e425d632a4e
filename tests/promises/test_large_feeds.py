"""A feed of many new entries: stored a part after the other, so that neither a crash nor a neighbour minds."""

from datetime import timedelta

import pytest
from databases import allow, refuse
from house import SUMMIT, item, rss
from servers.web import reply

from monitor.core.parts import MATCHING
from monitor.core.text.seeking import Phrase
from monitor.errors import StorageError
from monitor.jobs.poll import PART
from monitor.store import words

MANY = 2 * PART + 20
FIRST = PART - 2 * (MATCHING - 1)
"""Entries of the first part: two of them match."""


def report(number):
    """Every hundredth tells of a strike, each of one of its own."""
    port = ("Felixstowe", "Montreal", "Santos", "Durban", "Gdynia", "Busan")[number // 100]
    title = f"Dockers in {port} vote for a strike" if number % 100 == 50 else f"Report {number}"
    return item(title, f"What happened at {number}.", published=SUMMIT + timedelta(minutes=number / 60))


@pytest.fixture
def port(house, web):
    """Polled once with one entry, and asked to tell of strikes."""
    house.settings["alerting"] |= {"default": ["console"], "group_wait": "0s"}
    house.feed("wire", web.url("/wire"))
    house.rule("strikes", "strike")
    web.on(
        "/wire",
        reply(200, rss(item("Weather", "Rain.", published=SUMMIT - timedelta(hours=1)))),
        reply(200, rss(*(report(number) for number in reversed(range(MANY))))),
    )
    return house


def judged(house):
    """The entries whose matches were decided on, in the order of the decisions: no rule decides twice."""
    return [decision.entry_id for decision in house.decisions()]


async def test_all_of_it_is_stored_found_and_told(port):
    async with port.daemon() as daemon:
        await daemon.run_once(every=True)
        port.clock.step(hours=1)
        done = await daemon.run_once(every=True)
    assert done.new == MANY
    assert len(judged(port)) == 5
    with port.reading() as connection:
        assert len(words.find(connection, Phrase("strike"))) == 5


async def test_where_it_breaks_between_two_parts_the_rest_comes_with_the_next_poll_and_nothing_twice(port):
    async with port.daemon() as daemon:
        await daemon.run_once(every=True)
        refuse(port.store, "INSERT ON entry", when=f"new.id > {PART + 100}")
        port.clock.step(hours=1)
        with pytest.raises(StorageError):
            await daemon.run_once(every=True)
        assert len(port.entries()) == 1 + FIRST
        first = judged(port)
        assert 0 < len(first) < 5
        state = port.feed_state("wire")
        allow(port.store)
        port.clock.step(hours=1)
        done = await daemon.run_once(every=True)
    assert port.feed_state("wire").fence == state.fence + 1, "the broken poll left the feed's state alone"
    assert done.new == MANY - FIRST
    assert len(port.entries()) == 1 + MANY
    assert len(judged(port)) == 5
    assert judged(port)[: len(first)] == first


async def test_a_first_poll_that_breaks_is_still_the_baseline_when_it_goes_on(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.feed(
        "wire", web.on("/wire", reply(200, rss(*(report(number) for number in reversed(range(MANY))))))
    )
    house.rule("strikes", "strike")
    house.clock.step(hours=1)
    async with house.daemon() as daemon:
        refuse(house.store, "INSERT ON entry", when=f"new.id > {PART + 100}")
        with pytest.raises(StorageError):
            await daemon.run_once(every=True)
        allow(house.store)
        house.clock.step(hours=1)
        await daemon.run_once(every=True)
    assert len(house.entries()) == MANY
    assert all(entry.baseline for entry in house.entries())
    assert not house.alerts()
