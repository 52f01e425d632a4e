"""`monitor cluster`: several machines on one PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from typing import Annotated

import typer
from loguru import logger

from monitor.cli import signals
from monitor.cli.context import Context
from monitor.cli.run import one_heap
from monitor.config import Loaded, memory_folder
from monitor.config.watch import Watch
from monitor.store.presence import Presence, present

app = typer.Typer(help="Several machines on one PostgreSQL.", no_args_is_help=True)


@app.command("worker")
def worker(
    context: typer.Context,
    name: Annotated[
        str, typer.Option(help="What `monitor cluster status` calls it. Default: the machine's name.")
    ] = "",
) -> None:
    """Run one of several workers that share a PostgreSQL: each polls, sends, and does all that `monitor run` does.

    Start as many as you like, on any machine, with the same config. SIGTERM ends it, SIGHUP reloads the config.
    """
    one_heap()
    own: Context = context.obj
    loaded = own.load()
    gc.freeze()
    logger.info("config {}, {}", own.folder, own.database(loaded))
    while asyncio.run(_life(own, loaded, name or socket.gethostname())):
        loaded = own.load()


async def _life(own: Context, loaded: Loaded, name: str) -> bool:
    from monitor.cluster.life import Life  # noqa: PLC0415 - half a second, which listings need not wait for
    from monitor.cluster.worker import one_life  # noqa: PLC0415
    from monitor.daemon import Daemon  # noqa: PLC0415
    from monitor.store import Store  # noqa: PLC0415

    def make(store: Store, life: Life) -> Daemon:
        return Daemon(
            loaded=loaded,
            store=store,
            reload=own.load,
            watch=Watch(own.files),
            now=life.now,
            memory=memory_folder(environ=os.environ),
        )

    here = Presence(
        pid=os.getpid(),
        config=str(own.folder.absolute()),
        database=own.database(loaded).partition(" ")[2],
    )
    with own.store(loaded) as store, present(own.state, here):
        again = await one_life(store, make, name=name, asked_to_reload=signals.asked_to_reload())
    if not again:
        signals.ended()
    return again
