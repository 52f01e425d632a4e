"""`monitor demo`: the Paris Declaration days on loopback, through the real daemon.

`corpus` is what is printed, `formats` and `newsstand` are how it is served, `replay` runs the daemon on it, `outcome`
is what came of it and `show` what a person sees. Needs neither a network nor a config, and leaves nothing behind.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO, cast

import typer
from rich.console import Console
from rich.file_proxy import FileProxy
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from monitor import log
from monitor.cli.context import Context, warn
from monitor.cli.demo.corpus import outlets
from monitor.cli.demo.outcome import Round
from monitor.cli.demo.replay import moments, replay
from monitor.cli.demo.show import Shown, moment

WATCHED_FOR_S = 16.0
"""What the rounds' pauses add up to where a person watches; with the work itself a little over 20 s."""
INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""


def demo(context: typer.Context) -> None:
    """Replay the days of the Paris Declaration, 6–9 January 2026, on this machine; needs no config, no network."""
    own: Context = context.obj
    log.set_up(level=own.log_level or "WARNING", log_format=own.log_format, secrets=())
    try:
        asyncio.run(run(Console(highlight=False)))
    except KeyboardInterrupt:
        warn("stopped")
        raise typer.Exit(INTERRUPTED) from None


async def run(console: Console) -> None:
    """The whole demo on `console`: with a progress bar and time to read on a terminal, else without."""
    printed = outlets()
    shown = Shown(console, printed)
    shown.opening()
    with TemporaryDirectory(prefix="monitor-demo-") as folder, _progress(console) as progress:
        task = progress.add_task("", total=len(moments(printed)), at="…")
        pause_s = WATCHED_FOR_S / len(moments(printed)) if console.is_terminal else 0.0

        async def show(happened: Round) -> None:
            shown.round(happened)
            progress.update(task, advance=1, at=moment(happened.at))
            await asyncio.sleep(pause_s)

        came = await replay(printed, Path(folder), stream=_stream(console), show=show)
    shown.closing(came)


def _progress(console: Console) -> Progress:
    """A bar under what is printed, gone at the end; on a pipe there is none."""
    return Progress(
        TextColumn("{task.fields[at]:<17}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _stream(console: Console) -> TextIO:
    """Where the console channel writes: above the bar where there is one."""
    if not console.is_terminal:
        return cast("TextIO", console.file)
    return cast("TextIO", FileProxy(console, console.file))
