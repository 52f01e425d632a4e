"""The files of the state folder: for the monitor alone, by no detour, and missed when they are gone."""

import os
import stat
from datetime import timedelta

import pytest
from house import item, rss
from samples.news import NOW
from servers.web import reply
from sqlalchemy import text

from monitor.errors import DatabaseLost, StorageError
from monitor.store import Store, backups, copies, feeds
from monitor.store.database import sqlite_path
from monitor.store.polls import next_ids

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")


@pytest.fixture
def any_umask():
    before = os.umask(0)
    yield
    os.umask(before)


def polled(store):
    """A feed was polled, and the store remembers it."""
    with store.writing() as connection:
        feeds.register(connection, {"wire": "https://wire.example/"}, NOW)
        connection.execute(text("UPDATE feed SET last_poll_at = next_poll_at"))
    backups.remember(store)


@pytest.mark.parametrize("was_there", [False, True])
def test_nobody_else_can_read_what_is_in_the_state_folder(tmp_path, any_umask, was_there):
    path = tmp_path / "state" / "monitor.db"
    if was_there:  # made by an earlier version, or by hand
        path.parent.mkdir()
        path.touch(0o666)
    store = Store(f"sqlite:///{path}")
    store.claim()
    polled(store)
    found = {one.name: stat.S_IMODE(one.stat().st_mode) for one in path.parent.iterdir()}
    store.close()
    assert set(found) >= {
        "monitor.db", "monitor.db-wal", "monitor.db-shm", "monitor.db.lock", "monitor.db.reserve",
        "monitor.db.newest-poll",
    }  # fmt: skip
    assert set(found.values()) == {0o600}
    assert was_there or stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("name", ["monitor.db", "monitor.db.lock"])
def test_a_symbolic_link_is_not_followed(tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    state = tmp_path / "state"
    state.mkdir()
    (state / name).symlink_to(victim)
    with pytest.raises(StorageError, match=f"{name} is a symbolic link, which is not followed: .*--state"):
        Store(f"sqlite:///{state / 'monitor.db'}").claim()
    assert victim.read_text() == "precious"


@pytest.mark.parametrize(
    "name", ["monitor.db.newest-poll.new", "monitor.db.reserve.new", "monitor.db.newest-poll"]
)
def test_a_symbolic_link_in_the_place_of_a_help_is_replaced(tmp_path, name):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    state = tmp_path / "state"
    state.mkdir()
    store = Store(f"sqlite:///{state / 'monitor.db'}")
    (state / name).symlink_to(victim)
    store.claim()
    polled(store)
    store.close()
    assert victim.read_text() == "precious"
    assert not (state / name).is_symlink()


def cut_short(path):
    os.truncate(path, path.stat().st_size // 2)


def another_beginning(path):
    with path.open("r+b") as file:
        file.write(b"\xff" * 200)


def noise(path):
    with path.open("r+b") as file:
        file.seek(100)
        file.write(os.urandom(path.stat().st_size - 100))


def a_folder(path):
    path.unlink()
    path.mkdir()


DAMAGE = {
    "gone": (lambda path: path.unlink(), "is gone, and was there until 2026-.*newest-poll"),
    "empty": (lambda path: os.truncate(path, 0), "is empty, and was there until 2026-.*newest-poll"),
    "cut short": (
        cut_short,
        "malformed: stop the monitor, and put a backup in its place .`monitor db restore FILE`",
    ),
    "another beginning": (
        another_beginning,
        "is not a database: stop the monitor, and put a backup in its place .`monitor db restore FILE`",
    ),
    "noise": (noise, "put a backup in its place .`monitor db restore FILE`"),
    "a folder": (a_folder, "monitor.db"),
}


@pytest.mark.sqlite("what may befall a file")
@pytest.mark.parametrize("damage", DAMAGE)
def test_each_kind_of_damage_has_its_message_at_a_start(url, store, damage):
    polled(store)
    store.close()
    how, message = DAMAGE[damage]
    how(sqlite_path(url))
    with pytest.raises(StorageError, match=message):  # noqa: PT012 - some are seen when it is read first
        again = Store(url)
        with again.reading() as connection:
            next_ids(connection)
            connection.execute(text("PRAGMA quick_check")).all()
            connection.execute(text("SELECT count(*) FROM feed")).all()
    assert damage == "a folder" or not sqlite_path(url).exists() or sqlite_path(url).is_file()


@pytest.mark.sqlite("what may befall a file")
@pytest.mark.parametrize("damage", DAMAGE)
def test_the_way_back_that_the_message_names_is_one(url, store, damage, tmp_path):
    polled(store)
    copies.back_up(sqlite_path(url), tmp_path / "backup.db")
    store.close()
    DAMAGE[damage][0](sqlite_path(url))
    copies.restore(tmp_path / "backup.db", sqlite_path(url), now=NOW)
    again = Store(url)
    with again.reading() as connection:
        assert connection.execute(text("SELECT feed_id FROM feed")).scalars().all() == ["wire"]
    again.close()


def deleted(path):
    path.unlink()


def replaced(path):
    path.rename(path.with_name("aside"))
    path.write_bytes(path.with_name("aside").read_bytes())


@pytest.mark.sqlite("what may befall a file")
@pytest.mark.parametrize("how", [deleted, replaced])
def test_a_file_that_is_lost_while_it_is_open_is_not_made_anew(url, store, how):
    store.check_file()
    how(sqlite_path(url))
    with pytest.raises(DatabaseLost, match="was deleted or replaced while the monitor runs"):
        store.check_file()
    assert sqlite_path(url).exists() == (how is replaced)
    store._engine.dispose()  # what opens it anew makes none
    if how is deleted:
        with pytest.raises(StorageError), store.reading():
            pass
        assert not sqlite_path(url).exists()


@pytest.mark.sqlite("what may befall a file")
@pytest.mark.parametrize("how", [deleted, replaced, noise])
async def test_a_daemon_whose_database_is_lost_says_so_and_is_not_well(house, desk, web, how):
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        await daemon.beat()
        assert not daemon.complaints.lost
        house.store._engine.dispose()  # with the last connection all that was written lies in the file itself
        how(house.database)
        house.clock.at += timedelta(seconds=5)
        await daemon.beat()
        assert daemon.complaints.lost
        assert "monitor.db" in daemon.vitals.status()
        assert "Stop it" in daemon.vitals.status() or "stop the monitor" in daemon.vitals.status()
