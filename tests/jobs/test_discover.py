"""A site's address instead of a feed's, to a poll and to `monitor feeds add`."""

import asyncio
import os
import sys
import tomllib
from pathlib import Path
from urllib.parse import quote

import pytest
from house import SUMMIT, item, rss
from servers.web import cut, reply, web_server

from monitor.errors import FetchError, ParseError
from monitor.feeds.fetch import Fetcher, Limits
from monitor.feeds.parse import parse
from monitor.feeds.usual import GUESSES, known_feed
from monitor.feeds.workers import Parsers
from monitor.jobs.discover import TRIED, Discovered, discover

pytestmark = pytest.mark.either("about what sites say")

FEED = reply(200, rss(item("Truce signed")))


def page(*links):
    heads = "".join(f'<link rel="alternate" type="application/rss+xml" href="{link}">' for link in links)
    return reply(200, f"<!doctype html><title>The Paper</title>{heads}<body>Hello".encode())


@pytest.fixture
async def discovered():
    """What `discover` says of an address."""
    limits = Limits(host_pause_s=0.0)
    async with (
        Fetcher(user_agent="test", now=lambda: SUMMIT, limits=limits) as fetcher,
        Parsers(now=lambda: SUMMIT, workers=1) as parsers,
    ):

        async def discovered(url, *, allow_private=True):
            return await discover(url, fetcher=fetcher, parsers=parsers, allow_private=allow_private)

        yield discovered


async def test_a_feed_is_what_it_is(web, discovered):
    url = web.on("/rss.xml", FEED)
    assert await discovered(url) == Discovered(url=url, title="Wire")
    assert len(web.requests) == 1


async def test_a_page_leads_to_the_first_of_its_links_that_is_a_feed(web, discovered):
    feed = web.on("/rss.xml", FEED)
    site = web.on("/", page("/gone.xml", "/page.html", "/rss.xml", "/sport.xml"))
    web.on("/page.html", page("/rss.xml"))
    found = await discovered(site)
    assert found.url == feed
    assert found.others == (web.url("/gone.xml"), web.url("/page.html"), web.url("/sport.xml"))


async def test_a_page_of_dead_links_is_not_followed_for_long(web, discovered):
    site = web.on("/", page(*(f"/{number}" for number in range(9))))
    with pytest.raises(ParseError, match="The Paper"):
        await discovered(site)
    assert len(web.requests) == 1 + TRIED


async def test_a_page_without_links_is_refused(web, discovered):
    with pytest.raises(ParseError, match="look on the site"):
        await discovered(web.on("/", page()))


async def test_no_address_is_asked_that_a_poll_would_not_ask(web, discovered):
    with pytest.raises(FetchError):
        await discovered(web.on("/", FEED), allow_private=False)
    assert not web.requests


async def test_a_polled_page_fails_and_names_the_feed_that_it_links_to(house, desk, web):
    house.feed("wire", web.on("/", page("/rss.xml", "/sport.xml")))
    house.rule("any", "declaration")
    async with house.daemon() as daemon:
        await daemon.run_once()
    error = house.feed_state("wire").last_error
    assert "“The Paper”" in error
    assert f"{web.url('/rss.xml')} (1 more on the page)" in error


async def test_feeds_add_takes_the_feed_of_a_site_and_says_so(house, desk, web):
    feed, site = web.on("/rss.xml", FEED), web.on("/", page("/rss.xml", "/sport.xml"))
    house.feed("other", web.on("/other.xml", FEED))
    house.rule("any", "declaration")
    house.write()
    options = ["--config", str(house.folder), "--state", str(house.state)]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", *options, "feeds", "add", site,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(command.communicate(), timeout=60)
    assert (command.returncode, out.decode()) == (
        0,
        f"{feed} added to {house.folder / 'feeds.toml'} as wire\n",
    )
    assert f"its feed {feed} is taken" in err.decode()
    assert f"another feed: {web.url('/sport.xml')}" in err.decode()
    assert feed in (house.folder / "feeds.toml").read_text()


async def added(house, *arguments):
    """What `monitor feeds add …` answers: how it ends, and what it says."""
    options = ["--config", str(house.folder), "--state", str(house.state)]
    command = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "monitor", *options, "feeds", *arguments,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, err = await asyncio.wait_for(command.communicate(), timeout=60)
    return command.returncode, out.decode() + err.decode()


async def test_what_has_no_feed_is_added_only_when_it_is_wished(house, desk, web):
    house.feed("other", web.on("/other.xml", FEED))
    house.rule("any", "declaration")
    house.write()
    before = (house.folder / "feeds.toml").read_text()
    web.on("/prose", page())
    for address, why in {
        web.url("/nothing.xml"): "404",
        web.url("/prose"): "“The Paper”",
        "http://no-such-host.invalid/feed": "no-such-host.invalid",
        "elections": "is no address",
        "two words": "is no address",
        "missing.xml": "is no address",
    }.items():
        code, said = await added(house, "add", address)
        assert (code, why in said) == (1, True), said
        assert (house.folder / "feeds.toml").read_text() == before
    code, said = await added(house, "add", web.url("/nothing.xml"), "--anyway", "--id", "later")
    assert (code, "404" in said) == (0, True), said
    assert 'id = "later"' in (house.folder / "feeds.toml").read_text()


async def test_a_site_that_is_down_for_the_moment_is_added(house, desk, web):
    house.feed("other", web.on("/other.xml", FEED))
    house.rule("any", "declaration")
    house.write()
    down = web.on("/down.xml", reply(503, b""))
    code, said = await added(house, "add", down)
    assert (code, "503" in said) == (0, True), said
    assert down in (house.folder / "feeds.toml").read_text()


async def test_a_feed_that_is_listed_is_named_and_taken_out_by_its_address(house, desk, web):
    feed, site = web.on("/rss.xml", FEED), web.on("/", page("/rss.xml"))
    house.feed("wire", feed)
    house.rule("any", "declaration")
    house.write()
    for address in (feed, site, feed.replace("http://", "HTTP://")):
        code, said = await added(house, "add", address)
        assert (code, f'the feed "wire" has this address already: {feed}' in said) == (1, True), said
    code, said = await added(house, "remove", feed)
    assert (code, "wire removed" in said) == (0, True), said
    assert feed not in (house.folder / "feeds.toml").read_text()


async def test_a_feed_of_ones_own_network_is_added_by_a_word(house, desk, web):
    """Without it, an address there is refused before anything is asked."""
    feed = web.on("/rss.xml", FEED)
    house.feed("other", web.on("/other.xml", FEED))
    house.rule("any", "declaration")
    house.write()
    settings = house.folder / "monitor.toml"
    settings.write_text(settings.read_text().replace("allow_private = true", "allow_private = false"))
    code, said = await added(house, "add", feed)
    assert (code, "--anyway" in said, [one for one in web.requests if one.target == "/rss.xml"]) == (
        1,
        True,
        [],
    ), said
    code, said = await added(house, "add", feed, "--allow-private")
    assert code == 0, said
    assert "allow_private = true" in (house.folder / "feeds.toml").read_text()


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        ("/${SMTP_PASSWORD}/rss.xml", "/$%7BSMTP_PASSWORD%7D/rss.xml"),
        ("/rss.xml?key=${SMTP_PASSWORD}", "/rss.xml?key=${SMTP_PASSWORD}"),
    ],
)
async def test_no_secret_is_put_into_an_address_that_a_page_names(house, desk, web, written, sent):
    """The page is a stranger's: what it calls `${SMTP_PASSWORD}` is what it says, and nothing else."""
    web.on(sent, FEED)
    site = web.on("/", page(written))
    house.feed("other", web.on("/other.xml", FEED))
    house.rule("any", "declaration")
    house.write()
    options = ["--config", str(house.folder), "--state", str(house.state)]
    for arguments in (["feeds", "add", site, "--id", "new"], ["feeds", "poll", "new"]):
        command = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "monitor", *options, *arguments,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "SMTP_PASSWORD": "canary"},
        )  # fmt: skip
        out, err = await asyncio.wait_for(command.communicate(), timeout=60)
        assert command.returncode == 0, err
        assert b"canary" not in out + err
    assert [one.target for one in web.requests if "canary" in one.target] == []
    assert web.requests[-1].target == sent


# ── sites as they are: `tests/data/publishers/sites.toml` ──

SITES = tomllib.loads(
    (Path(__file__).parents[1] / "data" / "publishers" / "sites.toml").read_text(encoding="utf-8")
)["case"]


class Reader:
    """Reads documents here, without a worker process for each test."""

    async def parse(self, response, seen):
        return parse(
            response.body, content_type=response.content_type, url=response.url, now=SUMMIT, seen=seen
        )


@pytest.fixture
async def searched():
    """What `discover` says of an address, and no process is started for it."""
    async with Fetcher(user_agent="test", now=lambda: SUMMIT, limits=Limits(host_pause_s=0.0)) as fetcher:

        async def searched(url, *, allow_private=True):
            return await discover(url, fetcher=fetcher, parsers=Reader(), allow_private=allow_private)

        yield searched


def build(web, case):
    """The site of the case; its address."""
    here = web.url("")

    def filled(text):
        text = text.replace("{host}", here.partition("://")[2]).replace("{enc}", quote(here, safe=""))
        return text.replace("{}", here)

    def page(text, **headers):
        return reply(200, filled(text).encode(), Content_Type="text/html; charset=utf-8", **headers)

    match case.get("elsewhere", ""):
        case "":
            web.elsewhere = reply(404, b"<html>Not found</html>")
        case "→ /":
            web.elsewhere = reply(302, Location=case["url"])
        case text:
            web.elsewhere = page(text)
    for path, text in case.get("extra", {}).items():
        web.on(path, page(text))
    for path in case["feeds"]:
        web.on(path, FEED)
    headers = {name.replace("-", "_"): filled(value) for name, value in case.get("headers", {}).items()}
    return web.on(case["url"], page(case["page"], **headers))


@pytest.mark.parametrize("case", SITES, ids=lambda case: case["name"])
async def test_the_feed_of_a_site_is_found(web, searched, case):
    site = build(web, case)
    if case["found"]:
        assert (await searched(site)).url == web.url(case["found"])
    else:
        with pytest.raises(ParseError):
            await searched(site)
    assert len(web.requests) <= 2 + 2 * TRIED + GUESSES
    assert web.most_busy == 1


async def test_a_site_that_names_a_feed_is_not_guessed_at(web, searched):
    site = web.on("/", page("/gone.xml"))
    web.on("/feed", FEED)
    with pytest.raises(ParseError):
        await searched(site)
    assert [one.target for one in web.requests] == ["/", "/gone.xml"]


@pytest.mark.parametrize("answer", [reply(429), reply(403), reply(503), reply(429, Retry_After="60"), cut()])
async def test_a_site_that_refuses_is_guessed_at_no_more(web, searched, answer):
    site = web.on("/", page())
    web.elsewhere = answer
    with pytest.raises(ParseError):
        await searched(site)
    assert len(web.requests) == 2


@pytest.mark.parametrize("url", ["feed:http://{}", "feed://{}", "FEED://{}", "http://{}", "HTTP://{}"])
async def test_an_address_may_begin_with_feed(web, searched, url):
    """Of `feed://` the safe way is tried first."""
    feed = web.on("/rss.xml", FEED)
    found = await searched(url.format(feed.removeprefix("http://")))
    assert found.url.lower() == feed


@pytest.mark.parametrize(
    ("url", "feed"),
    [
        ("https://www.youtube.com/channel/UC123-_x", "https://www.youtube.com/feeds/videos.xml?channel_id=UC123-_x"),
        ("https://youtube.com/user/desk/", "https://www.youtube.com/feeds/videos.xml?user=desk"),
        ("https://m.youtube.com/playlist?list=PL1&x=2", "https://www.youtube.com/feeds/videos.xml?playlist_id=PL1"),
        ("https://www.youtube.com/watch?v=1", ""),
        ("https://old.reddit.com/r/news/", "https://www.reddit.com/r/news/.rss"),
        ("https://github.com/a/b/releases", "https://github.com/a/b/releases.atom"),
        ("https://github.com/a/b", ""),
        ("https://youtube.com.evil.example/channel/UC1", ""),
        ("https://paper.example/channel/UC1", ""),
        ("http://[", ""),
    ],
)  # fmt: skip
def test_sites_that_are_known_say_where_their_feeds_are(url, feed):
    assert known_feed(url) == feed


async def test_a_guess_goes_nowhere_that_the_operator_did_not_allow(web, searched):
    """The page came from elsewhere in the end: nothing of that house is opened by what was allowed for the first."""
    async with web_server() as inside:
        inside.on("/feed", FEED)
        site = web.on("/", reply(302, Location=inside.url("/")))
        with pytest.raises(FetchError):
            await searched(site)
        assert not inside.requests
    site = web.on("/", page())
    web.elsewhere = reply(302, Location="http://127.0.0.2:1/feed")
    with pytest.raises(ParseError):
        await searched(site)
