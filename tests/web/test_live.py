"""Open pages hear of what is new, a hundred of them, and what they fetch then is made once."""

import asyncio

import httpx
import pytest
from house import item, rss
from servers.web import reply

from monitor.web.renewal import KEPT, Renewal

pytestmark = pytest.mark.either("what is asked of the page, whatever lies below")
OPEN = 100


async def test_a_hundred_open_pages_hear_of_a_story(site, house, web):
    async with site(item("A truce holds")) as page, asyncio.timeout(60):
        root, heard, ready = str(page.base_url), asyncio.Queue(), asyncio.Queue()

        async def opened():
            async with (
                httpx.AsyncClient(base_url=root, timeout=60) as client,
                client.stream("GET", "/live") as events,
            ):
                first = None
                async for line in events.aiter_lines():
                    if line.startswith("data:"):
                        if first is None:
                            first = line
                            ready.put_nowait(line)
                        elif line != first:
                            heard.put_nowait(line)
                            return

        pages = [asyncio.create_task(opened()) for _ in range(OPEN)]
        first = {await ready.get() for _ in range(OPEN)}
        assert len(first) == 1
        assert (await page.get("/")).status_code == 200, "there is room for who opens another page"
        web.on("/wire", reply(200, rss(item("Ceasefire in the east"))))
        house.clock.step(minutes=20)
        await page.daemon.run_once()
        assert len({await heard.get() for _ in range(OPEN)}) == 1
        await asyncio.gather(*pages)


class Pages:
    """A page that counts how often it is made."""

    def __init__(self, *, status=200):
        self.made, self.status, self.go = 0, status, asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.made += 1
        text = f"{self.made}".encode()
        await self.go.wait()
        await send({"type": "http.response.start", "status": self.status, "headers": [(b"x-made", text)]})
        await send({"type": "http.response.body", "body": text})


def client_of(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")


async def asked(app, pages, requests):
    async with client_of(app) as client:
        answers = [asyncio.create_task(client.request(**one)) for one in requests]
        pages.go.set()
        return [(one.status_code, one.text) for one in await asyncio.gather(*answers)]


SAME = {"method": "GET", "url": "/?rule=a", "headers": {"X-Mark": "1"}}


@pytest.mark.parametrize(
    ("other", "made"),
    [
        ({}, 1),
        ({"headers": {"X-Mark": "2"}}, 2),
        ({"headers": {}}, 2),
        ({"url": "/?rule=b"}, 2),
        ({"url": "/rules"}, 2),
        ({"method": "POST"}, 2),
        ({"headers": {"X-Mark": "1" * 100}}, 2),
    ],
)
async def test_what_is_fetched_for_the_same_change_is_made_once(other, made):
    pages = Pages()
    answers = await asked(Renewal(pages), pages, [SAME, SAME | other])
    assert pages.made == made
    assert len({text for _, text in answers}) == made


async def test_what_failed_is_asked_anew():
    pages = Pages(status=503)
    assert await asked(Renewal(pages), pages, [SAME, SAME, SAME]) == [(503, "1"), (503, "2"), (503, "3")]


async def test_no_more_is_kept_than_is_useful():
    pages = Pages()
    app = Renewal(pages)
    for number in range(3 * KEPT):
        await asked(app, pages, [SAME | {"headers": {"X-Mark": f"{number}"}}])
    before = pages.made
    await asked(app, pages, [SAME | {"headers": {"X-Mark": "0"}}])
    assert pages.made == before + 1
