"""What sites wish of robots, through the page reader: asked once a day, obeyed on every hop."""

import pytest
from house import requests_to, rss
from reading import HTML, QUIET, asked, feed, has, page, queue, reading, rounds, story
from servers.web import cut, endless, reply, web_server

from monitor.model import PageState

pytestmark = pytest.mark.either("about what sites see")

FORBIDDEN = b"User-agent: *\nDisallow: /story\n"


@pytest.fixture
def paris(house, web):
    house.channel("desk", type="console")
    house.rule("paris", "declaration", fulltext="always")
    return house


async def test_a_page_that_robots_txt_forbids_is_not_asked_for(paris, web):
    web.on("/robots.txt", reply(200, FORBIDDEN))
    feed(paris, web, rss(story(has(web, "/story")), QUIET))
    await rounds(paris, 3)
    assert asked(web) == ["/robots.txt"]
    [given_up] = queue(paris)
    assert given_up.state is PageState.GIVEN_UP
    assert f"the robots.txt of http://127.0.0.1:{web.port} does not allow it" in given_up.outcome


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        # §2.3.1.3: 4xx: "the crawler MAY access any resources on the server". §2.3.1.4: 5xx: "MUST assume
        # complete disallow". §2.3.1.2: beyond five redirects it "MAY assume that [it] is unavailable".
        (reply(404), PageState.READ),
        (reply(403), PageState.READ),
        (reply(302, Location="/robots.txt"), PageState.READ),
        (reply(200, b"<html>what?</html>"), PageState.READ),
        (reply(500), PageState.WAITING),
        (reply(503), PageState.WAITING),
        (reply(429), PageState.WAITING),
        (cut(), PageState.WAITING),
        (endless(b"#" * 65_536), PageState.GIVEN_UP),
    ],
    ids=["404", "403", "a loop", "HTML", "500", "503", "429", "cut off", "endless"],
)
async def test_what_is_not_there_forbids_nothing_and_what_cannot_be_had_forbids_everything(
    paris, web, answer, state
):
    web.on("/robots.txt", answer)
    feed(paris, web, rss(story(has(web, "/story")), QUIET))
    await rounds(paris)
    [one] = queue(paris)
    assert one.state is state
    assert ("/story" in asked(web)) == (state is PageState.READ)
    assert (state is PageState.READ) or "its robots.txt could not be had" in one.outcome


async def test_a_robots_txt_is_read_through_five_redirects(paris, web):
    for hop in range(5):
        web.on("/robots.txt" if hop == 0 else f"/r{hop}", reply(301, Location=f"/r{hop + 1}"))
    web.on("/r5", reply(200, FORBIDDEN))
    feed(paris, web, rss(story(has(web, "/story")), QUIET))
    await rounds(paris)
    assert "/r5" in asked(web)
    assert "/story" not in asked(web)


async def test_robots_txt_is_asked_once_a_day_also_after_a_restart(paris, web):
    links = [has(web, f"/{n}") for n in range(4)]
    bodies = [
        rss(*(story(link, f"Report {n}", guid=str(n)) for n, link in enumerate(links[:k])))
        for k in range(1, 5)
    ]
    feed(paris, web, *bodies)
    await rounds(paris, 2)
    await rounds(paris, 1)
    assert len(requests_to(web, "/robots.txt")) == 1
    paris.clock.step(hours=23)
    await rounds(paris, 1)
    assert len(requests_to(web, "/robots.txt")) == 1
    paris.clock.step(hours=1)
    await rounds(paris, 1)
    assert len(requests_to(web, "/robots.txt")) == 2
    assert {one.state for one in queue(paris)} == {PageState.READ}


async def test_the_robots_txt_of_every_site_on_the_way_is_obeyed(paris, web):
    """Links of feeds lead through redirectors: the page's own site has the last word."""
    async with web_server() as paper:
        paper.on("/robots.txt", reply(200, FORBIDDEN))
        paper.on("/story", reply(200, page(), Content_Type=HTML))
        feed(paris, web, rss(story(web.on("/away", reply(302, Location=paper.url("/story")))), QUIET))
        paris.feed("paper", paper.on("/feed", reply(200, rss(QUIET))))
        await rounds(paris)
        assert not requests_to(paper, "/story")
    [given_up] = queue(paris)
    assert given_up.state is PageState.GIVEN_UP


async def test_a_robots_txt_that_kills_its_reader_forbids_everything(paris, web):
    from monitor.errors import ParseError, ParseReason  # noqa: PLC0415 - for this one

    web.on("/robots.txt", reply(200, b"User-agent: *\n"))
    feed(paris, web, rss(story(has(web, "/story")), QUIET))
    async with reading(paris) as monitor:

        async def dies(robots_txt, url):
            raise ParseError("the process that read it died", reason=ParseReason.CRASHED)

        monitor.workers.allows = dies
        for _ in range(2):
            await monitor.round()
            paris.clock.step(minutes=20)
    [given_up] = queue(paris)
    assert given_up.state is PageState.GIVEN_UP
    assert asked(web) == ["/robots.txt"]
