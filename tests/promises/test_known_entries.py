"""Entries that a feed's last document held are not read again, and nothing is lost by it."""

import re

import pytest
from house import House, item, rss
from servers.web import WebServer, reply

from monitor.feeds.spans import unpacked
from monitor.store import feeds

OLD = [item(f"Old news {number}") for number in range(5)]
NEW = item("Declaration signed", "All of them signed it in Paris.")


async def rounds(house: House, web: WebServer, *bodies: bytes) -> None:
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)))
    house.rule("signed", "declaration OR signed")
    async with house.daemon() as daemon:
        for _ in bodies:
            await daemon.run_once(every=True)
            house.clock.step(minutes=20)


def remembered(house: House) -> int:
    with house.reading() as connection:
        return len(unpacked(feeds.entry_hashes(connection, "wire")))


def titles(house: House) -> list[str]:
    return sorted(entry.title for entry in house.entries())


async def test_a_new_entry_among_known_ones_is_stored_and_told(house, desk, web):
    await rounds(house, web, rss(*OLD), rss(NEW, *OLD))
    assert titles(house) == ["Declaration signed", *(f"Old news {number}" for number in range(5))]
    assert len(house.alerts()) == 1
    assert remembered(house) == 6


async def test_what_is_remembered_is_the_last_document(house, desk, web):
    await rounds(house, web, rss(*OLD), rss(*OLD[:2]), rss(NEW, *OLD[1:3]))
    assert remembered(house) == 3
    assert len(house.entries()) == 6


async def test_an_entry_that_changes_and_changes_back_is_stored_as_it_is(house, desk, web):
    first, second = item("Old news", "one", guid="1"), item("Old news", "two", guid="1")
    await rounds(house, web, rss(first, *OLD), rss(second, *OLD), rss(first, *OLD))
    assert [entry.summary for entry in house.entries() if entry.guid == "1"] == ["one"]


async def test_after_a_doubtful_document_everything_is_read_again(house, desk, web):
    first, second = item("Old news", "one", guid="1"), item("Old news", "two", guid="1")
    doubtful = rss(second, *OLD).replace(b"Old news 0", b"Old <b>news 0")
    await rounds(house, web, rss(first, *OLD), doubtful)
    assert remembered(house) == 0
    assert [entry.summary for entry in house.entries() if entry.guid == "1"] == ["two"]


async def test_a_page_in_place_of_the_feed_forgets_nothing(house, desk, web):
    await rounds(house, web, rss(*OLD), b"<html><title>Sorry</title></html>")
    assert remembered(house) == 5


async def test_a_dry_run_reads_everything_and_remembers_nothing(house, desk, web):
    house.feed("wire", web.on("/wire", reply(200, rss(NEW, *OLD))))
    house.rule("signed", "declaration")
    async with house.daemon() as daemon:
        plan = await daemon.poll_one("wire", dry_run=True)
        assert remembered(house) == 0
        await daemon.poll_one("wire", dry_run=False)
    assert plan is not None
    assert len(plan.new) == 6
    assert remembered(house) == 6


# ── a live blog: all its entries link to one page, are titled alike and have no dates ──

TALKS = [
    item(f"Talks in Paris: {what}", guid=f"talks {number}", link="https://wire.example/live", published=None)
    for number, what in enumerate(("they begin", "a pause", "signed"))
]
GUIDS = {"own": lambda one: one, "none": lambda one: re.sub("<guid.*?</guid>", "", one)}


@pytest.mark.parametrize("before", [1, 2])
@pytest.mark.parametrize("guids", GUIDS)
async def test_what_is_new_is_never_taken_for_an_entry_that_was_not_read_again(
    house, desk, web, guids, before
):
    posts = [GUIDS[guids](one) for one in TALKS]
    await rounds(house, web, rss(*posts[:before]), rss(*posts[::-1]))
    assert titles(house) == [f"Talks in Paris: {what}" for what in ("a pause", "signed", "they begin")]
    assert len(house.alerts()) == 1
    assert remembered(house) == 3


async def test_a_new_entry_that_pushes_another_off_the_page_is_not_that_one(house, desk, web):
    await rounds(house, web, rss(*TALKS[:2]), rss(TALKS[2], TALKS[1]))
    assert len(house.entries()) == 3
    assert len(house.alerts()) == 1
