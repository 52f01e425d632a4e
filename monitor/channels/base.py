"""What every channel is: a model of its options, and something that sends one message.

A new channel is a file beside this one with both, a line in `monitor/channels/__init__.py` and a line in
`tests/channels/test_contract.py`, which holds it against every failure.
"""

from __future__ import annotations

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Generic, Protocol, TextIO, TypeVar

from pydantic import AfterValidator

from monitor.model import Channel, Message, Receipt
from monitor.model.options import ChannelOptions

if TYPE_CHECKING:
    import httpx


class OpenChannel(Protocol):
    """A channel that is ready to send. Several sends may run at the same time."""

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """The other side's word that it took the message; `recipient` is empty where there is none to name.

        Raises `ChannelError`, and returns or raises within the time that the channel's options give.
        """

    async def close(self) -> None:
        """Lets go of whatever is still open. Nothing is sent afterwards."""


class HoldsNothing:
    """A channel that keeps nothing open between two messages."""

    async def close(self) -> None:
        """Nothing to let go of: what it uses belongs to the surroundings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What channels share and do not make themselves."""

    http: httpx.AsyncClient
    """Follows no redirects, keeps no cookies: see `channels.surroundings`."""
    tls: ssl.SSLContext
    """Whom to trust; one for all, since loading the authorities costs tens of milliseconds."""
    clock: Callable[[], datetime]
    """Now, in aware UTC."""
    stream: TextIO
    """Where the console channel writes."""
    state: Path
    """The folder that relative paths of files lie in."""


def checked_host(written: str) -> str:
    """`written` in the ASCII that DNS knows, without what would only fail when it is looked up.

    Raises `ValueError`.
    """
    try:
        return written.encode("idna").decode()
    except UnicodeError:
        raise ValueError("this is no name of a host") from None


def at_least_one(written: tuple[str, ...]) -> tuple[str, ...]:
    """`written`. Raises `ValueError` where it is empty; unlike `min_length`, not where each in it is wrong."""
    if not written:
        raise ValueError("name at least one")
    return written


def matching(pattern: str, cure: str) -> AfterValidator:
    """A check that a text is all of `pattern`; where it is not, people read `cure`."""
    compiled = re.compile(pattern)

    def checked(written: str) -> str:
        if not compiled.fullmatch(written):
            raise ValueError(cure)
        return written

    return AfterValidator(checked)


Options = TypeVar("Options", bound=ChannelOptions)


@dataclass(frozen=True, slots=True)
class ChannelType(Generic[Options]):
    """A kind of channel: what its table may say, and how one is opened."""

    options: type[Options]
    open: Callable[[str, Options, Surroundings], OpenChannel]
    """Of a channel's id, its options and the surroundings. Does no I/O: that is for `send`."""

    def open_channel(self, channel: Channel, surroundings: Surroundings) -> OpenChannel:
        """`channel` ready to send. Raises `TypeError` where its options are of another type's model."""
        if not isinstance(channel.options, self.options):
            raise TypeError(
                f"channel {channel.id} of type {channel.type} has {type(channel.options).__name__}"
            )
        return self.open(channel.id, channel.options, surroundings)
