"""Messages for a person who watches the terminal, or for the pipe that stands in for one."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from functools import cached_property
from threading import Thread
from typing import TYPE_CHECKING, TextIO

from pydantic import Field

from monitor.channels.base import Surroundings
from monitor.core.alerts.render import text, view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

if TYPE_CHECKING:
    from rich.console import Console


class ConsoleOptions(ChannelOptions):
    """What a channel of this type may say."""

    timeout: float = Field(default=10, ge=0.1, le=200)
    """Seconds. A terminal takes a message at once; one that is held (Ctrl-S, a pager) may take none for hours."""


class ConsoleChannel:
    """Writes whole messages, one after the other, to the stream that it was given."""

    def __init__(self, _id: str, options: ConsoleOptions, surroundings: Surroundings) -> None:
        self._stream = surroundings.stream
        self._writer = _Writer(surroundings.stream, timeout=options.timeout)

    @cached_property
    def _console(self) -> Console:
        from rich.console import Console  # noqa: PLC0415 - who opens it by default may never be told anything

        return Console(file=self._stream, highlight=False, markup=False, soft_wrap=True)

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - whoever sits there
        """The message is printed."""
        await self._writer.write(
            self._painted(message) if self._console.is_terminal else text(message) + "\n"
        )
        return Receipt()

    async def close(self) -> None:
        """Nothing to let go of: the stream belongs to whoever passed it in."""

    def _painted(self, message: Message) -> str:
        from monitor.channels.painted import painted  # noqa: PLC0415 - as above

        with self._console.capture() as capture:
            self._console.print(painted(view(message)))
        return capture.get()


class _Writer:
    """Writes in a thread of its own, so that a pipe that nobody empties holds up nothing else.

    Never more than one thread: what the stream did not take stays in it, and is not written again behind it.
    """

    def __init__(self, stream: TextIO, *, timeout: float) -> None:
        self._stream, self._timeout = stream, timeout
        self._turn = asyncio.Lock()
        self._underway: Future[None] | None = None

    async def write(self, shown: str) -> None:
        """Returns when all of it was handed to the system. Raises `ChannelError`."""
        started = False
        try:
            async with asyncio.timeout(self._timeout), self._turn:
                if self._underway is None or self._underway.done():
                    started = True
                    self._underway = self._begin(shown)
                    await asyncio.wrap_future(self._underway)
        except TimeoutError as error:
            reason = ChannelReason.UNKNOWN if started else ChannelReason.TIMEOUT
            raise ChannelError("the terminal takes nothing", reason=reason) from error
        except (OSError, ValueError) as error:  # ValueError: the stream was closed
            raise ChannelError(f"the terminal is gone: {error}", reason=ChannelReason.CONNECT) from error
        if not started:
            raise ChannelError(
                "the terminal still holds back an earlier message", reason=ChannelReason.TIMEOUT
            )

    def _begin(self, shown: str) -> Future[None]:
        done: Future[None] = Future()
        done.set_running_or_notify_cancel()  # from here on nobody can take it back
        Thread(
            target=self._work, args=(shown, done), daemon=True
        ).start()  # daemon: it holds up no exit either
        return done

    def _work(self, shown: str, done: Future[None]) -> None:
        encoding = self._stream.encoding or "utf-8"
        try:
            self._stream.write(shown.encode(encoding, errors="replace").decode(encoding))
            self._stream.flush()
        except BaseException as error:  # noqa: BLE001 - a thread's errors belong to who waits for it
            done.set_exception(error)
        else:
            done.set_result(None)
