"""One process's life: signals at every moment, a watchdog that is fed while work goes on, limits of the machine."""

import asyncio
import os
import signal
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import cycle

import psutil
import pytest
from house import Clock, House, item, rss
from servers.web import after, reply
from test_daemon import LIMIT_S, service

END_S = 10.0
"""From the first SIGTERM to the end of the process."""
WORKED_S = 0.3
"""Of a processor: a worker that has used so much is reading a large document; it needs a second and more."""


@pytest.fixture
def house(tmp_path):
    house = House(tmp_path, clock=Clock(datetime.now(UTC)))
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "7d"}
    house.rule("paris", "declaration")
    yield house
    house.close()


def many(count):
    """Every third of them is told."""
    published = datetime.now(UTC) - timedelta(minutes=5)
    return rss(
        *(
            item(
                f"Declaration {number} signed in Paris"
                if number % 3 == 0
                else f"Report {number} of the wire",
                f"What was said about matter {number}, at length. " * 8,
                link=f"https://wire.example/{number}",
                published=published,
            )
            for number in range(count)
        )
    )


async def asked(web, target):
    """Returns when somebody has asked for what begins with `target`."""
    async with asyncio.timeout(LIMIT_S):
        while not any(request.target.startswith(target) for request in web.requests):
            web.arrived.clear()
            await web.arrived.wait()


# ── moments ──


async def at_the_start(house, web, running):
    """At once: Python itself has just begun."""


async def when_it_says_which_config(house, web, running):
    await running.until_logged("config ")


async def when_it_is_ready(house, web, running):
    await running.until_notified("READY=1")


async def while_a_large_feed_is_written(house, web, running):
    await asked(web, "/large")
    async with asyncio.timeout(LIMIT_S):
        while not (house.database.exists() and await asyncio.to_thread(house.entries)):
            await running.until_notified("=")  # it says something every 5 s


async def while_workers_read(house, web, running):
    await busy_workers(running)


async def while_workers_hang(house, web, running):
    for worker in await busy_workers(running):
        worker.suspend()  # it hears no SIGTERM


async def busy_workers(running):
    """The daemon's processes that read documents, once they do."""
    busy = []
    async with asyncio.timeout(LIMIT_S):
        while not busy:
            busy = await asyncio.to_thread(readers, running.process.pid)
    return busy


def readers(pid):
    """Those that the process's own children (its fork server) have begun, and that have worked for a while."""
    with suppress(psutil.NoSuchProcess):
        begun = [grandchild for child in psutil.Process(pid).children() for grandchild in child.children()]
        return [one for one in begun if one.cpu_times().user > WORKED_S]
    return []


async def while_tarpits_drip(house, web, running):
    await asked(web, "/tarpit/")


async def while_a_channel_hangs(house, web, running):
    await asked(web, "/hook")


def feeds(house, web):
    house.feed("large", web.on("/large", reply(200, many(2000))))
    for number in range(16):
        house.feed(f"tarpit-{number}", web.on(f"/tarpit/{number}", after(asyncio.Event(), reply(200))))


MOMENTS = [
    at_the_start,
    when_it_says_which_config,
    when_it_is_ready,
    while_a_large_feed_is_written,
    while_workers_read,
    while_workers_hang,
    while_tarpits_drip,
    while_a_channel_hangs,
]
TERM = [signal.SIGTERM]
OTHERS = {
    "many SIGHUP, then SIGTERM": [signal.SIGHUP] * 40 + [signal.SIGTERM] * 2,
    "SIGTERM again and again": [signal.SIGTERM] * 40,
    "SIGINT": [signal.SIGINT],
}
PAIRS = [
    *(pytest.param(moment, TERM, id=f"{moment.__name__}-SIGTERM") for moment in MOMENTS),
    *(
        pytest.param(moment, signals, id=f"{moment.__name__}-{name}")
        for moment, (name, signals) in zip(MOMENTS, cycle(OTHERS.items()), strict=False)
    ),
]
"""SIGTERM at each moment, and the others by turns."""


@pytest.mark.parametrize(("moment", "signals"), PAIRS)
async def test_it_ends_within_10_s_whatever_is_under_way(house, desk, web, moment, signals):
    feeds(house, web)
    web.on("/hook", after(asyncio.Event(), reply(200)) if moment is while_a_channel_hangs else reply(200))
    async with service(house) as running:
        process = psutil.Process(running.process.pid)
        await moment(house, web, running)
        family = process.children(recursive=True)
        begun = time.monotonic()
        ending = asyncio.ensure_future(running.ended())
        for number in signals:
            if not ending.done():
                with suppress(ProcessLookupError):
                    os.kill(running.process.pid, number)  # Popen's own would take its exit code from asyncio
                await asyncio.wait([ending], timeout=0.1 if number is signal.SIGTERM else 0.005)
        code = await ending
        took = time.monotonic() - begun
    if moment is at_the_start:
        assert code in {0, -signals[0], -signals[-1]}, running.logged  # Python listens to nobody yet
    else:
        assert code == 0, running.logged
    assert "Traceback" not in running.logged
    assert took < END_S, running.logged
    assert not psutil.wait_procs(family, timeout=LIMIT_S)[1], "its processes end with it"
