"""What waits while its channel or its rules are not in the config: it is kept for days, said, and sent at last."""

from copy import deepcopy

import pytest
from house import item, posted, rss
from servers.web import reply

from monitor.model import DeliveryState
from monitor.store import outbox

SIGNED = item("Declaration signed in Paris", "Thirty-five countries signed the declaration on Tuesday.")
HAKE = item("Fishing quotas: ministers adopt a declaration in Lisbon", "Cod and hake are to be spared.")


def no_channel(house):
    house.channels = {"ops": house.channels["ops"]}
    house.settings["alerting"]["default"] = ["ops"]


def no_settings(house):
    """As an empty monitor.toml: the built-in console is all there is, and nobody is the operator."""
    house.channels.clear()
    house.settings = {"polling": {"allow_private": True}}


def no_rules(house):
    house.rules.clear()


def another_rule(house):
    house.rules = {"other": {"query": "nothing at all"}}


def rule_switched_off(house):
    house.rules["paris"]["enabled"] = False


def nothing(house):
    no_settings(house)
    no_rules(house)
    house.feeds.clear()


GONE = [no_channel, no_settings, no_rules, another_rule, rule_switched_off, nothing]


@pytest.fixture
def waiting(house, desk, web):
    """Two alerts whose receiver is down."""
    house.channel("ops", type="webhook", url=web.on("/ops", reply(200)))
    house.settings["alerting"] |= {"operator": ["ops"], "group_wait": "0s", "catch_up": "7d"}
    house.rule("paris", "declaration")
    house.feed("wire", web.on("/wire", reply(200, rss(SIGNED, HAKE))))
    web.on("/hook", reply(503))
    return house


def unsent(house):
    return [one for one in house.deliveries() if one.channel == "desk"]


async def emptied(house, daemon):
    """The config as it is now is taken up, also where it is doubted at first."""
    await daemon.reload("emptied")
    house.clock.step(seconds=60)
    await daemon.reload("emptied")


@pytest.mark.parametrize("days", [0.01, 10])
@pytest.mark.parametrize("gone", GONE)
async def test_what_waits_is_kept_until_its_channel_and_rules_are_back(waiting, web, gone, days):
    house = waiting
    async with house.daemon() as daemon:
        await daemon.run_once()
        as_it_was = {
            name: deepcopy(getattr(house, name)) for name in ("settings", "feeds", "rules", "channels")
        }
        house.clock.step(minutes=5)
        gone(house)
        await emptied(house, daemon)
        for _ in range(4):
            await daemon.run_once()
            house.clock.step(days=days / 4)
        kept = unsent(house)
        assert [one.state for one in kept] == [DeliveryState.PENDING] * 2
        assert all(one.last_error.startswith("waits for the ") for one in kept)
        assert all(one.last_error.endswith(" to come back into the config") for one in kept)
        vars(house).update(as_it_was)
        web.on("/hook", reply(200))
        await daemon.reload("restored")
        await daemon.run_once()
        assert [one.state for one in unsent(house)] == [DeliveryState.SENT] * 2
        assert [one.attempts for one in unsent(house)] == [1, 1]
    assert len({message["data"]["id"] for message in posted(web)}) == 2


@pytest.mark.parametrize("gone", [no_channel, no_rules, another_rule, rule_switched_off])
async def test_the_operator_is_told_once_a_day_however_many_wait(waiting, web, gone):
    house = waiting
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=5)
        gone(house)
        await emptied(house, daemon)
        for _ in range(8):
            await daemon.run_once()
            house.clock.step(hours=4)
    days = {message["timestamp"][:10] for message in posted(web, "/ops")}
    assert len(posted(web, "/ops")) == len(days) == 2
    said = posted(web, "/ops")[0]["data"]["text"]
    assert said.startswith("2 messages wait for the ")
    assert "monitor alerts drop" in said


async def test_a_person_drops_what_waits(waiting, web):
    house = waiting
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=5)
        no_channel(house)
        await emptied(house, daemon)
        await daemon.run_once()
        first, _ = unsent(house)
        assert first.last_error == 'waits for the channel "desk" to come back into the config'
        with house.store.writing() as connection:
            outbox.drop(connection, first.alert_id)
        await daemon.run_once()
    assert [one.state for one in unsent(house)] == [DeliveryState.DROPPED, DeliveryState.PENDING]


async def test_an_alert_for_two_rules_is_sent_for_the_one_that_is_left(waiting, web):
    house = waiting
    house.rule("signing", "thirty-five")
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=5)
        del house.rules["signing"]
        await daemon.reload("a rule less")
        web.on("/hook", reply(200))
        await daemon.run_once()
    assert [one.state for one in unsent(house)] == [DeliveryState.SENT] * 2
