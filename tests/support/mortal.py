"""Monitors that die at a named point, one after the other, each in a process of its own: for `test_crash.py`.

Reads lines of JSON, `{"root", "at", "point", "hasty"}`: the house's folder, the time in it, where to die, and whether
the outbox is to be marked before it is sent, which is wrong and must be found out. Answers each with the child's pid,
then with how it ended and the points that it passed.

A child is forked from here, where everything is imported, and runs the real daemon once over a database that dies.
"""

import asyncio
import json
import os
import signal
import sys
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from house import HURRY, Clock, House
from sqlalchemy import event

from monitor.config.watch import Watch
from monitor.daemon import Daemon
from monitor.jobs.deliver import Deliverer
from monitor.model import Receipt
from monitor.store import Store


class MortalStore(Store):
    """Counts its commits and its insertions, and kills the process at one of them."""

    def __init__(self, url: str, point: str, *, said: int) -> None:
        """`said` is the file descriptor to which every point is written that is reached."""
        super().__init__(url)
        self._point, self._said, self._commits = point, said, 0
        event.listen(self._engine, "before_cursor_execute", self._statement)

    @contextmanager
    def writing(self):
        with super().writing() as connection:
            yield connection
            self._commits += 1
            self._reach(f"before commit {self._commits}")
        self._reach(f"after commit {self._commits}")

    def _statement(self, _connection, _cursor, statement: str, *_rest) -> None:
        if statement.startswith("INSERT INTO "):
            self._reach(f"at insert into {statement.split()[2]}")

    def _reach(self, point: str) -> None:
        os.write(self._said, f"{point}\n".encode())
        if point == self._point:
            os.kill(os.getpid(), signal.SIGKILL)


class HastyDeliverer(Deliverer):
    """Marks a row as sent before it is: a crash in between loses the alert."""

    async def _send(self, held, message):
        self._sent(held, Receipt(), "")
        return await super()._send(held, message)


class HastyDaemon(Daemon):
    async def __aenter__(self):
        await super().__aenter__()
        self.deliverer.__class__ = HastyDeliverer  # the one that everything is wired to
        return self


async def once(*, root: str, at: str, point: str, hasty: bool, said: int) -> None:
    house = House(Path(root), clock=Clock(datetime.fromisoformat(at)))
    async with (HastyDaemon if hasty else Daemon)(
        loaded=house.read(),
        store=MortalStore(house.url, point, said=said),
        reload=house.read,
        watch=Watch(list),
        now=house.clock,
        limits=HURRY,
    ) as daemon:
        await daemon.run_once()


def forked(task: dict) -> None:
    """Runs the task in a child, and says how that ended."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reader)
        asyncio.run(once(**task, said=writer))
        os._exit(0)
    os.close(writer)
    print(pid, flush=True)
    with os.fdopen(reader) as said:
        points = said.read().splitlines()
    _, status = os.waitpid(pid, 0)
    print(json.dumps({"status": os.waitstatus_to_exitcode(status), "points": points}), flush=True)


def main() -> None:
    for line in sys.stdin:
        forked(json.loads(line))
