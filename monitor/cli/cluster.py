"""`monitor cluster`: several machines on one PostgreSQL."""

from __future__ import annotations

import asyncio
import gc
import getpass
import os
import socket
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from loguru import logger

from monitor.channels import options_models
from monitor.cli import output, signals
from monitor.cli.arguments import Json
from monitor.cli.context import Context, NotFound
from monitor.cli.run import one_heap
from monitor.config import Loaded, memory_folder
from monitor.config.contents import Contents, read_contents, refuse_secrets
from monitor.errors import ConfigError, Severity, StorageError
from monitor.jobs.published import ConfigSource
from monitor.jobs.published import publish as publish_contents
from monitor.store import Store, published
from monitor.store.database import sqlite_path
from monitor.store.presence import Presence, present
from monitor.store.published import Published
from monitor.views.fleet import ailments, fleet_document

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
    beside = own.understood()
    logger.info("config {}, {}", own.folder, own.database(beside))
    gc.freeze()
    while asyncio.run(_life(own, beside, name or socket.gethostname())):
        pass


async def _life(own: Context, beside: Loaded, name: str) -> bool:
    from monitor.cluster.agreement import PublishedWatch  # noqa: PLC0415 - half a second, which listings do without
    from monitor.cluster.life import Life  # noqa: PLC0415
    from monitor.cluster.worker import one_life  # noqa: PLC0415
    from monitor.daemon import Daemon  # noqa: PLC0415

    here = Presence(
        pid=os.getpid(),
        config=str(own.folder.absolute()),
        database=own.database(beside).partition(" ")[2],
    )
    with _shared(own, beside) as store, present(own.state, here):
        source = ConfigSource(store, own.folder, state=own.state, environ=os.environ)
        loaded = own.read_by(source.read)

        def make(store: Store, life: Life) -> Daemon:
            return Daemon(
                loaded=loaded,
                store=store,
                reload=lambda: own.read_by(source.read),
                watch=PublishedWatch(own.files, published=lambda: source.taken, life=life),
                now=life.now,
                memory=memory_folder(environ=os.environ),
            )

        again = await one_life(store, make, name=name, asked_to_reload=signals.asked_to_reload())
    if not again:
        signals.ended()
    return again


@app.command("publish")
def publish(
    context: typer.Context,
    folder: Annotated[
        Path | None, typer.Argument(metavar="DIR", help="The config folder that all workers shall run on.")
    ] = None,
    listed: Annotated[
        bool, typer.Option("--list", help="Show what was published, the newest first.")
    ] = False,
    back: Annotated[bool, typer.Option("--back", help="Publish the one before the newest again.")] = False,
    back_to: Annotated[
        str | None, typer.Option("--back-to", metavar="VERSION", help="Publish that one of the list again.")
    ] = None,
    withdraw: Annotated[
        bool, typer.Option("--withdraw", help="Each worker runs on the files of its own machine again.")
    ] = False,
    json: Json = False,
) -> None:
    """Store a config in the database, checked whole: all workers take it up within seconds.

    References to secrets stay references: each machine fills them in. A secret that stands in a file is refused.
    Where the database is, each worker knows from the monitor.toml of its own machine.
    """
    if sum([folder is not None, listed, back, back_to is not None, withdraw]) != 1:
        raise typer.BadParameter("name a folder, or one of --list, --back, --back-to, --withdraw")
    own: Context = context.obj
    if folder is not None:
        _publish(own, folder)
        return
    loaded = own.understood()
    with _shared(own, loaded) as store:
        if listed:
            _list(store, loaded.config.alerting.zone, json=json)
        elif withdraw:
            with store.writing() as connection:
                had = published.withdraw(connection)
            print("each worker runs on the files of its own machine" if had else "nothing was published")
        else:
            _put_back(store, back_to)


@app.command("status")
def status(context: typer.Context, json: Json = False) -> None:
    """Show the workers, what each does, on which config, and how far behind they are.

    Ends with 1 where nobody works, or a worker is silent or on another config than the others.
    """
    own: Context = context.obj
    loaded = own.understood()
    with _shared(own, loaded) as store:
        document = fleet_document(store)
    document["ailments"] = ailments(document)
    if json:
        output.as_json(document)
    else:
        _show(document, loaded.config.alerting.zone)
    if document["ailments"]:
        raise typer.Exit(1)


def _publish(own: Context, folder: Path) -> None:
    loaded = own.load_from(folder)
    if wrong := [one for one in loaded.problems if one.severity is Severity.ERROR]:
        raise ConfigError(wrong)
    contents = read_contents(folder)
    refuse_secrets(folder, contents, channel_types=options_models())
    with _shared(own, own.understood()) as store:
        done = publish_contents(store, contents, by=_who())
    feeds = output.counted(len(loaded.config.feeds), "feed")
    rules = output.counted(len(loaded.config.rules), "rule")
    print(f"published as version {done.version}: {feeds}, {rules}. Workers take it up within seconds")


def _put_back(store: Store, version: str | None) -> None:
    with store.reading() as connection:
        every = published.listed(connection)
        wanted = _wanted(every, version)
        contents = Contents(published.files(connection, wanted.number))
    done = publish_contents(store, contents, by=f"{_who()}, again")
    print(f"version {done.version} is in force again, as number {done.number}")


def _wanted(every: list[Published], version: str | None) -> Published:
    """Raises NotFound."""
    if version is None:
        if len(every) > 1:
            return every[1]
        raise NotFound("nothing was published before: `monitor cluster publish DIR` publishes")
    for one in every:
        if version in {one.version, str(one.number)}:
            return one
    raise NotFound(f"no version {version} is kept: `monitor cluster publish --list` shows all")


def _list(store: Store, zone: str, *, json: bool) -> None:
    with store.reading() as connection:
        every = [
            {"number": one.number, "version": one.version, "at": one.published_at, "by": one.published_by}
            for one in published.listed(connection)
        ]
    if json:
        output.as_json(every)
        return
    columns: list[output.Column] = [
        output.column("number"),
        output.column("version"),
        ("published", lambda one: output.local(one["at"], zone)),
        output.column("by"),
    ]
    output.as_table(every, columns, empty="nothing was published: each worker runs on its machine's files")


def _show(document: dict[str, Any], zone: str) -> None:
    overdue, waiting, by = document["overdue"], document["waiting"], document["published"]
    origin = (
        f"published by {by['by']}, {output.local(by['at'], zone)}"
        if by
        else "the files on the workers' machines"
    )
    hosts = output.counted(waiting["hosts"], "host")
    output.as_facts(
        [
            *([("ailments", "\n".join(document["ailments"]))] if document["ailments"] else []),
            ("config", f"{document['version'] or 'none'}, {origin}"),
            ("lag", f"{overdue['seconds']:.0f} s ({overdue['host']})" if overdue else "none"),
            ("queue", f"{output.counted(waiting['feeds'], 'feed')} of {hosts} overdue"),
            (
                "outbox",
                ", ".join(f"{count} {state}" for state, count in document["outbox"].items()) or "empty",
            ),
        ]
    )
    columns: list[output.Column] = [
        ("worker", lambda one: one["name"]),
        ("machine", lambda one: one["host"]),
        output.column("pid"),
        ("since", lambda one: output.local(one["started_at"], zone)),
        ("seen", lambda one: f"{one['silent_s']:.0f} s ago"),
        (
            "config",
            lambda one: one["version"] + (" (another)" if one["version"] and not one["agrees"] else ""),
        ),
        output.column("hosts"),
        ("does", lambda one: ", ".join([*one["jobs"], *filter(None, [one["doing"]])])),
    ]
    output.as_table(document["workers"], columns, empty="no worker: `monitor cluster worker` starts one")


def _shared(own: Context, loaded: Loaded) -> AbstractContextManager[Store]:
    """The database that workers share, for as long as it is needed. Raises StorageError where it lies in a file."""
    if sqlite_path(loaded.config.database_url.get_secret_value()) is not None:
        raise StorageError(
            f"the {own.database(loaded)} is a file, which one process works on: name a PostgreSQL database in "
            f"{own.folder / 'monitor.toml'}, and move what is stored there with `monitor db move`"
        )
    return own.store(loaded)


def _who() -> str:
    who = "somebody"
    with suppress(OSError, KeyError, ImportError):  # no name for this user here
        who = getpass.getuser()
    return f"{who} on {socket.gethostname()}"
