"""Nobody is called by a title, a sentence or an address, in whichever chat it is shown."""

import html
import json

import pytest
from samples.messages import titled
from servers.web import reply, web_server

from monitor.channels import open_channel
from monitor.channels.apprise import AppriseOptions
from monitor.channels.mattermost import markdown
from monitor.channels.telegram import markup
from monitor.core.alerts.plain import uncalled
from monitor.model import Channel

CALLS = {
    "Discord, all": "@everyone",
    "Discord, those who are there": "@here",
    "Discord, a person": "<@123456789012345678>",
    "Discord, a nickname": "<@!123456789012345678>",
    "Discord, a role": "<@&123456789012345678>",
    "Discord, a channel": "<#123456789012345678>",
    "Slack, all": "<!channel>",
    "Slack, those who are there": "<!here>",
    "Slack, a group": "<!subteam^S0123456789>",
    "Slack, a person": "<@U0123456789>",
    "Telegram, a person": "@durov",
    "Telegram, a command": "/start",
    "Mattermost, all": "@channel",
    "Matrix, a room": "@room",
    "Matrix, a person": "@alice:example.org",
    "an emoji": ":boom:",
    "in an address": "https://example.org/@everyone",
    "in brackets": "(@everyone)",
    "in Cyrillic": "@привіт",
}


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("around", ["{}", "Truce signed {} in Paris", "Truce:{}!"])
async def test_a_title_calls_nobody(what, around, surroundings):
    call = CALLS[what]
    shown = titled(around.format(call))
    async with web_server() as server:
        server.elsewhere = reply(200)
        options = AppriseOptions.model_validate({"url": f"json://127.0.0.1:{server.port}/"})
        channel = open_channel(Channel(id="desk", type="apprise", options=options), surroundings)
        await channel.send(shown, recipient="")
        posted = json.loads(server.requests[0].body)
    if what != "Telegram, a command" or around != "Truce:{}!":
        assert call not in posted["title"] + posted["message"]
        assert call not in html.unescape(markup(shown))
    assert call not in markdown(shown).replace("\\", "")


@pytest.mark.parametrize(
    "text",
    [
        "5 < 6 and 7 > 6",
        "a/b and 1/2",
        "desk @ home",
        "10:30 to 11:45",
        "https://example.org/a/b?c=d",
        "Erklärung: alles gut",
    ],
)
def test_what_calls_nobody_stays_as_it_is(text):
    assert uncalled(text) == text


def test_an_address_leads_where_it_led():
    assert uncalled("see https://example.org/@ann/1.") == "see https://example.org/%40ann/1."
