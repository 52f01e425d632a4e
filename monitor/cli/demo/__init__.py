"""`monitor demo`: the Paris Declaration days on loopback, through the real daemon.

`corpus` is what is printed, `formats` and `newsstand` are how it is served, `replay` runs the daemon on it, `outcome`
is what came of it and `show` what a person sees. It needs no network and no config, and leaves nothing
behind where it is not asked to.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import nullcontext, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, TextIO, cast

import typer
from rich.console import Console
from rich.file_proxy import FileProxy
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from monitor import log
from monitor.cli.context import Context, NotFound, warn
from monitor.cli.demo.corpus import outlets
from monitor.cli.demo.outcome import Outcome, Round
from monitor.cli.demo.replay import moments, replay
from monitor.cli.demo.show import Shown, moment
from monitor.config.settings import LISTEN

WATCHED_FOR_S = 20.0
"""How long the rounds take at least where a person watches: slower than the machine, so that they can be read."""
INTERRUPTED = 130
"""What shells expect of a program that Ctrl-C ended."""


def demo(
    context: typer.Context,
    stay: Annotated[
        bool, typer.Option("--stay", help="Leave the page up on what was found, until Ctrl-C.")
    ] = False,
    keep: Annotated[
        Path | None,
        typer.Option("--keep", metavar="DIR", help="Leave its config and database there, to try rules on."),
    ] = None,
) -> None:
    """Replay the days of the Paris Declaration, 6–9 January 2026, on this machine; needs no config, no network."""
    own: Context = context.obj
    log.set_up(level=own.log_level or "WARNING", log_format=own.log_format, secrets=())
    if keep is not None:
        _make_empty(keep)
    try:
        asyncio.run(run(Console(highlight=False), listen=_free(LISTEN) if stay else None, keep=keep))
    except KeyboardInterrupt:
        warn("stopped")
        raise typer.Exit(INTERRUPTED) from None


def _make_empty(folder: Path) -> None:
    """Raises NotFound where something lies in it."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise NotFound(f"{folder} holds something: name a folder that is empty, or is not there yet")
    folder.mkdir(parents=True, exist_ok=True)


async def run(console: Console, *, listen: str | None = None, keep: Path | None = None) -> None:
    """The whole demo on `console`: with a progress bar and time to read on a terminal, else without.

    `listen`: where the page stays up on it, until a signal ends it; None: it does not.
    `keep`: an empty folder in which its config and its database stay.
    """
    printed = outlets()
    shown = Shown(console, printed)
    shown.opening()
    rounds = len(moments(printed))
    place = TemporaryDirectory(prefix="monitor-demo-") if keep is None else nullcontext(str(keep))
    with place as folder, _progress(console) as progress:
        task = progress.add_task("", total=rounds, at="…")
        turns = _paced(WATCHED_FOR_S / rounds if console.is_interactive else 0.0)

        async def show(happened: Round) -> None:
            shown.round(happened)
            progress.update(task, advance=1, at=moment(happened.at))
            await anext(turns)

        def stays(came: Outcome) -> None:
            progress.stop()
            shown.closing(came)
            shown.staying(f"http://{listen}/")

        came = await replay(
            printed,
            Path(folder),
            stream=_stream(console),
            show=show,
            listen=listen,
            stays=stays if listen else None,
        )
    if not listen:
        shown.closing(came)
    if keep is not None:
        console.print(f"\nKept in {keep}: monitor --config {keep} --state {keep} rules list", soft_wrap=True)


def _free(listen: str) -> str:
    """The usual address where nothing listens there, else another port of this machine."""
    host, _, port = listen.partition(":")
    for wanted in (int(port), 0):
        with suppress(OSError), socket.create_server((host, wanted)) as found:
            return f"{host}:{found.getsockname()[1]}"
    return listen


async def _paced(interval_s: float) -> AsyncIterator[None]:
    """Turns that are at least so far apart; who comes late does not wait."""
    clock = asyncio.get_running_loop().time
    turn_at = clock()
    while True:
        turn_at = max(turn_at + interval_s, clock())
        await asyncio.sleep(turn_at - clock())
        yield


def _progress(console: Console) -> Progress:
    """A bar under what is printed, gone at the end; where nobody watches there is none."""
    return Progress(
        TextColumn("{task.fields[at]:<17}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=console,
        transient=True,
        disable=not console.is_interactive,
    )


def _stream(console: Console) -> TextIO:
    """Where the console channel writes: on a terminal through `console`, above the bar."""
    if not console.is_terminal:
        return cast("TextIO", console.file)
    return cast("TextIO", FileProxy(console, console.file))
