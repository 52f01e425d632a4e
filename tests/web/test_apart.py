"""What takes seconds runs in a process of its own: bounded, and ended when nobody waits."""

import asyncio
import os
import time
from pathlib import Path

import pytest

from monitor.web.apart import NICE, Apart, TooLong

pytestmark = pytest.mark.sqlite


def niceness(_store):
    return os.getpid(), os.nice(0)


def fails(_store):
    raise ValueError("what it says")


def dies(_store):
    os._exit(3)


def hangs(_store, path):
    path.write_text(str(os.getpid()))
    time.sleep(600)  # what hangs is no wait of the test's: it is ended


@pytest.fixture
def url(tmp_path):
    return f"sqlite:///{tmp_path}/monitor.db"


async def test_it_runs_elsewhere_at_the_lowest_priority(url):
    pid, nice = await Apart().run(niceness, url)
    assert pid != os.getpid()
    assert nice >= NICE


async def test_what_it_raises_is_raised(url):
    with pytest.raises(ValueError, match="what it says"):
        await Apart().run(fails, url)


async def test_a_process_that_dies_is_said_and_the_next_one_runs(url):
    apart = Apart()
    with pytest.raises(TooLong):
        await apart.run(dies, url)
    assert (await apart.run(niceness, url))[1] >= NICE


async def test_what_takes_too_long_is_ended(url, tmp_path):
    with pytest.raises(TooLong):
        await Apart().run(hangs, url, tmp_path / "pid", most_s=2.0)
    assert ended(tmp_path / "pid")


async def test_what_nobody_waits_for_is_ended_and_frees_its_turn(url, tmp_path):
    apart = Apart()
    asked = asyncio.create_task(apart.run(hangs, url, tmp_path / "pid"))
    async with asyncio.timeout(60):
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            await asyncio.to_thread(os.sched_yield)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert ended(tmp_path / "pid")
    assert (await apart.run(niceness, url))[1] >= NICE


def ended(path):
    """A process that waits to be asked how it ended is no more either."""
    if not path.exists():
        return True
    try:
        status = Path(f"/proc/{path.read_text()}/stat").read_text()
    except FileNotFoundError:
        return True
    return status.rpartition(")")[2].split()[0] == "Z"
