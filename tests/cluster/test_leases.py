"""What one worker alone does, and what becomes of one that is given up: two stores as two processes."""

import threading
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from monitor.cluster.clock import DatabaseClock, boot_s
from monitor.cluster.hosts import without_port
from monitor.cluster.life import LET_GO_S, LIMIT_S, Life
from monitor.errors import DatabaseInUse, GivenUp
from monitor.jobs.prune import keep_within
from monitor.store import Store, feeds, retention, workers
from monitor.store.polls import next_ids, reserve

pytestmark = pytest.mark.postgresql("workers share a server")

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def url(tmp_path, database):
    return database.url(tmp_path)


@contextmanager
def worker(url, name="a"):
    with closing(Store(url)) as store:
        life = Life(store, name=name, describe=lambda: ("v1", "resting"))
        life.enter()
        yield store, life


@pytest.fixture
def two(url):
    with worker(url, "a") as one, worker(url, "b") as other:
        yield *one, *other


def register(store, *hosts):
    with store.writing() as connection:
        now = workers.clock(connection)
        feeds.register(connection, {host: f"http://{host}/feed" for host in hosts}, now - MINUTE)
        return now


def claimed(store, life, now, most=9):
    with store.leasing() as connection:
        workers.in_turn(connection)
        return set(workers.claim_due(connection, life.id, now, most=most))


def give_back(store, life, *hosts, rest=timedelta(0)):
    with store.leasing() as connection:
        workers.give_back(connection, life.id, workers.HOST, hosts, rest=rest)


def silence(store, life, by=MINUTE):
    """It was seen last so long ago."""
    with store.leasing() as connection:
        connection.execute(
            text("UPDATE worker SET seen_at = seen_at - :by WHERE id = :id"), {"by": by, "id": life.id}
        )


def give_up(store, life):
    with store.writing() as connection:
        return [one.name for one in workers.give_up(connection, [life.id])]


# ── hosts ──


def test_a_host_is_one_workers_at_a_time(two):
    store, life, other, its = two
    now = register(store, "a.example", "b.example", "c.example")
    first = claimed(store, life, now, most=2)
    assert len(first) == 2
    second = claimed(other, its, now)
    assert second == {"a.example", "b.example", "c.example"} - first
    assert claimed(store, life, now) == set()
    give_back(other, its, *second)
    assert claimed(store, life, now) == second


def test_whoever_gives_back_what_is_anothers_changes_nothing(two):
    store, life, other, its = two
    now = register(store, "a.example")
    assert claimed(store, life, now) == {"a.example"}
    give_back(other, its, "a.example")
    assert claimed(other, its, now) == set()


def test_a_host_rests_between_one_worker_and_another(two):
    store, life, other, its = two
    now = register(store, "a.example")
    claimed(store, life, now)
    give_back(store, life, "a.example", rest=MINUTE)
    assert claimed(other, its, now) == claimed(store, life, now) == set()
    with other.leasing() as connection:
        assert not workers.claim(connection, its.id, workers.HOST, "a.example")


def test_at_night_the_rows_of_hosts_go_that_were_given_back_long_ago(two, house, desk):
    store, life, _, _ = two
    now = register(store, "a.example", "b.example", "c.example")
    assert claimed(store, life, now) == {"a.example", "b.example", "c.example"}
    give_back(store, life, "a.example", rest=-2 * DAY)
    give_back(store, life, "b.example")
    with store.writing() as connection:
        retention.mark_done(connection, now - 2 * DAY)
    keep_within(store, house.load().config, now, stop=threading.Event())
    with store.reading() as connection:
        rows = connection.execute(text("SELECT key FROM lease WHERE kind = 'host'"))
        assert set(rows.scalars()) == {"b.example", "c.example"}


def test_a_pause_that_a_host_asked_one_worker_for_holds_for_all(two):
    store, life, other, its = two
    now = register(store, "a.example")
    claimed(store, life, now)
    with store.writing() as connection:
        feeds.pause_host(connection, "a.example", now + MINUTE)
    give_back(store, life, "a.example")
    assert claimed(other, its, now) == set()
    assert claimed(other, its, now + 2 * MINUTE) == {"a.example"}


@pytest.mark.parametrize("count", [50])
def test_workers_that_claim_at_once_share_all_and_wait_for_no_other_for_ever(url, count):
    got = {}
    with worker(url, "a") as (store, _):
        now = register(store, *(f"{number}.example" for number in range(count)))

        def take(name):
            with worker(url, name) as (own, its):
                got[name] = [claimed(own, its, now, most=3) for _ in range(count)]

        threads = [threading.Thread(target=take, args=(name,)) for name in "bcd"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    hosts = [host for rounds in got.values() for some in rounds for host in some]
    assert len(hosts) == len(set(hosts)) == count


@pytest.mark.parametrize(
    ("netloc", "host"),
    [
        ("wire.example", "wire.example"),
        ("Wire.Example:8080", "wire.example"),
        ("127.0.0.1:80", "127.0.0.1"),
        ("[::1]:80", "::1"),
        ("[2001:db8::7]", "2001:db8::7"),
    ],
)
def test_the_lease_of_a_host_is_the_one_that_its_feeds_are_claimed_by(netloc, host):
    assert without_port(netloc) == host == feeds.host_of(f"http://{netloc}/feed", "id")


def test_however_many_are_due_the_longest_overdue_come_first(two):
    store, life, other, its = two
    now = register(store, *(f"{number}.example" for number in range(30)))
    with store.writing() as connection:
        connection.execute(
            text("UPDATE feed SET next_poll_at = next_poll_at - :by WHERE feed_id LIKE '2%'"), {"by": MINUTE}
        )
    first = claimed(store, life, now, most=11)
    assert first == {host for host in claimed(other, its, now, most=30) | first if host.startswith("2")}


def test_what_a_worker_does_not_know_to_hold_it_gives_back(two):
    """As where the answer to its claim was lost with the connection."""
    store, life, other, its = two
    now = register(store, "a.example", "b.example")
    assert claimed(store, life, now) == {"a.example", "b.example"}
    with store.leasing() as connection:
        workers.keep_only(connection, life.id, workers.HOST, ["a.example"], rest=timedelta(0))
    assert claimed(other, its, now) == {"b.example"}


# ── the fence ──


@pytest.mark.parametrize("how", ["writing", "writing_beside"])
def test_whoever_was_given_up_writes_nothing_more(two, how):
    store, life, other, _ = two
    silence(other, life)
    assert give_up(other, life) == ["a"]
    with pytest.raises(GivenUp), getattr(store, how)():
        raise AssertionError
    with other.writing():
        pass


def test_nobody_is_given_up_beside_what_he_writes(two):
    """What begins while it lives is stored whole; the end comes after it."""
    store, life, other, _ = two
    silence(other, life)
    with store.writing_beside() as connection:
        ending = threading.Thread(target=give_up, args=(other, life))
        ending.start()
        feeds.register(connection, {"a": "http://a.example/feed"}, workers.clock(connection))
        ending.join(0.5)
        assert ending.is_alive()
    ending.join()
    with other.reading() as connection:
        assert feeds.states(connection).keys() == {"a"}
        assert [one.name for one in workers.listed(connection)] == ["b"]


def test_whoever_was_seen_meanwhile_is_not_given_up(two):
    store, life, other, _ = two
    silence(other, life)
    with other.leasing() as connection:
        assert workers.silent(connection) == [life.id]
    with store.leasing() as connection:
        assert workers.see(connection, life.id, config_version="v1", doing="")
    assert give_up(other, life) == []
    with store.writing():
        pass


def test_what_the_dead_held_is_anybodys(two):
    store, life, other, its = two
    now = register(store, "a.example")
    claimed(store, life, now)
    with store.leasing() as connection:
        assert workers.claim(connection, life.id, workers.JOB, "once")
    silence(other, life)
    give_up(other, life)
    assert claimed(other, its, now) == {"a.example"}
    with other.leasing() as connection:
        assert workers.claim(connection, its.id, workers.JOB, "once")


def test_what_ends_by_itself_gives_back_at_once(two):
    store, life, other, its = two
    now = register(store, "a.example")
    claimed(store, life, now)
    life.leave()
    assert claimed(other, its, now) == {"a.example"}
    with other.reading() as connection:
        assert [one.name for one in workers.listed(connection)] == ["b"]


def test_others_may_give_it_up_only_after_it_has_let_go():
    """It lets go so long before that a sign of life which takes its time changes nothing."""
    assert workers.SILENT.total_seconds() - LET_GO_S >= LIMIT_S


# ── writers beside each other ──


def test_several_store_at_once_what_concerns_nobody_else(two):
    store, _, other, _ = two
    with store.writing_beside(), other.writing_beside():
        pass


@pytest.mark.parametrize(("first", "then"), [("writing", "writing_beside"), ("writing_beside", "writing")])
def test_whoever_decides_of_stories_is_alone(two, first, then):
    store, _, other, _ = two
    begun = threading.Event()

    def write():
        with getattr(other, then)():
            begun.set()

    with getattr(store, first)():
        writing = threading.Thread(target=write)
        writing.start()
        assert not begun.wait(0.5)
    writing.join()
    assert begun.is_set()


def test_ids_that_are_reserved_are_given_to_nobody_else(two):
    store, _, other, _ = two
    taken = []
    for own in (store, other, store):
        with own.writing() as connection:
            taken.append(reserve(connection, 100))
    ids = [one for some in taken for one in some]
    assert len(ids) == len(set(ids)) == 300
    with store.reading() as connection:
        assert next_ids(connection).entry == max(ids) + 1


# ── who works alone ──


def test_a_daemon_that_works_alone_is_refused_beside_workers(url):
    with worker(url), closing(Store(url)) as alone, pytest.raises(DatabaseInUse, match="cluster worker"):
        alone.claim()


def test_a_worker_is_refused_beside_a_daemon_that_works_alone(url):
    with closing(Store(url)) as alone, closing(Store(url)) as store:
        alone.claim()
        life = Life(store, name="a", describe=lambda: ("", ""))
        with pytest.raises(DatabaseInUse, match="stop it first, and start it as a worker too"):
            life.enter()


# ── clocks ──


@pytest.mark.parametrize("minutes", [-2, 2])
def test_a_worker_goes_by_the_databases_time_whatever_its_own(minutes):
    said = datetime.now(UTC) + timedelta(minutes=minutes)
    clock = DatabaseClock()
    at_s = boot_s()
    clock.is_set(said, asked_s=at_s - 0.2, answered_s=at_s + 0.2)
    assert timedelta(0) <= clock() - said < timedelta(seconds=5)
