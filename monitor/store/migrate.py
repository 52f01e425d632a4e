"""The database's shape, brought up to date at start-up by Alembic, after a backup of an SQLite file."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine

from monitor.errors import DatabaseNewer

FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """The database has the newest shape. Raises DatabaseNewer where it knows more than this program."""
    script = ScriptDirectory.from_config(_alembic())
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    known = {revision.revision for revision in script.walk_revisions()}
    if current is not None and current not in known:
        raise DatabaseNewer(
            f"the database has revision {current}, which this version of the monitor does not know: "
            "install the version that made it, or restore the backup beside it"
        )
    if current == script.get_current_head():
        return
    if current is not None:
        _back_up(engine, current)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config = _alembic()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def _back_up(engine: Engine, revision: str) -> None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database:
        return
    with sqlite3.connect(database) as source, sqlite3.connect(f"{database}.{revision}.backup") as target:
        source.backup(target)
    source.close()
    target.close()
