"""A message → somebody.

`CHANNEL_TYPES` is the registry: the config loader checks `[[channel]]` tables with `options_models()`, the
deliver job opens channels inside `surroundings()` with `open_channel()` and calls `send`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final, TextIO, TypeVar

from monitor.channels.base import ChannelType, OpenChannel, Surroundings
from monitor.model import Channel
from monitor.model.options import ChannelOptions

__all__ = [
    "CHANNEL_TYPES",
    "ChannelType",
    "OpenChannel",
    "Surroundings",
    "open_channel",
    "options_models",
    "surroundings",
]

T = TypeVar("T")

_NAMES: Final = {
    "console": "Console",
    "email": "Email",
    "webhook": "Webhook",
    "slack": "Slack",
    "discord": "Discord",
    "telegram": "Telegram",
    "ntfy": "Ntfy",
    "matrix": "Matrix",
    "mattermost": "Mattermost",
    "apprise": "Apprise",
    "atom": "Atom",
    "command": "Command",
}
"""Each is a module in this room, and in it what the classes of its options and of the channel begin with."""


class _OfEachType(Mapping[str, T]):
    """Of every type there is; what one needs is imported when it is asked for: most configs have one or two."""

    def __init__(self, made: Callable[[str], T]) -> None:
        self._made = made

    def __getitem__(self, name: str) -> T:
        if name not in _NAMES:
            raise KeyError(name)
        return self._made(name)

    def __contains__(self, name: object) -> bool:
        return name in _NAMES

    def __iter__(self) -> Iterator[str]:
        return iter(_NAMES)

    def __len__(self) -> int:
        return len(_NAMES)


@cache
def _channel_type(name: str) -> ChannelType[Any]:
    module, begins = import_module(f"monitor.channels.{name}"), _NAMES[name]
    return ChannelType(getattr(module, f"{begins}Options"), getattr(module, f"{begins}Channel"))


CHANNEL_TYPES: Final[Mapping[str, ChannelType[Any]]] = _OfEachType(_channel_type)


def options_models() -> Mapping[str, type[ChannelOptions]]:
    """The model that checks a `[[channel]]` table, for each `type` there is."""
    return _OfEachType(lambda name: _channel_type(name).options)


@asynccontextmanager
async def surroundings(
    *, user_agent: str, clock: Callable[[], datetime], stream: TextIO, state: Path
) -> AsyncIterator[Surroundings]:
    """What all open channels share, closed at the end; one for the life of the process."""
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415 - listings open no channel

    import httpx  # noqa: PLC0415

    from monitor.tls import trust  # noqa: PLC0415

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
