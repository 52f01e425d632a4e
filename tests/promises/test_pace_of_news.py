"""Bursts and lulls from the feeds to the channels, in a whole monitor with some weeks of history."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from house import House, item, posted, rss
from servers.web import reply, web_server

from monitor.core.alerts.burst_test import Covered, PaceState, hour_number
from monitor.jobs.bursts import look
from monitor.model import AlertKind, Rhythm, Silence
from monitor.store import bursts, feeds, silences

WORDS = (
    "harbour", "market", "tunnel", "museum", "forest", "engine",
    "violin", "glacier", "station", "desert", "orchard", "bridge",
)  # fmt: skip


@pytest.fixture
async def web():
    async with web_server() as server:
        server.on("/hook", reply(200))
        server.on("/office", reply(200))
        yield server


@pytest.fixture
async def house(tmp_path, web, database):
    """Two weeks of a rule that finds a report every other hour."""
    house = House(tmp_path, databases=database)
    house.channel("desk", type="webhook", url=web.url("/hook"))
    house.channel("office", type="webhook", url=web.url("/office"))
    house.settings["alerting"]["operator"] = ["office"]
    house.rule("strikes", "strike", title="Strikes")
    learned(house, weeks=2)
    yield house
    house.close()


def learned(house, *, weeks, until=0):
    """So far back somebody looked in every hour, and found something until so many hours ago."""
    version = house.load().rules.rule("strikes").version
    present = hour_number(house.clock())
    hours = range(present - weeks * 168, present)
    with house.store.writing() as connection:
        for hour in hours:
            bursts.watch(connection, hour)
        found = {Covered(hour=hour, rule_id="strikes", rule_version=version): 1 for hour in hours if hour % 2}
        bursts.count(connection, {one: count for one, count in found.items() if one.hour < present - until})
        course = PaceState(
            rule_id="strikes", rule_version=version, since_at=house.clock() - timedelta(weeks=weeks)
        )
        bursts.save(connection, [course])


def outlets(house, web, count):
    """Feeds that had nothing at first and then tell of a strike each."""
    for number in range(count):
        path = f"/feed{number}"
        told = item(
            f"Strike at the {WORDS[number]}", f"Workers of the {WORDS[number]} stopped.", guid=f"{number}",
            link=f"https://{number}.example/strike", published=house.clock() + timedelta(minutes=15),
        )  # fmt: skip
        house.feed(f"feed{number}", web.on(path, reply(200, rss()), reply(200, rss(told))))


def kinds(house):
    return [alert.kind for alert in house.alerts() if alert.kind in {AlertKind.BURST, AlertKind.LULL}]


async def passes(house, daemon, count, **step):
    for _ in range(count):
        await daemon.run_once(every=True)
        house.clock.step(**step)


# ── bursts ──


async def test_a_burst_is_one_alert_beside_the_stories(house, web):
    outlets(house, web, 12)
    async with house.daemon() as daemon:
        await passes(house, daemon, 4, minutes=20)
    assert kinds(house) == [AlertKind.BURST]
    [burst] = [one["data"] for one in posted(web) if one["type"] == "alert.burst"]
    assert [rule["id"] for rule in burst["rules"]] == ["strikes"]
    first, top, address, *_ = burst["text"].splitlines()
    assert first == "Burst: Strikes: 12 reports by 12 outlets since 19:00, usually 1."
    assert re.fullmatch(r"\d+ outlets?: Strike at the \w+", top)
    assert address.startswith("https://")


async def test_a_first_poll_is_no_burst(house, web):
    house.settings["alerting"]["catch_up"] = "7d"
    for number in range(12):
        told = item(f"Strike at the {WORDS[number]}", guid=f"{number}", published=house.clock())
        house.feed(f"feed{number}", web.on(f"/feed{number}", reply(200, rss(told))))
    async with house.daemon() as daemon:
        await passes(house, daemon, 3, minutes=20)
    assert len(house.decisions()) == 12
    assert {alert.kind for alert in house.alerts()} == {AlertKind.NEW}
    assert kinds(house) == []


@pytest.mark.parametrize("changed", ["switched off", "silenced", "the rule was changed"])
async def test_no_burst_is_told_where_it_is_not_wanted_or_the_pace_is_not_known(house, web, changed):
    outlets(house, web, 12)
    if changed == "switched off":
        house.settings["alerting"]["bursts"] = False
    if changed == "the rule was changed":
        house.rule("strikes", "strike OR walkout")
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        if changed == "silenced":
            with house.store.writing() as connection:
                silence = Silence(
                    id=1, rule_id="strikes", feed_id=None, story_id=None, comment="", who="ann",
                    from_at=house.clock(), until_at=house.clock() + timedelta(hours=2),
                )  # fmt: skip
                silences.add(connection, silence)
        house.clock.step(minutes=20)
        await passes(house, daemon, 3, minutes=20)
        house.clock.step(hours=3)
        await passes(house, daemon, 2, minutes=20)
    assert kinds(house) == []


async def test_crashed_before_the_burst_was_stored_it_is_told_by_the_next_look(house, web):
    outlets(house, web, 12)
    loaded = house.load()
    async with house.daemon() as daemon:
        await daemon.run_once(every=True)
        house.clock.step(minutes=20)
        for number in range(12):
            await daemon.poll_one(f"feed{number}", dry_run=False)
        [told] = look(house.store, loaded, house.clock())
        assert look(house.store, loaded, house.clock()) == ()
    assert told.kind is AlertKind.BURST


# ── lulls ──


async def test_a_rule_that_went_quiet_is_told_once_and_its_feeds_are_named(tmp_path, web, database):
    house = House(tmp_path, databases=database)
    house.channel("desk", type="webhook", url=web.url("/hook"))
    house.rule("strikes", "strike", title="Strikes")
    house.feed("wire", web.on("/wire", reply(200, rss())))
    learned(house, weeks=3, until=96)
    async with house.daemon() as daemon:
        await passes(house, daemon, 4, hours=1)
    assert kinds(house) == [AlertKind.LULL]
    [lull] = [one["data"] for one in posted(web) if one["type"] == "alert.lull"]
    assert lull["text"].splitlines()[1] == "All of its 1 feeds answer: it seems to be calm."
    house.close()


async def quiet_feed(house, web, answer, *, others=2):
    """A feed that brought something every hour, and has been quiet for four days."""
    house.feed("wire", web.on("/wire", answer))
    for number in range(others):
        house.feed(f"fine{number}", web.on(f"/fine{number}", reply(200, rss())))
    async with house.daemon() as daemon:
        with house.store.writing() as connection:
            state = feeds.states(connection, ["wire"])["wire"]
            now = house.clock()
            rhythm = Rhythm(
                hours=(14.0,) * 24,
                days=14.0,
                until_at=now,
                last_entry_at=now - timedelta(days=4),
                longest_quiet_s=3 * 3600.0,
            )
            begun = now - timedelta(days=14)
            known = replace(state, rhythm=rhythm, baseline_at=begun, fence=state.fence + 1)
            feeds.save(connection, state, known)
        await passes(house, daemon, 4, hours=1)
    return [alert.text for alert in house.alerts() if alert.kind is AlertKind.NOTE]


async def test_a_feed_that_went_quiet_is_one_note_to_the_operator_that_says_broken_or_calm(house, web):
    [calm] = await quiet_feed(house, web, reply(200, rss()))
    assert calm.startswith("Quiet feed wire: no entry since Fri 2 Jan, 20:00, where usually some 9")
    assert "It answers" in calm


async def test_a_quiet_feed_whose_polls_fail_is_called_broken(house, web):
    [broken] = await quiet_feed(house, web, reply(503))
    assert "Broken: its last" in broken
    assert "503" in broken


async def test_where_most_feeds_fail_nothing_is_called_quiet(house, web):
    assert await quiet_feed(house, web, reply(503), others=0) == []


async def test_lulls_can_be_switched_off(house, web):
    house.settings["alerting"]["lulls"] = False
    assert await quiet_feed(house, web, reply(200, rss())) == []
