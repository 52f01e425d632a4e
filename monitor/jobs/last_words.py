"""A database that is lost takes no note for the operator: that one goes to the operator's channels past the outbox.

Once in a daemon's life. Where a channel fails, the log and `status` have said it all the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from loguru import logger

from monitor.channels import OpenChannel
from monitor.core.alerts.ids import row_id
from monitor.errors import ChannelError
from monitor.model import AlertKind, Config, Message

LIMIT_S: Final = 60.0
"""For all channels together, side by side."""


class LastWords:
    """Says one thing to the operator."""

    def __init__(
        self,
        *,
        channels: Callable[[], Mapping[str, OpenChannel]],
        config: Callable[[], Config],
        now: Callable[[], datetime],
    ) -> None:
        """Both of what is in force."""
        self._channels, self._config, self._now = channels, config, now
        self._saying: asyncio.Task[None] | None = None

    def say(self, text: str) -> None:
        """Begins to, the first time it is called."""
        if self._saying is None:
            self._saying = asyncio.create_task(self._say(text), name="last words")

    async def said(self) -> None:
        """Returns when whoever can be told was told, or the time is over."""
        if self._saying is not None:
            await self._saying

    async def _say(self, text: str) -> None:
        config, channels = self._config(), self._channels()
        sends = [
            self._send(channels[name], _message(text, name, recipient, config, self._now()), recipient)
            for name in config.alerting.operator
            if name in channels
            for recipient in config.channels[name].recipients or ("",)
        ]
        try:
            async with asyncio.timeout(LIMIT_S):
                await asyncio.gather(*sends)
        except TimeoutError:
            logger.error("the operator was not told everywhere within {:.0f} s: {}", LIMIT_S, text)

    async def _send(self, channel: OpenChannel, message: Message, recipient: str) -> None:
        try:
            await channel.send(message, recipient=recipient)
        except ChannelError as error:
            logger.error("the operator was not told: {}", error)
        except Exception:  # noqa: BLE001 - the border of one delivery
            logger.exception("the operator was not told: the monitor's own error")


def _message(text: str, channel: str, recipient: str, config: Config, now: datetime) -> Message:
    its_id = row_id(0, channel, recipient, made_at=now)
    return Message(
        id=its_id,
        thread_id=its_id,
        first_in_thread=True,
        kind=AlertKind.NOTE,
        alert_id=0,
        story=None,
        rules=(),
        reports=(),
        outlets=0,
        languages=(),
        created_at=now,
        zone=config.alerting.zone,
        text=text,
    )
