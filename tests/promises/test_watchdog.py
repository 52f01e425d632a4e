"""The watchdog is fed while work goes on, however long it takes, and starves where nothing does."""

import asyncio
import socket
import threading
from contextlib import suppress

import pytest
from house import item, rss
from servers.web import reply

from monitor.jobs.vitals import STUCK
from monitor.systemd import Notifier

MINUTES = STUCK.total_seconds() / 60


@pytest.fixture
def manager(tmp_path):
    """What the service manager hears, one datagram each."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(0)
        yield listener


def is_fed(daemon, manager):
    daemon._notifier = Notifier({"NOTIFY_SOCKET": manager.getsockname()})
    daemon._feed_watchdog()
    heard = set()
    with suppress(BlockingIOError):
        while True:
            heard.add(manager.recv(1000))
    return b"WATCHDOG=1" in heard


def wire(house, web, count):
    house.settings["alerting"]["default"] = ["console"]
    house.rule("paris", "declaration")
    for number in range(count):
        body = rss(item(f"Weather {number}", link=f"https://wire.example/{number}"))
        house.feed(f"wire-{number}", web.on(f"/wire-{number}", reply(200, body)))


async def test_many_feeds_of_one_slow_host_are_no_sickness(house, web, manager):
    """One after the other, each of which takes minutes: the last is due for hours."""
    wire(house, web, 12)
    async with house.daemon() as daemon:
        for number in range(12):
            house.clock.step(minutes=MINUTES - 1)
            await daemon.poll_one(f"wire-{number}", dry_run=False)
            await daemon.beat()
            assert is_fed(daemon, manager), daemon.vitals.ailments()
        house.clock.step(minutes=MINUTES + 1)
        await daemon.beat()
        assert not is_fed(daemon, manager)
        assert daemon.vitals.ailments() == ["a feed has been due for 960 s, and no poll goes on"]


async def test_a_long_poll_is_no_sickness_while_its_parts_are_stored(house, web, manager):
    """A first poll of 1 000 entries: each part of it is a sign of life."""
    wire(house, web, 1)
    many = rss(*(item(f"Report {number}", link=f"https://wire.example/{number}") for number in range(1000)))
    house.feed("large", web.on("/large", reply(200, many)))
    async with house.daemon() as daemon:
        house.clock.step(minutes=60)
        write, fed = daemon.poller._writer.write, []

        async def slowly(polled):
            plan = await write(polled)
            await daemon.beat()
            fed.append(is_fed(daemon, manager))
            house.clock.step(minutes=MINUTES - 1)
            return plan

        daemon.poller._writer.write = slowly
        await daemon.poll_one("large", dry_run=False)
    assert len(fed) >= 4
    assert all(fed)


async def test_a_feed_that_met_an_error_of_ours_is_no_sickness(house, web, manager):
    """It is let alone for longer than anything may be due: a restart would bring the same error."""
    wire(house, web, 1)
    async with house.daemon() as daemon:

        def breaks(*_arguments, **_keywords):
            raise RuntimeError("our own mistake")

        daemon.poller._examine = breaks
        await daemon.scheduler.begin()
        await asyncio.gather(*daemon.scheduler._polls.values(), return_exceptions=True)
        await asyncio.sleep(0)
        for _ in range(3):
            house.clock.step(minutes=4)
            await daemon.beat()
            assert is_fed(daemon, manager)
        house.clock.step(minutes=4)  # its time has come again
        await daemon.scheduler.begin()
        await daemon.beat()
        assert is_fed(daemon, manager)


async def test_messages_that_come_one_after_another_are_no_sickness(house, web, manager):
    """A slow channel has hours of work: each message is a sign of life."""
    wire(house, web, 0)
    house.rule("paris", "declaration", updates="all")
    house.settings["alerting"]["group_wait"] = "0s"
    stories = [item(f"Declaration {n} on matter{n}x", link=f"https://w.example/{n}") for n in range(3)]
    house.feed("news", web.on("/news", reply(200, rss())))
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.settings["alerting"]["default"] = ["desk"]
    async with house.daemon() as daemon:
        await daemon.poll_one("news", dry_run=False)
        web.on("/news", reply(200, rss(*stories)))
        house.clock.step(minutes=20)
        await daemon.poll_one("news", dry_run=False)
        house.clock.step(minutes=MINUTES + 1)
        await daemon.poll_one("news", dry_run=False)
        await daemon.beat()
        assert not is_fed(daemon, manager)
        assert "a message has been due for" in daemon.vitals.ailments()[0]
        await daemon.deliverer.deliver()
        await daemon.beat()
        assert is_fed(daemon, manager)


async def test_a_writer_that_hangs_is_a_sickness_however_many_polls_are_under_way(house, web, manager):
    """They are begun, are answered, and are never stored."""
    wire(house, web, 3)
    held = threading.Event()
    async with house.daemon() as daemon:
        store_batch = daemon.poller._writer._store_batch

        def hangs(batch):
            held.wait()
            return store_batch(batch)

        daemon.poller._writer._store_batch = hangs
        try:
            await daemon.scheduler.begin()
            async with asyncio.timeout(60):
                while len(web.requests) < 3:
                    web.arrived.clear()
                    await web.arrived.wait()
            await daemon.beat()
            assert is_fed(daemon, manager)
            house.clock.step(minutes=MINUTES + 1)
            await daemon.scheduler.begin()
            await daemon.beat()
            assert not is_fed(daemon, manager)
        finally:
            held.set()
        await asyncio.gather(*daemon.scheduler._polls.values())
        await daemon.beat()
        assert is_fed(daemon, manager)
