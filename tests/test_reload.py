"""What a reload keeps when a rule is broken by it."""

from house import item, rss
from servers.web import reply, web_server

from monitor.model import AlertKind


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
