"""The database's shape, brought up to date at start-up by Alembic, after a backup of an SQLite file."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, inspect, text

from monitor.errors import DatabaseNewer
from monitor.store.private import open_private

if TYPE_CHECKING:
    from alembic.config import Config

HEAD = "0421"
"""The newest revision in `migrations/versions`. Alembic is loaded only where the database has another."""
FOLDER = Path(__file__).parent / "migrations"


def upgrade(engine: Engine) -> None:
    """The database has the newest shape. Raises DatabaseNewer where it knows more than this program."""
    with engine.connect() as connection:
        current = revision(connection)
    if current == HEAD:
        return
    from alembic import command  # noqa: PLC0415 - a quarter of a second, at the first start and after updates

    config = alembic_config()
    if current is not None:
        require_known(current)
        _back_up(engine, current)
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if engine.dialect.name == "postgresql":
            _compare_bytes(connection)


def require_known(current: str) -> None:
    """Raises DatabaseNewer where this program knows no such revision."""
    if current == HEAD:
        return
    from alembic.script import ScriptDirectory  # noqa: PLC0415 - as above

    known = {script.revision for script in ScriptDirectory.from_config(alembic_config()).walk_revisions()}
    if current not in known:
        raise DatabaseNewer(
            f"the database has revision {current}, which this version of the monitor does not know: "
            "install the version that made it, or restore the backup beside it"
        )


def revision(connection: Connection) -> str | None:
    """The revision that the database has; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
    return found


def _compare_bytes(connection: Connection) -> None:
    """All texts are ordered by their bytes, as in SQLite and in Python.

    By a language's rules the order changes with the system's libraries, and indices break without a word.
    """
    columns = connection.execute(
        text(
            "SELECT table_name, column_name FROM information_schema.columns JOIN information_schema.tables "
            "USING (table_schema, table_name) WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' "
            "AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
        )
    )
    changes: dict[str, list[str]] = {}
    for name, column in columns:
        changes.setdefault(name, []).append(f'ALTER COLUMN "{column}" TYPE text COLLATE "C"')
    for name, its in changes.items():
        connection.execute(text(f'ALTER TABLE "{name}" {", ".join(its)}'))


def alembic_config() -> Config:
    """Where the migrations are."""
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    return config


def backup_of(database: Path, revision: str) -> Path:
    """Where the copy lies that was made before a migration from that revision."""
    return database.with_name(f"{database.name}.{revision}.backup")


def _back_up(engine: Engine, current: str) -> None:
    database = engine.url.database
    if engine.dialect.name != "sqlite" or not database:
        return
    copy = backup_of(Path(database), current)
    os.close(open_private(copy))
    with closing(sqlite3.connect(database)) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
