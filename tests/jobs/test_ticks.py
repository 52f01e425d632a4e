"""The tick goes on by a clock that jumps: what was passed over is neither made up for nor counted."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from monitor.jobs.threads import Threads
from monitor.jobs.ticks import Every

NOW = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)
JUMPS = [timedelta(days=1), timedelta(days=30), timedelta(days=400), timedelta(days=56 * 365)]
"""The last: a machine that boots in 1970 and learns the time."""


@pytest.mark.parametrize("by", JUMPS, ids=lambda by: f"{by.days} days")
async def test_a_clock_that_jumped_costs_one_tick(by):
    ticked = asyncio.Event()
    ticks = []

    async def tick():
        ticks.append(datetime.now(UTC))
        if len(ticks) == 2:
            ticked.set()

    scheduler = AsyncIOScheduler(timezone=UTC)
    # To the scheduler it is the same whether the clock jumped forward or the tick lies so far back.
    scheduler.add_job(
        tick,
        Every(1),
        id="tick",
        next_run_time=datetime.now(UTC) - by,
        coalesce=True,
        max_instances=1,
        misfire_grace_time=None,
    )
    begun_s = time.process_time()
    scheduler.start()
    try:
        async with asyncio.timeout(60):
            await ticked.wait()
    finally:
        scheduler.shutdown(wait=False)
    assert time.process_time() - begun_s < 1.0
    assert len(ticks) == 2
    assert ticks[1] - ticks[0] > timedelta(seconds=0.5)


@pytest.mark.parametrize(
    ("last", "following"),
    [
        (None, NOW + SECOND),
        (NOW, NOW + SECOND),
        (NOW - timedelta(seconds=0.9), NOW + timedelta(seconds=0.1)),
        (NOW - SECOND, NOW + SECOND),
        (NOW - timedelta(days=400), NOW + SECOND),
    ],
)
def test_the_next_tick_is_always_to_come_and_never_further_than_one_length(last, following):
    assert Every(1).get_next_fire_time(last, NOW) == following


async def test_calls_that_never_end_keep_no_other_waiting_and_hold_up_no_end():
    loop = asyncio.get_running_loop()
    threads = Threads()
    for_ever = [loop.run_in_executor(threads, asyncio.run, asyncio.Event().wait()) for _ in range(40)]
    async with asyncio.timeout(60):
        assert await loop.run_in_executor(threads, sum, [1, 2]) == 3
        with pytest.raises(ZeroDivisionError):
            await loop.run_in_executor(threads, divmod, 1, 0)
    threads.shutdown()
    for call in for_ever:
        call.cancel()
