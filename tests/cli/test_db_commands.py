"""`monitor db backup`, `restore`, `vacuum`, `upgrade`: a copy is whole, and what is in use is left alone."""

import os
import sqlite3
import threading
from contextlib import closing

import pytest
from house import item, posted, rss
from old_database import write
from servers.web import reply

from monitor.cli import exit_code
from monitor.store import Store, migrate
from monitor.store.sql import put
from monitor.store.tables import CounterRow

pytestmark = pytest.mark.sqlite("a server has programs of its own for that")

NEWS = item("Declaration signed in Paris", "Thirty-five countries signed it.")
LATER = item("Dockers end their strike with a declaration", "Gdansk unloads ships on Monday.")


@pytest.fixture
def house(house, desk, web):
    house.settings["alerting"] |= {"group_wait": "0s"}
    house.rule("paris", "declaration")
    house.feed("wire", web.url("/wire"))
    return house


async def poll(house, web, *items):
    house.clock.step(minutes=20)
    web.on("/wire", reply(200, rss(*items)))
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)


def db(house, *words):
    return exit_code(["--config", str(house.folder), "--state", str(house.state), "db", *map(str, words)])


def titles(path):
    with closing(sqlite3.connect(path)) as connection:
        return [title for (title,) in connection.execute("SELECT title FROM entry ORDER BY id")]


def mode(path):
    return path.stat().st_mode & 0o777


# ── backup ──


async def test_a_backup_is_one_whole_file_for_this_user_alone(house, web, capsys):
    await poll(house, web, NEWS)
    house.store.claim()  # as a daemon does
    copy = house.root / "copies" / "monday.db"
    copy.parent.mkdir()
    assert db(house, "backup", copy) == 0
    assert "1 entry, last polled 2026-01-06 19:20 UTC" in capsys.readouterr().out
    assert titles(copy) == ["Declaration signed in Paris"]
    assert [one.name for one in copy.parent.iterdir()] == ["monday.db"]
    assert mode(copy) == 0o600


def test_a_backup_ends_and_is_whole_whoever_writes_meanwhile(house, capsys):
    house.write()
    padding = [{"name": f"{number:0900}", "next": 0} for number in range(4_000)]
    with house.store.writing() as connection:
        put(connection, CounterRow, padding)
    stop, failed = threading.Event(), []

    def go_on():
        turn = 0
        while not stop.is_set():
            turn += 1
            try:
                with house.store.writing() as connection:
                    put(connection, CounterRow, [one | {"next": turn} for one in padding[:50]])
            except Exception as error:  # noqa: BLE001 - told below
                failed.append(error)

    writer = threading.Thread(target=go_on)
    writer.start()
    try:
        for number in range(5):
            copy = house.root / f"{number}.db"
            assert db(house, "backup", copy) == 0
            with closing(sqlite3.connect(copy)) as connection:
                values = connection.execute(
                    "SELECT count(DISTINCT next) FROM counter WHERE name IN (SELECT name FROM counter WHERE "
                    "length(name) = 900 ORDER BY name LIMIT 50)"
                ).fetchone()
                assert values == (1,), "half a transaction"
    finally:
        stop.set()
        writer.join()
    assert failed == []


async def test_a_backup_replaces_nothing_unasked(house, web, capsys):
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    copy.write_text("the letters of my grandmother")
    assert db(house, "backup", copy) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert copy.read_text() == "the letters of my grandmother"
    assert db(house, "backup", copy, "--overwrite") == 0
    assert titles(copy) == ["Declaration signed in Paris"]


async def test_a_backup_that_fails_leaves_what_was_there(house, web, capsys):
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    before = copy.read_bytes()
    house.close()
    damage(house.database)
    assert db(house, "backup", copy, "--overwrite") == 1
    assert str(house.database.name) in capsys.readouterr().err
    assert copy.read_bytes() == before
    assert not copy.with_name("copy.db.new").exists()
    assert db(house, "backup", house.root / "no such folder" / "copy.db") == 1
    assert "cannot write" in capsys.readouterr().err


def test_where_nothing_is_stored_nothing_is_backed_up(house, capsys):
    house.write()
    for words in (["backup", house.root / "copy.db"], ["vacuum"], ["upgrade"]):
        assert db(house, *words) == 1
        assert "no database" in capsys.readouterr().err
    assert not house.database.exists()


# ── restore ──


async def test_what_was_told_before_a_backup_is_restored_is_not_told_again(house, web, capsys):
    await poll(house, web)
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    await poll(house, web, NEWS, LATER)
    assert len(posted(web)) == 2
    house.close()
    assert db(house, "restore", copy) == 0
    said = capsys.readouterr().out
    [old] = house.state.glob("monitor.db.*.replaced")
    assert str(old) in said
    assert titles(old) == ["Declaration signed in Paris", "Dockers end their strike with a declaration"]
    assert titles(house.database) == ["Declaration signed in Paris"]
    assert mode(house.database) == 0o600
    await poll(house, web, NEWS, LATER)
    await poll(house, web, NEWS, LATER)
    assert [message["data"].get("story", {}).get("title") for message in posted(web)][:2] == [
        "Declaration signed in Paris",
        "Dockers end their strike with a declaration",
    ]
    assert len(posted(web)) == 2


async def test_nothing_is_restored_while_a_daemon_runs(house, web, capsys):
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    await poll(house, web, NEWS, LATER)
    house.store.claim()
    for words in (["restore", copy], ["vacuum"], ["upgrade"]):
        assert db(house, *words) == 1
        assert "another daemon" in capsys.readouterr().err
    assert len(titles(house.database)) == 2
    assert list(house.state.glob("*.replaced")) == []


def damage(path):
    """In the middle of a page, as a disk does."""
    whole = bytearray(path.read_bytes())
    for start in range(8192, len(whole), 4096):
        whole[start : start + 512] = b"\xff" * 512
    path.write_bytes(whole)
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def of_a_newer_version(path):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()


def of_another_program(path):
    path.unlink()
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE entry (id)")
        connection.commit()


NO_BACKUPS = {
    "damaged": (damage, "damaged|cannot be read"),
    "of a newer version": (of_a_newer_version, "9999"),
    "of another program": (of_another_program, "no database of the monitor's"),
    "a text": (lambda path: path.write_text("not a database at all" * 100), "cannot be read"),
    "empty": (lambda path: path.write_bytes(b""), "no database of the monitor's"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:20_000]), "damaged|cannot be read"),
    "a folder": (lambda path: (path.unlink(), path.mkdir()), "cannot be read"),
    "missing": (lambda path: path.unlink(), "cannot be read"),
}


@pytest.mark.parametrize("case", NO_BACKUPS.values(), ids=NO_BACKUPS)
async def test_what_is_no_backup_takes_nobodys_place(house, web, case, capsys):
    spoil, words = case
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    house.close()
    before = titles(house.database)
    spoil(copy)
    assert db(house, "restore", copy) == 1
    said = capsys.readouterr().err
    assert any(word in said for word in words.split("|")), said
    assert titles(house.database) == before
    assert list(house.state.glob("*.replaced")) == list(house.state.glob("*.new")) == []


GONE = {
    "damaged": damage,
    "deleted": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "a text": lambda path: path.write_text("nothing " * 1000),
}


@pytest.mark.parametrize("lose", GONE.values(), ids=GONE)
async def test_a_lost_database_is_replaced_by_its_backup(house, web, lose, capsys):
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    house.close()
    lose(house.database)
    assert db(house, "restore", copy) == 0
    await poll(house, web, NEWS)
    assert titles(house.database) == ["Declaration signed in Paris"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("is_there", [True, False])
async def test_what_root_restores_belongs_to_the_service(house, web, is_there, capsys):
    await poll(house, web, NEWS)
    copy = house.root / "copy.db"
    assert db(house, "backup", copy) == 0
    house.close()
    for path in (house.state, house.database):
        os.chown(path, 4711, 4712)
    if not is_there:
        house.database.unlink()
    assert db(house, "restore", copy) == 0
    for name in ("monitor.db", "monitor.db.lock"):
        found = (house.state / name).stat()
        assert (found.st_uid, found.st_gid) == (4711, 4712)


async def test_the_database_is_no_backup_of_itself(house, web, capsys):
    await poll(house, web, NEWS)
    house.close()
    assert db(house, "restore", house.database) == 1
    assert "the database itself" in capsys.readouterr().err
    assert len(titles(house.database)) == 1


# ── vacuum, upgrade ──


async def test_vacuum_gives_the_disk_what_is_free(house, web, capsys):
    await poll(house, web, NEWS)
    with house.store.writing() as connection:
        put(connection, CounterRow, [{"name": f"{number:01000}", "next": 0} for number in range(5_000)])
    with house.store.writing() as connection:
        connection.exec_driver_sql("DELETE FROM counter WHERE length(name) = 1000")
    house.close()
    before = house.database.stat().st_size
    assert db(house, "vacuum") == 0
    assert "MiB before" in capsys.readouterr().out
    assert house.database.stat().st_size < before / 2
    await poll(house, web, NEWS, LATER)
    assert len(titles(house.database)) == 2


def test_upgrade_says_what_it_made_of_what_and_keeps_a_copy(house, capsys):
    house.write()
    house.state.mkdir()
    write(house.database)
    assert db(house, "upgrade") == 0
    said = capsys.readouterr().out
    assert f"{migrate.HEAD} now" in said
    [copy] = house.state.glob("monitor.db.*.backup")
    assert str(copy) in said
    assert db(house, "upgrade") == 0
    assert "is up to date" in capsys.readouterr().out


def test_upgrade_refuses_what_is_newer(house, capsys):
    house.write()
    with closing(Store(house.url)):
        pass
    of_a_newer_version(house.database)
    assert db(house, "upgrade") == 1
    assert "install the version that made it" in capsys.readouterr().err
