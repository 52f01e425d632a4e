"""A monitor in a folder whose page is up, and a client that asks it."""

from contextlib import asynccontextmanager

import httpx
import pytest
from house import item, rss
from page_rig import free_port
from servers.web import reply


@pytest.fixture
def site(house, desk, web):
    """Opens the house's page after its feeds were polled twice: what came at the second poll is news."""

    @asynccontextmanager
    async def opened(*news, token=None, **keys):
        address = f"127.0.0.1:{free_port()}"
        house.settings["web"] = {"listen": address, **({"token": token} if token else {}), **keys}
        house.rules or house.rule("truce", "truce OR ceasefire", title="A truce")
        if "wire" not in house.feeds:
            answers = (reply(200, rss(item("Weather"))), reply(200, rss(item("Weather"), *news)))
            house.feed("wire", web.on("/wire", *answers))
        house.write()
        house.load = house.read  # what the page writes is not written over by the house
        async with house.daemon() as daemon:
            await daemon.run_once()
            house.clock.step(minutes=20)
            await daemon.run_once()
            await daemon.beat()
            async with daemon.listening(), httpx.AsyncClient(base_url=f"http://{address}") as client:
                client.daemon = daemon
                yield client

    return opened
