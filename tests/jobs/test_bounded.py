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

    tasks = [asyncio.create_task(take(name, size)) for name, size in (("a", 5), ("d", 3), ("b", 4), ("c", 2))]
    await settled()
    assert inside == ["a", "d"], "c would fit, but b came first"
    bounded.give_back(5)
    await settled()
    assert inside == ["a", "d", "b", "c"]
    await asyncio.gather(*tasks)


async def test_what_is_large_comes_one_at_a_time_and_keeps_nothing_small_waiting():
    bounded = Bounded(10)
    await bounded.take(5)
    await asyncio.wait_for(bounded.take(5_000), 60)
    next_one = asyncio.create_task(bounded.take(6))
    await settled()
    assert not next_one.done()
    await asyncio.wait_for(bounded.take(5), 60)
    bounded.give_back(5_000)
    await next_one


async def test_whoever_gives_up_takes_nothing_and_holds_up_nobody():
    bounded = Bounded(10)
    await bounded.take(5)
    await bounded.take(5)
    first, second = (asyncio.create_task(bounded.take(size)) for size in (5, 4))
    await settled()
    first.cancel()
    bounded.give_back(5)
    await second
    with pytest.raises(asyncio.CancelledError):
        await first
    bounded.give_back(5)
    await bounded.take(5)


@pytest.mark.parametrize("size", [5, 10])
async def test_a_place_that_was_given_in_the_moment_of_giving_up_comes_back(size):
    bounded = Bounded(10)
    await bounded.take(size)
    waiting = asyncio.create_task(bounded.take(size))
    if size <= 5:
        await bounded.take(size)
    await settled()
    bounded.give_back(size)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.wait_for(bounded.take(size), 60)
