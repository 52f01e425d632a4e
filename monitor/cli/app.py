"""The command tree and the options that stand before every command."""

from __future__ import annotations

import gc
from collections import UserDict
from importlib import import_module
from pathlib import Path
from string import Template
from typing import Annotated, Any, Final, Literal, NamedTuple

import typer
from typer.core import TyperGroup

from monitor import __version__


class Listed(NamedTuple):
    """A command as `--help` lists it, and where it is."""

    where: str
    """Its module in this room, and what in it is the command or the group of them."""
    says: str
    """The first paragraph of its own help: to ask each for it, all of them would be imported."""


COMMANDS: Final = {
    "run": Listed(
        "run:run",
        "Run the daemon: poll feeds, match rules, send alerts. SIGTERM ends it, SIGHUP reloads the config.",
    ),
    "init": Listed(
        "init:init",
        "Write a starting config into a folder: the shipped feeds and rules, every setting with its comment.",
    ),
    "check": Listed(
        "check:check",
        "Check the config: every problem with its place and cure; the rules' own tests are run too.",
    ),
    "demo": Listed(
        "demo:demo",
        "Replay the days of the Paris Declaration, 6–9 January 2026, on this machine; needs no config, no network.",
    ),
    "status": Listed(
        "status:status",
        "Say whether the daemon runs, how far behind it is, what waits to be sent, and what last went wrong.",
    ),
    "doctor": Listed(
        "doctor:doctor",
        "Look at everything around: config, database, disk, permissions, clock, DNS, TLS, channels. Sends nothing.",
    ),
    "feeds": Listed("feeds:app", "The feeds that are polled."),
    "entries": Listed("entries:app", "The entries that were stored."),
    "stories": Listed("stories:app", "Stories: entries that tell of the same event."),
    "rules": Listed("rules:app", "The keyword rules."),
    "alerts": Listed("alerts:app", "Alerts and their deliveries."),
    "channels": Listed("channels:app", "The channels that alerts go to."),
    "silence": Listed(
        "silences:app", "Keep alerts of a rule, feed or story back for a while; polling and matching go on."
    ),
    "web": Listed(
        "web:web",
        "Serve the page alone, on what is stored; a daemon on the same database sends what is asked for there.",
    ),
    "man": Listed(
        "man:man",
        "Print the manual page: `monitor man | man -l -`, or into /usr/local/share/man/man1/monitor.1.",
    ),
    "db": Listed("database:app", "The database."),
    "cluster": Listed("cluster:app", "Several machines on one PostgreSQL."),
}
"""In the order of `--help`."""
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
        if isinstance(found, Listed):
            found = self.data[name] = _imported(name, found.where)
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
        """As Click does it, without importing any, and without what is of no use to whoever has one machine."""
        names = [name for name in COMMANDS if name != CLUSTER or names_server(ctx.params.get("config"))]
        with formatter.section("Commands"):
            formatter.write_dl([(name, COMMANDS[name].says) for name in names])


def names_server(folder: Path | None) -> bool:
    """Whether the config's database is on a PostgreSQL server; False where it cannot be read."""
    import os  # noqa: PLC0415 - as all that only `--help` needs
    import tomllib  # noqa: PLC0415

    from monitor.folders import MAIN_FILE, find_folder  # noqa: PLC0415

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
