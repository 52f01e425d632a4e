"""The rigs of the channels that speak JSON over HTTP with a chat service: one table of what HTTP does to all."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from channels.rig import SECRET, Case, Failure, Ground, Rig, Stage, Staging
from servers.chat import TOKEN, ChatService
from servers.curt import curt_server, deaf_port
from servers.discord import Discord
from servers.matrix import Matrix
from servers.mattermost import CHANNEL, Mattermost
from servers.ntfy import Ntfy
from servers.slack import Slack
from servers.telegram import Telegram
from servers.web import Answer, cut, endless, raw, reply, silence, web_server

from monitor.core.retry_after import CEILING_S
from monitor.errors import ChannelReason

assert TOKEN == SECRET
_F, _R = Failure, ChannelReason
HUGE = reply(200, b" " * 5_000_000)


@dataclass(frozen=True)
class Speaker:
    """A channel and the service that it speaks with."""

    type: str
    service: Callable[[], ChatService]
    options: Callable[[str], dict[str, Any]]
    """What the config says, given the server's address."""
    recipient: str = ""
    cases: list[Case] = field(default_factory=list)
    """Those of its own protocol."""
    cannot: dict[Failure, str] = field(default_factory=dict)


def takes(speaker: Speaker, **changed: Any) -> Staging:
    """The service as it should be, but for what is `changed`."""

    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        service = speaker.service()
        for name, value in changed.items():
            setattr(service, name, value)
        async with web_server() as server:
            server.elsewhere = service
            yield Stage(speaker.options(server.url("")), lambda: service.ids)

    return staging


def says(speaker: Speaker, answer: Answer, certificate: str | None = None, *, takes: bool = False) -> Staging:
    """A server with this one answer; `takes`: it does not say that the message was refused."""

    @asynccontextmanager
    async def staging(ground: Ground) -> AsyncIterator[Stage]:
        async with web_server(tls=getattr(ground, certificate) if certificate else None) as server:
            server.elsewhere = answer
            yield Stage(
                speaker.options(server.url("")),
                lambda: [request.header("Idempotency-Key") or "" for request in server.requests if takes],
            )

    return staging


def curt(speaker: Speaker, scheme: str, words: bytes = b"", *, hang_up: bool = False) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        async with curt_server(words, hang_up=hang_up) as port:
            yield Stage(speaker.options(f"{scheme}://127.0.0.1:{port}"))

    return staging


def deaf(speaker: Speaker) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        with deaf_port() as port:
            yield Stage(speaker.options(f"http://127.0.0.1:{port}"))

    return staging


def over_http(it: Speaker) -> list[Case]:
    """What the network and any HTTP server may do, whatever the service."""

    def unclear(failure: Failure, how: str, answer: Answer) -> Case:
        return Case(failure, how, says(it, answer, takes=True), _R.UNKNOWN, arrives=True)

    date = "Tue, 06 Jan 2026 19:35:00 GMT"
    redirect = reply(307, Location="http://127.0.0.1:9/elsewhere")
    return [
        Case(_F.REFUSED, "nobody listens", deaf(it), _R.CONNECT),
        Case(_F.TLS, "unknown authority", says(it, reply(200), "untrusted"), _R.TLS),
        Case(_F.TLS, "plain text where TLS should be", curt(it, "https", b"HTTP/1.1 400 no\r\n\r\n"), _R.TLS),
        Case(_F.SILENT_BEFORE, "silent in the TLS handshake", curt(it, "https"), _R.TIMEOUT),
        Case(_F.DROPPED_BEFORE, "in the TLS handshake", curt(it, "https", hang_up=True), _R.TLS),
        unclear(_F.SILENT_AFTER, "after the request", silence()),
        unclear(_F.DROPPED_AFTER, "after the request", cut()),
        unclear(_F.DROPPED_AFTER, "in the status line", raw(b"HTTP/1.1 20")),
        unclear(_F.DROPPED_AFTER, "in the answer", raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{")),
        Case(_F.TEMPORARY, "500", says(it, reply(500, b"oops")), _R.SERVER),
        Case(_F.TEMPORARY, "503", says(it, reply(503)), _R.SERVER),
        Case(
            _F.RATE_LIMITED,
            "429 with seconds",
            says(it, reply(429, Retry_After="120")),
            _R.RATE_LIMITED,
            retry_after_s=120,
        ),
        Case(
            _F.RATE_LIMITED,
            "503 with a date",
            says(it, reply(503, Retry_After=date)),
            _R.SERVER,
            retry_after_s=600,
        ),
        Case(_F.PERMANENT, "a redirect", says(it, redirect), _R.CONFIG, permanent=True),
        Case(_F.PERMANENT, "400", says(it, reply(400, b"no")), _R.REJECTED, permanent=True),
        unclear(_F.NONSENSE, "SMTP", raw(b"220 mail.test ESMTP\r\n")),
        unclear(_F.NONSENSE, "a web page", reply(200, b"<!doctype html><title>Log in to the Wi-Fi</title>")),
        unclear(_F.NONSENSE, "a deep pit", reply(200, b"[" * 60_000)),
        unclear(_F.NONSENSE, "a huge answer", HUGE),
        unclear(_F.NONSENSE, "headers without end", endless(b"x", X="y" * 200_000)),
    ]


def rig(it: Speaker) -> Rig:
    return Rig(
        type=it.type,
        well=takes(it),
        cases=[*over_http(it), *it.cases],
        cannot=it.cannot,
        recipient=it.recipient,
    )


def limited(document: bytes, **headers: str) -> Answer:
    return reply(429, document, Content_Type="application/json", **headers)


def _case(
    it: Speaker, failure: Failure, how: str, reason: ChannelReason, *, permanent: bool = False, **changed: Any
) -> None:
    it.cases.append(Case(failure, how, takes(it, **changed), reason, permanent=permanent))


def _waits(it: Speaker, how: str, answer: Answer, seconds: float) -> None:
    it.cases.append(Case(_F.RATE_LIMITED, how, says(it, answer), _R.RATE_LIMITED, retry_after_s=seconds))


def _login(base: str) -> dict[str, Any]:
    return {"server": base, "token": SECRET}


_TELEGRAM = Speaker(
    "telegram", Telegram, lambda base: _login(base) | {"token": f"123456:{SECRET}", "to": ["-1001"]}, "-1001"
)
_case(_TELEGRAM, _F.AUTHENTICATION, "404: an unknown token", _R.AUTHENTICATION, token="1:x")
_case(_TELEGRAM, _F.RECIPIENT, "chat not found", _R.RECIPIENT, permanent=True, chats=set())
_waits(
    _TELEGRAM,
    "429 with parameters",
    limited(b'{"ok":false,"error_code":429,"description":"Too Many","parameters":{"retry_after":35}}'),
    35,
)

_SLACK = Speaker(
    "slack",
    Slack,
    lambda base: {"server": base, "token": f"xoxb-{SECRET}", "to": ["C0123456789"]},
    "C0123456789",
)
_case(_SLACK, _F.AUTHENTICATION, "invalid_auth", _R.AUTHENTICATION, token="other")
_case(_SLACK, _F.RECIPIENT, "channel_not_found", _R.RECIPIENT, permanent=True, channels=set())
_waits(_SLACK, "429 of the Web API", limited(b'{"ok":false,"error":"ratelimited"}', Retry_After="30"), 30)
for _word, _reason in {"internal_error": _R.SERVER, "a_word_of_tomorrow": _R.SERVER}.items():
    _answer = reply(200, b'{"ok":false,"error":"%s"}' % _word.encode())
    _SLACK.cases.append(Case(_F.TEMPORARY, _word, says(_SLACK, _answer), _reason))
_SLACK.cases.append(
    Case(
        _F.NONSENSE,
        "fatal_error",
        says(_SLACK, reply(200, b'{"ok":false,"error":"fatal_error"}'), takes=True),
        _R.UNKNOWN,
        arrives=True,
    )
)

_DISCORD = Speaker("discord", Discord, lambda base: {"url": f"{base}/api/webhooks/1/{SECRET}"})
_case(_DISCORD, _F.RECIPIENT, "404: an unknown webhook", _R.CONFIG, permanent=True, webhook="/other")
_case(_DISCORD, _F.PERMANENT, "a forum without forum = true", _R.REJECTED, permanent=True, forum=True)
_DISCORD.cases.append(
    Case(_F.AUTHENTICATION, "401", says(_DISCORD, reply(401, b'{"code":50027}')), _R.AUTHENTICATION)
)
_waits(
    _DISCORD,
    "429 with retry_after",
    limited(b'{"message":"You are being rate limited.","retry_after":64.57,"global":false}'),
    64.57,
)

_waits(_DISCORD, "429 that asks for what is no number", limited(b'{"retry_after":NaN}', Retry_After="7"), 7)

_NTFY = Speaker("ntfy", Ntfy, lambda base: {"server": base, "token": f"tk_{SECRET}", "to": ["desk"]}, "desk")
_case(_NTFY, _F.AUTHENTICATION, "401", _R.AUTHENTICATION, token="tk_other")
_NTFY.cases.append(
    Case(
        _F.AUTHENTICATION,
        "403",
        says(_NTFY, reply(403, b'{"code":40301,"http":403,"error":"forbidden"}')),
        _R.AUTHENTICATION,
    )
)
_NTFY.cannot[_F.RECIPIENT] = "a topic exists as soon as somebody writes to it"

_MATRIX = Speaker(
    "matrix",
    Matrix,
    lambda base: {"server": base, "token": f"syt_{SECRET}", "to": ["!desk:example.org"]},
    "!desk:example.org",
)
_case(_MATRIX, _F.AUTHENTICATION, "401: an unknown token", _R.AUTHENTICATION, token="other")
_case(_MATRIX, _F.RECIPIENT, "403: not in the room", _R.RECIPIENT, permanent=True, rooms=set())
_waits(
    _MATRIX,
    "429 with milliseconds",
    limited(b'{"errcode":"M_LIMIT_EXCEEDED","error":"Too many","retry_after_ms":2500}'),
    2.5,
)

_waits(
    _MATRIX,
    "429 with a number beyond all others",
    limited(b'{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":1' + b"0" * 400 + b"}"),
    CEILING_S,
)

_MATTERMOST = Speaker("mattermost", Mattermost, lambda base: _login(base) | {"to": [CHANNEL]}, CHANNEL)
_case(_MATTERMOST, _F.AUTHENTICATION, "401: an unknown token", _R.AUTHENTICATION, token="other")
_MATTERMOST.cases.append(
    Case(
        _F.RECIPIENT,
        "403: not in the channel",
        says(_MATTERMOST, reply(403, b'{"id":"x","message":"no permission"}')),
        _R.RECIPIENT,
        permanent=True,
    )
)

TELEGRAM, SLACK, DISCORD = rig(_TELEGRAM), rig(_SLACK), rig(_DISCORD)
NTFY, MATRIX, MATTERMOST = rig(_NTFY), rig(_MATRIX), rig(_MATTERMOST)
