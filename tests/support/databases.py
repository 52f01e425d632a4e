"""The databases that tests run on: a file of SQLite, and a real PostgreSQL server, which the first test starts.

Every test with the fixture `database`, which `house`, `store` and `url` are made of, runs on both, once each;
`pytest --database sqlite` or `postgresql` runs it on one. What is about files alone says so: `@pytest.mark.sqlite`,
with the reason; the other way round `@pytest.mark.postgresql`.
"""

import shutil
from collections import Counter
from contextlib import suppress

import psycopg
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
        self._lent = set()

    def url(self, folder):
        if folder not in self._names:
            self._names[folder] = shelf_of(self.server).lend()
            self._lent.add(self._names[folder])
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

    def close(self):
        for name in self._names.values():
            if name in self._lent:
                shelf_of(self.server).take_back(name)
            else:
                self.server.drop(name)


def shelf_of(server):
    """The server's own, for as long as it is there."""
    if not hasattr(server, "shelf"):
        server.shelf = Shelf(server)
    return server.shelf


class Shelf:
    """Migrated databases that are lent again: to empty one takes a thirtieth of what it takes to make one."""

    USES = 20
    """Rows that were deleted stay in the tables' files."""

    def __init__(self, server):
        self.server = server
        self.first = server.database()
        Store(server.url(self.first)).close()
        with server.connect(self.first) as session:
            self._shape = _shape(session)
            self._tables = [table for (table,) in session.execute(TABLES).fetchall()]
            self._rows = {
                table: rows
                for table in self._tables
                if (rows := session.execute(f"SELECT * FROM {table}").fetchall())  # noqa: S608 - of ours
            }
        self._free, self._uses = [], Counter()

    def lend(self):
        """The name of one in which nothing is but its tables."""
        name = self._free.pop() if self._free else self.server.database(self.first)
        self._uses[name] += 1
        return name

    def take_back(self, name):
        """Whoever still uses it is cut off. What a test has changed but for rows is thrown away."""
        self.server.cut_off(name)
        if self._uses[name] >= self.USES or not self._emptied(name):
            self.server.drop(name)
        else:
            self._free.append(name)

    def _emptied(self, name):
        with suppress(psycopg.Error), self.server.connect(name) as session, session.transaction():
            if _shape(session) != self._shape:
                return False
            session.execute("SET LOCAL session_replication_role = replica")  # no foreign key is minded
            session.execute("; ".join(f"DELETE FROM {table}" for table in self._tables))  # noqa: S608 - of ours
            for table, rows in self._rows.items():
                places = ", ".join(["%s"] * len(rows[0]))
                session.cursor().executemany(f"INSERT INTO {table} VALUES ({places})", rows)  # noqa: S608 - of ours
            return True
        return False


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1"


def _shape(session):
    """Columns, indexes, triggers, functions, settings: equal where nobody has changed them."""
    return session.execute(
        """
        SELECT (SELECT array_agg(relname || relkind::text || relpersistence::text ORDER BY oid) FROM pg_class
                WHERE relnamespace = 'public'::regnamespace),
               (SELECT array_agg(attname || atttypid::regtype::text || attnotnull::text ORDER BY attrelid, attnum)
                FROM pg_attribute JOIN pg_class ON attrelid = pg_class.oid
                WHERE relnamespace = 'public'::regnamespace),
               (SELECT array_agg(tgname ORDER BY tgname) FROM pg_trigger WHERE NOT tgisinternal),
               (SELECT array_agg(conname ORDER BY conname) FROM pg_constraint
                WHERE connamespace = 'public'::regnamespace),
               (SELECT array_agg(proname ORDER BY proname) FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace),
               (SELECT array_agg(setconfig) FROM pg_db_role_setting JOIN pg_database ON setdatabase = pg_database.oid
                WHERE datname = current_database()),
               (SELECT array_agg(nspname ORDER BY nspname) FROM pg_namespace WHERE nspname NOT LIKE 'pg_t%')
        """
    ).fetchone()


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
