"""Messages for a person who watches the terminal, or for the pipe that stands in for one."""

from __future__ import annotations

from monitor.channels.base import Surroundings
from monitor.core.alerts.render import text
from monitor.model import ChannelOptions, Message, Receipt


class ConsoleOptions(ChannelOptions):
    """Nothing to set."""


class ConsoleChannel:
    """Writes every message to the stream that it was given."""

    def __init__(self, channel_id: str, options: ConsoleOptions, surroundings: Surroundings) -> None:
        self._stream = surroundings.stream

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        self._stream.write(text(message) + "\n")
        self._stream.flush()
        return Receipt()

    async def close(self) -> None:
        """Nothing: the stream belongs to whoever passed it in."""
