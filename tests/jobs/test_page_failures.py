"""Pages that could not be read: tried again or given up, and nobody else harmed."""

import asyncio
from datetime import timedelta

import pytest
from house import requests_to, rss
from reading import HTML, QUIET, asked, feed, has, page, queue, reading, rounds, story, verdicts
from servers.web import after, reply, silence, web_server

from monitor.model import PageState, Verdict
from monitor.store import feeds, pages

pytestmark = pytest.mark.either("about what sites do")


@pytest.fixture
def paris(house, web):
    house.channel("desk", type="console")
    house.rule("paris", "declaration", fulltext="always")
    return house


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (reply(404), "answered 404"),
        (reply(200, b"%PDF-1.7", Content_Type="application/pdf"), "no web page but application/pdf"),
        (reply(200, b'{"a": 1}', Content_Type="text/html"), "no web page"),
        (reply(200, b"<html><body></body></html>", Content_Type=HTML), "no article"),
        (reply(200, b"<html>" + b"x" * 2**21, Content_Type=HTML), "larger than a page may be"),
        (reply(302, Location="/story"), "redirects more than 5 times"),
    ],
    ids=["not found", "a PDF", "JSON", "empty", "too large", "a loop"],
)
async def test_what_is_no_article_is_given_up_at_once_and_harms_no_feed(paris, web, answer, words):
    feed(paris, web, rss(story(has(web, "/story", answer)), QUIET))
    await rounds(paris, 3)
    [given_up] = queue(paris)
    assert (given_up.state, given_up.attempts) == (PageState.GIVEN_UP, 1)
    assert words in given_up.outcome
    state = paris.feed_state("wire")
    assert (state.failures, state.last_error, state.not_before_at) == (0, "", None)


async def test_what_fails_for_a_while_is_tried_four_times_and_given_up(paris, web):
    feed(paris, web, rss(story(has(web, "/story", reply(503))), QUIET))
    waits = (10, 60, 360)
    async with reading(paris) as monitor:
        await monitor.round()
        paris.clock.step(minutes=20)
        await monitor.round()
        for tries, wait in enumerate(waits, start=1):
            assert len(requests_to(web, "/story")) == tries
            paris.clock.step(minutes=wait, seconds=-1)
            await monitor.reader.read_due()
            assert len(requests_to(web, "/story")) == tries
            paris.clock.step(seconds=1)
            await monitor.reader.read_due()
    [given_up] = queue(paris)
    assert (given_up.state, given_up.attempts) == (PageState.GIVEN_UP, 4)
    assert "503" in given_up.outcome


async def test_a_page_that_comes_at_the_second_try_is_told(paris, web):
    answers = [reply(503), reply(200, page(), Content_Type=HTML)]
    feed(paris, web, rss(story(has(web, "/story", *answers)), QUIET))
    await rounds(paris, 3)
    assert verdicts(paris) == [Verdict.ALERTED]


async def test_a_site_that_asks_for_peace_is_left_alone_feed_and_pages(paris, web):
    has(web, "/one", reply(429, Retry_After="7200"), reply(200, page(), Content_Type=HTML))
    has(web, "/two")
    feed(paris, web, rss(story(web.url("/two"), "Two"), story(web.url("/one"), "One"), QUIET))
    async with reading(paris) as monitor:
        for _ in range(2):
            await monitor.round()
            paris.clock.step(minutes=20)
        asked_before = len(web.requests)
        paris.clock.step(minutes=99)
        await monitor.round()
        assert len(web.requests) == asked_before
        paris.clock.step(minutes=2)
        await monitor.reader.read_due()
    assert {one.state for one in queue(paris)} == {PageState.READ}
    with paris.reading() as connection:
        held = feeds.held(connection, paris.clock() - timedelta(hours=1))
    assert held == {f"127.0.0.1:{web.port}": held[f"127.0.0.1:{web.port}"]}


async def test_a_site_that_refuses_us_is_not_asked_for_its_other_pages(paris, web):
    has(web, "/one", reply(403))
    has(web, "/two")
    feed(paris, web, rss(story(web.url("/two"), "Two"), story(web.url("/one"), "One"), QUIET))
    async with reading(paris) as monitor:
        for _ in range(2):
            await monitor.round()
            paris.clock.step(minutes=20)
        assert asked(web) == ["/robots.txt", "/one"]
        paris.clock.step(hours=4)
        await monitor.reader.read_due()
    assert asked(web) == ["/robots.txt", "/one", "/two"]
    assert paris.feed_state("wire").failures == 0


async def test_what_was_not_read_within_a_day_is_given_up(paris, web):
    feed(paris, web, rss(story(has(web, "/story", reply(503))), QUIET))
    async with reading(paris) as monitor:
        await monitor.round()
        paris.clock.step(minutes=20)
        await monitor.round()
        paris.clock.step(days=2)
        await monitor.reader.read_due()
    [given_up] = queue(paris)
    assert given_up.state is PageState.GIVEN_UP
    assert given_up.outcome.startswith("not read in time: ")
    assert len(requests_to(web, "/story")) == 1


async def test_a_reader_that_dies_leaves_its_page_due_and_one_that_is_stopped_gives_it_back(paris, web):
    feed(paris, web, rss(story(has(web, "/story", silence(), reply(200, page(), Content_Type=HTML))), QUIET))
    async with reading(paris) as monitor:
        await monitor.round()
        paris.clock.step(minutes=20)
        await monitor.poll()
        web.arrived.clear()
        under_way = asyncio.create_task(monitor.reader.read_due())
        async with asyncio.timeout(60):
            while not requests_to(web, "/story"):
                web.arrived.clear()
                await web.arrived.wait()
        under_way.cancel()
        await asyncio.gather(under_way, return_exceptions=True)
    [given_back] = queue(paris)
    assert (given_back.attempts, given_back.next_at) == (0, paris.clock())
    with paris.store.writing() as connection:  # taken, and never heard of again
        [taken] = pages.take(connection, [given_back], paris.clock() + timedelta(minutes=10))
    async with reading(paris) as monitor:
        await monitor.reader.read_due()
        assert queue(paris) == [taken]
        paris.clock.step(minutes=10)
        await monitor.reader.read_due()
    [read] = queue(paris)
    assert (read.state, read.attempts) == (PageState.READ, 2)


async def test_one_page_of_a_site_at_a_time_and_a_slow_site_holds_up_no_other(paris, web):
    done = asyncio.Event()
    links = [has(web, f"/{n}", after(done, reply(200, page(), Content_Type=HTML))) for n in range(3)]
    async with web_server() as other:
        other.on("/story", reply(200, page(), Content_Type=HTML))
        entries = [story(link, f"Report {n}") for n, link in enumerate([*links, other.url("/story")])]
        feed(paris, web, rss(*entries, QUIET))
        paris.feed("other", other.on("/other", reply(200, rss(QUIET)), reply(200, rss(entries[-1]))))
        async with reading(paris) as monitor:
            await monitor.round()
            paris.clock.step(minutes=20)
            await monitor.poll()
            under_way = asyncio.create_task(monitor.reader.read_due())
            async with asyncio.timeout(60):
                while not requests_to(other, "/story"):
                    other.arrived.clear()
                    await other.arrived.wait()
            assert len([path for path in asked(web) if path != "/robots.txt"]) <= 1
            done.set()
            await under_way
    assert web.most_busy == 1
    assert [one.state for one in queue(paris)].count(PageState.READ) == 4
