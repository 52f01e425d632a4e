"""What a reload keeps: a broken rule, what vanished as a whole, everything where the database refuses."""

import asyncio
import os
from contextlib import closing

import pytest
from databases import allow, refuse
from house import item, rss
from servers.web import reply, web_server

from monitor.config.losses import losses
from monitor.errors import ConfigError
from monitor.model import AlertKind
from monitor.store import Store


async def test_a_rule_that_is_broken_by_a_reload_goes_on_in_its_last_good_version(house):
    async with web_server() as server:
        house.feed("wire", server.on("/feed", reply(200, rss(item("Old")))))
        house.rule("paris", "paris NEAR/3 declaration")
        house.rule("berlin", "berlin")
        house.channel("desk", type="console")
        house.channel("ops", type="console")
        house.settings["alerting"]["operator"] = ["ops"]
        async with house.daemon() as daemon:
            await daemon.run_once(every=True)
            house.rule("paris", "paris NEAR/3 (declaration")
            house.rule("berlin", "munich")
            await daemon.reload("a test")
            server.on("/feed", reply(200, rss(item("The Paris declaration"), item("Berlin"), item("Munich"))))
            house.clock.step(hours=1)
            await daemon.run_once(every=True)
    told = {rule for alert in house.alerts() for rule in alert.rules}
    assert told == {"paris", "berlin"}
    matched = {(one.match.rule_id, house.entries()[one.entry_id - 1].title) for one in house.decisions()}
    assert matched == {("paris", "The Paris declaration"), ("berlin", "Munich")}
    [note] = [alert for alert in house.alerts() if alert.kind is AlertKind.NOTE]
    assert "Rule paris has a mistake" in note.text
    assert "rules.toml:" in note.text


async def test_the_operator_hears_of_one_mistake_once(house):
    house.rule("paris", "paris")
    house.channel("desk", type="console")
    house.settings["alerting"]["operator"] = ["console"]
    async with house.daemon() as daemon:
        house.rule("paris", "paris OR")
        await daemon.reload("a test")
        await daemon.reload("a test")
    assert len(house.alerts()) == 1


@pytest.fixture
def house(house):
    house.settings["alerting"]["default"] = ["console"]
    return house


def no_rules(house):
    house.rules.clear()


def no_feeds(house):
    house.feeds.clear()


def no_channels(house):
    house.channels.clear()


@pytest.mark.parametrize(
    ("vanishes", "named"),
    [(no_rules, "the rules of rules.toml"), (no_feeds, "all feeds"), (no_channels, "all channels")],
)
async def test_what_vanishes_as_a_whole_is_doubted_for_a_minute_and_wanted_after_it(house, vanishes, named):
    house.feed("wire", "https://wire.example/feed")
    house.rule("paris", "paris")
    house.channel("desk", type="console")
    async with house.daemon() as daemon:
        before = daemon.in_force.loaded
        vanishes(house)
        await daemon.reload("a test")
        house.clock.step(seconds=59)
        await daemon.reload("a test")
        assert daemon.in_force.loaded is before
        assert losses(before, house.read()) == (named,)
        house.clock.step(seconds=1)
        await daemon.reload("a test")
        assert daemon.in_force.loaded is not before


async def test_what_came_back_is_no_longer_doubted_and_doubted_anew_when_it_vanishes_again(house):
    house.rule("paris", "paris")
    async with house.daemon() as daemon:
        for _ in range(3):
            house.rules.clear()
            await daemon.reload("a test")
            assert "paris" in daemon.in_force.loaded.config.rules
            house.clock.step(seconds=59)
            house.rule("paris", "paris")
            await daemon.reload("a test")
            house.clock.step(seconds=59)


async def test_a_rule_less_is_taken_up_at_once(house):
    house.rule("paris", "paris")
    house.rule("london", "london")
    async with house.daemon() as daemon:
        del house.rules["london"]
        await daemon.reload("a test")
        assert set(daemon.in_force.loaded.config.rules) == {"paris"}


async def test_where_the_database_refuses_the_old_config_stays_whole_and_it_is_tried_again(house):
    house.rule("paris", "paris")
    async with house.daemon() as daemon:
        before, channels = daemon.in_force.loaded, daemon.in_force.channels
        with closing(Store(house.url)) as other:
            refuse(other, "INSERT ON feed")
            house.feed("news", "https://news.example/feed")
            house.rule("paris", "lyon")
            await daemon.reload("a test")
            assert daemon.in_force.loaded is before
            assert daemon.in_force.channels is channels
            allow(other)
        house.clock.step(seconds=30)
        await daemon.beat()
        await asyncio.gather(*daemon._reloads)
        assert daemon.in_force.loaded.config.rules["paris"].query == "lyon"


async def test_two_reloads_at_once_come_one_after_the_other(house):
    house.rule("paris", "paris")
    async with house.daemon() as daemon:
        house.rule("paris", "lyon")
        await asyncio.gather(*(daemon.reload(f"test {number}") for number in range(4)))
        assert daemon.in_force.loaded.config.rules["paris"].query == "lyon"


def test_a_pipe_among_the_rules_holds_nobody_up(house):
    house.load()
    os.mkfifo(house.folder / "rules" / "pipe.toml")
    with pytest.raises(ConfigError, match=r"pipe\.toml: error: it is no regular file"):
        house.read()
