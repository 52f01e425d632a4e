"""A message → somebody.

`CHANNEL_TYPES` is the registry: the config loader checks `[[channel]]` tables with `options_models()`, the
deliver job opens channels inside `surroundings()` with `open_channel()` and calls `send`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final, TextIO

import httpx

from monitor.channels.apprise import AppriseChannel, AppriseOptions
from monitor.channels.atom import AtomChannel, AtomOptions
from monitor.channels.base import ChannelType, OpenChannel, Surroundings
from monitor.channels.command import CommandChannel, CommandOptions
from monitor.channels.console import ConsoleChannel, ConsoleOptions
from monitor.channels.discord import DiscordChannel, DiscordOptions
from monitor.channels.email import EmailChannel, EmailOptions
from monitor.channels.matrix import MatrixChannel, MatrixOptions
from monitor.channels.mattermost import MattermostChannel, MattermostOptions
from monitor.channels.ntfy import NtfyChannel, NtfyOptions
from monitor.channels.slack import SlackChannel, SlackOptions
from monitor.channels.telegram import TelegramChannel, TelegramOptions
from monitor.channels.webhook import WebhookChannel, WebhookOptions
from monitor.model import Channel, ChannelOptions
from monitor.tls import trust

__all__ = [
    "CHANNEL_TYPES",
    "ChannelType",
    "OpenChannel",
    "Surroundings",
    "open_channel",
    "options_models",
    "surroundings",
]

CHANNEL_TYPES: Final[Mapping[str, ChannelType[Any]]] = MappingProxyType(
    {
        "console": ChannelType(ConsoleOptions, ConsoleChannel),
        "email": ChannelType(EmailOptions, EmailChannel),
        "webhook": ChannelType(WebhookOptions, WebhookChannel),
        "slack": ChannelType(SlackOptions, SlackChannel),
        "discord": ChannelType(DiscordOptions, DiscordChannel),
        "telegram": ChannelType(TelegramOptions, TelegramChannel),
        "ntfy": ChannelType(NtfyOptions, NtfyChannel),
        "matrix": ChannelType(MatrixOptions, MatrixChannel),
        "mattermost": ChannelType(MattermostOptions, MattermostChannel),
        "apprise": ChannelType(AppriseOptions, AppriseChannel),
        "atom": ChannelType(AtomOptions, AtomChannel),
        "command": ChannelType(CommandOptions, CommandChannel),
    }
)


def options_models() -> Mapping[str, type[ChannelOptions]]:
    """The model that checks a `[[channel]]` table, for each `type` there is."""
    return {name: channel_type.options for name, channel_type in CHANNEL_TYPES.items()}


@asynccontextmanager
async def surroundings(
    *, user_agent: str, clock: Callable[[], datetime], stream: TextIO, state: Path
) -> AsyncIterator[Surroundings]:
    """What all open channels share, closed at the end; one for the life of the process."""
    tls = trust()
    no_cookies = CookieJar(policy=DefaultCookiePolicy(allowed_domains=[]))
    async with httpx.AsyncClient(
        headers={"User-Agent": user_agent},
        verify=tls,
        cookies=no_cookies,
        follow_redirects=False,
        # Messages are minutes apart: a connection that was kept may be dead when it is used, and then nobody
        # knows whether the message arrived.
        limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
    ) as http:
        yield Surroundings(http=http, tls=tls, clock=clock, stream=stream, state=state)


def open_channel(channel: Channel, surroundings: Surroundings) -> OpenChannel:
    """`channel` ready to send; opens no connection yet. Raises `KeyError` for a type that does not exist."""
    return CHANNEL_TYPES[channel.type].open_channel(channel, surroundings)
