"""The real process on a disk that is full: polling stops, what waits is sent, and it goes on by itself.

The disk is a small tmpfs in a mount namespace of the daemon's own, seen from here through `/proc/PID/root`.
"""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from house import Clock, House, item, posted, requests_to, rss
from proof.small_disk import is_possible, on_small_disk
from servers.web import after, reply
from test_daemon import LIMIT_S, service

DISK_MIB = 64
PIECE = b"x" * 65536


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, clock=Clock(datetime.now(UTC)))
    house.settings["polling"] |= {"interval": "1s"}
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "7d", "operator": ["desk"]}
    house.rule("paris", "declaration OR rivers")
    house.state.mkdir()
    yield house
    house.close()


PARIS = "Declaration signed in Paris"
FLOOD = "Bridges fall as rivers rise"


def news(title: str) -> bytes:
    return rss(item(title, published=datetime.now(UTC) - timedelta(minutes=5)))


def fill(disk: Path) -> Path:
    """Not a byte is left."""
    ballast = disk / "ballast"
    with ballast.open("ab", buffering=0) as file, suppress(OSError):
        while file.write(PIECE):
            pass
    return ballast


async def until(true, server) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not true():
            server.arrived.clear()
            await server.arrived.wait()


async def test_a_full_disk_stops_polling_not_sending_and_is_got_over(house, desk, web):
    assert is_possible(house.state), (
        "no small disk: let users have namespaces (kernel.unprivileged_userns_clone)"
    )
    answered = asyncio.Event()
    web.on("/hook", after(answered, reply(200)), reply(200))
    house.feed("wire", web.on("/wire", reply(200, news(PARIS))))
    small = partial(on_small_disk, house.state, DISK_MIB)
    async with service(house, within=small, NOTIFY_SOCKET="") as running:
        disk = Path(f"/proc/{running.process.pid}/root{house.state}")
        await until(lambda: posted(web), web)  # Paris is on its way, and waits for the answer
        ballast = fill(disk)
        said = await running.until_logged("The disk of the database is full")
        assert not (disk / "monitor.db.reserve").exists()
        web.on("/wire", reply(200, news(FLOOD)))
        answered.set()
        await running.until_logged("alert 1 sent to desk")
        await until(lambda: len(posted(web)) >= 2, web)
        assert "The disk of the database is full" in posted(web)[1]["data"]["text"]
        polls = len(requests_to(web, "/wire"))

        ballast.unlink()
        said = await running.until_logged("polling goes on")
        assert "feed wire: not stored" not in said, "it asked no feed whose answer it could not store"
        assert len(requests_to(web, "/wire")) <= polls + 1
        assert (disk / "monitor.db.reserve").stat().st_size == 16 * 1024 * 1024
        await until(lambda: len(posted(web)) >= 3, web)
    titles = [one["data"]["reports"][0]["title"] for one in posted(web) if one["data"]["reports"]]
    assert titles == [PARIS, FLOOD], "nothing twice, nothing lost"
