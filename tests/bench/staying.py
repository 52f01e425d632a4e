"""Steady cycles of programs that stay up, for `bench_poll.py --cycles`: `monitor run` beside the loop.

A cycle of the daemon begins when all its feeds are made due in its database, and ends when each was asked and stored.
Its processor time is all that it and its worker processes took from the end of one cycle to the end of the next, so
that what a cycle leaves over (alerts, tidying) counts, and what it takes idle meanwhile. Start, imports and the first
cycle are counted for neither.
"""

import select
import signal
import sqlite3
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Container, Iterable
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

import psutil

POLLING = 'interval = "12h"\nmin_interval = "12h"\n'
"""Nothing is due but what is made due."""
IDLE_S = 15
"""A few ticks, beats and looks at the config."""
LIMIT_S = 600


def family(process: psutil.Process, *, beside: Container[int] | None = None) -> list[psutil.Process]:
    """It and its descendants; also those whose parents ended, where all that is not its own is named in `beside`."""
    try:
        members = [process, *process.children(recursive=True)]
        if beside is not None:
            known = {one.pid for one in members}
            orphans = [
                one for one in psutil.Process().children() if one.pid not in beside and one.pid not in known
            ]
            for one in orphans:
                members += [one, *one.children(recursive=True)]
    except psutil.Error:
        return []  # it ended meanwhile
    return members


def memory(processes: Iterable[psutil.Process]) -> int:
    """What they hold together in bytes; what two share counts once."""
    held = 0
    for one in processes:
        with suppress(psutil.Error):  # it ended while it was looked at
            held += one.memory_full_info().pss
    return held


def processor_s(processes: Iterable[psutil.Process]) -> float:
    """What they and their children that have ended took so far, in steps of 10 ms."""
    took = 0.0
    for one in processes:
        with suppress(psutil.Error):  # it ended meanwhile: its parent has its time from now on
            took += sum(one.cpu_times()[:4])
    return took


class Staying:
    """A program that runs, measured cycle by cycle. `beside` as in `family`."""

    def __init__(self, command: list[str], *, stdout: int, beside: Container[int] | None) -> None:
        self.child = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=stdout, text=True)
        self._process = psutil.Process(self.child.pid)
        self._beside = beside
        self._took_s = 0.0
        self.cycles: list[dict[str, float]] = []

    def until(self, done: Callable[[], bool]) -> None:
        """Waits, and adds what was taken since the last time."""
        began, peak = time.perf_counter(), 0
        while not done():
            if self.child.poll() is not None or time.perf_counter() - began > LIMIT_S:
                sys.exit(f"{' '.join(self.child.args)} did not finish a cycle")
            peak = max(peak, memory(family(self._process, beside=self._beside)))
            time.sleep(0.02)
        wall_s = time.perf_counter() - began
        members = family(self._process, beside=self._beside)
        before, self._took_s = self._took_s, processor_s(members)
        peak = max(peak, memory(members))
        self.cycles.append({"wall s": wall_s, "CPU s": self._took_s - before, "peak MiB": peak / 2**20})

    def end(self) -> None:
        self.child.stdin.close()
        self.child.send_signal(signal.SIGTERM)
        self.child.wait()


def compare(
    *,
    monitor: list[str],
    plain: list[str],
    state: Path,
    feeds: int,
    cycles: int,
    say: Callable[[str], int],
    publisher: int,
) -> None:
    """Runs both, in turns, and prints what a cycle took. `say` talks to the publisher."""
    loop = Staying(plain, stdout=subprocess.PIPE, beside=None)
    running = [loop]
    try:
        for cycle in range(cycles + 1):
            say(f"cycle/{cycle}")
            loop.child.stdin.write("go on\n")
            loop.child.stdin.flush()
            loop.until(lambda: bool(select.select([loop.child.stdout], [], [], 0)[0]))
            loop.child.stdout.readline()
            check("the loop", asked=say(f"cycle/{cycle}"), feeds=feeds)
            if cycle:
                make_due(state)
            else:
                daemon = Staying(monitor, stdout=subprocess.DEVNULL, beside={publisher, loop.child.pid})
                running.append(daemon)
            daemon.until(lambda: polled(state) == feeds)
            check("the daemon", asked=say("asked"), feeds=feeds)
        ends_s = time.perf_counter() + IDLE_S
        daemon.until(lambda: time.perf_counter() > ends_s)
        *measured, idle = daemon.cycles
    finally:
        for one in running:
            one.end()
    print(stored(state))
    print(f"{feeds} feeds, medians of {cycles} steady cycles of programs that stay up")
    show({"plain loop": loop.cycles[1:], "monitor": measured[1:]})
    print(f"idle, the monitor takes {idle['CPU s'] * 60 / idle['wall s']:.2f} s of processor time a minute")


def show(cycles: dict[str, list[dict[str, float]]]) -> None:
    print(f"{'':24}{'wall s':>10}{'CPU s':>10}{'from':>10}{'to':>10}{'peak MiB':>10}")
    for name, runs in cycles.items():
        took_s = [run["CPU s"] for run in runs]
        row = [
            statistics.median(run["wall s"] for run in runs),
            statistics.median(took_s),
            min(took_s),
            max(took_s),
            max(run["peak MiB"] for run in runs),
        ]
        print(f"{'cycle, ' + name:24}" + "".join(f"{value:10.2f}" for value in row))
    theirs, ours = (statistics.median(run["CPU s"] for run in runs) for runs in cycles.values())
    print(f"cycle: monitor / plain loop = {ours / theirs:.2f} of the CPU (aim: 0.25 at most)")


def check(who: str, *, asked: int, feeds: int) -> None:
    if asked != feeds:
        sys.exit(f"{who}: asked {asked} of {feeds} feeds")


def make_due(state: Path) -> None:
    with closing(sqlite3.connect(state / "monitor.db", timeout=60)) as connection, connection:
        connection.execute("UPDATE feed SET next_poll_at = ?", [now()])


def polled(state: Path) -> int:
    """How many feeds are not due any more, since their polls were stored."""
    try:
        return counted(state, f"FROM feed WHERE next_poll_at > '{now()}'")
    except sqlite3.OperationalError:
        return 0  # it has only begun


def stored(state: Path) -> str:
    entries, matched = (
        counted(state, "FROM entry"),
        counted(state, "FROM (SELECT DISTINCT entry_id FROM match)"),
    )
    alerts = counted(state, "FROM alert")
    return f"the monitor stored {entries} entries; rules matched {matched}; alerts: {alerts}"


def counted(state: Path, what: str) -> int:
    with closing(sqlite3.connect(f"file:{state}/monitor.db?mode=ro", uri=True, timeout=60)) as connection:
        return int(connection.execute(f"SELECT count(*) {what}").fetchone()[0])


def now() -> str:
    """As the database spells it."""
    return f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S.%f}"
