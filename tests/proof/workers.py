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
from datetime import UTC, datetime, timedelta
from pathlib import Path

from house import HURRY, House
from loguru import logger
from mortal import HastyDaemon

from monitor import config
from monitor.channels import options_models
from monitor.config import Loaded
from monitor.config.watch import Watch
from monitor.daemon import Daemon
from monitor.errors import StorageError
from monitor.store import Store


async def work(*, root: str, number: int, ahead_s: float, hasty: bool) -> None:
    """One worker's whole life; it ends by SIGTERM. Its clock is that much ahead of the machine's."""
    house = House(Path(root))
    state = house.root / f"state-{number}"

    def read() -> Loaded:
        return config.load(house.folder, state=state, environ={}, channel_types=options_models())

    loaded = read()
    store = Store(loaded.config.database_url.get_secret_value())
    store.claim()
    random.seed()
    with (house.root / f"screen-{number}").open("a", encoding="utf-8") as screen:
        async with (HastyDaemon if hasty else Daemon)(
            loaded=loaded,
            store=store,
            reload=read,
            watch=Watch(list),
            now=lambda: datetime.now(UTC) + timedelta(seconds=ahead_s),
            stream=screen,
            limits=HURRY,
        ) as daemon:
            await daemon.run()


def forked(task: dict) -> int:
    """The pid of a child that does the task."""
    pid = os.fork()
    if pid:
        return pid
    logger.remove()
    logger.add(Path(task["root"]) / f"log-{task['number']}", level="WARNING")
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
