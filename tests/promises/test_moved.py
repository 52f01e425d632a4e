"""A database that was brought up to date, or moved to another kind: nothing is lost, and nothing told again."""

import random
from contextlib import closing
from html import escape

import pytest
from databases import Databases, SqliteFiles
from house import House, item, posted, rss
from old_database import MANY, REVISION, word_of, write
from servers.web import reply
from sqlalchemy import func, select

from monitor.cli import exit_code
from monitor.core.text.seeking import Phrase
from monitor.errors import StorageError
from monitor.model import DeliveryState
from monitor.store import Store, alerts, entries, moving, outbox, words
from monitor.store.sql import table
from monitor.store.tables import METADATA, CounterRow, EntryRow

NO_MORE = {DeliveryState.SENT, DeliveryState.DEAD, DeliveryState.DROPPED, DeliveryState.SUMMARISED}
"""What is in one of these states is never sent."""


KEPT = ("title", "summary", "guid", "url", "author", "categories", "published_at")


def settled(house, web):
    """The rule and the channel that the old database speaks of."""
    house.channel("desk", type="webhook", url=web.on("/hook", reply(200)))
    house.rule("paris", "declaration")
    house.settings["alerting"] |= {"group_wait": "0s", "catch_up": "30d"}
    return house


async def every_alert_is_told_once(house, web, old):
    """The feed still has what was told; the daemon runs for some hours."""
    again = [old.entries[number - 1] for number in random.Random(1).sample(range(1, MANY + 1), 600)]
    shown = [
        item(one.title, escape(one.summary), guid=one.guid, link=one.url, published=one.published_at)
        for one in again
    ]
    news = item("Zzyzx declaration signed", "Nobody had heard of it.", guid="new", published=house.clock.at)
    house.feed("wire", web.on("/wire", reply(200, rss(news, *shown))))
    async with house.daemon() as daemon:
        for _ in range(12):
            await daemon.run_once(every=True)
            house.clock.step(minutes=30)
    sent = [title for message in posted(web) for title in told_in(message)]
    waits = [old.titles[one] for one, state in old.states.items() if state not in NO_MORE]
    assert sorted(sent) == sorted([*waits, "Zzyzx declaration signed"])
    with house.reading() as connection:
        now = {
            one.alert_id: one.state for some in outbox.of_alerts(connection, None).values() for one in some
        }
        assert {one: now[one] for one, state in old.states.items() if state in NO_MORE} == {
            one: state for one, state in old.states.items() if state in NO_MORE
        }
        known = connection.execute(select(func.count()).select_from(table(EntryRow))).scalar()
        assert known == MANY + 1


def told_in(message):
    data = message["data"]
    return [line["title"] for line in data["lines"]] if data.get("lines") else [data["story"]["title"]]


@pytest.fixture
def old_house(tmp_path, database, web):
    house = settled(House(tmp_path, databases=database), web)
    house.state.mkdir()
    path = house.state / "monitor.db"
    old = write(path)
    house.databases.older(path, REVISION)
    yield house, old
    house.close()


async def test_of_ten_thousand_entries_of_the_first_version_none_is_lost_and_no_alert_comes_again(
    old_house, web
):
    house, old = old_house
    with house.reading() as connection:
        assert connection.execute(select(func.count()).select_from(table(EntryRow))).scalar() == MANY
        found = {one.id: one for one in entries.by_ids(connection, range(1, MANY + 1))}
        for number, one in enumerate(old.entries, 1):
            assert {name: getattr(found[number], name) for name in KEPT} == {
                name: getattr(one, name) for name in KEPT
            }
        assert set(alerts.told(connection, old.states)) == {(one, "paris") for one in old.states}
        deliveries = outbox.of_alerts(connection, None)
        assert {one: deliveries[one][0].state for one in old.states} == old.states
        assert words.find(connection, Phrase(f"about {word_of(77).lower()}", field="category")) == [77]
    await every_alert_is_told_once(house, web, old)


# ── from one kind to the other ──


def rows(store):
    """All that is in a database."""
    with store.reading() as connection:
        return {
            one.name: [tuple(row) for row in connection.execute(select(one).order_by(*one.primary_key))]
            for one in METADATA.sorted_tables
        }


@pytest.fixture
def elsewhere(database_kind, request, tmp_path):
    """Databases of the other kind."""
    if database_kind == "sqlite":
        found = Databases(request.getfixturevalue("postgresql"))
        url = found.empty(tmp_path)
        found.url = lambda _folder: url
    else:
        found = SqliteFiles()
        found.url = lambda _folder: f"sqlite:///{tmp_path / 'elsewhere' / 'monitor.db'}"
    yield found
    found.close()


async def test_what_is_moved_to_the_other_kind_is_the_same_and_no_alert_comes_again(
    old_house, elsewhere, web, capsys
):
    house, old = old_house
    before = rows(house.store)
    house.close()
    house.write()
    there = elsewhere.url(house.state)
    where = ["--config", str(house.folder), "--state", str(house.state)]
    assert exit_code([*where, "db", "move", there]) == 0
    said = capsys.readouterr()
    assert f"entry: {MANY}" in said.err
    assert f"moved {sum(map(len, before.values()))} rows to " in said.out
    with closing(Store(there)) as store:
        assert rows(store) == before
        with store.reading() as connection:
            assert words.find(connection, Phrase(f"{word_of(77).lower()} das wetter")) == [77]
            assert words.find(connection, Phrase("天 気"), most=1) == [MANY - 1]
    assert exit_code([*where, "db", "move", there]) == 1
    assert "holds something already" in capsys.readouterr().err
    house.databases = elsewhere
    house.settings["database"] = {"url": there}
    await every_alert_is_told_once(house, web, old)


def test_where_a_daemon_runs_on_either_nothing_is_moved(house, desk, elsewhere, capsys):
    house.write()
    where = ["--config", str(house.folder), "--state", str(house.state), "db", "move"]
    there = elsewhere.url(house.state)
    house.store.claim()
    assert exit_code([*where, there]) == 1
    assert "another daemon" in capsys.readouterr().err
    house.close()
    with closing(Store(there)) as other:
        other.claim()
        assert exit_code([*where, there]) == 1
        assert "another daemon" in capsys.readouterr().err


@pytest.mark.parametrize(
    "url", ["monitor.db", "mysql://me:canary@db/news", "sqlite://", "postgresql+asyncpg://db"]
)
def test_what_is_no_database_is_refused_with_a_cure(house, desk, url, capsys):
    house.write()
    assert exit_code(["--config", str(house.folder), "--state", str(house.state), "db", "move", url]) == 2
    said = capsys.readouterr().err
    assert "begin with" in said or "write" in said
    assert "canary" not in said


def test_a_move_that_breaks_leaves_the_other_as_it_was(house, postgresql):
    store = house.store
    with store.writing() as connection:
        connection.execute(
            table(CounterRow).insert(), [{"name": "entry", "next": 7}, {"name": "x", "next": 8}]
        )
    with closing(Store(postgresql.url(postgresql.database()))) as target:

        def break_(line):
            raise StorageError(f"as if it were killed after {line}")

        with pytest.raises(StorageError, match="as if it were killed"):
            moving.move(store, target, tell=break_)
        assert moving.move(store, target, tell=print) == 3
