"""No address that somebody else wrote leads inside: not directly, not by redirects, links, names or proxies.

Each case asks the real fetcher, over the real resolver where the host is a number, with a listener on every address
of this machine as the prey. Nothing may be caught, and nothing inside may even be tried.
"""

import ipaddress
import socket
from contextlib import suppress
from datetime import UTC, datetime
from urllib.parse import urljoin

import pytest
from inward import RESOLVED, TRICKS, WRITTEN
from pydantic import SecretStr
from servers.canary import canary
from servers.web import reply

from monitor.errors import FetchError, FetchReason, ParseError
from monitor.feeds.addresses import is_public
from monitor.feeds.connect import Resolver, look_up
from monitor.feeds.parse import parse
from monitor.jobs.discover import discover

FEED = b"<rss version='2.0'><channel><title>prey</title><item><title>secret</title></item></channel></rss>"
LINK = '<!doctype html><title>P</title><link rel="alternate" type="application/rss+xml" href="{}"><body>x'
NOW = datetime(2026, 1, 10, tzinfo=UTC)
PUBLIC = "93.184.215.14"
UNASKED = {FetchReason.FORBIDDEN_ADDRESS, FetchReason.URL, FetchReason.PROTOCOL}
"""Forbidden, or no address at all to httpx."""
written = pytest.mark.parametrize("host", WRITTEN.values(), ids=WRITTEN)
tricky = pytest.mark.parametrize("trick", TRICKS.values(), ids=TRICKS)
resolved = pytest.mark.parametrize("address", RESOLVED.values(), ids=RESOLVED)


@pytest.fixture
async def bird():
    async with canary(body=FEED) as bird:
        yield bird


@pytest.fixture
def home(server, bird):
    """A server that the operator listed: it, and it alone, may be asked on loopback."""
    bird.friends.add(server.port)
    return server


class Reader:
    """Reads documents here, without a worker process for each test."""

    async def parse(self, response, seen):
        return parse(response.body, content_type="", url=response.url, now=NOW, seen=seen)


@pytest.fixture
def parsers():
    return Reader()


def untouched(bird):
    """Nobody reached the listener, and nobody tried to reach anything inside."""
    return not bird.caught and all(is_public(host) for host, _ in bird.tried)


async def refusal(fetcher, request):
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(request)
    return caught.value.reason


def test_the_tables_hold_what_they_promise():
    """Forty addresses at least; none is public, in as far as it is a plain address at all."""
    assert len(WRITTEN) >= 40
    plain = [host.strip("[]").replace("%25", "%") for host in (*WRITTEN.values(), *RESOLVED.values())]
    known = [one for one in plain if _is_plain(one)]
    assert len(known) >= 50
    assert not any(is_public(one) for one in known)


def _is_plain(host):
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


async def test_the_canary_hears_whoever_gets_through(bird, fetcher, asking):
    """All that the other tests say rests on this one."""
    response = await fetcher.fetch(asking(f"http://127.0.0.1:{bird.port}/"))
    assert response.body == FEED
    assert len(bird.caught) == 1
    assert bird.tried == [("127.0.0.1", bird.port)]


# ── as a feed's own address ──


@written
async def test_an_address_inside_is_not_asked(bird, fetcher, asking, host):
    reason = await refusal(fetcher, asking(f"http://{host}:{bird.port}/", allow_private=False))
    assert reason in {
        FetchReason.FORBIDDEN_ADDRESS,
        FetchReason.HOST_UNKNOWN,
        FetchReason.DNS,
        FetchReason.URL,
    }
    assert untouched(bird)
    assert not bird.tried


@tricky
async def test_an_address_that_is_made_to_be_misread_is_not_asked(bird, fetcher, asking, trick):
    await refusal(fetcher, asking(trick.format(port=bird.port), allow_private=False))
    assert untouched(bird)
    assert not bird.tried


# ── by redirects ──


@written
@pytest.mark.parametrize("status", [301, 307])
async def test_a_redirect_to_an_address_inside_is_not_followed(bird, home, fetcher, asking, host, status):
    """Though the feed's own server stands inside, and may be asked."""
    url = home.on("/feed", reply(status, Location=f"http://{host}:{bird.port}/"))
    await refusal(fetcher, asking(url))
    assert len(home.requests) == 1
    assert untouched(bird)


@tricky
async def test_a_redirect_that_is_made_to_be_misread_is_not_followed(bird, home, fetcher, asking, trick):
    target = trick.format(port=bird.port).replace("\t", "%09")
    url = home.on("/feed", reply(302, Location=target))
    await refusal(fetcher, asking(url))
    assert untouched(bird)
    assert not bird.tried


async def test_a_redirect_to_an_address_inside_is_not_followed_at_any_hop(bird, home, fetcher, asking):
    for hop in range(1, 11):
        home.on(f"/{hop}", reply(302, Location=f"/{hop - 1}"))
    home.on("/0", reply(302, Location=f"http://127.0.0.1:{bird.port}/"))
    for hop in range(10):
        await refusal(fetcher, asking(home.url(f"/{hop}")))
    assert untouched(bird)
    assert not bird.tried


# ── by pages that send on ──

REFRESHES = {
    "Refresh": lambda target: reply(200, b"", Refresh=f"0; url={target}"),
    "meta refresh": lambda target: reply(
        200, f'<html><head><meta http-equiv="refresh" content="0; url={target}"></head></html>'.encode()
    ),
}
refreshes = pytest.mark.parametrize("refresh", REFRESHES.values(), ids=REFRESHES)


@written
@refreshes
async def test_a_page_that_sends_on_inside_is_not_followed(bird, home, fetcher, asking, host, refresh):
    url = home.on("/feed", refresh(f"http://{host}:{bird.port}/"))
    await refusal(fetcher, asking(url))
    assert len(home.requests) == 1
    assert untouched(bird)


@tricky
@refreshes
async def test_a_page_that_sends_on_to_be_misread_is_not_followed(
    bird, home, fetcher, asking, trick, refresh
):
    """What is no address at all leaves the page what it is: no feed."""
    url = home.on("/feed", refresh(trick.format(port=bird.port).replace("\t", "%09")))
    with suppress(FetchError):
        assert (await fetcher.fetch(asking(url))).body != FEED
    assert untouched(bird)
    assert not bird.tried


@pytest.mark.parametrize("address", RESOLVED.values(), ids=RESOLVED)
@refreshes
async def test_a_page_that_sends_on_to_a_name_inside_is_not_followed(
    bird, home, fetching, asking, address, refresh
):
    url = home.on("/feed", refresh(f"http://inside.example:{bird.port}/"))
    async with fetching(resolver=names(inside=[[address]])) as fetcher:
        assert await refusal(fetcher, asking(url)) is FetchReason.FORBIDDEN_ADDRESS
    assert untouched(bird)
    assert not bird.tried


async def test_redirects_and_refreshes_in_turn_lead_nowhere_inside(bird, home, fetcher, asking):
    """Ten hops of every kind, a login among them; the last leads inside."""
    hops = [
        reply(302, Location="/1", Set_Cookie="a=1"),
        REFRESHES["Refresh"]("/2"),
        REFRESHES["meta refresh"]("/3"),
        reply(401, WWW_Authenticate='Digest realm="r", nonce="n", qop="auth"'),
    ]
    for number, hop in enumerate(hops):
        home.on(f"/{number}", hop, reply(307, Location=f"http://127.0.0.1:{bird.port}/"))
    request = asking(home.url("/0"), user="ann", password=SecretStr("p"))
    assert await refusal(fetcher, request) is FetchReason.FORBIDDEN_ADDRESS
    assert len(home.requests) == 5
    assert untouched(bird)
    assert not bird.tried


# ── by a page's link to its feed ──


@written
async def test_a_page_that_links_to_a_feed_inside_is_not_followed(bird, home, fetcher, parsers, host):
    page = home.on("/", reply(200, LINK.format(f"http://{host}:{bird.port}/").encode()))
    with pytest.raises(ParseError):
        await discover(page, fetcher=fetcher, parsers=parsers, allow_private=True)
    assert len(home.requests) == 1
    assert untouched(bird)


@tricky
async def test_a_page_whose_link_is_made_to_be_misread_is_not_followed(bird, home, fetcher, parsers, trick):
    page = home.on("/", reply(200, LINK.format(trick.format(port=bird.port)).encode()))
    with pytest.raises(ParseError):
        await discover(page, fetcher=fetcher, parsers=parsers, allow_private=True)
    assert untouched(bird)
    assert not bird.tried


async def test_a_page_may_link_to_a_feed_of_its_own_host_and_port(bird, home, fetcher, parsers):
    page = home.on("/", reply(200, LINK.format("/feed").encode()))
    home.on("/feed", reply(200, FEED))
    found = await discover(page, fetcher=fetcher, parsers=parsers, allow_private=True)
    assert found.url == urljoin(page, "/feed")


# ── by names ──


def names(**answers):
    """A resolver for `NAME.example`: each time the next of its answers, the last again and again."""

    def look_up_(host, port):
        name, dot, rest = host.partition(".")
        if (dot, rest) != (".", "example"):
            return look_up(host, port)
        given = answers[name]
        some = given.pop(0) if len(given) > 1 else given[0]
        return [_info(address, port) for address in some]

    return Resolver(look_up_)


def _info(address, port):
    if ":" in address:
        return socket.AF_INET6, socket.SOCK_STREAM, 6, "", (address, port, 0, 0)
    return socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)


@resolved
async def test_a_name_that_resolves_inside_is_not_asked(bird, home, fetching, asking, address):
    url = home.on("/feed", reply(302, Location=f"http://inside.example:{bird.port}/"))
    async with fetching(resolver=names(inside=[[address]])) as fetcher:
        direct = await refusal(fetcher, asking(f"http://inside.example:{bird.port}/", allow_private=False))
        by_redirect = await refusal(fetcher, asking(url))
    assert direct is by_redirect is FetchReason.FORBIDDEN_ADDRESS
    assert untouched(bird)
    assert not bird.tried


@resolved
async def test_a_page_that_links_to_a_name_inside_is_not_followed(bird, home, fetching, parsers, address):
    page = home.on("/", reply(200, LINK.format(f"http://inside.example:{bird.port}/").encode()))
    async with fetching(resolver=names(inside=[[address]])) as fetcher:
        with pytest.raises(ParseError):
            await discover(page, fetcher=fetcher, parsers=parsers, allow_private=True)
    assert untouched(bird)
    assert not bird.tried


@resolved
async def test_of_a_names_addresses_only_the_public_are_tried(bird, fetching, asking, address):
    async with fetching(resolver=names(both=[[address, PUBLIC, address]])) as fetcher:
        reason = await refusal(fetcher, asking(f"http://both.example:{bird.port}/", allow_private=False))
    assert reason is FetchReason.CONNECT
    assert bird.tried == [(PUBLIC, bird.port)]


@resolved
async def test_a_name_that_was_public_and_turns_inward_is_not_asked(bird, home, fetching, asking, address):
    """DNS rebinding, from one poll to the next and from a request to its redirect."""
    url = home.on("/feed", reply(302, Location=f"http://turning.example:{bird.port}/"))
    async with fetching(resolver=names(turning=[[PUBLIC], [address], [PUBLIC], [address]])) as fetcher:
        turning = asking(f"http://turning.example:{bird.port}/", allow_private=False)
        reasons = [await refusal(fetcher, one) for one in (turning, turning, asking(url), asking(url))]
    assert reasons == [FetchReason.CONNECT, FetchReason.FORBIDDEN_ADDRESS] * 2
    assert bird.tried == [(PUBLIC, bird.port)] * 2
    assert untouched(bird)


# ── what `allow_private` opens ──


@pytest.mark.parametrize("other", ["127.0.0.1", "127.0.0.2", "localhost", "[::1]", "0", "inside.example"])
async def test_allow_private_opens_one_host_and_one_port(bird, home, fetching, asking, other):
    """The same machine under another name, or at another port, is another house."""
    home.on("/feed", reply(200, FEED))
    port = bird.port if other == "127.0.0.1" else home.port
    away = home.on("/away", reply(302, Location=f"http://{other}:{port}/feed"))
    near = home.on("/near", reply(302, Location="/feed"))
    async with fetching(resolver=names(inside=[["127.0.0.1"]])) as fetcher:
        assert await refusal(fetcher, asking(away)) is FetchReason.FORBIDDEN_ADDRESS
        assert (await fetcher.fetch(asking(near))).body == FEED
    assert len(home.requests) == 3
    assert untouched(bird)
    assert not bird.tried


# ── behind a proxy, who resolves names himself ──


@written
async def test_a_proxy_is_not_asked_for_an_address_inside(bird, home, fetcher, asking, host):
    """Neither at once nor on the word of a public server."""
    proxy = SecretStr(home.url("/"))
    home.on("http://paper.example/feed", reply(302, Location=f"http://{host}:{bird.port}/"))
    direct = asking(f"http://{host}:{bird.port}/", proxy=proxy, allow_private=False)
    assert await refusal(fetcher, direct) in UNASKED
    assert not home.requests
    redirected = asking("http://paper.example/feed", proxy=proxy, allow_private=False)
    assert await refusal(fetcher, redirected) in UNASKED
    assert [request.target for request in home.requests] == ["http://paper.example/feed"]
    assert untouched(bird)


@pytest.mark.parametrize(
    "host",
    ["metadata", "intranet", "metadata.google.internal", "nas.local", "nas.local.", "router.home.arpa",
     "1.2.3.4.5", "0x7f.0x", "127.0.0.1%00.example"],
)  # fmt: skip
async def test_a_proxy_is_not_asked_for_a_name_of_its_own_house(home, fetcher, asking, host):
    request = asking(f"http://{host}/", proxy=SecretStr(home.url("/")), allow_private=False)
    assert await refusal(fetcher, request) is FetchReason.FORBIDDEN_ADDRESS
    assert not home.requests


async def test_a_proxy_is_asked_for_what_is_public_in_whatever_spelling(home, fetcher, asking):
    proxy = SecretStr(home.url("/"))
    for url in ("http://134744072/", "http://8.8.2056/", "http://8.8.8.8/", "http://a.example/"):
        home.on(url, reply(200, FEED))
        response = await fetcher.fetch(asking(url, proxy=proxy, allow_private=False))
        assert response.body == FEED
