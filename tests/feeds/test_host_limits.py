"""Turns: one request a host, a pause between two, none while it wants peace (`politeness.md` 9, 16)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from monitor.feeds.rate_limit import HostLimits

BEGAN = datetime(2026, 1, 6, tzinfo=UTC)


class SteppedClock:
    """Time that passes only when somebody sleeps, and never for real."""

    def __init__(self):
        self.now = 1000.0
        self.naps = []

    def __call__(self):
        return self.now

    def at(self, seconds=0.0):
        """The wall clock, or what it shows so much later."""
        return BEGAN + timedelta(seconds=self.now + seconds)

    async def sleep(self, seconds):
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock():
    return SteppedClock()


@pytest.fixture
def hosts(clock):
    return HostLimits(pause_s=1.0, now=clock.at, clock=clock, sleep=clock.sleep)


async def test_the_first_request_waits_for_nothing(hosts, clock):
    async with hosts.turn("a"):
        assert clock.naps == []


async def test_the_next_request_waits_until_the_pause_is_over(hosts, clock):
    async with hosts.turn("a"):
        clock.now += 5
    clock.now += 0.25
    async with hosts.turn("a"):
        assert clock.naps == [0.75]


async def test_a_request_after_the_pause_waits_for_nothing(hosts, clock):
    async with hosts.turn("a"):
        pass
    clock.now += 1.0
    async with hosts.turn("a"):
        assert clock.naps == []


async def test_another_host_has_a_pause_of_its_own(hosts, clock):
    async with hosts.turn("a"), hosts.turn("b"):
        assert clock.naps == []


async def test_turns_come_in_the_order_of_asking(hosts):
    order = []

    async def ask(number):
        async with hosts.turn("a"):
            order.append(number)
            await asyncio.sleep(0)

    await asyncio.gather(*(ask(number) for number in range(10)))
    assert order == list(range(10))


async def test_a_pause_follows_a_request_that_failed(hosts, clock):
    with pytest.raises(RuntimeError):
        async with hosts.turn("a"):
            raise RuntimeError
    async with hosts.turn("a"):
        assert clock.naps == [1.0]


async def test_whoever_gives_up_waiting_leaves_the_turn_to_the_next(hosts):
    gate = asyncio.Event()

    async def hold():
        async with hosts.turn("a"):
            await gate.wait()

    async def pass_through():
        async with hosts.turn("a"):
            pass

    holder, quitter, patient = (asyncio.create_task(one()) for one in (hold, pass_through, pass_through))
    await asyncio.sleep(0)
    quitter.cancel()
    gate.set()
    async with asyncio.timeout(60):
        await asyncio.gather(holder, patient)
    assert quitter.cancelled()


def test_a_hold_lasts_as_long_as_it_was_asked_for(hosts, clock):
    assert hosts.held_s("a") == 0
    hosts.pause("a", clock.at(60))
    clock.now += 59
    assert hosts.held_s("a") == 1
    clock.now += 1
    assert hosts.held_s("a") == 0


def test_a_shorter_wish_does_not_end_a_longer_hold(hosts, clock):
    hosts.pause("a", clock.at(60))
    hosts.pause("a", clock.at(1))
    assert hosts.held_s("a") == 60


async def test_hosts_that_nobody_needs_are_forgotten(hosts, clock):
    hosts.pause("held", clock.at(1e6))
    for number in range(10_000):
        async with hosts.turn(f"host {number}"):
            clock.now += 1
    assert len(hosts) <= 512
    assert hosts.held_s("held") > 0


async def test_a_host_in_use_is_never_forgotten(hosts, clock):
    async with hosts.turn("busy"):
        for number in range(1000):
            async with hosts.turn(f"host {number}"):
                clock.now += 1
        waiting = asyncio.create_task(hosts.turn("busy").__aenter__())
        await asyncio.sleep(0)
        assert not waiting.done()
    waiting.cancel()
