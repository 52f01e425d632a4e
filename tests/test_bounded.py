"""What is bounded together: never more than the whole, nobody overtaken, nothing lost by whoever gives up."""

import asyncio

import pytest

from monitor.jobs.bounded import Bounded


async def settled():
    for _ in range(5):
        await asyncio.sleep(0)


async def test_what_fits_goes_in_and_the_rest_waits_its_turn():
    bounded, inside = Bounded(10), []

    async def take(name, size):
        await bounded.take(size)
        inside.append(name)

    tasks = [asyncio.create_task(take(name, size)) for name, size in (("a", 6), ("b", 6), ("c", 3))]
    await settled()
    assert inside == ["a"], "c would fit, but b came first"
    bounded.give_back(6)
    await settled()
    assert inside == ["a", "b", "c"]
    await asyncio.gather(*tasks)


async def test_what_is_larger_than_the_whole_goes_in_alone():
    bounded = Bounded(10)
    await bounded.take(1)
    huge = asyncio.create_task(bounded.take(5_000))
    await settled()
    assert not huge.done()
    bounded.give_back(1)
    await huge
    small = asyncio.create_task(bounded.take(1))
    await settled()
    assert not small.done()
    bounded.give_back(5_000)
    await small


async def test_whoever_gives_up_takes_nothing_and_holds_up_nobody():
    bounded = Bounded(10)
    await bounded.take(10)
    first, second = (asyncio.create_task(bounded.take(size)) for size in (10, 4))
    await settled()
    first.cancel()
    bounded.give_back(10)
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    await bounded.take(6)


async def test_a_place_that_was_given_in_the_moment_of_giving_up_comes_back():
    bounded = Bounded(10)
    await bounded.take(10)
    waiting = asyncio.create_task(bounded.take(10))
    await settled()
    bounded.give_back(10)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(bounded.take(10), 60)
