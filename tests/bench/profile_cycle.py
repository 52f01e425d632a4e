"""Where the processor time of a steady cycle goes, from start-up to end, in every thread and process of the monitor.

    pip install py-spy
    python tests/bench/profile_cycle.py [--feeds 300] [--stays]

`bench_poll.py`'s publisher and config: all feeds are polled once, then again by a process that py-spy looks at, two
hundred times a second: 90 % answer 304. --stays: a daemon that has polled all of them before is looked at instead,
for as long as it takes to poll them again. What only waits is left out. py-spy stops what it looks at, so only the
shares count; the seconds are those of `bench_poll.py`.
"""

import argparse
import collections
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import staying
from bench_poll import monitor, say, write_config
from publisher import urls

RATE = 200
WAITING = (
    "_worker (concurrent/",
    "Condition.wait ",
    "EpollSelector.select ",
    "unix_poll ",
    "pool_manager_loop ",
    "wait (",
)
"""What the innermost frame begins with where a thread waits; py-spy does not always see that it does."""
STAGES = {
    "workers: start": ("main (multiprocessing/forkserver.py",),
    "workers: reading, matching": ("_worked (monitor/feeds/workers.py",),
    "importing": ("_find_and_load (<frozen importlib",),
    "config": ("Context._set_up (", "Context.load (", "with_rules_that_ran ("),
    "the database is opened": ("Store.__init__ (", "upgrade (monitor/store/migrate.py"),
    "fetching": ("Fetcher.fetch (",),
    "recognising, examining": ("Poller._examine ", "Poller._examine("),
    "deciding, writing": ("Writer._store_batch (", "Writer."),
    "workers: handing over": ("Parsers.", "task_scheduler_loop (", "message_manager_loop (", "pebble"),
    "polls, the rest": ("Poller.",),
    "sending": ("Deliverer.",),
    "ticks": ("Daemon.tick (", "BaseScheduler._process_jobs ("),
    "beats": ("Daemon.beat (", "Vitals."),
}
"""The first that a frame of the stack begins with, or holds, counts."""
PROCESSES = {"forkserver import main": "workers: start"}


def stage_of(frames: list[str]) -> str | None:
    """None: it waits."""
    if any(mark in frames[-1] for mark in WAITING):
        return None
    for stage, marks in STAGES.items():
        if any(mark in frame for mark in marks for frame in frames if not frame.startswith("process ")):
            return stage
    for mark, stage in PROCESSES.items():
        if mark in frames[0] or any(mark in frame for frame in frames if frame.startswith("process ")):
            return stage
    return "the rest"


def show(stacks: Path) -> None:
    spent: collections.Counter[str] = collections.Counter()
    for line in stacks.read_text().splitlines():
        stack, _, count = line.rpartition(" ")
        if (stage := stage_of(stack.split(";"))) is not None:
            spent[stage] += int(count)
    for stage, count in spent.most_common():
        print(f"{stage:30}{count / spent.total():7.1%}")


def looked_at(stacks: Path, *what: str) -> list[str]:
    return ["py-spy", "record", "--rate", str(RATE), "--subprocesses", "--threads", "--format", "raw",
            "--output", str(stacks), *what]  # fmt: skip


def once(folder: Path, port: int, stacks: Path) -> None:
    command = [*monitor(folder / "config", folder / "state"), "run", "--once", "--all"]
    say(port, "cycle/0")
    subprocess.run(command, check=True, capture_output=True)
    say(port, "cycle/1")
    subprocess.run(looked_at(stacks, "--", *command), check=True, capture_output=True)


def stays(folder: Path, port: int, stacks: Path, feeds: int) -> None:
    state = folder / "state"
    say(port, "cycle/0")
    daemon = subprocess.Popen(
        [*monitor(folder / "config", state), "run"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_for(lambda: staying.polled(state) == feeds)
        say(port, "cycle/1")
        with subprocess.Popen(looked_at(stacks, "--pid", str(daemon.pid)), stdout=subprocess.DEVNULL) as spy:
            staying.make_due(state)
            wait_for(lambda: staying.polled(state) == feeds)
            spy.send_signal(signal.SIGINT)
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait()


def wait_for(done) -> None:
    while not done():
        time.sleep(0.05)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--feeds", type=int, default=300)
    arguments.add_argument("--stays", action="store_true")
    given = arguments.parse_args()
    os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (
        tempfile.TemporaryDirectory() as name,
        subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("publisher.py")), str(given.feeds)],
            stdout=subprocess.PIPE,
            text=True,
        ) as publisher,
    ):
        folder, port = Path(name), int(publisher.stdout.readline())
        try:
            polling = staying.POLLING if given.stays else ""
            write_config(folder / "config", urls(port, given.feeds), polling=polling)
            if given.stays:
                stays(folder, port, folder / "stacks", given.feeds)
            else:
                once(folder, port, folder / "stacks")
            show(folder / "stacks")
        finally:
            publisher.send_signal(signal.SIGTERM)


if __name__ == "__main__":
    main()
