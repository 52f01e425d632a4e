"""What a story's first message and its update say, over every type of channel: `data/messages/threads.toml`.

A whole monitor with all of them, once: what is looked at is what arrived at the other ends.
"""

import asyncio
import html
import json
import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pytest
from channels.test_chats_in_the_outbox import SERVICES, table
from house import House, item, requests_to, rss
from servers.mail import MailServer, mail_server
from servers.web import WebServer, reply, web_server

from monitor.channels import CHANNEL_TYPES
from monitor.model import AlertKind, DeliveryState

DATA = Path(__file__).parents[1] / "data/messages/threads.toml"
STORIES = tomllib.loads(DATA.read_text(encoding="utf-8"))["story"]
WIRE, LEDGER = "Nordwind Agency", "The Ledger"
KEEP = 'cat >"$1/.$$" && mv "$1/.$$" "$1/$$.json"'
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
DOCUMENTS = {"webhook", "command"}
"""What programs are handed: all in fields of their own."""
WITHOUT_SUBJECT = {"console", "slack", "discord", "telegram", "matrix", "mattermost"}
"""There the update answers the first message: `test_chats_in_the_outbox.py`."""


@dataclass(frozen=True)
class Arrived:
    """By type of channel what it was sent, each message as one text; the mails as they are, too."""

    texts: Mapping[str, Sequence[str]]
    mails: Sequence[EmailMessage]

    def pair(self, kind: str, number: int) -> tuple[str, str]:
        """The message that began a story's thread, and its update, each told by the link that it has."""
        first, then = f"/{number}/first.html", f"/{number}/then.html"
        texts = self.texts[kind]
        return (
            next(text for text in texts if first in text and then not in text),
            next(text for text in texts if then in text),
        )


def link(number: int, which: str) -> str:
    return f"https://wire.example/{number}/{which}.html?page=2&{STORIES[number]['tracking']}"


def reports(house: House, which: str) -> list[str]:
    at = house.clock.at
    return [
        item(*one[which], link=link(number, which), published=at, guid=f"{which} {number}")
        for number, one in enumerate(STORIES)
    ]


async def told(root: Path) -> Arrived:
    """Each story's first report by the wire, then what is new, by the wire again; another outlet repeats it."""
    house = House(root)
    house.settings["alerting"] |= {"group_wait": "0s", "update_interval": "1m", "max_per_hour": 100}
    house.settings["alerting"]["default"] = sorted(CHANNEL_TYPES)
    for number, one in enumerate(STORIES):
        house.rule(f"rule-{number}", one["query"], title=f"Rule in {one['language']}")
    kept = root / "kept"
    kept.mkdir()
    with closing(house):
        async with AsyncExitStack() as stack:
            web = await stack.enter_async_context(web_server())
            mails = await stack.enter_async_context(mail_server())
            services = {kind: await stack.enter_async_context(web_server()) for kind in SERVICES}
            _open_channels(house, web, mails, services, kept)
            house.feed("wire", web.url("/wire"), title=WIRE)
            house.feed("ledger", web.url("/ledger"), title=LEDGER)
            web.on("/ledger", reply(200, rss(QUIET)))
            web.on("/wire", reply(200, rss(QUIET)))
            async with house.daemon() as daemon:
                await daemon.run_once()
                shown = [QUIET]
                for which in ("first", "then"):
                    house.clock.step(minutes=40)
                    shown = [*reports(house, which), *shown]
                    web.on("/wire", reply(200, rss(*shown)))
                    await daemon.run_once(every=True)
                    house.clock.step(minutes=2)
                    web.on("/ledger", reply(200, rss(*reports(house, which), QUIET)))
                    await daemon.run_once(every=True)
                    await daemon.run_once()
        assert {one.state for one in house.deliveries()} == {DeliveryState.SENT}
        assert {one.kind for one in house.alerts()} == {AlertKind.NEW, AlertKind.UPDATE}
        texts = {
            kind: [_text(json.loads(request.body)) for request in server.requests if request.body]
            for kind, server in services.items()
        }
        texts |= {
            "webhook": [_spelled(json.loads(one.body)) for one in requests_to(web, "/hook")],
            "apprise": [_text(json.loads(one.body)) for one in requests_to(web, "/apprise")],
            "email": [f"{one['Subject']}\n{one.get_body(('plain',)).get_content()}" for one in mails.taken],
            "command": [_spelled(json.loads(path.read_text())) for path in sorted(kept.glob("*.json"))],
            "atom": re.findall(r"<entry>.*?</entry>", (root / "desk.atom").read_text(), re.DOTALL),
            "console": re.findall(r".+?alert \d+$", house.screen.getvalue(), re.DOTALL | re.MULTILINE),
        }
        return Arrived(texts, mails.taken)


def _open_channels(
    house: House, web: WebServer, mails: MailServer, services: Mapping[str, WebServer], kept: Path
) -> None:
    for kind, server in services.items():
        server.elsewhere = SERVICES[kind]()
        house.channel(kind, type=kind, **table(kind, server.url("")))
    web.on("/apprise", reply(200, b"{}"))
    sender = {"from": "monitor@example.org", "to": ["desk@example.org"]}
    house.channel("email", type="email", host="127.0.0.1", port=mails.port, tls="none", **sender)
    house.channel("webhook", type="webhook", url=web.on("/hook", reply(200)))
    house.channel("apprise", type="apprise", url=f"json://127.0.0.1:{web.port}/apprise")
    house.channel("command", type="command", command=["/bin/sh", "-c", KEEP, "desk", str(kept)])
    house.channel("atom", type="atom", path=str(house.root / "desk.atom"))
    house.channel("console", type="console")


def _text(document: object) -> str:
    """All texts of a JSON document, a line each, without markup."""
    if isinstance(document, Mapping):
        document = list(document.values())
    if isinstance(document, list):
        return "\n".join(map(_text, document))
    return str(document)


def _spelled(document: object) -> str:
    return json.dumps(document, ensure_ascii=False)


@pytest.fixture(scope="module")
def arrived(tmp_path_factory):
    return asyncio.run(told(tmp_path_factory.mktemp("house")))


def words(text: str) -> str:
    """What a person reads of it: no markup, no marks of writing direction, one space."""
    bare = re.sub(r"<[^>]+>|[*_~`\\\u2066-\u2069\u200e\u200f]", "", html.unescape(html.unescape(text)))
    return " ".join(bare.split())


everywhere = pytest.mark.parametrize("kind", sorted(CHANNEL_TYPES))
each_story = pytest.mark.parametrize("number", range(len(STORIES)), ids=[one["language"] for one in STORIES])


@everywhere
@each_story
def test_an_update_begins_with_what_is_new_and_the_first_message_does_not(arrived, kind, number):
    first, then = map(words, arrived.pair(kind, number))
    assert "New: " in then
    assert STORIES[number]["new"] in then.partition("New: ")[2][:300]
    assert "New: " not in first


@everywhere
@each_story
def test_each_links_the_report_that_it_tells(arrived, kind, number):
    _, then = arrived.pair(kind, number)
    assert then.index(f"/{number}/then.html") >= 0
    assert words(then).index(words(STORIES[number]["then"][0])) >= 0


@everywhere
def test_links_say_nothing_of_where_a_reader_came_from(arrived, kind):
    for number, one in enumerate(STORIES):
        for text in arrived.pair(kind, number):
            assert one["tracking"].partition("=")[0] + "=" not in text
            assert "page=2" in text


@everywhere
@each_story
def test_every_message_has_a_lead(arrived, kind, number):
    for which, text in zip(("first", "then"), arrived.pair(kind, number), strict=True):
        if kind in DOCUMENTS:
            begins = json.loads(text)["data"]["reports"][0]["lead"]
            assert begins
            assert STORIES[number][which][1].startswith(begins)
            continue
        lead = re.findall(r"\w+", words(STORIES[number][which][1]))
        assert "".join(lead) in "".join(
            re.findall(r"\w+", words(text.replace("\ntext\n", "").replace("\nTrue", "")))
        )


@everywhere
@each_story
def test_outlets_go_by_their_names(arrived, kind, number):
    first, then = arrived.pair(kind, number)
    assert WIRE in words(first)
    assert WIRE in words(then)
    assert LEDGER in words(then)


@everywhere
@each_story
def test_the_numbers_are_said_that_the_commands_want(arrived, kind, number):
    for text in arrived.pair(kind, number):
        if kind in DOCUMENTS:
            data = json.loads(text)["data"]
            assert all((data["alert_id"], data["story"]["id"], data["reports"][0]["entry_id"]))
        else:
            assert re.search(r"entry \d+ · story \d+ · alert \d+", words(text))


@pytest.mark.parametrize("kind", sorted(set(CHANNEL_TYPES) - WITHOUT_SUBJECT))
@each_story
def test_the_subject_is_the_first_messages_for_good(arrived, kind, number):
    first, then = map(words, arrived.pair(kind, number))
    assert words(STORIES[number]["first"][0]) in first
    assert words(STORIES[number]["first"][0]) in then


@each_story
def test_mails_can_be_filtered_and_meet_in_one_thread(arrived, number):
    title = STORIES[number]["first"][0]
    first, then = (one for one in arrived.mails if str(one["Subject"]) in {title, f"Re: {title}"})
    for mail in (first, then):
        assert mail["X-Monitor-Rule"] == f"rule-{number}"
        assert re.fullmatch(r"<[^<>\s]+\.news-monitor\.[^<>\s]+>", str(mail["List-Id"]))
    assert str(then["Subject"]) == f"Re: {first['Subject']}"
    assert then["References"] == first["References"]
