"""Channels whose names nobody answers: the others, the polls and the database go on as if they were not there."""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from house import Clock, House, item, posted, rss
from proof.deaf_names import among_deaf_names, is_possible
from servers.web import reply
from test_daemon import LIMIT_S, service

WEBHOOKS = 12
RECIPIENTS = 8
"""Of the mail: twice as many as a channel sends to at once."""


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, clock=Clock(datetime.now(UTC)))
    house.settings["polling"] |= {"interval": "1s"}
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "7d"}
    house.rule("paris", "declaration OR rivers OR dockers")
    yield house
    house.close()


def news(*titles: str) -> bytes:
    at = datetime.now(UTC) - timedelta(minutes=5)
    return rss(*(item(title, published=at) for title in titles))


async def test_one_channels_name_holds_nobody_else(house, desk, web):
    assert is_possible(house.root), "let users have namespaces (kernel.unprivileged_userns_clone)"
    for number in range(WEBHOOKS):
        house.channel(f"deaf-{number}", type="webhook", url=f"http://deaf-{number}.example/hook", timeout=120)
    mail = {"host": "deaf.example", "from": "monitor@example.org", "timeout": 120}
    house.channel("mail", type="email", to=[f"{one}@example.org" for one in range(RECIPIENTS)], **mail)
    house.settings["alerting"]["default"] = [*house.channels]
    house.feed("wire", web.on("/wire", reply(200, news("A declaration is signed in Paris"))))
    house.feed("deaf", "http://deaf-feed.example/feed")
    async with service(house, within=partial(among_deaf_names, house.root), NOTIFY_SOCKET=""):
        async with asyncio.timeout(LIMIT_S):  # each name would hold its thread for ever
            for title in ("Bridges fall as rivers rise", "Dockers end their strike", ""):
                told = len(posted(web))
                while len(posted(web)) <= told:
                    web.arrived.clear()
                    await web.arrived.wait()
                web.on("/wire", reply(200, news(title)))
