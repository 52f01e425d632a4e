"""What the chat services show: markup of strangers does nothing, limits are kept, stories are threads."""

import html
import json
import re
from contextlib import asynccontextmanager

import pytest
from channels.rig import SECRET
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from samples.messages import ARABIC, CHINESE, CYRILLIC, HOSTILE_TITLES, LATIN, message, titled
from servers.discord import Discord
from servers.matrix import Matrix
from servers.mattermost import CHANNEL, Mattermost
from servers.ntfy import Ntfy
from servers.slack import Slack, check_blocks
from servers.telegram import Telegram, read, units
from servers.web import web_server

from monitor.channels import discord, matrix, mattermost, ntfy, open_channel, options_models, slack, telegram
from monitor.errors import ChannelError
from monitor.model import AlertKind, Channel, RuleName

MANY = message(LATIN, CYRILLIC, ARABIC, CHINESE, *[LATIN] * 40)
EVIL = (
    "<!channel> <@U1> @everyone @here **b** _i_ `c` [x](https://evil.example) # > :smile: <b>&amp; ~s~ ||s||"
)


@asynccontextmanager
async def opened(service, kind, surroundings, **options):
    """A channel of this kind that speaks with `service`; `{}` in an option is the server's address."""
    async with web_server() as server:
        server.elsewhere = service
        filled = {
            name: value.replace("{}", server.url("")) if isinstance(value, str) else value
            for name, value in options.items()
        }
        model = options_models()[kind].model_validate({"timeout": 10} | filled)
        yield open_channel(Channel(id="desk", type=kind, options=model), surroundings)


async def told(channel, *, recipient="", **reply):
    """A first message and an update of the story, as the outbox sends them; both receipts."""
    first = await channel.send(message(LATIN), recipient=recipient)
    update = message(
        CYRILLIC, id="0" * 32, kind=AlertKind.UPDATE, first_in_thread=False, reply_to=first.reply_to, **reply
    )
    return first, await channel.send(update, recipient=recipient)


# ── Telegram ──


def test_telegram_shows_a_title_as_it_is():
    """But for word joiners, which nobody sees: they keep it from calling anybody."""
    assert EVIL in read(telegram.markup(titled(EVIL))).text.replace("\u2060", "")


@given(st.text())
def test_no_title_breaks_telegrams_markup_or_its_limit(title):
    assert units(read(telegram.markup(titled(title))).text) <= 4096


def test_telegram_keeps_the_links_of_what_fits():
    shown = read(telegram.markup(MANY))
    assert shown.links[:4] == [LATIN["url"], CYRILLIC["url"], ARABIC["url"], CHINESE["url"]]
    assert units(telegram.markup(MANY)) <= 4096


async def test_a_story_is_a_thread_in_telegram(surroundings):
    service = Telegram()
    options = {"server": "{}", "token": service.token, "to": ["-1001"], "topic": 5}
    async with opened(service, "telegram", surroundings, **options) as channel:
        await told(channel, recipient="-1001")
    assert "reply_parameters" not in service.taken[0]
    assert service.taken[1]["reply_parameters"]["message_id"] == 1
    assert service.taken[1]["message_thread_id"] == 5


async def test_a_deleted_first_message_keeps_no_news_back_in_telegram(surroundings):
    service = Telegram()
    options = {"server": "{}", "token": service.token, "to": ["-1001"]}
    async with opened(service, "telegram", surroundings, **options) as channel:
        await channel.send(message(LATIN, reply_to="99"), recipient="-1001")
    assert len(service.taken) == 1


async def test_what_is_of_low_priority_makes_no_sound_in_telegram(surroundings):
    service = Telegram()
    options = {"server": "{}", "token": service.token, "to": ["-1001"]}
    quiet = message(LATIN, rules=(RuleName(id="r", title="", priority="low"),))
    async with opened(service, "telegram", surroundings, **options) as channel:
        for sent in (message(LATIN), quiet):
            await channel.send(sent, recipient="-1001")
    assert [one["disable_notification"] for one in service.taken] == [False, True]


# ── Slack ──


def words(block):
    return "".join(element["text"] for section in block["elements"] for element in section["elements"])


def test_slack_gets_a_title_as_data_and_the_notification_escaped():
    sent = titled(EVIL)
    assert EVIL in words(slack.rich_text(sent))
    assert "<" not in slack.escaped(EVIL)
    assert html.unescape(slack.escaped(EVIL)) == EVIL


@given(st.text())
def test_no_title_breaks_slacks_blocks(title):
    shown = check_blocks([slack.rich_text(titled(title))], AssertionError())
    assert len(shown) <= 3100


async def test_a_story_is_a_thread_in_slack(surroundings):
    service = Slack()
    options = {"server": "{}", "token": service.token, "to": ["C0123456789"]}
    async with opened(service, "slack", surroundings, **options) as channel:
        first, _ = await told(channel, recipient="C0123456789")
    assert service.taken[1]["thread_ts"] == first.reply_to == service.stamps[0]
    assert service.taken[0]["metadata"]["event_payload"] == {"id": message(LATIN).id}


async def test_a_deleted_first_message_begins_another_thread_in_slack(surroundings):
    service = Slack()
    options = {"server": "{}", "token": service.token, "to": ["C0123456789"]}
    async with opened(service, "slack", surroundings, **options) as channel:
        receipt = await channel.send(message(LATIN, reply_to="1.0"), recipient="C0123456789")
    assert service.stamps == [receipt.reply_to]


async def test_slacks_webhooks_take_the_same_blocks(surroundings):
    service = Slack()
    async with opened(service, "slack", surroundings, url="{}" + service.webhook) as channel:
        await channel.send(message(LATIN), recipient="")
    assert service.taken[0]["blocks"] == [slack.rich_text(message(LATIN))]


# ── Discord ──


def unescaped(markdown):
    return re.sub(r"\\([^A-Za-z0-9\s])", r"\1", markdown)


def bare(markdown):
    """What Discord would still read as markup: everything that no backslash stands before."""
    return re.sub(r"\\[^A-Za-z0-9\s]", "", markdown)


def test_discord_shows_a_title_as_it_is():
    [title] = discord.markdown(titled(EVIL)).splitlines()[:1]
    assert unescaped(title) == f"**{EVIL}**"
    assert not set(bare(title).strip("*")) & set("*_`[]<>@#:~|")


@given(st.text())
def test_no_title_passes_discords_limit(title):
    assert 0 < units(discord.markdown(titled(title))) <= 2000


def test_discord_keeps_the_first_link_and_its_limit():
    shown = discord.markdown(MANY)
    assert f"<{LATIN['url']}>" in shown
    assert units(shown) <= 2000


async def test_discord_calls_nobody(surroundings):
    service = Discord()
    async with opened(service, "discord", surroundings, url="{}" + service.webhook) as channel:
        await told(channel)
    assert [one["allowed_mentions"] for one in service.taken] == [{"parse": []}] * 2


async def test_a_story_is_a_post_in_discords_forums(surroundings):
    service = Discord(forum=True)
    options = {"url": "{}" + service.webhook, "forum": True}
    async with opened(service, "discord", surroundings, **options) as channel:
        first, second = await told(channel)
        assert first.reply_to == second.reply_to == service.threads[0]
        service.threads.clear()  # somebody deleted the post
        again = await channel.send(message(LATIN, reply_to=first.reply_to), recipient="")
    assert len(service.taken) == 3
    assert service.threads == [again.reply_to]


async def test_discord_says_what_to_set_for_a_forum(surroundings):
    service = Discord(forum=True)
    async with opened(service, "discord", surroundings, url="{}" + service.webhook) as channel:
        with pytest.raises(ChannelError, match="set forum = true"):
            await channel.send(message(LATIN), recipient="")


# ── ntfy ──


async def test_a_story_is_one_notification_in_ntfy(surroundings):
    service = Ntfy(token=None)
    async with opened(service, "ntfy", surroundings, server="{}", to=["desk"]) as channel:
        await told(channel, recipient="desk")
    assert list(service.shown) == [message(LATIN).thread_id]
    assert len(service.taken) == 2


def test_ntfy_says_how_urgent_and_where_a_click_leads():
    rules = tuple(RuleName(id=name, title="", priority=name) for name in ("low", "urgent"))
    document = ntfy.document(message(LATIN, rules=rules), topic="desk")
    assert (document["priority"], document["tags"], document["click"]) == (5, ["low", "urgent"], LATIN["url"])
    assert document["title"] == LATIN["title"]
    assert LATIN["title"] not in document["message"]


@given(st.text())
def test_no_title_passes_ntfys_limit(title):
    document = ntfy.document(titled(title), topic="desk")
    assert len(document["message"].encode()) <= 3800
    assert document["title"] == document["title"].strip()


# ── Matrix ──


async def test_a_repeat_is_the_same_event_in_matrix_and_a_story_a_thread(surroundings):
    service = Matrix()
    options = {"server": "{}", "token": service.token, "to": ["!desk:example.org"]}
    async with opened(service, "matrix", surroundings, **options) as channel:
        first, _ = await told(channel, recipient="!desk:example.org")
        again = await channel.send(message(LATIN), recipient="!desk:example.org")
    assert again.reply_to == first.reply_to
    assert service.taken[1]["m.relates_to"]["event_id"] == first.reply_to
    assert len(service.events) == 2


@given(st.text())
def test_no_title_breaks_matrix_html(title):
    content = matrix.content(titled(title))
    read(content["formatted_body"].replace("strong>", "b>").replace("em>", "i>").replace("<br>", ""))
    assert content["m.mentions"] == {}
    assert len(json.dumps(content).encode()) <= 65_536


# ── Mattermost ──


def test_mattermost_calls_nobody_and_shows_no_markup_of_strangers():
    title = mattermost.markdown(titled(EVIL)).splitlines()[0]
    assert not re.search(r"@\w|:\w+:", bare(title).partition("](")[0])
    assert not set(bare(title.partition("](")[0])) & set("`<>~|#")
    assert EVIL in unescaped(title).replace("\u2060", "")


async def test_a_story_is_a_thread_in_mattermost(surroundings):
    service = Mattermost()
    options = {"server": "{}", "token": service.token, "to": [CHANNEL]}
    async with opened(service, "mattermost", surroundings, **options) as channel:
        first, _ = await told(channel, recipient=CHANNEL)
        await channel.send(message(LATIN, id="1" * 32, reply_to="deleted"), recipient=CHANNEL)
    assert [post["root_id"] for post in service.taken] == ["", first.reply_to, ""]


async def test_mattermosts_webhooks_take_the_same_text(surroundings):
    service = Mattermost()
    async with opened(service, "mattermost", surroundings, url="{}" + service.webhook) as channel:
        await channel.send(MANY, recipient="")
    assert service.taken == [{"text": mattermost.markdown(MANY)}]


# ── all of them ──

WRITTEN = {
    "telegram": telegram.markup,
    "slack": lambda sent: words(slack.rich_text(sent)),
    "discord": discord.markdown,
    "ntfy": lambda sent: ntfy.document(sent, topic="desk")["title"],
    "matrix": lambda sent: matrix.content(sent)["formatted_body"],
    "mattermost": mattermost.markdown,
}


@pytest.mark.parametrize("title", HOSTILE_TITLES.values(), ids=HOSTILE_TITLES)
@pytest.mark.parametrize("written", WRITTEN.values(), ids=WRITTEN)
def test_a_hostile_title_ends_no_line_and_steers_nothing(written, title):
    shown = written(titled(title))
    assert not set(shown) & set("\r\u2028\u2029\x1b\x9b\u202e\x00\ud83d")
    assert "\nBcc" not in shown


@pytest.mark.parametrize(
    ("kind", "options", "words"),
    [
        ("telegram", {"token": "nonsense", "to": ["1"]}, "@BotFather"),
        ("telegram", {"token": f"1:{SECRET}", "to": ["desk"]}, "-1001234567890"),
        ("telegram", {"token": f"1:{SECRET}", "to": []}, "at least one"),
        ("slack", {"token": SECRET}, "token and to go together"),
        ("slack", {}, "either token and to"),
        ("slack", {"url": f"https://hooks.example/{SECRET}", "to": ["C1"]}, "go together"),
        ("slack", {"token": f"{SECRET}\n", "to": ["C1"]}, "no blanks"),
        ("discord", {"url": f"https://discord.com/{SECRET}"}, "copy the webhook's address"),
        ("discord", {"url": f"ftp://discord.com/{SECRET}"}, "begins with https"),
        ("ntfy", {"to": ["a/b"]}, "64 letters"),
        ("ntfy", {"to": ["a"], "user": "me"}, "go together"),
        ("ntfy", {"to": ["a"], "token": SECRET, "user": "me", "password": "x"}, "either token, or"),
        ("ntfy", {"to": ["a"], "server": f"https://ntfy.sh/?auth={SECRET}"}, "address alone"),
        ("matrix", {"server": "https://m.example", "token": SECRET, "to": ["#desk:m.example"]}, "own id"),
        (
            "mattermost",
            {"server": "https://m.example", "token": SECRET, "to": ["x"]},
            "26 letters and digits",
        ),
        ("mattermost", {"server": "https://m.example", "token": SECRET}, "either server, token and to"),
    ],
)
def test_options_that_cannot_work_say_so_and_quote_no_secret(kind, options, words):
    with pytest.raises(ValidationError, match=words) as caught:
        options_models()[kind].model_validate(options)
    assert SECRET not in str(caught.value)
