"""Many lines of one kind in the log are one."""

import asyncio

import pytest
from house import item, rss
from loguru import logger
from servers.web import reply

from monitor.jobs.report import MATCHES_SAID, SAID_SINGLY


@pytest.fixture
def logged():
    lines = []
    sink = logger.add(lambda line: lines.append(str(line)), level="INFO")
    yield lines
    logger.remove(sink)


@pytest.mark.parametrize(
    ("down", "more"), [(1, 0), (SAID_SINGLY, 0), (SAID_SINGLY + 1, 1), (40, 40 - SAID_SINGLY)]
)
async def test_feeds_that_cannot_be_reached_are_counted_after_the_first_few(
    house, desk, web, logged, down, more
):
    house.rule("truce", "truce")
    for number in range(down):
        house.feed(f"feed{number}", web.on(f"/{number}", reply(500)))
    async with house.daemon() as daemon:
        await daemon.run_once()
    singly = [line for line in logged if "feed feed" in line and "500" in line]
    together = [line for line in logged if "more feeds could not be reached" in line]
    assert len(singly) == min(down, SAID_SINGLY)
    assert len(together) == (more > 0)
    assert not more or f" {more} more feeds" in together[0]


@pytest.mark.parametrize("count", [3, MATCHES_SAID + 1, 200])
async def test_a_feeds_many_matches_are_one_line(house, desk, web, logged, count):
    house.rule("truce", "truce")
    items = [item(f"Truce in town {number}") for number in range(count)]
    house.feed("wire", web.on("/wire", reply(200, rss(*items))))
    async with house.daemon() as daemon:
        await daemon.run_once()
    singly = [line for line in logged if "matches truce" in line]
    assert len(singly) == (count if count <= MATCHES_SAID else 0)
    assert any(f"baseline: {count} entries, {count} match" in line for line in logged)


async def test_the_last_line_is_that_it_stopped(house, desk, web, logged):
    """What was counted and not said yet is said before."""
    house.rule("truce", "truce")
    for number in range(30):
        house.feed(f"feed{number}", web.on(f"/{number}", reply(500)))
    async with house.daemon() as daemon:
        running = asyncio.create_task(daemon.run())
        async with asyncio.timeout(60):
            while len(web.requests) < 30:
                web.arrived.clear()
                await web.arrived.wait()
            await asyncio.gather(*daemon.scheduler._polls.values())
        daemon.stop()
        await running
    assert "25 more feeds could not be reached" in "".join(logged)
    assert logged[-1].endswith("stopped\n")
    async with house.daemon() as daemon:
        await daemon._say_running()
    assert "running: 30 feeds, 1 rule; 30 could not be had when last asked" in logged[-1]
