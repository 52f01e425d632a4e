"""The command tree and the options that stand before every command."""

from __future__ import annotations

import gc
from collections import UserDict
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final, Literal

import typer
from typer.core import TyperGroup

from monitor import __version__

COMMANDS: Final = {
    "run": "run:run",
    "init": "init:init",
    "check": "check:check",
    "demo": "demo:demo",
    "status": "status:status",
    "doctor": "doctor:doctor",
    "feeds": "feeds:app",
    "entries": "entries:app",
    "stories": "stories:app",
    "rules": "rules:app",
    "alerts": "alerts:app",
    "channels": "channels:app",
    "silence": "silences:app",
    "web": "web:web",
    "man": "man:man",
    "db": "database:app",
    "cluster": "cluster:app",
}
"""In the order of `--help`: a command's module in this room, and what in it is the command or the group of them."""
CLUSTER: Final = "cluster"
"""Is listed where the database is one that several workers can share."""
PLAIN: Final[dict[str, Any]] = {
    "add_completion": False,
    "rich_markup_mode": None,  # errors stay one line each, readable in a log
    "pretty_exceptions_enable": False,
}


class Commands(UserDict[str, Any]):
    """Each is imported when it is asked for: a listing need not wait for all that the daemon is made of."""

    def __getitem__(self, name: str) -> Any:
        found = super().__getitem__(name)
        if isinstance(found, str):
            found = self.data[name] = _imported(name, found)
        return found


def _imported(name: str, where: str) -> Any:
    module, _, attribute = where.partition(":")
    found = getattr(import_module(f"monitor.cli.{module}"), attribute)
    tree = typer.Typer(**PLAIN)
    if isinstance(found, typer.Typer):
        tree.add_typer(found, name=name)
    else:
        tree.command(name)(found)
    command = typer.main.get_group(tree).commands[name]
    _listed_whole(command)
    return command


def _listed_whole(command: Any) -> None:
    """In a list of commands its first paragraph is wrapped; Click would cut it off with an ellipsis."""
    command.short_help = (command.help or "").partition("\n\n")[0]
    for one in getattr(command, "commands", {}).values():
        _listed_whole(one)


class CommandTree(TyperGroup):
    """The commands; each is imported when it is called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = Commands(COMMANDS)

    def format_commands(self, ctx: Any, formatter: Any) -> None:
        """As Click does it, without what is of no use to whoever has one machine."""
        self.commands[CLUSTER].hidden = not names_server(ctx.params.get("config"))
        super().format_commands(ctx, formatter)


def names_server(folder: Path | None) -> bool:
    """Whether the config's database is on a PostgreSQL server; False where it cannot be read."""
    import os  # noqa: PLC0415 - as all that only `--help` needs
    import tomllib  # noqa: PLC0415

    from monitor.config.folders import MAIN_FILE, find_folder  # noqa: PLC0415

    try:
        path = find_folder(folder, environ=os.environ) / MAIN_FILE
        url = tomllib.loads(path.read_text("utf-8-sig"))["database"]["url"]
        return Template(url).safe_substitute(os.environ).startswith("postgres")
    except (OSError, ValueError, KeyError, TypeError, RuntimeError):
        return False


app = typer.Typer(
    name="monitor",
    cls=CommandTree,
    help="A news monitor: polls feeds, finds the stories your keyword rules describe, alerts once per story.",
    no_args_is_help=True,
    **PLAIN | {"add_completion": True},
)


def print_version(wanted: bool) -> None:
    """`--version`."""
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
    """What stands before any command. The command's own module is imported by now."""
    from monitor.cli.context import Context  # noqa: PLC0415 - `--help` and `--version` do without

    context.obj = Context(
        folder_option=config, state_option=state, log_format=log_format, log_level=log_level
    )
    gc.freeze()  # what was imported stays: no later look need go through it
    gc.enable()
