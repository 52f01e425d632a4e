"""All channels at once, through the daemon's own outbox: threads, failures, and what the operator hears of them."""

from contextlib import asynccontextmanager

import pytest
from channels.atom_rig import ids
from house import item, posted, rss
from servers.chat import TOKEN
from servers.discord import Discord
from servers.mail import mail_server
from servers.matrix import Matrix
from servers.mattermost import CHANNEL, Mattermost
from servers.ntfy import Ntfy
from servers.slack import Slack
from servers.telegram import Telegram
from servers.web import reply, web_server

from monitor.model import AlertKind, DeliveryState

QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
SIGNED = item("Declaration signed in Paris", "Thirty-five countries signed the declaration on Tuesday.")
SERVICES = {
    "slack": Slack,
    "discord": Discord,
    "telegram": Telegram,
    "ntfy": Ntfy,
    "matrix": Matrix,
    "mattermost": Mattermost,
}


def table(kind, base):
    """What the config says of a channel whose service is at `base`."""
    return {
        "slack": {"server": base, "token": f"xoxb-{TOKEN}", "to": ["C0123456789"]},
        "discord": {"url": f"{base}/api/webhooks/1/{TOKEN}"},
        "telegram": {"server": base, "token": f"123456:{TOKEN}", "to": ["-1001"]},
        "ntfy": {"server": base, "token": f"tk_{TOKEN}", "to": ["desk"]},
        "matrix": {"server": base, "token": f"syt_{TOKEN}", "to": ["!desk:example.org"]},
        "mattermost": {"server": base, "token": TOKEN, "to": [CHANNEL]},
    }[kind]


@pytest.fixture
async def chats(house):
    """A house with every chat, and the servers of their services by type."""
    async with _servers(SERVICES) as servers:
        for kind, server in servers.items():
            server.elsewhere = SERVICES[kind]()
            house.channel(kind, type=kind, **table(kind, server.url("")))
        house.settings["alerting"]["default"] = list(SERVICES)
        house.rule("paris", "declaration")
        yield servers


@asynccontextmanager
async def _servers(names):
    if not names:
        yield {}
        return
    first, *rest = names
    async with web_server() as server, _servers(rest) as others:
        yield {first: server, **others}


def feed(house, web, *bodies):
    house.feed("wire", web.on("/wire", *(reply(200, body) for body in bodies)))


async def passes(daemon, house, count, **apart):
    for _ in range(count):
        await daemon.run_once()
        house.clock.step(**(apart or {"minutes": 20}))


def states(house):
    return {(one.channel, one.recipient): one.state for one in house.deliveries()}


async def test_an_update_answers_the_first_message_wherever_there_are_threads(house, web, chats):
    house.settings["alerting"]["update_interval"] = "1m"
    house.rule("signing", "thirty-five AND palace")
    later = item(
        "Declaration signed in Paris: what it says", "Thirty-five countries signed it at the palace."
    )
    feed(house, web, rss(QUIET), rss(SIGNED, QUIET), rss(later, SIGNED, QUIET), rss(later, SIGNED, QUIET))
    async with house.daemon() as daemon:
        await passes(daemon, house, 4)
    assert AlertKind.UPDATE in {alert.kind for alert in house.alerts()}
    assert set(states(house).values()) == {DeliveryState.SENT}
    taken = {kind: server.elsewhere.taken for kind, server in chats.items()}
    first = {one.channel: one.reply_to for one in house.deliveries() if one.alert_id == 1}
    assert [len(messages) for messages in taken.values()] == [2] * len(taken)
    assert taken["slack"][1]["thread_ts"] == first["slack"]
    assert str(taken["telegram"][1]["reply_parameters"]["message_id"]) == first["telegram"]
    assert taken["matrix"][1]["m.relates_to"]["event_id"] == first["matrix"]
    assert taken["mattermost"][1]["root_id"] == first["mattermost"]
    assert len(chats["ntfy"].elsewhere.shown) == 1


@pytest.mark.parametrize("status", [401, 429, 500])
@pytest.mark.parametrize("broken", [("slack", "telegram", "matrix"), ("discord", "ntfy", "mattermost")])
async def test_what_some_channels_cannot_send_keeps_nobody_waiting_and_is_not_lost(
    house, web, chats, broken, status
):
    services = {kind: chats[kind].elsewhere for kind in broken}
    for kind in broken:
        chats[kind].elsewhere = reply(status, Retry_After="600")
    feed(house, web, rss(QUIET), rss(SIGNED, QUIET))
    async with house.daemon() as daemon:
        await passes(daemon, house, 2)
        for (channel, _), state in states(house).items():
            assert state is (DeliveryState.PENDING if channel in broken else DeliveryState.SENT)
        for kind, service in services.items():
            chats[kind].elsewhere = service
        house.clock.step(hours=2)
        await passes(daemon, house, 1)
    assert set(states(house).values()) == {DeliveryState.SENT}
    assert [len(server.elsewhere.taken) for server in chats.values()] == [1] * len(chats)


async def test_half_of_the_recipients_may_be_refused(house, web, chats):
    house.channel(
        "telegram",
        type="telegram",
        **table("telegram", chats["telegram"].url("")) | {"to": ["-1001", "-1002"]},
    )
    feed(house, web, rss(QUIET), rss(SIGNED, QUIET))
    async with house.daemon() as daemon:
        await passes(daemon, house, 2)
    assert states(house)["telegram", "-1001"] is DeliveryState.SENT
    assert states(house)["telegram", "-1002"] is DeliveryState.DEAD
    [dead] = [one for one in house.deliveries() if one.state is DeliveryState.DEAD]
    assert "chat not found" in dead.last_error
    assert TOKEN not in dead.last_error


@pytest.fixture
async def locked(house, web):
    """A mail server that knows nobody any more, and a webhook for the operator."""
    async with mail_server() as mail:
        mail.sender = "530 5.7.0 log in"
        house.channel(
            "mail", type="email", host="127.0.0.1", port=mail.port, tls="none",
            **{"from": "monitor@news.example"}, to=["ann@desk.example", "bob@desk.example"],
        )  # fmt: skip
        web.on("/ops", reply(204))
        house.channel("ops", type="webhook", url=web.url("/ops"))
        house.settings["alerting"] |= {"default": ["mail"], "operator": ["mail", "ops"]}
        house.rule("paris", "declaration")
        feed(house, web, rss(QUIET), rss(SIGNED, QUIET))
        yield mail


async def test_a_refused_login_is_told_once_on_another_channel_and_costs_no_alert(house, web, locked):
    async with house.daemon() as daemon:
        await passes(daemon, house, 5)
        [note] = posted(web, "/ops")
        locked.sender = "250 2.1.0 ok"
        await passes(daemon, house, 2, hours=2)
    assert "The channel mail refuses the monitor's login" in note["data"]["text"]
    assert "530" in note["data"]["text"]
    assert sorted(locked.recipients) == ["ann@desk.example", "bob@desk.example"]
    assert set(states(house).values()) == {DeliveryState.SENT}


async def test_a_login_that_stays_refused_is_told_once_a_day_and_given_up_after_three(house, web, locked):
    async with house.daemon() as daemon:
        await passes(daemon, house, 2)
        await passes(daemon, house, 14, hours=6)
    notes = [note["data"]["text"] for note in posted(web, "/ops")]
    refused = [text for text in notes if "refuses the monitor's login" in text]
    assert 3 <= len(refused) <= 4
    dead = [one for one in house.deliveries() if one.state is DeliveryState.DEAD]
    assert {one.recipient for one in dead} == {"ann@desk.example", "bob@desk.example"}
    assert "given up" in dead[0].last_error


async def test_the_feed_of_alerts_lies_in_the_state_folder(house, web):
    house.channel("feed", type="atom")
    house.settings["alerting"]["default"] = ["feed"]
    house.rule("paris", "declaration")
    feed(house, web, rss(QUIET), rss(SIGNED, QUIET))
    async with house.daemon() as daemon:
        await passes(daemon, house, 2)
    assert ids(house.state / "feed.atom") == [one.id for one in house.deliveries()]
