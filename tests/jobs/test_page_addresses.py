"""No link of an entry leads inside: not directly, by redirects, names or robots.txt; though its feed may lie there.

With a listener on every address of this machine as the prey, and a watch over every connection that is tried.
"""

import socket

import pytest
from feeds.inward import RESOLVED, TRICKS, WRITTEN
from house import House, requests_to, rss
from reading import QUIET, asked, feed, has, page, queue, reading, rounds, story
from servers.canary import canary
from servers.web import WebServer, reply

from monitor.feeds.addresses import is_public
from monitor.model import PageState

pytestmark = pytest.mark.either("about addresses")


@pytest.fixture
def paris(house, web):
    house.channel("desk", type="console")
    house.rule("paris", "declaration", fulltext="always")
    return house


@pytest.fixture
async def bird():
    async with canary(body=page()) as bird:
        yield bird


async def caught(house: House, web: WebServer, bird, links: list[str]) -> None:
    """Every link is an entry of a feed on loopback that the operator allowed; nothing inside is reached."""
    bird.friends.add(web.port)
    entries = [story(link, f"Report {number}", guid=f"{number}") for number, link in enumerate(links)]
    feed(house, web, rss(*entries, QUIET))
    await rounds(house)
    assert len(house.entries()) == len(links) + 1
    assert not bird.caught
    assert all(is_public(host) for host, _ in bird.tried)
    assert not [one for one in queue(house) if one.state is PageState.READ]


async def test_no_link_of_an_entry_leads_inside(paris, web, bird):
    await caught(paris, web, bird, [f"http://{host}:{bird.port}/story" for host in WRITTEN.values()])
    assert len(queue(paris)) >= 40


async def test_no_link_that_is_made_to_be_misread_leads_inside(paris, web, bird):
    await caught(paris, web, bird, [one.format(port=bird.port) for one in TRICKS.values()])


async def test_no_redirect_of_a_page_leads_inside(paris, web, bird):
    links = []
    for number, host in enumerate(WRITTEN.values()):
        target = f"http://{host}:{bird.port}/story".encode().decode("latin-1")
        links.append(web.on(f"/{number}", reply(302, Location=target)))
    await caught(paris, web, bird, links)
    assert len(requests_to(web, "/0")) == 1


async def test_no_redirect_of_a_robots_txt_leads_inside(paris, web, bird):
    web.on("/robots.txt", reply(302, Location=f"http://127.0.0.1:{bird.port}/robots.txt"))
    await caught(paris, web, bird, [has(web, "/story")])
    assert "/story" not in asked(web)


async def test_no_name_that_resolves_inside_leads_there(paris, web, bird):
    bird.friends.add(web.port)
    addresses = list(RESOLVED.values())

    def resolve(host, port):
        if not host.startswith("inside"):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (host, port))]
        address = addresses[int(host.removeprefix("inside").partition(".")[0])]
        if ":" in address:
            return [(socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0))]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    links = [f"http://inside{n}.example:{bird.port}/story" for n in range(len(addresses))]
    feed(paris, web, rss(*(story(link, f"Report {n}", guid=f"{n}") for n, link in enumerate(links)), QUIET))
    async with reading(paris, resolve=resolve) as monitor:
        for _ in range(2):
            await monitor.round()
            paris.clock.step(minutes=20)
    assert [one.state for one in queue(paris)] == [PageState.GIVEN_UP] * len(addresses)
    assert not bird.caught
    assert not bird.tried


async def test_a_feed_on_a_private_address_opens_its_own_host_and_port_and_only_where_it_may(
    house, web, bird
):
    house.channel("desk", type="console")
    house.rule("paris", "declaration", fulltext="always")
    house.settings["polling"]["allow_private"] = False
    links = [has(web, "/story"), f"http://127.0.0.1:{bird.port}/story", f"http://localhost:{web.port}/story"]
    bird.friends.add(web.port)
    entries = [story(link, f"Report {n}", guid=f"{n}") for n, link in enumerate(links)]
    feed(house, web, rss(*entries, QUIET), allow_private=True)
    await rounds(house)
    states = {one.url: one.state for one in queue(house)}
    assert [states[link] for link in links] == [PageState.READ, PageState.GIVEN_UP, PageState.GIVEN_UP]
    assert not bird.caught


async def test_a_file_is_no_page(paris, web, tmp_path):
    secret = tmp_path / "secret.html"
    secret.write_bytes(page())
    feed(paris, web, rss(story(secret.as_uri()), QUIET))
    await rounds(paris)
    assert not queue(paris)
    assert len(paris.entries()) == 2
