"""`monitor db`: the database itself."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from monitor import config
from monitor.cli import output
from monitor.cli.context import Context, now, warn
from monitor.config import Loaded
from monitor.errors import StorageError
from monitor.jobs.prune import beside
from monitor.store import Store, copies, migrate, moving, retention
from monitor.store.backend import shown
from monitor.store.database import revision_of, sqlite_path
from monitor.store.sqlite import claimed

app = typer.Typer(help="The database.", no_args_is_help=True)


@app.command("move")
def move(
    context: typer.Context,
    url: Annotated[
        str,
        typer.Argument(
            help="The empty database to move to, as `[database] url` would name it. A password need not stand in it: "
            "libpq takes it from $PGPASSWORD or ~/.pgpass."
        ),
    ],
) -> None:
    """Copy all that is stored into another database: from SQLite to PostgreSQL, or the other way.

    The daemon must not run. Afterwards write the new address into monitor.toml; the old database stays as it is.
    """
    own: Context = context.obj
    loaded = own.load()
    try:
        target_url = config.database_url(url, state=own.state).get_secret_value()
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    output.hide([*loaded.config.secrets, url, target_url])
    with own.store(loaded) as source:
        source.claim()
        with closing(Store(target_url)) as target:
            target.claim()
            moved = moving.move(source, target, tell=warn)
    print(
        f"moved {output.counted(moved, 'row')} to {shown(target_url)}. "
        f"Now write its address into {own.folder / 'monitor.toml'}, under [database], and start the monitor"
    )


@app.command("backup")
def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to make.")],
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Also where it is there already.")] = False,
) -> None:
    """Copy the database into a file, whole and checked, while the daemon runs.

    What lies there already is replaced once the new copy is whole.
    """
    own: Context = context.obj
    path = _file(own, own.understood(), cure="pg_dump makes its backups")
    if file.exists() and not overwrite:
        raise typer.BadParameter(f"{file} is there already: name another, or add --overwrite")
    _require_database(path)
    found = copies.back_up(path, file)
    print(f"{file}: {_described(found)}, {_mebibytes(file.stat().st_size)}")


@app.command("restore")
def restore(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="What `db backup` made.")],
) -> None:
    """Put a backup in the database's place. The daemon must not run; the old database is kept beside it.

    At its next start the daemon says what it may have told since the backup, and tells none of that again.
    """
    own: Context = context.obj
    path = _file(own, own.understood(), cure="psql or pg_restore puts its dumps back")
    found, old = copies.restore(file, path, now=now())
    print(f"restored {_described(found)}, as {path}")
    if old is not None:
        print(f"the old database is {old}: remove it once all is well")


@app.command("prune")
def prune(
    context: typer.Context,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and take nothing.")] = False,
) -> None:
    """Take out what is beyond the bounds of `[retention]`, now; the daemon does so each night, and may run meanwhile.

    What was told stays. Of all else something small stays, by which it is known again: it is no news once more.
    """
    own: Context = context.obj
    loaded = own.load()
    if path := sqlite_path(loaded.config.database_url.get_secret_value()):
        _require_database(path)
    at = now()
    with own.store(loaded) as store:
        pruned = retention.prune(
            store, loaded.config.retention, now=at, dry_run=dry_run, **beside(loaded.config)
        )
        if not dry_run:
            with store.writing() as connection:
                retention.mark_done(connection, at)
    would = "would be pruned" if dry_run else "pruned"
    print(
        f"{output.counted(pruned.entries, 'entry', 'entries')} {would}, {pruned.stored} "
        f"{'would stay' if dry_run else 'stay'}"
    )


@app.command("vacuum")
def vacuum(context: typer.Context) -> None:
    """Give the disk what is free in the database's file. The daemon must not run; pruning alone makes room within."""
    own: Context = context.obj
    path = _file(own, own.understood(), cure="it does so by itself (autovacuum)")
    _require_database(path)
    with claimed(path):
        before, after = copies.vacuum(path)
    print(f"{path}: {_mebibytes(before)} before, {_mebibytes(after)} now")


@app.command("upgrade")
def upgrade(context: typer.Context) -> None:
    """Bring the database to the shape that this version wants, as the daemon does at its start.

    An SQLite file is copied before; a PostgreSQL database is yours to dump first.
    """
    own: Context = context.obj
    loaded = own.load()
    url = loaded.config.database_url.get_secret_value()
    path = sqlite_path(url)
    if path is not None:
        _require_database(path)
        with claimed(path):  # an older version may be running on it
            before = revision_of(url)
            with own.store(loaded):
                pass
    else:
        before = revision_of(url)
        with own.store(loaded):
            pass
    if before == migrate.HEAD:
        print(f"{own.database(loaded)} is up to date (revision {before})")
        return
    print(f"{own.database(loaded)}: revision {before or 'none'} before, {migrate.HEAD} now")
    if path is not None and before is not None:
        print(f"what was before is {migrate.backup_of(path, before)}: remove it once all is well")


def _file(own: Context, loaded: Loaded, *, cure: str) -> Path:
    """The database's file. Raises StorageError where it lies on a server."""
    path = sqlite_path(loaded.config.database_url.get_secret_value())
    if path is None:
        raise StorageError(f"the {own.database(loaded)} lies on a PostgreSQL server: {cure}")
    return path


def _require_database(path: Path) -> None:
    if not path.exists():
        raise StorageError(f"there is no database {path} yet: the first `monitor run` makes it")


def _described(found: copies.Found) -> str:
    until = f", last polled {found.newest_poll} UTC" if found.newest_poll else ", never polled"
    return output.counted(found.entries, "entry", "entries") + until


def _mebibytes(count: int) -> str:
    return f"{count / 2**20:.1f} MiB"
