"""WebSub through a whole monitor, against a hub on loopback: found, asked, confirmed, pushed, told."""

import asyncio
import gzip
import socket
from contextlib import suppress
from datetime import timedelta

import httpx
import pytest
from house import item, posted, rss
from loguru import logger
from servers.hub import Hub
from servers.web import reply
from starlette.applications import Starlette

from monitor.jobs.websub import WAITING_BYTES, WAITING_OF_ONE, WAITING_PUSHES, Push, Subscriber
from monitor.model import SubscriptionState
from monitor.store import subscriptions
from monitor.views import feed_sheet
from monitor.web.callback import BODIES_OF_A_HUB, PUSHES, routes
from monitor.web.server import HEAD_S, serving

LIMIT_S = 60


def with_links(document, *links):
    """The document with `link` elements of its channel: (rel, href)."""
    elements = "".join(
        f'<atom:link xmlns:atom="http://www.w3.org/2005/Atom" rel="{rel}" href="{href}"/>'
        for rel, href in links
    )
    return document.replace(b"<channel>", b"<channel>" + elements.encode())


@pytest.fixture
def hub(web):
    hub = Hub()
    hub.settle(web)
    return hub


class Newsroom:
    """A monitor that polled a feed with a hub, and listens."""

    def __init__(self, house, web, hub, daemon):
        self.house, self.web, self.hub, self.daemon = house, web, hub, daemon

    @property
    def subscriptions(self):
        with self.house.reading() as connection:
            return subscriptions.listed(connection)

    @property
    def subscription(self):
        [one] = self.subscriptions
        return one

    def publish(self, *items, links=None, **headers):
        topic = self.web.url("/wire")
        links = [("hub", self.hub.url), ("self", topic)] if links is None else links
        self.web.on("/wire", reply(200, with_links(rss(*items), *links), **headers))

    async def poll(self):
        await self.daemon.run_once()

    async def read(self):
        async with asyncio.timeout(LIMIT_S):
            await self.daemon.pushes_read()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as one:
        return one.getsockname()[1]


@pytest.fixture
async def room(house, desk, web, hub):
    address = f"127.0.0.1:{free_port()}"
    house.settings["web"] = {"listen": address, "callback_url": f"http://{address}/"}
    house.rule("truce", "truce")
    house.feed("wire", web.url("/wire"))
    newsroom = Newsroom(house, web, hub, None)
    newsroom.publish(item("Weather"))
    async with house.daemon() as daemon:
        newsroom.daemon = daemon
        await daemon.run_once()
        async with daemon.listening():
            await daemon.subscribe()
            yield newsroom
    assert not hub.wrongs


# ── the way of a push ──


async def test_what_a_hub_pushes_is_told_without_a_poll(room):
    await room.hub.confirm()
    polled = len([one for one in room.web.requests if one.target == "/wire"])
    assert await room.hub.push(rss(item("Truce signed"))) == 202
    await room.read()
    room.house.clock.step(minutes=1)
    await room.poll()
    assert [one["data"]["reports"][0]["title"] for one in posted(room.web)] == ["Truce signed"]
    assert len([one for one in room.web.requests if one.target == "/wire"]) == polled
    assert room.subscription.pushes == 1


async def test_what_was_pushed_and_then_polled_is_told_once(room):
    await room.hub.confirm()
    room.publish(item("Truce signed"), item("Weather"))
    await room.hub.push(rss(item("Truce signed")))
    await room.read()
    for _ in range(3):
        room.house.clock.step(hours=3)
        await room.poll()
    assert len(posted(room.web)) == 1
    assert len(room.house.entries()) == 2


async def test_a_push_leaves_what_the_poll_knows_of_the_server(room):
    room.publish(item("Weather"), item("Sport"), ETag='"1"')
    room.house.clock.step(minutes=20)
    await room.poll()
    await room.hub.confirm()
    before = room.house.feed_state("wire")
    await room.hub.push(rss(item("Truce signed")))
    await room.read()
    after = room.house.feed_state("wire")
    assert after.validators.etag == '"1"'
    kept = (
        "validators",
        "body",
        "counts",
        "last_poll_at",
        "next_poll_at",
        "gaps",
        "guids",
        "restructured_at",
    )
    assert [getattr(after, name) for name in kept] == [getattr(before, name) for name in kept]


async def test_an_older_version_that_a_hub_repeats_changes_nothing(room):
    def version(title, minute):
        return (
            '<feed xmlns="http://www.w3.org/2005/Atom"><title>Wire</title><id>wire</id>'
            f"<entry><id>1</id><title>{title}</title><updated>2026-01-06T18:{minute}:00Z</updated></entry></feed>"
        ).encode()

    await room.hub.confirm()
    for body in (version("Talks begin", 10), version("Truce signed", 20), version("Talks begin", 10)):
        await room.hub.push(body)
        await room.read()
    assert [one.title for one in room.house.entries()] == ["Weather", "Truce signed"]


async def test_a_replayed_push_changes_nothing(room):
    await room.hub.confirm()
    for _ in range(3):
        assert await room.hub.push(rss(item("Truce signed"))) == 202
        await room.read()
        room.house.clock.step(minutes=1)
        await room.poll()
    assert len(posted(room.web)) == 1
    assert len(room.house.entries()) == 2


async def test_a_gzipped_push_is_read(room):
    await room.hub.confirm()
    await room.hub.push(gzip.compress(rss(item("Truce signed"))), Content_Encoding="gzip")
    await room.read()
    assert len(room.house.entries()) == 2


async def test_a_push_that_is_no_feed_makes_the_feed_polled_soon(room):
    await room.hub.confirm()
    for number, body in enumerate([b"", b"<html>moved", b"some text"], start=1):
        room.publish(*(item(f"Truce {one}") for one in range(number)), item("Weather"))
        room.house.clock.step(minutes=1)
        await room.hub.push(body)
        await room.read()
        assert room.house.feed_state("wire").next_poll_at <= room.house.clock()
        await room.poll()
        assert len(room.house.entries()) == 1 + number


async def test_a_push_of_very_many_new_entries_is_looked_up_in_the_feed(room):
    await room.hub.confirm()
    room.house.clock.step(minutes=1)
    await room.hub.push(rss(*(item(f"Truce {number}") for number in range(21))))
    await room.read()
    assert len(room.house.entries()) == 1
    assert room.house.feed_state("wire").next_poll_at <= room.house.clock()


async def test_a_poll_under_way_while_a_push_is_stored_counts_too(room):
    await room.hub.confirm()
    asked, answered = asyncio.Event(), asyncio.Event()
    document = with_links(
        rss(item("Truce signed"), item("Sport"), item("Weather")),
        ("hub", room.hub.url),
        ("self", room.web.url("/wire")),
    )

    async def slow(request, writer):
        asked.set()
        await answered.wait()
        await reply(200, document)(request, writer)

    room.web.on("/wire", slow)
    room.house.clock.step(hours=3)
    poll = asyncio.create_task(room.poll())
    async with asyncio.timeout(LIMIT_S):
        await asked.wait()
        await room.hub.push(rss(item("Truce signed")))
        await room.read()
        answered.set()
        await poll
    assert sorted(one.title for one in room.house.entries()) == ["Sport", "Truce signed", "Weather"]
    assert room.house.feed_state("wire").counts.polls == 2


# ── safety polls ──


async def test_polls_become_rare_while_pushes_come_and_frequent_when_one_is_missed(room):
    await room.hub.confirm()
    await room.hub.push(rss(item("Truce signed")))
    await room.read()
    room.publish(item("Truce signed"), item("Weather"))
    room.house.clock.step(hours=1)
    await room.poll()
    state = room.house.feed_state("wire")
    assert state.next_poll_reason == "its hub pushes"
    assert timedelta(hours=2) <= state.next_poll_at - room.house.clock() <= timedelta(hours=2.2)
    room.publish(item("Never pushed"), item("Truce signed"), item("Weather"))
    room.house.clock.step(hours=3)
    await room.poll()
    state = room.house.feed_state("wire")
    assert state.next_poll_reason != "its hub pushes"
    assert state.next_poll_at - room.house.clock() < timedelta(hours=1)


# ── asking ──


async def test_a_subscription_is_renewed_before_its_lease_ends(room):
    room.hub.lease_s = 86_400
    await room.hub.confirm()
    room.house.clock.step(hours=15)
    await room.daemon.subscribe()
    assert len(room.hub.asked) == 1
    room.house.clock.step(hours=1)
    await room.daemon.subscribe()
    first, second = room.hub.asked
    assert first == second
    assert await room.hub.confirm()
    assert room.subscription.lease_until_at == room.house.clock() + timedelta(days=1)


async def test_a_hub_that_fails_is_asked_less_and_less(room):
    hours = 0
    for _ in range(24 * 4):
        room.hub.answers = [500]
        room.house.clock.step(hours=1)
        hours += 1
        await room.daemon.subscribe()
    # after 1, 2, 4, 8, 16 and then 24 hours
    assert len(room.hub.asked) == 1 + 5 + (hours - 31) // 24
    assert "500" in room.subscription.last_error


async def test_a_feed_that_names_its_hub_no_more_is_unsubscribed(room):
    await room.hub.confirm()
    room.publish(item("Weather"), item("Sport"), links=[("self", room.web.url("/wire"))])
    room.house.clock.step(minutes=20)
    await room.poll()
    await room.daemon.subscribe()
    assert [one["hub.mode"] for one in room.hub.asked] == ["subscribe", "unsubscribe"]
    assert await room.hub.push(rss(item("Truce signed"))) == 410
    assert await room.hub.confirm()
    assert room.subscriptions == []


async def test_a_feed_that_is_removed_is_unsubscribed_and_a_silent_hub_is_let_go(room):
    await room.hub.confirm()
    del room.house.feeds["wire"]
    room.house.feed("other", room.web.url("/other"))  # a config without any feed is doubted at first
    room.house.write()
    await room.daemon.reload("a test")
    room.house.clock.step(seconds=60)  # a config without any feed is doubted for a minute
    await room.daemon.reload("a test")
    for _ in range(5):
        await room.daemon.subscribe()
        room.house.clock.step(days=1)
    assert [one["hub.mode"] for one in room.hub.asked] == ["subscribe", *3 * ["unsubscribe"]]
    assert room.subscriptions == []


async def test_a_hub_may_deny(room):
    form = room.hub.asked[-1]
    said = {"hub.mode": "denied", "hub.topic": form["hub.topic"], "hub.reason": "not\x07 you"}
    assert (await room.hub.get(form["hub.callback"], said)).status_code == 200
    assert room.subscription.state is SubscriptionState.DENIED
    assert room.subscription.last_error == "denied: not you"
    room.house.clock.step(days=6)
    await room.daemon.subscribe()
    assert len(room.hub.asked) == 1


async def test_without_the_switch_no_hub_is_asked(house, desk, web, hub):
    newsroom = Newsroom(house, web, hub, None)
    newsroom.publish(item("Weather"))
    house.feed("wire", web.url("/wire"))
    async with house.daemon() as daemon:
        await daemon.run_once()
        async with daemon.listening():
            await daemon.subscribe()
    assert house.feed_state("wire").push.hub == hub.url
    assert not hub.asked


# ── who is not believed ──


async def test_only_what_was_asked_for_is_confirmed(room):
    form = room.hub.asked[-1]
    callback = form["hub.callback"]
    assert not await room.hub.confirm(topic="https://example.org/another")
    assert not await room.hub.confirm(mode="unsubscribe")
    assert not await room.hub.confirm(challenge=None)
    assert not await room.hub.confirm({**form, "hub.callback": callback[:-1]})
    assert room.subscription.state is SubscriptionState.WANTED
    assert await room.hub.confirm()
    assert not await room.hub.confirm()  # nobody asked again
    assert not await room.hub.confirm(mode="unsubscribe")
    assert room.subscription.state is SubscriptionState.LIVE


async def test_a_confirmation_that_comes_too_late_is_none(room):
    room.house.clock.step(minutes=61)
    assert not await room.hub.confirm()
    assert room.subscription.state is SubscriptionState.WANTED


async def test_a_push_that_is_not_signed_is_acknowledged_and_ignored(room):
    await room.hub.confirm()
    wrong = [b"", b"sha256=", b"sha256=" + b"0" * 64, b"md5=" + b"0" * 32, "sha256=ü".encode(), b"nonsense"]
    for signature in wrong:
        assert await room.hub.push(rss(item("Truce signed")), signature=signature) == 202
    await room.read()
    assert len(room.house.entries()) == 1
    assert (room.subscription.pushes, room.subscription.rejected) == (0, len(wrong))


async def test_what_is_pushed_before_the_hub_confirmed_is_not_read(room):
    assert await room.hub.push(rss(item("Truce signed"))) == 202
    await room.read()
    assert len(room.house.entries()) == 1


async def test_a_callback_that_nobody_gave_away_is_gone(room):
    form = {**room.hub.asked[-1], "hub.callback": room.hub.asked[-1]["hub.callback"] + "x"}
    assert await room.hub.push(rss(item("Truce signed")), asked=form) == 410


async def test_a_huge_push_is_refused_and_a_bomb_is_not_unpacked(room):
    await room.hub.confirm()
    assert await room.hub.push(bytes(10 * 2**20 + 1)) == 413
    assert await room.hub.push(bytes(10 * 2**20)) == 202
    assert await room.hub.push(gzip.compress(bytes(64 * 2**20)), Content_Encoding="gzip") == 202
    await room.read()
    assert len(room.house.entries()) == 1


async def drip(url, *, head_only=False):
    """A connection whose body never comes, or whose head never ends."""
    reader, writer = await asyncio.open_connection(url.host, url.port)
    head = f"POST {url.path} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n"
    writer.write(head.encode() + (b"" if head_only else b"\r\n"))
    if not head_only:
        async with asyncio.timeout(LIMIT_S):
            first = await reader.readline()
        if b"100" not in first:
            writer.close()
            return None
    return writer


async def test_a_body_that_drips_keeps_its_subscriptions_next_one_and_leaves_nothing_behind(room):
    await room.hub.confirm()
    dripping = await drip(httpx.URL(room.hub.asked[-1]["hub.callback"]))
    assert await room.hub.push(rss(item("Truce signed"))) == 503
    dripping.close()
    async with asyncio.timeout(LIMIT_S):
        while await room.hub.push(rss(item("Truce signed"))) != 202:
            pass
    await room.read()
    assert len(room.house.entries()) == 2


class Ear:
    """Takes all that comes; a token is its hub's name and a number."""

    def __init__(self):
        self.heard = []

    async def confirm(self, token, said):
        return None

    async def hub_of(self, token):
        return token.partition("-")[0]

    def offer(self, push):
        self.heard.append(push.token)
        return True


async def push_to(port, token):
    async with httpx.AsyncClient() as client:
        return (await client.post(f"http://127.0.0.1:{port}/websub/{token}", content=b"news")).status_code


async def test_one_hubs_slow_bodies_leave_places_to_the_others():
    async with serving(Starlette(routes=routes(Ear())), listen="127.0.0.1:0") as (_, port):
        drips = [
            await drip(httpx.URL(f"http://127.0.0.1:{port}/websub/slow-{number}")) for number in range(50)
        ]
        assert sum(one is not None for one in drips) == BODIES_OF_A_HUB
        assert await push_to(port, "slow-99") == 503
        assert [await push_to(port, f"{hub}-1") for hub in ("one", "two", "three")] == [202] * 3
        for one in filter(None, drips):
            one.close()


async def test_who_pushes_without_end_waits_and_nobody_else_does():
    """Signed or not: that is only known when a body was read."""
    ear = Ear()
    async with serving(Starlette(routes=routes(ear)), listen="127.0.0.1:0") as (_, port):
        answers = [await push_to(port, "loud-1") for _ in range(PUSHES + 5)]
        assert answers == [202] * PUSHES + [503] * 5
        assert await push_to(port, "loud-2") == 202
        assert await push_to(port, "quiet-1") == 202


async def test_a_head_or_a_body_that_never_ends_is_given_up():
    begun_s = asyncio.get_running_loop().time()
    async with serving(Starlette(routes=routes(Ear())), listen="127.0.0.1:0") as (_, port):
        url = httpx.URL(f"http://127.0.0.1:{port}/websub/slow-1")
        reader, writer = await asyncio.open_connection(url.host, url.port)
        writer.write(b"POST /websub/slow-1 HTTP/1.1\r\nHost: x\r\nX-Long: ")
        async with asyncio.timeout(HEAD_S + LIMIT_S):
            with suppress(ConnectionError):
                assert await reader.read() == b""
        assert asyncio.get_running_loop().time() - begun_s >= HEAD_S - 1
        writer.close()


def test_pushes_that_wait_are_bounded_in_number_and_size_and_for_each_subscription():
    small, large = b"", bytes(2**20)
    for body, most in ((small, WAITING_PUSHES), (large, WAITING_BYTES // 2**20)):
        subscriber = Subscriber(store=None, fetcher=None, poller=None, setup=None, now=None)
        pushes = [Push(token=f"t{number}", body=body, signature="") for number in range(most + 1)]
        assert [subscriber.offer(push) for push in pushes] == [*most * [True], False]
    subscriber = Subscriber(store=None, fetcher=None, poller=None, setup=None, now=None)
    loud = Push(token="loud", body=small, signature="")
    assert [subscriber.offer(loud) for _ in range(WAITING_OF_ONE + 1)] == [*WAITING_OF_ONE * [True], False]
    assert subscriber.offer(Push(token="quiet", body=small, signature=""))


async def test_no_token_and_no_secret_is_logged_or_shown(room):
    lines = []
    sink = logger.add(lines.append, level=0)
    room.hub.answers = [500]
    await room.hub.confirm()
    await room.hub.confirm()
    await room.hub.push(rss(item("Truce signed")))
    await room.hub.push(b"nothing", signature="sha256=wrong")
    await room.read()
    room.house.clock.step(days=7)
    await room.daemon.subscribe()
    logger.remove(sink)
    form = room.hub.asked[0]
    sheet = feed_sheet.document(room.house.feed_state("wire"), [], room.subscription)
    shown = f"{''.join(lines)} {sheet} {feed_sheet.facts(sheet)} {room.subscription}"
    assert "its hub could not be asked" in shown
    assert form["hub.secret"] not in shown
    assert form["hub.callback"].rpartition("/")[2] not in shown


async def test_nothing_else_is_answered(room):
    root = room.hub.asked[-1]["hub.callback"].rpartition("/websub/")[0]
    async with httpx.AsyncClient() as client:
        for path in ("/websub/", "/websub", "/websub/x/y"):
            assert (await client.get(root + path)).status_code == 404
        assert (await client.put(room.hub.asked[-1]["hub.callback"])).status_code == 405


async def test_a_hub_inside_is_not_asked_by_a_feed_outside_of_it(room, house):
    """`allow_private` opens the feed's own host and port, and no other."""
    inner = f"http://127.0.0.1:{free_port()}/hub"
    room.publish(item("Weather"), item("Sport"), links=[("hub", inner), ("self", room.web.url("/wire"))])
    house.clock.step(minutes=20)
    await room.poll()
    await room.daemon.subscribe()
    [one] = [one for one in room.subscriptions if one.hub == inner]
    assert "not on the public internet" in one.last_error
