"""What is promised of a database on a server alone: one daemon, a server that goes away and comes back."""

import asyncio
import signal
import socket
import time
from contextlib import closing, contextmanager, suppress

import psycopg
import pytest
from databases import Databases, refuse
from house import House, item, posted, rss
from servers.postgresql import new_server, remove
from servers.web import reply
from sqlalchemy import text

from monitor.errors import DatabaseAway, DatabaseInUse, DiskFull, StorageError
from monitor.store import Store, postgresql
from monitor.store.backend import shown
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow

pytestmark = pytest.mark.postgresql("about the server itself")

COUNTER = table(CounterRow)
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
SIGNED = item("Declaration signed in Paris", "Thirty-five countries signed it on Tuesday evening.")


def count_to(store, value):
    with store.writing() as connection:
        put(connection, CounterRow, [{"name": "entry", "next": value}])


def counted(store):
    with store.reading() as connection:
        return connection.execute(COUNTER.select().where(COUNTER.c.name == "entry")).one().next


def setting(store, name, *, how="reading"):
    with getattr(store, how)() as connection:
        return connection.execute(text(f"SHOW {name}")).scalar()


@pytest.mark.parametrize("how", ["reading", "writing"])
def test_a_session_is_durable_in_utc_and_isolated_whatever_the_server_is_set_to(store, how):
    assert setting(store, "synchronous_commit", how=how) == "on"
    assert setting(store, "timezone", how=how) == "UTC"
    assert setting(store, "lock_timeout", how=how) == "30s"
    isolation = {"reading": "repeatable read", "writing": "read committed"}
    assert setting(store, "transaction_isolation", how=how) == isolation[how]
    assert setting(store, "transaction_read_only", how=how) == ("on" if how == "reading" else "off")


def test_all_texts_are_ordered_by_their_bytes(store):
    with store.reading() as connection:
        found = connection.execute(
            text(
                "SELECT table_name, column_name FROM information_schema.columns WHERE data_type = 'text' "
                "AND table_schema = current_schema() AND collation_name IS DISTINCT FROM 'C'"
            )
        ).all()
    assert found == []


@pytest.fixture
def impatient(monkeypatch):
    """Not half a minute long."""
    monkeypatch.setitem(postgresql._SETTINGS, "lock_timeout", "100ms")


def test_a_writer_that_waits_too_long_for_another_process_says_so(url, impatient):
    with closing(Store(url)) as one, closing(Store(url)) as other, one.writing():  # noqa: SIM117 - one raises
        with pytest.raises(StorageError, match="another process has been writing for long; try again"):
            count_to(other, 1)


def test_monitors_with_schemas_of_their_own_share_a_database(url, postgresql):
    with postgresql.connect(name_of(url)) as session:
        session.execute("CREATE SCHEMA one; CREATE SCHEMA two")
    with (
        closing(Store(f"{url}&options=-csearch_path%3Done")) as one,
        closing(Store(f"{url}&options=-csearch_path%3Dtwo")) as two,
    ):
        one.claim()
        two.claim()
        count_to(one, 1)
        with one.writing():
            count_to(two, 2)
        assert (counted(one), counted(two)) == (1, 2)


def name_of(url):
    return url.partition("@/")[2].partition("?")[0]


# ── one daemon ──


def cut(postgresql, url):
    """All sessions of this database end, as at a restart of a proxy between."""
    with postgresql.connect(name_of(url)) as session:
        session.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def test_a_daemon_whose_session_is_cut_holds_the_lock_again_before_it_writes(url, store, postgresql):
    store.claim()
    count_to(store, 1)
    cut(postgresql, url)
    count_to(store, 2)
    with closing(Store(url)) as second, pytest.raises(DatabaseInUse):
        second.claim()


def test_a_daemon_that_lost_the_lock_to_another_writes_nothing_and_reads(url, store, postgresql):
    store.claim()
    count_to(store, 1)
    cut(postgresql, url)
    with closing(Store(url)) as second:
        second.claim()
        with pytest.raises(DatabaseInUse, match="another daemon"):
            count_to(store, 2)
        assert counted(store) == 1
    count_to(store, 3)
    assert counted(store) == 3


def test_a_cut_in_the_midst_of_a_transaction_leaves_nothing_of_it(url, store, postgresql):
    store.claim()
    count_to(store, 1)
    with pytest.raises(DatabaseAway, match="the server is waited for"), store.writing() as connection:  # noqa: PT012
        put(connection, CounterRow, [{"name": "entry", "next": 2}])
        cut(postgresql, url)
        connection.execute(COUNTER.select())
    assert counted(store) == 1


# ── faults ──


@pytest.mark.parametrize(
    ("sqlstate", "kind", "cure"),
    [
        ("53100", DiskFull, "no"),
        ("42501", StorageError, "the database should be the user's own"),
        ("25006", StorageError, "name the primary's address"),
        ("57P01", DatabaseAway, "the server is waited for"),
        ("08006", DatabaseAway, "the server is waited for"),
    ],
)
def test_each_fault_of_the_server_has_its_kind_and_cure(store, sqlstate, kind, cure):
    refuse(store, "INSERT ON counter", saying="no", sqlstate=sqlstate)
    with pytest.raises(kind, match=cure) as caught:
        count_to(store, 1)
    assert type(caught.value) is kind
    assert store.has_room == (kind is not DiskFull)


@pytest.mark.parametrize(
    ("address", "kind", "said"),
    [
        ("postgresql://me:canary@127.0.0.1:1/news", DatabaseAway, "look whether it runs and is reachable"),
        ("postgresql://me@/news?host=/nowhere&password=canary", DatabaseAway, "the server is waited for"),
        ("postgres://me:can%61ry@no.such.host.invalid/news", DatabaseAway, "the server is waited for"),
        ("{server}/no_such_database", StorageError, "make it: `createdb"),
        ("{server}/ascii", StorageError, "is encoded in SQL_ASCII, which has not every character"),
        ("{stranger}/postgres", StorageError, "look at the user and the password"),
    ],
)
def test_each_way_to_have_no_database_is_said_without_the_password(postgresql, address, kind, said):
    if "ascii" in address:
        with postgresql.connect("postgres") as session:
            session.execute("DROP DATABASE IF EXISTS ascii")
            session.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
    host = f"?host={postgresql.folder}"
    server, stranger = "postgresql://monitor:canary@", "postgresql://stranger:canary@"
    url = address.format(server=server, stranger=stranger) + (host if "{" in address else "")
    with pytest.raises(kind, match=said) as caught:
        Store(url)
    assert "canary" not in str(caught.value)
    assert "canary" not in shown(url)


# ── a server that goes away ──


@pytest.fixture
def own(tmp_path):
    """A server that is this test's alone, to be stopped."""
    server = new_server()
    yield server
    remove(server)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
async def test_while_the_server_is_away_nothing_is_lost_and_nothing_comes_twice(tmp_path, own, web, how):
    house = House(tmp_path, databases=Databases(own))
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        await daemon.beat()
        web.on("/wire", reply(200, rss(SIGNED, QUIET)))
        house.clock.step(minutes=20)
        own.stop(how=how)
        for _ in range(3):
            with pytest.raises(StorageError):
                await daemon.run_once()
            await daemon.beat()
            assert "server is waited for" in daemon.complaints.last
            assert not daemon.complaints.lost
        assert posted(web) == []
        own.start()
        await daemon.beat()
        assert daemon.complaints.last == ""
        await daemon.run_once()
        house.clock.step(minutes=20)
        await daemon.run_once()
    house.close()
    assert [message["data"]["story"]["title"] for message in posted(web)] == ["Declaration signed in Paris"]


async def test_a_message_that_was_taken_while_the_server_went_is_marked_when_it_is_back(tmp_path, own, web):
    """The receiver stops it, as it takes the message; who sends tries to mark it until it is there again."""
    house = House(tmp_path, databases=Databases(own))
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))

    async def away(_request, writer):
        await asyncio.to_thread(own.stop)
        asyncio.get_running_loop().call_later(1.0, own.start)
        await reply(200)(_request, writer)

    house.channel("desk", type="webhook", url=web.on("/hook", away, reply(200)))
    async with house.daemon() as daemon:
        await daemon.run_once()
        web.on("/wire", reply(200, rss(SIGNED, QUIET)))
        house.clock.step(minutes=20)
        await daemon.run_once()
        house.clock.step(minutes=20)
        await daemon.run_once()
        assert [one.state for one in house.deliveries()] == ["sent"]
    house.close()
    assert len(posted(web)) == 1


@pytest.fixture
def cramped(tmp_path):
    """A server whose databases lie on a disk of 48 MiB; its log of changes has room."""
    server = new_server(small_disk_mib=48)
    with server.connect("postgres") as session:
        session.execute(f"CREATE TABLESPACE small LOCATION '{server.folder}/small'")
        session.execute("CREATE DATABASE news TEMPLATE template0 TABLESPACE small")
    yield server
    remove(server)


@contextmanager
def full(server):
    """Not a page is left within."""
    with server.connect("news") as session:
        session.execute("CREATE TABLE ballast (page text)")
        session.execute("ALTER TABLE ballast ALTER page SET STORAGE PLAIN")
        for pages in (10_000, 100, 1):
            with suppress(psycopg.errors.DiskFull):
                while True:
                    session.execute(
                        "INSERT INTO ballast SELECT repeat('x', 8000) FROM generate_series(1, %s)", (pages,)
                    )
        yield
        session.execute("DROP TABLE ballast")


LONG = [" ".join(f"{word}{number}" for word in range(3_000)) for number in range(60)]


async def test_while_the_servers_disk_is_full_what_waits_is_sent_and_polling_rests(
    tmp_path, cramped, web, monkeypatch
):
    monkeypatch.setattr(postgresql, "FULL_PAUSE_S", 0.0)
    databases = Databases(cramped)
    databases.url = lambda _folder: cramped.url("news")
    house = House(tmp_path, databases=databases)
    house.settings["alerting"] |= {"max_per_hour": 1000, "bursts": False}
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(QUIET))))
    async with house.daemon() as daemon:
        await daemon.run_once()
        web.on("/wire", reply(200, rss(SIGNED, QUIET)))
        house.clock.step(minutes=20)
        feed, state = house.load().config.feeds["wire"], house.feed_state("wire")
        await daemon.poller.poll(feed, state)  # its alert waits for further reports
        with full(cramped):
            large = [item(f"A declaration of {number}", text) for number, text in enumerate(LONG)]
            web.on("/wire", reply(200, rss(*large, SIGNED, QUIET)))
            house.clock.step(minutes=20)
            with pytest.raises(DiskFull, match="No space left on device"):
                await daemon.run_once()
            [message] = posted(web)
            assert message["data"]["story"]["title"] == "Declaration signed in Paris"
            assert [one.state for one in house.deliveries()] == ["sent"]
        house.clock.step(minutes=20)
        await daemon.run_once()
        house.clock.step(minutes=20)
        await daemon.run_once()
    assert len(house.entries()) == 2 + len(LONG)
    assert {one.state for one in house.deliveries()} == {"sent"}
    house.close()


def test_a_disk_that_is_full_gives_polling_a_rest_of_a_minute(store, monkeypatch):
    refuse(store, "INSERT ON counter", sqlstate="53100")
    monkeypatch.setattr(postgresql, "FULL_PAUSE_S", 3600.0)
    with pytest.raises(DiskFull):
        count_to(store, 1)
    assert not store.keep_room()
    assert "for a minute at a time" in store.when_full


def test_a_server_that_does_not_answer_is_given_up_after_seconds(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        begun = time.monotonic()
        with pytest.raises(DatabaseAway):
            Store(f"postgresql://me@127.0.0.1:{deaf.getsockname()[1]}/news?connect_timeout=2")
        assert time.monotonic() - begun < 30
