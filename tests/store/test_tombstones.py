"""Entries that were pruned are known again when they come back."""

from dataclasses import replace

import pytest
from samples.news import DAY, HOUR, NOW, WIRE, config, feed_state, fresh, polled
from sqlalchemy import func, select

from monitor.core.plan import plan_poll
from monitor.core.stories.identity import New, Same, identify, keys_of
from monitor.model import DeliveryState, EntryChange
from monitor.store import alerts, changes, entries, feeds, polls, tombstones
from monitor.store.entries import Wanted
from monitor.store.open_stories import OpenStories
from monitor.store.outbox import DELIVERY
from monitor.store.sql import table
from monitor.store.tables import EntryChangeRow, MatchRow, ToldRow, TombstoneRow

TEXT = "Thirty-five countries signed the declaration at the palace on Tuesday evening, after nine hours of talks."
OURS = {"content": TEXT, "url": "https://wire.example/signed", "published_at": NOW - HOUR}
SIGNED = fresh("Declaration of Paris is signed", "paris", **OURS)


@pytest.fixture
def connection(store):
    with store.writing() as connection:
        feeds.register(connection, {"wire": WIRE.url}, NOW - HOUR)
        feeds.save(connection, feeds.states(connection)["wire"], feed_state())
        yield connection


@pytest.fixture
def plan(connection):
    """Two stored entries, the first of them told and sent."""
    poll = polled(SIGNED, fresh("Weather for the week"), before=feeds.states(connection)["wire"])
    plan = plan_poll(poll, polls.facts(connection, poll, OpenStories()), config=config())
    polls.apply(connection, plan, OpenStories())
    return plan


def send(connection):
    connection.execute(DELIVERY.update().values(state=DeliveryState.SENT))


def count(connection, row):
    return connection.execute(select(func.count()).select_from(table(row))).scalar_one()


def known_again(connection, *given):
    keys = [keys_of(one) for one in given]
    stored = entries.known(connection, "wire", keys) + tombstones.known(connection, "wire", keys)
    return identify(given, stored, seen_at=NOW + 100 * DAY)


COMES_BACK = {
    "as it was": {},
    "under another guid": {"guid": "node/7"},
    "at another domain": {"url": "https://new.example.org/signed", "guid": None},
    "without a guid and an address": {"guid": None, "url": None},
    "with another text": {"content": "All of it was rewritten."},
}


@pytest.mark.parametrize("form", COMES_BACK.values(), ids=COMES_BACK)
def test_a_buried_entry_that_comes_back_is_the_same(connection, plan, form):
    send(connection)
    assert tombstones.bury(connection, [1], now=NOW + 90 * DAY) == 1
    [outcome] = known_again(connection, replace(SIGNED.entry, **form))
    assert isinstance(outcome, Same)
    assert outcome.entry_id == 1


def test_another_entry_is_new_beside_a_tombstone(connection, plan):
    send(connection)
    tombstones.bury(connection, [1], now=NOW + 90 * DAY)
    assert isinstance(known_again(connection, fresh("Chess champion wins").entry)[0], New)


def test_of_a_buried_entry_nothing_else_is_left(connection, plan):
    send(connection)
    changes.insert(connection, [EntryChange(entry_id=1, at=NOW, edits=())])
    assert tombstones.bury(connection, [1, 2, 3], now=NOW + 90 * DAY) == 2
    assert entries.listed(connection, Wanted()) == []
    assert count(connection, MatchRow) == count(connection, EntryChangeRow) == 0
    assert count(connection, TombstoneRow) == 2
    stone = table(TombstoneRow)
    assert connection.execute(select(stone.c.told).order_by(stone.c.id)).scalars().all() == [True, False]


def test_a_story_that_was_told_stays_told(connection, plan):
    send(connection)
    tombstones.bury(connection, [1], now=NOW + 90 * DAY)
    assert count(connection, ToldRow) == len(alerts.listed(connection)) == 1


def test_an_entry_whose_alert_is_still_to_be_sent_is_not_buried(connection, plan):
    assert tombstones.bury(connection, [1, 2], now=NOW + 90 * DAY) == 1
    assert [one.id for one in entries.listed(connection, Wanted())] == [1]


def test_to_bury_twice_is_harmless(connection, plan):
    send(connection)
    assert tombstones.bury(connection, [1], now=NOW) == 1
    assert tombstones.bury(connection, [1], now=NOW) == 0


def test_a_tombstone_goes_by_the_keys_that_its_entry_came_back_with(connection, plan):
    send(connection)
    tombstones.bury(connection, [1], now=NOW + 90 * DAY)
    moved = replace(SIGNED.entry, guid="node/7", content="Rewritten.")
    tombstones.rekey(connection, {1: keys_of(moved)})
    [known] = tombstones.known(connection, "wire", [keys_of(replace(moved, url=None))])
    assert (known.entry_id, known.buried, known.keys) == (1, True, keys_of(moved))
