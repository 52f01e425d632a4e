"""Polls that wait together are stored together, and what breaks one of them is its own affair."""

import asyncio
import sqlite3
from contextlib import closing, suppress
from dataclasses import replace

import pytest
from databases import refuse
from house import item, rss
from samples.news import NOW, WIRE, config, feed_state, fresh, polled
from servers.web import reply

from monitor.config import Loaded
from monitor.core.rules import compile_rules
from monitor.errors import FetchReason, StalePoll, StorageError
from monitor.jobs.writer import Writer
from monitor.model import Failed, Feed
from monitor.store import Store, entries, feeds, polls, words
from monitor.store.entries import Wanted

NAMES = ("ann", "bob", "cat")


@pytest.fixture
def store(tmp_path, database):
    store = Store(database.url(tmp_path))
    with store.writing() as connection:
        feeds.register(connection, dict.fromkeys(NAMES, WIRE.url), NOW)
        for name, state in feeds.states(connection).items():
            feeds.save(connection, state, feed_state(feed_id=name))
    yield store
    store.close()


def poll(name, *titles, **keys):
    before = feed_state(feed_id=name)
    return polled(
        *(fresh(title) for title in titles),
        feed=Feed(id=name, url=WIRE.url),
        before=before,
        after=replace(before, fence=before.fence + 1, last_poll_at=NOW),
        **keys,
    )


async def written(store, *polls):
    """What became of each, handed in at once."""
    loaded = Loaded(config=config(), rules=compile_rules((), {})[0], problems=(), rule_files=None)
    writer = Writer(store, lambda: loaded)
    writer.start()
    try:
        return await asyncio.gather(*map(writer.write, polls), return_exceptions=True)
    finally:
        await writer.stop()


def stored(store):
    with store.reading() as connection:
        titles = sorted(entry.title for entry in entries.listed(connection, Wanted()))
        fences = {name: state.fence for name, state in feeds.states(connection).items()}
    return titles, fences


async def test_one_that_breaks_takes_no_other_with_it(store):
    refuse(store, "INSERT ON entry", when="new.title = 'Broken'")
    one, broken, quiet = await written(store, poll("ann", "One"), poll("bob", "Broken"), poll("cat"))
    assert isinstance(broken, StorageError)
    assert [entry.entry.title for entry in one.new] == ["One"]
    assert quiet.new == ()
    assert stored(store) == (["One"], {"ann": 2, "bob": 1, "cat": 2})


@pytest.mark.parametrize("titles", [(), ("Late",)], ids=["quiet", "with entries"])
async def test_a_poll_that_comes_too_late_is_told_so_and_the_others_are_stored(store, titles):
    with store.writing() as connection:
        feeds.save(connection, feed_state(feed_id="bob"), feed_state(feed_id="bob", fence=2))
    first, late, last = await written(store, poll("ann", "One"), poll("bob", *titles), poll("cat"))
    assert isinstance(late, StalePoll)
    assert (first.state.fence, last.state.fence) == (2, 2)
    assert stored(store) == (["One"], {"ann": 2, "bob": 2, "cat": 2})


@pytest.mark.parametrize("titles", [(), ("Twice",)], ids=["quiet", "with entries"])
async def test_of_two_polls_of_one_feed_that_wait_together_the_second_comes_too_late(store, titles):
    first, late, other = await written(store, poll("ann", "One"), poll("ann", *titles), poll("bob"))
    assert isinstance(late, StalePoll)
    assert (first.state.fence, other.state.fence) == (2, 2)
    assert stored(store) == (["One"], {"ann": 2, "bob": 2, "cat": 1})


async def test_polls_that_wait_together_share_stories_ids_and_what_they_changed(store):
    """The second is planned with what the first one changed, though both are in one transaction."""
    plans = await written(store, poll("ann", "One"), poll("bob", "Two", "Three"), poll("cat", "Four"))
    ids = [one.entry.id for plan in plans for one in plan.new]
    assert ids == [1, 2, 3, 4]
    with store.reading() as connection:
        assert polls.next_ids(connection).entry == 5
        assert [words.find(connection, words.having([word])) for word in ("one", "three", "four")] == [
            [1], [3], [4],
        ]  # fmt: skip


async def test_new_keys_of_entries_that_are_the_same_are_stored_though_nothing_else_came(store):
    [plan] = await written(store, poll("ann", "One"))
    [entry_id] = (one.entry.id for one in plan.new)
    rekeyed = replace(plan.new[0].keys, guid=77)
    later = poll("ann", rekeyed={entry_id: rekeyed})
    before = replace(later.before, fence=2)
    await written(store, replace(later, before=before, after=replace(before, fence=3)))
    with store.reading() as connection:
        assert entries.keys(connection, entry_id) == rekeyed


async def test_quiet_polls_are_stored_with_all_that_changed_of_their_feeds(store):
    failed = Failed(
        reason=FetchReason.CONNECT, message="503", status=503, held_host="x.example", retry_after_s=60
    )
    ill = poll("ann", outcome=failed)
    ill = replace(ill, after=replace(ill.after, failures=1, last_error="503"))
    await written(store, ill, poll("bob"), poll("cat"))
    with store.reading() as connection:
        states = feeds.states(connection)
        assert (states["ann"].failures, states["ann"].last_error) == (1, "503")
        assert [states[name].failures for name in ("bob", "cat")] == [0, 0]
        assert all(states[name].last_poll_at == NOW for name in NAMES)


@pytest.mark.sqlite("another program's lock on a file")
async def test_polling_goes_on_as_soon_as_another_program_lets_the_database_go(house, web, monkeypatch):
    """However long its lock was: no poll waits for the end of a pause that began with the last refusal."""
    monkeypatch.setattr("monitor.store.sqlite.BUSY_TIMEOUT_S", 0.1)
    house.settings["alerting"]["default"] = ["console"]
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(item("Weather")))))
    async with house.daemon() as daemon:
        with closing(sqlite3.connect(house.database, isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
            for _ in range(3):
                with suppress(StorageError):
                    await daemon.scheduler.begin()
                await asyncio.gather(*daemon.scheduler._polls.values(), return_exceptions=True)
                await daemon.beat()
                assert daemon.scheduler.paused
                assert not daemon.vitals.ailments()
                house.clock.step(seconds=15)
            with suppress(StorageError):
                await daemon.scheduler.begin()
            await asyncio.gather(*daemon.scheduler._polls.values(), return_exceptions=True)
        assert not house.entries()
        await daemon.beat()
        assert not daemon.scheduler.paused
        await daemon.scheduler.begin()
        await asyncio.gather(*daemon.scheduler._polls.values())
        assert len(house.entries()) == 1
