"""The database itself: its shape, who may open it, and what comes out of what went in."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from samples.news import NOW, alert, feed_state
from sqlalchemy import event, select, text
from sqlalchemy.exc import StatementError

from monitor.errors import DatabaseInUse, DatabaseLost, DatabaseNewer, StorageError
from monitor.model import AlertKind, Feed
from monitor.store import Store, alerts, daemon, entries, migrate, stories
from monitor.store.daemon import Beat
from monitor.store.database import sqlite_path
from monitor.store.entries import Wanted
from monitor.store.feed_columns import row_of, state_of
from monitor.store.feeds import COLUMNS
from monitor.store.open_stories import Archive
from monitor.store.sql import put, table
from monitor.store.tables import METADATA, CounterRow, FeedRow

NEXT_ENTRY = select(table(CounterRow).c.next).where(table(CounterRow).c.name == "entry")
DATABASES = Path(__file__).parents[1] / "data/databases"


def test_the_migrations_make_the_tables_that_the_code_speaks_of(store):
    with store.reading() as connection:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "include_name": lambda name, kind, _: kind == "column" or not is_word_index(name),
            },
        )
        assert compare_metadata(context, METADATA) == []


def is_word_index(name):
    """FTS5 keeps it in tables of its own, which no table of ours speaks of."""
    return name is not None and (name == "word" or name.startswith("word_"))


def test_the_newest_migration_is_the_one_that_a_start_looks_for():
    """Else every start would make a backup, and migrate nothing."""
    assert ScriptDirectory.from_config(migrate.alembic_config()).get_heads() == [migrate.HEAD]


@pytest.mark.parametrize(
    "newest",
    [
        lambda connection: entries.newest_known(connection, "wire", 40),
        lambda connection: Archive(connection).recurring(Feed(id="wire", url="")),
    ],
    ids=["known", "recurring"],
)
def test_the_newest_entries_of_a_feed_are_found_without_sorting_all_of_them(tmp_path, newest):
    with closing(Store(f"sqlite:///{tmp_path}/monitor.db")) as store, store.reading() as connection:
        asked = []
        event.listen(connection, "before_cursor_execute", lambda *call: asked.append(call[2:4]))
        newest(connection)
        queries = [(query, given) for query, given in asked if " entry" in query]
        assert queries
        for query, given in queries:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}", given).all()
            assert not [step for *_, step in plan if "TEMP B-TREE" in step], plan


def test_a_feeds_row_has_a_column_for_each_fact_of_its_state():
    facts = row_of(feed_state()).keys()
    assert [column.name for column in COLUMNS] == list(facts)
    own = {"listed", "host", "lull_of", "warned"}  # what the store alone asks for
    assert {column.name for column in table(FeedRow).columns} == facts | own


def test_a_feeds_state_lies_flat_in_its_row_and_comes_out_as_it_went_in():
    flat = [value for value in asdict(feed_state()).values() for value in _leaves(value)]
    assert len(row_of(feed_state())) == len(flat)
    told_apart = list(range(len(flat)))
    assert list(row_of(state_of(told_apart)).values()) == told_apart


def _leaves(value):
    return list(value.values()) if isinstance(value, dict) else [value]


def test_a_newer_database_is_refused_and_left_alone(url):
    with closing(Store(url)) as store, store.writing() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    path = sqlite_path(url)
    before = path and path.read_bytes()
    with pytest.raises(DatabaseNewer, match="revision 9999, which this version of the monitor does not know"):
        Store(url)
    assert (path and path.read_bytes()) == before


@pytest.mark.sqlite("a server is backed up by its own means")
def test_an_older_database_is_copied_before_it_is_changed(first_version):
    Store(first_version).close()
    with closing(sqlite3.connect(f"{sqlite_path(first_version)}.0001.backup")) as copy:
        assert copy.execute("SELECT version_num FROM alembic_version").fetchone() == ("0001",)


def test_a_database_of_the_first_version_keeps_what_it_told_and_the_stories_that_a_rule_matches(
    first_version,
):
    store = Store(first_version)
    with store.reading() as connection:
        found = {one.id: one.story_id for one in entries.listed(connection, Wanted())}
        assert found == {1: 1, 2: 1, 3: None}
        assert [one.story.id for one in stories.summaries(connection)] == [1]
        assert alerts.told(connection, [1, 2]).keys() == {(1, "paris")}
        assert store.opened.reports(connection, now=NOW)[1].story_id == 1
    store.close()


@pytest.fixture
def first_version(database, tmp_path):
    """A database as the first revision left it: one entry was told, its copy matches no rule, nor the third."""
    path = tmp_path / "monitor.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((DATABASES / "0001.sql").read_text(encoding="utf-8"))
    return database.older(path, "0001")


def test_a_second_daemon_is_refused_by_the_name_of_the_first(url, store):
    store.claim()
    second = Store(url)
    with pytest.raises(DatabaseInUse, match=rf"another daemon \(process {os.getpid()}\b.*of its own"):
        second.claim()
    store.close()
    second.claim()
    second.close()


def test_other_commands_work_beside_a_daemon(url, store):
    store.claim()
    other = Store(url)
    with other.writing() as connection:
        put(connection, CounterRow, [{"name": "entry", "next": 7}])
    with store.reading() as connection:
        assert connection.execute(NEXT_ENTRY).scalar() == 7
    other.close()


def test_what_is_read_does_not_change_until_the_end(store):
    with store.reading() as reading:
        assert reading.execute(NEXT_ENTRY).all() == []
        with store.writing() as connection:
            put(connection, CounterRow, [{"name": "entry", "next": 7}])
        assert reading.execute(NEXT_ENTRY).all() == []
    with store.reading() as reading:
        assert len(reading.execute(NEXT_ENTRY).all()) == 1


async def test_writers_that_wait_for_their_turn_keep_no_reader_waiting(url, store):
    """However many: another process has the lock, and each of them waits for it as long as it takes."""

    def write(value):
        with store.writing() as connection:
            put(connection, CounterRow, [{"name": "entry", "next": value}])

    def read():
        with store.reading() as connection:
            return connection.execute(NEXT_ENTRY).scalar()

    with closing(Store(url)) as other, other.writing():
        writers = [asyncio.create_task(store.write(write, value)) for value in range(1, 33)]
        async with asyncio.timeout(60):
            assert await asyncio.gather(*(store.read(read) for _ in range(100))) == [None] * 100
        assert not any(writer.done() for writer in writers)
        writers[-1].cancel()
    await asyncio.gather(*writers[:-1])
    store.close()  # which waits for what was begun
    again = Store(url)
    with again.reading() as connection:
        assert connection.execute(NEXT_ENTRY).scalar() == 32, (
            "what nobody waited for any more was written too"
        )
    again.close()


def test_a_transaction_that_breaks_leaves_nothing(store):
    class BrokenError(Exception):
        pass

    with pytest.raises(BrokenError), store.writing() as connection:  # noqa: PT012 - written first, broken then
        put(connection, CounterRow, [{"name": "entry", "next": 7}])
        raise BrokenError
    with store.reading() as connection:
        assert connection.execute(NEXT_ENTRY).all() == []


def test_a_state_folder_that_cannot_be_made_is_named_with_a_cure(tmp_path):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot make the state folder .*taken.*--state"):
        Store(f"sqlite:///{tmp_path / 'taken' / 'state' / 'monitor.db'}")


def test_a_file_that_is_no_database_is_an_error_of_ours(tmp_path):
    (tmp_path / "monitor.db").write_bytes(b"certainly no database\n" * 100)
    with pytest.raises(
        DatabaseLost, match="is not a database: stop the monitor, and put a backup in its place"
    ):
        Store(f"sqlite:///{tmp_path / 'monitor.db'}")


def test_a_password_in_the_address_of_a_database_is_not_in_its_errors(tmp_path):
    with pytest.raises(StorageError) as caught:
        Store("postgresql+psycopg://user:canary-secret@127.0.0.1:1/monitor")
    assert "canary-secret" not in str(caught.value)


def beat(**keys):
    given = {"pid": 1, "version": "1", "started_at": NOW, "beat_at": NOW}
    return Beat(**{**given, **keys})


@pytest.mark.parametrize("name", ["started_at", "beat_at"])
def test_a_naive_datetime_never_reaches_the_database(store, name):
    naive = datetime(2026, 1, 6, 20, 0)  # noqa: DTZ001 - that is the point
    with pytest.raises(StatementError, match="a naive datetime reached the database"):  # noqa: SIM117 - one raises
        with store.writing() as connection:
            daemon.save(connection, beat(**{name: naive}))


def test_an_instant_comes_back_as_the_same_moment_in_utc(store):
    paris = datetime(2026, 1, 6, 21, 0, 0, 123456, tzinfo=timezone(timedelta(hours=1)))
    with store.writing() as connection:
        daemon.save(connection, beat(started_at=paris))
    with store.reading() as connection:
        found = daemon.load(connection)
    assert found.started_at == paris
    assert found.started_at.utcoffset() == timedelta(0)


def test_a_daemon_that_never_ran_has_no_beat_and_one_that_ended_says_when(store):
    with store.writing() as connection:
        assert daemon.load(connection) is None
        daemon.save(connection, beat())
        assert daemon.load(connection) == beat()
        daemon.stopped(connection, NOW)
        assert daemon.load(connection) == beat(stopped_at=NOW)
        daemon.save(connection, beat(pid=2))
        assert daemon.load(connection) == beat(pid=2)


def test_a_note_whose_key_is_as_long_as_an_error_is_made_once(store):
    key = "template " + "ä very long line " * 1_000
    with store.writing() as connection:
        assert alerts.note_is_new(connection, key)
        alerts.insert(connection, [alert(kind=AlertKind.NOTE, note_key=key)])
        assert not alerts.note_is_new(connection, key)
        assert alerts.note_is_new(connection, f"{key}!")


def test_several_processes_that_begin_at_once_make_one_database(database, tmp_path):
    """Each finds it empty; one makes the tables while the others wait."""
    url = database.empty(tmp_path)
    program = "import sys; from monitor.store import Store; Store(sys.argv[1]).close()"
    begun = [subprocess.Popen([sys.executable, "-c", program, url], stderr=subprocess.PIPE) for _ in range(4)]
    assert [one.communicate()[1].decode() for one in begun] == [""] * 4
    with closing(Store(url)) as store, store.reading() as connection:
        assert migrate.revision(connection) == migrate.HEAD
