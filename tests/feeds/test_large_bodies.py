"""A budget for bodies in memory: large ones wait for a place, small ones for nobody."""

import asyncio
import gzip
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager

import pytest
from servers.web import head, reply, web_server
from stepped import settled, stepped

from monitor.errors import FetchError, FetchReason
from monitor.feeds.large_bodies import PLACES, SMALL_BYTES, LargeBodies

SMALL, LARGE = bytes(SMALL_BYTES), bytes(SMALL_BYTES + 1)


class Nowhere:
    """A seat that holds up nobody."""

    @asynccontextmanager
    async def left(self):
        yield


NOWHERE = Nowhere()


class Clock:
    """Counts what is done with a time limit that never ends."""

    def __init__(self, when):
        self._when, self.set_to = when, []

    def when(self):
        return self._when

    def reschedule(self, when):
        self.set_to.append(when)


async def test_a_small_body_takes_no_place_and_a_large_one_takes_one_for_all_its_growth():
    places, clock = asyncio.Semaphore(1), Clock(None)
    with LargeBodies(places) as room:
        await room.make(SMALL_BYTES, clock=clock, seat=NOWHERE)
        assert not places.locked()
        await room.make(SMALL_BYTES + 1, clock=clock, seat=NOWHERE)
        await room.make(20 * SMALL_BYTES, clock=clock, seat=NOWHERE)
        assert places.locked()
    assert not places.locked()


async def test_the_clock_stands_still_while_a_body_waits_for_its_place():
    places, loop = asyncio.Semaphore(1), asyncio.get_running_loop()
    async with asyncio.timeout(60):
        with LargeBodies(places) as first:
            await first.make(SMALL_BYTES + 1, clock=Clock(None), seat=NOWHERE)
            clock = Clock(loop.time() + 5)
            second = LargeBodies(places)
            waiting = asyncio.create_task(second.make(SMALL_BYTES + 1, clock=clock, seat=NOWHERE))
            await settled()
            assert clock.set_to == [None]
        await waiting
    assert clock.set_to[1] >= clock.when()
    second.__exit__()
    assert not places.locked()


async def test_whoever_is_cancelled_while_waiting_takes_no_place_with_him():
    places = asyncio.Semaphore(1)
    with LargeBodies(places) as first:
        await first.make(SMALL_BYTES + 1, clock=Clock(None), seat=NOWHERE)

        async def wait():
            with LargeBodies(places) as room:
                await room.make(SMALL_BYTES + 1, clock=Clock(None), seat=NOWHERE)

        waiting = asyncio.create_task(wait())
        await settled()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        assert places.locked()
    assert not places.locked()


async def test_so_many_large_bodies_are_held_at_once_and_small_ones_pass_by(fetching, asking):
    """More than `PLACES` polls that keep what they got: the rest wait, and come when there is room."""
    packed = gzip.compress(bytes(20 * SMALL_BYTES))
    full, done, arrived = asyncio.Event(), asyncio.Event(), []
    async with fetching() as fetcher, asyncio.timeout(60), AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(web_server()) for _ in range(PLACES + 3)]
        urls = [server.on("/", reply(200, packed, Content_Encoding="gzip")) for server in servers]

        async def poll(url):
            with fetcher.room() as room:
                response = await fetcher.fetch(asking(url), room)
                arrived.append(len(response.body))
                if len(arrived) == PLACES:
                    full.set()
                await done.wait()

        polls = [asyncio.create_task(poll(url)) for url in urls]
        await full.wait()
        small = servers[0].on("/small", reply(200, SMALL))
        assert len((await fetcher.fetch(asking(small))).body) == SMALL_BYTES
        await settled()
        assert len(arrived) == PLACES
        done.set()
        await asyncio.gather(*polls)
    assert arrived == [20 * SMALL_BYTES] * (PLACES + 3)


@pytest.mark.parametrize("is_full", [True, False])
def test_a_request_is_cut_off_in_its_time_but_not_while_it_waits_for_its_place(fetching, asking, is_full):
    """Its server has answered: that others hold all places is none of its fault."""

    async def response():
        loop, sent, rest = asyncio.get_running_loop(), asyncio.Event(), asyncio.Event()

        async def answer(_request, writer):
            writer.write(head(200, {"Content-Length": str(len(LARGE))}) + (LARGE if is_full else SMALL))
            await writer.drain()
            sent.set()
            await rest.wait()

        async with fetching(total_s=60.0) as fetcher, web_server() as server:
            with ExitStack() as full:
                for _ in range(PLACES if is_full else 0):
                    await full.enter_context(fetcher.room()).make(
                        SMALL_BYTES + 1, clock=Clock(None), seat=NOWHERE
                    )
                fetch = asyncio.create_task(fetcher.fetch(asking(server.on("/", answer))))
                await sent.wait()
                await settled()
                loop.ahead_s += 3600
                await settled()
                assert fetch.done() == (not is_full)
            rest.set()
            return await fetch

    if is_full:
        assert stepped(response).body == LARGE
    else:
        with pytest.raises(FetchError) as caught:
            stepped(response)
        assert caught.value.reason is FetchReason.TIMEOUT


async def test_a_body_that_fails_gives_its_place_back(fetching, asking, server):
    broken = server.on("/broken", reply(200, LARGE, Content_Length="99999999"))
    whole = server.on("/whole", reply(200, LARGE))
    async with fetching() as fetcher, asyncio.timeout(60):
        for _ in range(PLACES + 1):
            with pytest.raises(FetchError) as caught:
                await fetcher.fetch(asking(broken))
            assert caught.value.reason is FetchReason.PROTOCOL
        assert (await fetcher.fetch(asking(whole))).body == LARGE


@pytest.mark.parametrize("feeds_a_host", [1, 4])
async def test_whoever_has_room_and_asks_once_more_never_waits_for_those_who_want_room(
    fetching, asking, feeds_a_host
):
    """Eight polls with large bodies wanted their feeds' older pages, and stood still for ever beside a full house.

    Four feeds a host: what waits for room does not keep its host's turn from a poll that has room either.
    """
    async with fetching(concurrency=20) as fetcher, asyncio.timeout(60), AsyncExitStack() as stack:
        servers = [await stack.enter_async_context(web_server()) for _ in range(40 // feeds_a_host)]
        for server in servers:
            for number in range(feeds_a_host):
                server.on(f"/feed{number}", reply(200, LARGE))
                server.on(f"/older{number}", reply(200, LARGE))

        async def poll(server, number):
            with fetcher.room() as room:
                for path in (f"/feed{number}", f"/older{number}", f"/older{number}"):
                    response = await fetcher.fetch(asking(server.url(path)), room)
                    assert response.body == LARGE

        await asyncio.gather(*(poll(server, n) for server in servers for n in range(feeds_a_host)))
    assert sum(len(server.requests) for server in servers) == 3 * 40
    assert all(server.most_busy <= feeds_a_host for server in servers)
