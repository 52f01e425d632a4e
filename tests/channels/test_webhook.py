"""What programs get, held against its published description."""

import base64
import json
import re
from importlib.resources import files
from itertools import chain, repeat

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from samples.messages import ARABIC, CHINESE, CYRILLIC, HOSTILE_TITLES, LATIN, message, titled
from servers.web import endless, reply, stream, web_server

from monitor.channels import open_channel
from monitor.channels.payload import MOST_REPORTS, payload
from monitor.channels.webhook import WebhookOptions, secret_key, signature
from monitor.errors import ChannelError
from monitor.model import AlertKind, Channel

SCHEMA = json.loads((files("monitor.channels") / "webhook.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def hook(server, **options):
    made = WebhookOptions.model_validate({"url": server.url("/hook"), "timeout": 2} | options)
    return Channel(id="hook", type="webhook", options=made)


MESSAGES = {
    "one": message(LATIN),
    "several": message(LATIN, CYRILLIC, ARABIC, CHINESE, story_url="https://monitor.example/stories/88"),
    "an update": message(CYRILLIC, kind=AlertKind.UPDATE, first_in_thread=False),
    "a note": message(kind=AlertKind.NOTE, text="Feed lemonde: 404", story=None, rules=(), languages=()),
    "a test": message(kind=AlertKind.TEST, story=None, rules=()),
    "a flood": message(*[LATIN] * 80),
} | {f"hostile: {name}": titled(title) for name, title in HOSTILE_TITLES.items()}


def test_the_schema_is_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("sent", MESSAGES.values(), ids=MESSAGES)
def test_what_is_posted_is_what_the_schema_says(sent):
    VALIDATOR.validate(payload(sent))


def test_the_schema_names_every_key_that_is_posted():
    """Readers build on the schema: what it does not say is not there."""

    def closed(schema):
        if isinstance(schema, list):
            return [closed(item) for item in schema]
        if not isinstance(schema, dict):
            return schema
        extra = {"additionalProperties": False} if "properties" in schema else {}
        return {key: closed(value) for key, value in schema.items()} | extra

    jsonschema.Draft202012Validator(closed(SCHEMA)).validate(payload(MESSAGES["several"]))


@given(st.text())
def test_no_title_breaks_the_json(title):
    VALIDATOR.validate(payload(titled(title)))


def test_a_flood_is_cut_and_counted():
    data = payload(message(*[LATIN] * (MOST_REPORTS + 30)))["data"]
    assert (len(data["reports"]), data["unlisted_reports"]) == (MOST_REPORTS, 30)


def test_the_excerpt_of_a_match_shows_its_words():
    match = payload(message(CHINESE))["data"]["reports"][0]["matches"][0]
    assert match["field"] == "summary"
    assert [piece["text"] for piece in match["excerpt"] if piece["marked"]] == ["意向声明"]


def test_the_signature_is_the_one_of_the_specification():
    """The test vector of Standard Webhooks' libraries (libraries/python/tests/test_webhooks.py)."""
    key = secret_key(SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    body = b'{"test": 2432232314}'
    signed = signature(key, "msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_secret_may_come_without_padding_or_as_plain_text():
    assert secret_key(SecretStr("whsec_YWE=")) == secret_key(SecretStr("whsec_YWE")) == b"aa"
    assert secret_key(SecretStr("schlüssel")) == "schlüssel".encode()


async def test_a_receiver_can_check_what_it_got(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(204))
        channel = open_channel(
            hook(server, secret="whsec_" + base64.b64encode(b"k" * 24).decode()), surroundings
        )
        await channel.send(message(ARABIC), recipient="")
        got = server.requests[0]
    sent_at = int(surroundings.clock().timestamp())
    assert got.method == "POST"
    assert got.header("content-type") == "application/json"
    assert got.header("user-agent") == "news-monitor/test"
    assert got.header("webhook-id") == got.header("idempotency-key") == message(ARABIC).id
    assert got.header("webhook-timestamp") == str(sent_at)
    expected = signature(b"k" * 24, message(ARABIC).id, timestamp=sent_at, body=got.body)
    assert got.header("webhook-signature") == expected
    assert json.loads(got.body) == payload(message(ARABIC))


async def test_without_a_secret_nothing_is_signed(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(204))
        await open_channel(hook(server), surroundings).send(message(LATIN), recipient="")
        assert server.requests[0].header("webhook-signature") is None


async def test_the_users_headers_go_along(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(204))
        channel = open_channel(hook(server, headers={"Authorization": "Bearer x"}), surroundings)
        await channel.send(message(LATIN), recipient="")
        assert server.requests[0].header("authorization") == "Bearer x"


async def test_half_a_pair_of_surrogates_still_makes_utf_8(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(204))
        half = message(LATIN | {"url": "https://a.example/\ud83d"})
        await open_channel(hook(server), surroundings).send(half, recipient="")
        assert json.loads(server.requests[0].body)["data"]["reports"][0]["url"] == "https://a.example/?"


async def test_a_redirect_is_not_followed_and_says_what_to_do(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(308, Location=server.url("/elsewhere")))
        with pytest.raises(ChannelError, match="into the config") as caught:
            await open_channel(hook(server), surroundings).send(message(LATIN), recipient="")
        assert caught.value.permanent
        assert [request.target for request in server.requests] == ["/hook"]


async def test_cookies_are_not_kept(surroundings):
    async with web_server() as server:
        server.on("/hook", reply(204, Set_Cookie="track=me; Path=/"))
        channel = open_channel(hook(server), surroundings)
        await channel.send(message(LATIN), recipient="")
        await channel.send(message(LATIN), recipient="")
        assert [request.header("cookie") for request in server.requests] == [None, None]


async def test_an_endless_refusal_is_quoted_by_its_beginning(surroundings):
    async with web_server() as server:
        server.on("/hook", endless(b"no \x1b[2J\xff\n", status=400))
        with pytest.raises(ChannelError) as caught:
            await open_channel(hook(server), surroundings).send(message(LATIN), recipient="")
    assert caught.value.permanent
    assert re.fullmatch(r"127\.0\.0\.1 answered 400: no (\[2J\ufffd no )+.{0,9}…", str(caught.value))


async def test_a_refusal_that_drips_is_a_refusal_all_the_same(surroundings):
    async with web_server() as server:
        server.on("/hook", endless(b"", status=400))
        with pytest.raises(ChannelError, match="answered 400") as caught:
            await open_channel(hook(server, timeout=2), surroundings).send(message(LATIN), recipient="")
    assert caught.value.permanent


@pytest.mark.parametrize("status", [400, 403, 410, 429, 500, 503])
async def test_what_a_slow_server_has_said_until_the_time_is_up_is_quoted(surroundings, status):
    words = chain((b"no hook", b" of this", b" name"), repeat(b""))
    async with web_server() as server:
        server.on("/hook", stream(words, every_s=0.05, status=status))
        with pytest.raises(ChannelError, match=f"answered {status}: no hook of this name") as caught:
            await open_channel(hook(server, timeout=2), surroundings).send(message(LATIN), recipient="")
    assert caught.value.permanent is (status in {400, 410})


GOOD = {"url": "https://hooks.example.org/T0/secret-token"}


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"url": "ftp://example.org/"}, "begins with https"),
        ({"url": "hooks.example.org/x"}, "begins with https"),
        ({"url": "https://"}, "begins with https"),
        ({"url": "http://[::1"}, "no address"),
        ({"url": "https://a..b/"}, "name of a host"),
        ({"url": "https://example.org:70000/"}, "1 to 65535"),
        ({"secret": "whsec_$$$"}, "not base64"),
        ({"headers": {"Webhook-Id": "x"}}, "cannot be set"),
        ({"headers": {"Content-Type": "x"}}, "cannot be set"),
        ({"headers": {"a b": "x"}}, "cannot be set"),
        ({"headers": {"X": "a\r\nY: b"}}, "no header may carry"),
        ({"timeout": 1000}, "less than or equal to 120"),
        ({"method": "GET"}, "Extra inputs"),
    ],
)
def test_options_that_cannot_work_are_refused_and_not_quoted(changed, words):
    with pytest.raises(ValidationError, match=words) as caught:
        WebhookOptions.model_validate(GOOD | changed)
    assert "secret-token" not in str(caught.value)
