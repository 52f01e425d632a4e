"""One hostile feed among honest ones: nobody waits for it. `bench/bench_hostile.py` measures by how much."""

import asyncio

import pytest
from house import SUMMIT, item, requests_to, rss
from reading import HTML, QUIET, page, reading
from servers.web import after, reply

from monitor.core.polling.allowance import BYTES_A_DAY, ENTRIES_A_DAY

TARPITS = 64
MOLE, PAPER = "http://mole.example", "http://paper.example"
STORY = item("Ministers meet in Paris", link=f"{PAPER}/story", published=SUMMIT)


@pytest.fixture
def honest(house, web):
    """A paper whose page alone says what the rule asks for, behind a mole; both through a proxy, as hosts."""
    house.settings["alerting"]["default"] = ["console"]
    house.rule("paris", "declaration")
    for name, site in (("mole", MOLE), ("paper", PAPER)):
        house.feed(name, f"{site}/feed", proxy=web.url("/"), fulltext="always")
    web.on(f"{PAPER}/story", reply(200, page(), Content_Type=HTML))
    web.on(f"{PAPER}/feed", reply(200, rss(QUIET)), reply(200, rss(STORY, QUIET)))
    return house


def of_the_mole(web, links):
    items = [item(f"Item {number}", link=link) for number, link in enumerate(links)]
    web.on(f"{MOLE}/feed", reply(200, rss(QUIET)), reply(200, rss(*items, QUIET)))


async def polled(monitor):
    """Both are asked once more, the mole first: its pages are at the head of the queue."""
    monitor.house.clock.step(minutes=20)
    await monitor.poll()


@pytest.mark.parametrize("rounds_later", [0, 1], ids=["in the queue with it", "due while they are read"])
async def test_pages_that_never_come_keep_no_other_feeds_page_waiting(honest, web, rounds_later):
    """They wait in the queue first, and would hold all places for four minutes."""
    released = asyncio.Event()
    links = [f"http://tarpit-{number}.example/page" for number in range(TARPITS)]
    for link in links:
        web.on(link, after(released, reply(404)))
    of_the_mole(web, links)
    web.on(f"{PAPER}/feed", *[reply(200, rss(QUIET))] * (1 + rounds_later), reply(200, rss(STORY, QUIET)))
    async with reading(honest) as monitor:
        await monitor.poll()
        await polled(monitor)
        pages = asyncio.create_task(monitor.reader.read_due())
        for _ in range(rounds_later):
            while not any("tarpit" in one.target for one in web.requests):
                await arrival(web)
            await polled(monitor)
        while not requests_to(web, f"{PAPER}/story"):
            await arrival(web)
        assert not released.is_set()
        released.set()
        await pages
    assert all(requests_to(web, link) for link in links), "the others' turn comes too"


async def arrival(web):
    web.arrived.clear()
    await asyncio.wait_for(web.arrived.wait(), 60)


async def test_a_feed_that_leads_to_another_ones_site_shares_the_turns_there(honest, web):
    links = [f"{PAPER}/of-the-mole-{number}" for number in range(TARPITS)]
    for link in links:
        web.on(link, reply(404))
    of_the_mole(web, links)
    async with reading(honest) as monitor:
        await monitor.poll()
        await polled(monitor)
        await monitor.reader.read_due()
    asked = [one.target for one in web.requests if one.target.startswith(PAPER) and "feed" not in one.target]
    assert asked.index(f"{PAPER}/story") <= 2, "robots.txt, one of the mole's at most, then the paper's own"
    assert len(asked) == TARPITS + 2


async def test_what_a_feed_brings_is_counted_against_its_day(house, web):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("paris", "declaration")
    first, second = rss(QUIET), rss(STORY, QUIET)
    again = reply(200, second, ETag='"1"')
    house.feed("wire", web.on("/wire", reply(200, first), again, again, reply(304)))
    spent = []
    async with house.daemon() as daemon:
        for _ in range(4):
            await daemon.run_once(every=True)
            spent.append(house.feed_state("wire").allowance.spent)
            house.clock.step(seconds=1)
    entry, leak = 1 / ENTRIES_A_DAY, 1 / 86_400
    assert spent[0] == pytest.approx(entry)
    assert spent[1] == pytest.approx(entry + spent[0] - leak)
    assert spent[2] == pytest.approx(len(second) / BYTES_A_DAY + spent[1] - leak), "the same once more"
    assert spent[3] == pytest.approx(max(spent[2] - leak, 0.0))
