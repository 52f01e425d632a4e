"""Workers that run at once and may be killed or stopped at any moment: forked from what imported everything.

Reads lines of JSON, the arguments of `work`; answers each with the child's pid. Each child is the real thing with a
folder, a clock and parsers of its own.
"""

import asyncio
import json
import os
import random
import sys
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from house import HURRY, House
from loguru import logger
from mortal import HastyDaemon

from monitor.cluster import life
from monitor.cluster.agreement import PublishedWatch
from monitor.cluster.worker import one_life
from monitor.daemon import Daemon
from monitor.errors import StorageError
from monitor.jobs.published import ConfigSource
from monitor.store import Store, workers


async def work(*, root: str, number: int, lease_s: float, hasty: bool) -> None:
    """One worker, life after life; it ends by SIGTERM. All that waits for a silent one takes as much less."""
    house = House(Path(root))
    state = house.root / f"state-{number}"
    _hurry(lease_s)
    url = house.read().config.database_url.get_secret_value()
    random.seed()
    with (house.root / f"screen-{number}").open("a", encoding="utf-8") as screen:
        again = True
        while again:
            store = Store(url)
            source = ConfigSource(store, house.folder, state=state, environ={})
            loaded = source.read()

            def make(store: Store, own: life.Life, source=source, loaded=loaded) -> Daemon:
                return (HastyDaemon if hasty else Daemon)(
                    loaded=loaded,
                    store=store,
                    reload=source.read,
                    watch=PublishedWatch(list, published=lambda: source.taken, life=own),
                    now=own.now,
                    stream=screen,
                    limits=HURRY,
                )

            try:
                again = await one_life(store, make, name=str(number))
            finally:
                store.close()


def _hurry(lease_s: float) -> None:
    """As it is, but a worker that is silent for `lease_s` is given up."""
    share = lease_s / workers.SILENT.total_seconds()
    workers.SILENT = timedelta(seconds=lease_s)
    for name in ("BEAT_S", "LIMIT_S", "LET_GO_S"):
        setattr(life, name, getattr(life, name) * share)


def forked(task: dict) -> int:
    """The pid of a child that does the task."""
    pid = os.fork()
    if pid:
        return pid
    logger.remove()
    logger.add(Path(task["root"]) / f"log-{task['number']}", level="INFO")
    try:
        asyncio.run(work(**task))
    except StorageError as error:
        logger.error("{}", error)
        os._exit(1)
    except BaseException:  # noqa: BLE001 - the parent's stack is no place for it to end in
        logger.exception("it ended")
        os._exit(2)
    os._exit(0)


def main() -> None:
    for line in sys.stdin:
        with suppress(ChildProcessError):  # there is none left
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        print(forked(json.loads(line)), flush=True)
