"""`monitor db`: the database itself."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from monitor import config
from monitor.cli import output
from monitor.cli.context import Context, warn
from monitor.store import Store, moving
from monitor.store.backend import shown

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
