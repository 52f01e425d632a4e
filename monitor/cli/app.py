"""The command tree and the options that stand before every command."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from monitor import __version__
from monitor.cli import (
    alerts,
    channels,
    check,
    demo,
    entries,
    feeds,
    init,
    rules,
    run,
    silences,
    status,
    stories,
)
from monitor.cli.context import Context

app = typer.Typer(
    name="monitor",
    help="A news monitor: polls feeds, finds the stories your keyword rules describe, alerts once per story.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,  # errors stay one line each, readable in a log
    pretty_exceptions_enable=False,
)
app.command("run")(run.run)
app.command("init")(init.init)
app.command("check")(check.check)
app.command("demo")(demo.demo)
app.command("status")(status.status)
for name, group in {
    "feeds": feeds.app,
    "entries": entries.app,
    "stories": stories.app,
    "rules": rules.app,
    "alerts": alerts.app,
    "channels": channels.app,
    "silence": silences.app,
}.items():
    app.add_typer(group, name=name)


def print_version(wanted: bool) -> None:
    if wanted:
        print(f"news-monitor {__version__}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            help="The config folder. Default: $MONITOR_CONFIG, ./config, ~/.config/monitor, /etc/monitor, "
            "the shipped one."
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(help="The state folder. Default: $STATE_DIRECTORY, ~/.local/state/monitor."),
    ] = None,
    log_format: Annotated[Literal["text", "json"], typer.Option(help="How log lines look.")] = "text",
    log_level: Annotated[
        Literal["DEBUG", "INFO", "WARNING", "ERROR"] | None,
        typer.Option(help="Instead of the config's.", case_sensitive=False),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = Context(
        folder_option=config, state_option=state, log_format=log_format, log_level=log_level
    )
