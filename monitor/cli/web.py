"""`monitor web`: the page alone, beside a daemon on the same database or without one."""

from __future__ import annotations

import asyncio
import signal
from typing import Annotated

import typer
from loguru import logger

from monitor.cli.context import Context, now
from monitor.config import Loaded
from monitor.config.settings import LISTEN
from monitor.config.watch import Watch
from monitor.errors import ConfigError
from monitor.store import Store

LOOK_S = 2.0
"""How often is asked whether a file of the config was saved."""


def web(
    context: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS:PORT", help=f"Where. Default: `[web] listen`, else {LISTEN}."),
    ] = None,
) -> None:
    """Serve the page alone, on what is stored; a daemon on the same database sends what is asked for there."""
    own: Context = context.obj
    loaded = own.load()
    with own.store(loaded) as store:
        asyncio.run(_serve(own, loaded, store, listen=listen or loaded.config.web.listen or LISTEN))


class _Files:
    """The config as its files said it when they could last be read."""

    def __init__(self, own: Context, loaded: Loaded) -> None:
        self._own, self.loaded = own, loaded
        self._watch = Watch(own.files)

    async def read(self, why: str) -> None:
        try:
            self.loaded = await asyncio.to_thread(self._own.load)
        except ConfigError as error:
            logger.error("config not read anew ({}):\n{}", why, error)

    async def keep(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if await asyncio.to_thread(self._watch.changed):
                await self.read("a file was saved")


async def _serve(own: Context, loaded: Loaded, store: Store, *, listen: str) -> None:
    from monitor.web.context import PageContext  # noqa: PLC0415 - for those who look
    from monitor.web.server import serving  # noqa: PLC0415
    from monitor.web.site import say_where, site  # noqa: PLC0415

    files, ended = _Files(own, loaded), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, ended.set)
    page = PageContext(
        store=store, setup=lambda: files.loaded, now=now, read_config=own.load, reload=files.read
    )
    keeping = asyncio.create_task(files.keep(), name="the config's files")
    try:
        async with page, serving(site(page, listen=listen), listen=listen):
            say_where(loaded.config.web, listen=listen)
            await ended.wait()
    finally:
        keeping.cancel()
