from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta

import pytest
from crew import crew_of
from house import item, rss
from servers.web import reply, web_server


class Wire:
    """A publisher on an address of its own: what it has published so far, at each of its feeds alike."""

    def __init__(self, server):
        self.server, self.items, self.before = server, [], None
        self.publish("Weather for the week", "Rain in the west, sun in the east.")

    def publish(self, title, text=""):
        """Dated a moment ahead: a date has whole seconds, and is not to lie before the feed's first poll."""
        self.items.insert(0, item(title, text, published=datetime.now(UTC) + timedelta(seconds=2)))

    async def answer(self, request, writer):
        if self.before is not None:
            await self.before(request)
        await reply(200, rss(*self.items))(request, writer)


@pytest.fixture
async def wires():
    """Makes publishers, each on an address of the loopback of its own."""
    async with AsyncExitStack() as stack:

        async def make(count):
            made = []
            for number in range(count):
                server = await stack.enter_async_context(web_server(host=f"127.0.1.{number + 1}"))
                made.append(Wire(server))
                server.elsewhere = made[-1].answer
            return made

        yield make


@pytest.fixture
def crew(house):
    """Workers on the house's database, which polls everything each second."""
    house.settings["polling"] = {"allow_private": True, "interval": "1s", "min_interval": "1s"}
    house.settings["alerting"]["group_wait"] = "0s"
    with crew_of(house) as crew:
        yield crew
