"""Servers that echo what they were sent: no error has a word of it, for no channel, in no spelling."""

import html
import json
from base64 import b64decode, b64encode
from urllib.parse import quote, unquote_plus

import pytest
from channels.rig import SECRET
from samples.messages import LATIN, message
from servers.chat import TOKEN
from servers.mail import mail_server
from servers.mattermost import CHANNEL
from servers.web import reply, web_server

from monitor.channels import open_channel, options_models
from monitor.channels.quotes import Sent
from monitor.errors import ChannelError
from monitor.model import Channel

assert TOKEN == SECRET
RECOGNISED = SECRET[:8]
"""Who reads so much of it has read too much."""
PAIR = b64encode(f"desk:{SECRET}".encode()).decode()
TABLES = {
    "webhook, path": lambda base: {"url": f"{base}/in/{SECRET}/x"},
    "webhook, query": lambda base: {"url": f"{base}/in?key=a&token={quote(f'{SECRET}/+ü')}"},
    "webhook, login": lambda base: {"url": base.replace("//", f"//desk:{SECRET}@") + "/in"},
    "webhook, headers": lambda base: {"url": f"{base}/in", "headers": {"X-Key": f"key {SECRET}"}},
    "webhook, basic": lambda base: {"url": f"{base}/in", "headers": {"Authorization": f"Basic {PAIR}"}},
    "slack, bot": lambda base: {"server": base, "token": f"xoxb-{SECRET}", "to": ["C0123456789"]},
    "slack, webhook": lambda base: {"url": f"{base}/services/T012/B012/{SECRET}"},
    "discord": lambda base: {"url": f"{base}/api/webhooks/123456/{SECRET}"},
    "telegram": lambda base: {"server": base, "token": f"123456:{SECRET}", "to": ["-1001"]},
    "ntfy, token": lambda base: {"server": base, "token": f"tk_{SECRET}", "to": ["desk"]},
    "ntfy, login": lambda base: {"server": base, "user": "desk", "password": SECRET, "to": ["desk"]},
    "matrix": lambda base: {"server": base, "token": f"syt_{SECRET}", "to": ["!desk:example.org"]},
    "mattermost, bot": lambda base: {"server": base, "token": SECRET, "to": [CHANNEL]},
    "mattermost, webhook": lambda base: {"url": f"{base}/hooks/{SECRET}"},
}


def everything(request):
    headers = " ".join(f"{name}: {value}" for name, value in request.headers)
    return f"no route for {request.method} {request.target} ({headers})"


def decoded(request):
    return unquote_plus(request.target)


def decoded_login(request):
    """As some proxies log it."""
    scheme, _, credentials = (request.header("Authorization") or "").partition(" ")
    return b64decode(credentials).decode() if scheme == "Basic" else everything(request)


def cut_off(request):
    said = everything(request)
    return said[: said.find(SECRET) + len(SECRET) - 3]


ECHOES = {
    "as it came": everything,
    "the address": lambda request: request.target,
    "decoded": decoded,
    "the login, decoded": decoded_login,
    "in capitals": lambda request: everything(request).upper(),
    "as HTML": lambda request: html.escape(everything(request)),
    "as JSON in JSON": lambda request: json.dumps(everything(request)).replace("/", "\\/"),
    "encoded again": lambda request: quote(everything(request), safe=" "),
    "cut off within it": cut_off,
    "where the quote ends": lambda request: (
        "x" * 192 + everything(request)[everything(request).find(SECRET) :]
    ),
    "with control characters around": lambda request: f"\x1b[31m{everything(request)}\u202e",
}
STATUSES = [200, 302, 400, 401, 403, 404, 429, 500]


def echo(how, status, *, as_text):
    async def answer(request, writer):
        said = ECHOES[how](request)
        names = ("message", "error", "description", "errcode", "detail", "id")
        document = {"ok": False, **dict.fromkeys(names, said)}
        body = said.encode() if as_text else json.dumps(document).encode()
        await reply(status, body, Location="/elsewhere")(request, writer)

    return answer


async def said_by(options, kind, surroundings, recipient=""):
    made = options_models()[kind].model_validate({**options, "timeout": 20})
    channel = open_channel(Channel(id="desk", type=kind, options=made), surroundings)
    try:
        receipt = await channel.send(message(LATIN), recipient=recipient)
    except ChannelError as error:
        return f"{error} {error!r}"
    else:
        return receipt.detail
    finally:
        await channel.close()


@pytest.mark.parametrize("how", ECHOES)
@pytest.mark.parametrize("table", TABLES)
async def test_what_was_sent_is_not_in_the_error(table, how, surroundings):
    kind = table.partition(",")[0]
    async with web_server() as server:
        options = TABLES[table](server.url(""))
        for status in STATUSES:
            for as_text in (True, False):
                server.elsewhere = echo(how, status, as_text=as_text)
                said = await said_by(options, kind, surroundings, *options.get("to", [])[:1])
                assert RECOGNISED not in said.lower(), (status, said)
                assert PAIR not in said


@pytest.mark.parametrize("how", ["password", "plain", "login", "wholly"])
@pytest.mark.parametrize("step", ["login", "recipient", "data"])
async def test_a_mail_server_that_echoes_the_login(how, step, surroundings, trusted):
    echoes = {
        "password": f"desk / {SECRET}",
        "plain": b64encode(f"\0desk\0{SECRET}".encode()).decode(),
        "login": b64encode(SECRET.encode()).decode(),
    }
    echoes["wholly"] = "x" * 190 + " AUTH PLAIN " + echoes["plain"]
    async with mail_server(tls=trusted) as server:
        setattr(server, step, f"550 no: {echoes[how]}")
        options = {
            "host": "127.0.0.1",
            "port": server.port,
            "tls": "tls",
            "user": "desk",
            "password": SECRET,
            "from": "monitor@example.org",
            "to": ["desk@example.org"],
        }
        said = await said_by(options, "email", surroundings, "desk@example.org")
    assert "550" in said
    assert not any(piece[:8] in said for piece in (SECRET, echoes["plain"], echoes["login"]))


@pytest.mark.parametrize(
    "options",
    [
        {"command": ["/bin/sh", "-c", 'echo "bad $KEY" >&2; exit 1'], "environment": {"KEY": SECRET}},
        {"command": ["/bin/sh", "-c", 'echo "bad $1" >&2; exit 1', "notify", f"--key={SECRET}"]},
        {"command": ["/bin/sh", "-c", 'echo "bad $1" >&2; exit 1', "notify", SECRET]},
    ],
    ids=["environment", "option", "argument"],
)
async def test_a_program_that_echoes_what_it_was_given(options, surroundings):
    said = await said_by(options, "command", surroundings)
    assert "ended with status 1: bad " in said
    assert RECOGNISED not in said


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("Unknown webhook", "Unknown webhook"),
        ("no team called services", "no team called services"),
        (f"{SECRET} and {SECRET}", "*** and ***"),
        (f"({SECRET[:9]}…)", "(***…)"),
        ("can", "can"),
    ],
)
def test_words_that_people_are_to_read_stay(said, left):
    sent = Sent(url=f"https://chat.example/services/webhooks/{SECRET}?wait=true")
    assert sent.hide(said) == left
