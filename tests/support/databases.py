"""The databases that tests run on: a file of SQLite, and a real PostgreSQL server, which the first test starts.

Every test with the fixture `database`, which `house`, `store` and `url` are made of, runs on both, once each;
`pytest --database sqlite` or `postgresql` runs it on one. What is about files alone says so: `@pytest.mark.sqlite`,
with the reason; the other way round `@pytest.mark.postgresql`.
"""

import shutil

from alembic import command
from sqlalchemy import MetaData, create_engine, text

from monitor.store import Store, migrate
from monitor.store.backend import parsed

KINDS = ("sqlite", "postgresql")


class SqliteFiles:
    """One in each folder."""

    kind = "sqlite"

    def url(self, folder):
        return f"sqlite:///{folder / 'monitor.db'}"

    def empty(self, folder):
        """The address of one in which nothing is, not even tables: from now on the folder's."""
        return self.url(folder)

    def back_up(self, folder, copy):
        shutil.copy(folder / "monitor.db", copy)

    def restore(self, folder, copy):
        for suffix in ("-wal", "-shm"):
            (folder / f"monitor.db{suffix}").unlink(missing_ok=True)
        shutil.copy(copy, folder / "monitor.db")

    def older(self, path, _revision):
        """The address of one like the file, which is at that revision."""
        return f"sqlite:///{path}"

    def close(self):
        pass


class Databases:
    """One for each folder, each like the first, which is migrated once."""

    kind = "postgresql"

    def __init__(self, server):
        self.server = server
        self._names = {}

    def url(self, folder):
        if folder not in self._names:
            self._names[folder] = self.server.database(self._migrated())
        return self.server.url(self._names[folder])

    def back_up(self, folder, copy):
        self.server.drop(self._names.pop(copy, "none"))
        self._names[copy] = self.server.database(self._names[folder])

    def restore(self, folder, copy):
        """Under the old name, as `pg_restore` would."""
        self.server.drop(self._names[folder])
        self.server.database(self._names[copy], name=self._names[folder])

    def older(self, path, revision):
        """The address of one like the file, which is at that revision."""
        url = self.empty(path.parent)
        source = create_engine(f"sqlite:///{path}")
        target = create_engine(parsed(url), connect_args={"options": "-c timezone=UTC"})
        config = migrate.alembic_config()
        with target.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, revision)
            there = MetaData()
            there.reflect(connection)
            with source.connect() as rows:
                for table in there.sorted_tables:
                    if table.name != "alembic_version" and (
                        found := [dict(row) for row in rows.execute(table.select()).mappings()]
                    ):
                        connection.execute(table.insert(), found)
        source.dispose()
        target.dispose()
        return url

    def empty(self, folder):
        """The address of one in which nothing is, not even tables: from now on the folder's."""
        self._names[folder] = self.server.database()
        return self.server.url(self._names[folder])

    def _migrated(self):
        if not hasattr(self.server, "migrated"):
            name = self.server.database()
            Store(self.server.url(name)).close()
            self.server.migrated = name
        return self.server.migrated

    def close(self):
        for name in self._names.values():
            self.server.drop(name)


def refuse(store, what, *, when=None, saying="no", sqlstate="P0001"):
    """From here on the database refuses that ("INSERT ON entry"), as it might a full disk or a broken row."""
    told = f"'{saying}'"
    condition = f" WHEN ({when})" if when else ""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            begins = f"BEGIN SELECT RAISE(ABORT, {told}); END"
            connection.execute(text(f"CREATE TRIGGER refused BEFORE {what}{condition} {begins}"))
            return
        body = f"$$ BEGIN RAISE EXCEPTION {told} USING ERRCODE = '{sqlstate}'; END $$"
        connection.execute(text(f"CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS {body}"))
        connection.execute(
            text(f"CREATE TRIGGER refused BEFORE {what} FOR EACH ROW{condition} EXECUTE FUNCTION refused()")
        )


def allow(store):
    """What it refused it takes again."""
    with store.writing() as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("DROP TRIGGER refused"))
        else:
            connection.execute(text("DROP FUNCTION refused() CASCADE"))
