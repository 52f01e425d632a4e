"""What a stranger's word leads to is no word of whom it leads to: a 429 there silences the asker alone.

A feed, a page or an entry can name any address, and so one of another house that answers 429 with a week of
Retry-After. The other house's own feeds are polled on as if nobody had named it. Through a proxy, the only way in
which a test on loopback has several hosts.
"""

from datetime import timedelta

import pytest
from house import SUMMIT, item, requests_to, rss
from servers.web import reply

from monitor.core.polling import Reason
from monitor.store import feeds

pytestmark = pytest.mark.either("about addresses")

WEEK = 604_800
HTML = "text/html; charset=utf-8"
QUIET = item("Nothing of note", "Weather.", published=SUMMIT - timedelta(hours=1))
MOLE, PAPER = "http://mole.example", "http://paper.example"
TARGET = f"{PAPER}/limited"
ARTICLE = (
    b"<html><body><article><p>" + b"The truce was signed at noon. " * 30 + b"</p></article></body></html>"
)


def page(head):
    return f"<!doctype html><html><head><title>Moved</title>{head}</head><body>x</body></html>".encode()


WAYS = {
    "301": reply(301, Location=TARGET),
    "302": reply(302, Location=TARGET),
    "307": reply(307, Location=TARGET),
    "Refresh": reply(200, b"", Refresh=f"0; url={TARGET}"),
    "meta refresh": reply(
        200, page(f'<meta http-equiv="refresh" content="0;url={TARGET}">'), Content_Type=HTML
    ),
    "an entry": reply(200, rss(item("Truce signed", "A truce.", link=TARGET), QUIET)),
}


@pytest.fixture
def mole(house, web):
    """A feed that was honest once, and one of the victim's; entries' pages are read."""
    house.settings["alerting"]["default"] = ["console"]
    usual = {"proxy": web.url("/"), "interval": "15m", "fulltext": "always"}
    for name, site in (("mole", MOLE), ("paper", PAPER)):
        web.on(f"{site}/feed", reply(200, rss(QUIET)))
        house.feed(name, f"{site}/feed", **usual)
    web.on(TARGET, reply(429, Retry_After=str(WEEK)))
    house.rule("truce", "truce")
    return house


@pytest.mark.parametrize("way", WAYS)
async def test_a_429_that_a_stranger_led_to_silences_the_stranger_alone(mole, web, way):
    async with mole.daemon() as daemon:
        await daemon.run_once()
        mole.clock.step(minutes=20)
        web.on(f"{MOLE}/feed", WAYS[way])
        await daemon.run_once()
        assert requests_to(web, TARGET)
        for _ in range(3):
            mole.clock.step(minutes=20)
            await daemon.run_once()
            paper = mole.feed_state("paper")
            assert (paper.last_success_at, paper.next_poll_reason) == (mole.clock(), Reason.INTERVAL)
    assert len(requests_to(web, TARGET)) == 1
    with mole.reading() as connection:
        assert feeds.held(connection, mole.clock()) == {}
    if way != "an entry":
        assert mole.feed_state("mole").not_before_at > mole.clock() + timedelta(days=6)


async def test_a_429_at_an_adopted_address_silences_the_feed_that_moved_there_alone(mole, web):
    web.on(f"{MOLE}/feed", reply(301, Location=f"{PAPER}/stolen"))
    web.on(f"{PAPER}/stolen", reply(200, rss(QUIET), ETag='"1"'))
    async with mole.daemon() as daemon:
        for _ in range(11):
            await daemon.run_once(every=True)
            mole.clock.step(hours=8)
        assert mole.feed_state("mole").redirect.adopted_url == f"{PAPER}/stolen"
        web.on(f"{PAPER}/stolen", reply(429, Retry_After=str(WEEK)))
        await daemon.run_once(every=True)
        mole.clock.step(minutes=20)
        await daemon.run_once()
    assert mole.feed_state("paper").last_success_at == mole.clock()
    assert mole.feed_state("mole").failures == 1


async def test_of_a_site_that_refused_a_strangers_page_its_own_feeds_pages_are_read(mole, web):
    """The stranger's other pages there wait with the first."""
    web.on(f"{PAPER}/other", reply(200, ARTICLE, Content_Type=HTML))
    web.on(f"{PAPER}/story", reply(200, ARTICLE, Content_Type=HTML))
    async with mole.daemon() as daemon:
        await daemon.run_once()
        mole.clock.step(minutes=20)
        theirs = [item("A truce again", link=f"{PAPER}/other"), item("Truce signed", link=TARGET), QUIET]
        web.on(f"{MOLE}/feed", reply(200, rss(*theirs)))
        await daemon.run_once()
        mole.clock.step(minutes=20)
        web.on(f"{PAPER}/feed", reply(200, rss(item("Truce signed at noon", link=f"{PAPER}/story"), QUIET)))
        await daemon.run_once()
    asked = {one.target for one in web.requests if one.target.startswith(PAPER)}
    assert asked == {f"{PAPER}/feed", f"{PAPER}/robots.txt", TARGET, f"{PAPER}/story"}


async def test_a_429_to_a_feed_of_the_host_holds_all_of_them(mole, web):
    web.on(f"{PAPER}/sport", reply(429, Retry_After="7200"))
    mole.feed("sport", f"{PAPER}/sport", proxy=web.url("/"), interval="15m")
    async with mole.daemon() as daemon:
        await daemon.run_once()
        asked = len(requests_to(web, f"{PAPER}/feed"))
        mole.clock.step(minutes=60)
        await daemon.run_once()
    assert len(requests_to(web, f"{PAPER}/feed")) == asked
    assert mole.feed_state("paper").next_poll_reason == Reason.HOST_HELD
