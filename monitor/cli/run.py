"""`monitor run`: the daemon, or one pass."""

from __future__ import annotations

import asyncio
import ctypes
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer
from loguru import logger

from monitor.cli import signals
from monitor.cli.context import Context, now, warn
from monitor.cli.output import counted
from monitor.config import Loaded, memory_folder
from monitor.config.watch import Watch
from monitor.errors import Severity
from monitor.store import Store
from monitor.store.presence import Presence, present

if TYPE_CHECKING:
    from monitor.daemon import Daemon
    from monitor.jobs.one_pass import Round

M_ARENA_MAX = -8
"""Of glibc's malloc.h."""


def run(
    context: typer.Context,
    once: Annotated[
        bool, typer.Option("--once", help="Poll every due feed once, deliver what is due, exit.")
    ] = False,
    every: Annotated[bool, typer.Option("--all", help="With --once: every feed, due or not.")] = False,
) -> None:
    """Run the daemon: poll feeds, match rules, send alerts. SIGTERM ends it, SIGHUP reloads the config."""
    if every and not once:
        raise typer.BadParameter("--all goes with --once")
    one_heap()
    own: Context = context.obj
    loaded = own.load()
    gc.freeze()  # what was imported and read stays: no later look need go through it
    logger.info("config {}, {}", own.folder, own.database(loaded))
    with own.store(loaded) as store:
        store.claim()
        if once:
            report(asyncio.run(_once(own, loaded, store, every=every)))
            report_broken(loaded)
            return
        here = Presence(
            pid=os.getpid(),
            config=str(own.folder.absolute()),
            database=own.database(loaded).partition(" ")[2],
        )
        with present(own.state, here) as show:
            asyncio.run(_serve(own, loaded, store, show))


def one_heap() -> None:
    """All threads share one heap: glibc gives each its own, in which the others' memory is not used again.

    Python's threads take turns anyway. A fifth of what the daemon holds; other C libraries know no such thing.
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(M_ARENA_MAX, 1)


def report(done: Round) -> None:
    """What one pass brought, in a line."""
    pages = f"{counted(done.pages, 'page')} read; " if done.pages else ""
    warn(
        f"{counted(done.polled, 'feed')} polled, {done.failed} failed; "
        f"{counted(done.new, 'new entry', 'new entries')}, {done.matched} match; "
        f"{pages}{counted(done.alerts, 'alert')}"
    )


def report_broken(loaded: Loaded) -> None:
    """Says last, where it is seen, which rules did not run because something is wrong with them."""
    broken = dict.fromkeys(
        one.rule for one in loaded.problems if one.severity is Severity.ERROR and one.rule is not None
    )
    for rule in broken:
        warn(f"rule {rule} has a mistake: `monitor check` shows it and its cure")


def daemon(own: Context, loaded: Loaded, store: Store) -> Daemon:
    """Everything wired, to be entered."""
    from monitor.daemon import Daemon  # noqa: PLC0415 - half a second, which listings need not wait for

    return Daemon(
        loaded=loaded,
        store=store,
        reload=own.load,
        watch=Watch(own.files),
        now=now,
        memory=memory_folder(environ=os.environ),
    )


async def _serve(own: Context, loaded: Loaded, store: Store, show: Callable[[Sequence[str]], None]) -> None:
    async with daemon(own, loaded, store) as running:
        running.show = show
        await running.run(asked_to_reload=signals.asked_to_reload())
        signals.ended()


async def _once(own: Context, loaded: Loaded, store: Store, *, every: bool) -> Round:
    async with daemon(own, loaded, store) as running:
        if not sys.stderr.isatty():
            return await running.run_once(every=every)
        from rich.console import Console  # noqa: PLC0415 - for people at a terminal
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415

        with Progress(
            TextColumn("polling"),
            BarColumn(),
            MofNCompleteColumn(),
            console=Console(stderr=True),
            transient=True,
        ) as progress:
            task = progress.add_task("polling", total=None)

            def show(done: int, of: int) -> None:
                progress.update(task, completed=done, total=of)

            return await running.run_once(every=every, done=show)
