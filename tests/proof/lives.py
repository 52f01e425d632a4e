"""Lives of a daemon that may be killed at any moment: forked from a process that has imported everything.

Reads lines of JSON, the arguments of `live`; answers each with the child's pid, then with how it ended. A child runs
the real daemon, as `monitor run` does, by a clock that is ahead of the machine's: what waits five minutes for a lease
of the dead need not be waited for.
"""

import asyncio
import json
import multiprocessing
import os
import random
import signal
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from multiprocessing import forkserver
from pathlib import Path

from house import HURRY, House
from loguru import logger
from mortal import HastyDeliverer
from proof.receivers import SCREEN

from monitor.config.watch import Watch
from monitor.daemon import Daemon
from monitor.errors import StorageError
from monitor.feeds import parse
from monitor.jobs.deliver import Deliverer
from monitor.store import Store

MOMENTS = ("leased", "taken", "marked")
"""Of a delivery: before it is sent, when the other side has it, and when that is stored."""
FORKSERVER = multiprocessing.get_context("forkserver")
SERVER_TRIES = 5


class MortalDeliverer(Deliverer):
    """Dies at one moment of the first delivery on one channel, `taken email`; lives on where that is empty."""

    point = ""

    def _reach(self, moment: str, channel: str) -> None:
        if self.point == f"{moment} {channel}":
            os.kill(os.getpid(), signal.SIGKILL)

    def _lease(self, channel_id, rules_gone):
        leases = super()._lease(channel_id, rules_gone)
        if leases:
            self._reach("leased", channel_id)
        return leases

    async def _send(self, held, message):
        receipt = await super()._send(held, message)
        self._reach("taken", held.delivery.channel)
        return receipt

    def _sent(self, held, receipt, its_subject):
        super()._sent(held, receipt, its_subject)
        self._reach("marked", held.delivery.channel)


class MortalHastyDeliverer(HastyDeliverer, MortalDeliverer):
    """Marks before it sends."""


class MortalDaemon(Daemon):
    delivers: type[MortalDeliverer] = MortalDeliverer

    async def __aenter__(self):
        await super().__aenter__()
        # As the daemon made it, but mortal.
        self.deliverer.__class__ = self.delivers
        return self


async def live(*, root: str, ahead_s: float, point: str, hasty: bool) -> None:
    """A daemon's whole life; it ends by SIGKILL, at `point`, or by SIGTERM."""
    logger.remove()
    logger.add(Path(root) / "log", level="WARNING")
    deliverer = MortalHastyDeliverer if hasty else MortalDeliverer
    deliverer.point = point
    MortalDaemon.delivers = deliverer
    house = House(Path(root))
    loaded = house.read()
    store = Store(loaded.config.database_url.get_secret_value())
    store.claim()
    random.seed()
    with (Path(root) / SCREEN).open("a", encoding="utf-8") as screen:
        async with MortalDaemon(
            loaded=loaded,
            store=store,
            reload=house.read,
            watch=Watch(list),
            now=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s),
            stream=screen,
            limits=HURRY,
        ) as daemon:
            await daemon.run()


def see_to_parsers() -> None:
    """One server forks the parsers of all lives, since its start takes longer than most of them last.

    A life that is killed while it asks for a parser takes the server with it, soon or at once. It answers in turn:
    one that starts a process now has got over the dead.
    """
    for _ in range(SERVER_TRIES):
        with suppress(OSError, EOFError):
            probe = FORKSERVER.Process(target=int)
            probe.start()
            probe.join()
            return


def forked(task: dict) -> None:
    see_to_parsers()
    pid = os.fork()
    if pid == 0:
        # It would ask for the end of its child, which the server is not.
        forkserver._forkserver.ensure_running = lambda: None
        try:
            asyncio.run(live(**task))
        except StorageError as error:  # as `monitor run` ends where its database's server is away
            logger.error("{}", error)
            os._exit(1)
        os._exit(0)
    print(pid, flush=True)
    _, status = os.waitpid(pid, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)


def main() -> None:
    FORKSERVER.set_forkserver_preload([parse.__name__])
    for line in sys.stdin:
        forked(json.loads(line))
