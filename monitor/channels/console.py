"""Messages for a person who watches the terminal, or for the pipe that stands in for one."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future
from threading import Thread
from typing import Final, TextIO

from pydantic import Field
from rich.console import Console
from rich.style import Style
from rich.text import Text

from monitor.channels.base import Surroundings
from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.plain import isolated, isolation
from monitor.core.alerts.render import LineView, ReportView, View, text, view
from monitor.errors import ChannelError, ChannelReason
from monitor.model import ChannelOptions, Message, Receipt

_MARK: Final = Style(color="black", bgcolor="yellow")


class ConsoleOptions(ChannelOptions):
    """What a channel of this type may say."""

    timeout: float = Field(default=10, ge=0.1, le=200)
    """Seconds. A terminal takes a message at once; one that is held (Ctrl-S, a pager) may take none for hours."""


class ConsoleChannel:
    """Writes whole messages, one after the other, to the stream that it was given."""

    def __init__(self, _id: str, options: ConsoleOptions, surroundings: Surroundings) -> None:
        self._console = Console(file=surroundings.stream, highlight=False, markup=False, soft_wrap=True)
        self._writer = _Writer(surroundings.stream, timeout=options.timeout)

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - whoever sits there
        """The message is printed."""
        await self._writer.write(
            self._painted(message) if self._console.is_terminal else text(message) + "\n"
        )
        return Receipt()

    async def close(self) -> None:
        """Nothing to let go of: the stream belongs to whoever passed it in."""

    def _painted(self, message: Message) -> str:
        with self._console.capture() as capture:
            self._console.print(painted(view(message)))
        return capture.get()


def painted(shown: View) -> Text:
    """A message in colours, in the order of the plain one; nothing in it is taken for markup."""
    lines = [Text(shown.heading, style="italic")] if shown.heading else []
    lines += [Text(isolated(line)) for line in shown.note]
    for told in shown.lines:
        lines += _told(told)
    if shown.report:
        lines += _report(shown.report)
    if shown.rules:
        names = ", ".join(isolated(rule) for rule in shown.rules)
        spread = f" · {shown.spread}" if shown.spread else ""
        lines.append(Text.assemble((f"● {names}", "bold red" if shown.urgent else "cyan"), spread))
    if shown.report or shown.lines:
        lines.append(Text(shown.numbers, style="dim"))
    if shown.story_url:
        lines.append(_link(shown.story_url))
    for report in shown.further:
        lines += [Text(), *_report(report)]
    if shown.unlisted:
        whose = f" ({', '.join(map(isolated, shown.unlisted_of))})" if shown.unlisted_of else ""
        lines.append(Text(f"… and {shown.unlisted} more{whose}{': ' + shown.more if shown.lines else '.'}"))
    return Text("\n").join([*lines, Text()])


def _told(line: LineView) -> list[Text]:
    said = [isolated(line.outlet), line.spread, ", ".join(map(isolated, line.rules))]
    lines = [Text(), Text(isolated(line.title), style="bold red" if line.urgent else "bold")]
    if line.new:
        lines.append(Text(isolated(line.new)))
    lines.append(Text(" · ".join(filter(None, said)), style="dim"))
    return [*lines, _link(line.url)] if line.url else lines


def _report(report: ReportView) -> list[Text]:
    lines = [
        _pieces(report.title, style="bold"),
        Text(f"{isolated(report.outlet)} · {report.times}", style="dim"),
    ]
    if report.lead:
        lines.append(Text(isolated(report.lead)))
    if report.why:
        lines.append(_pieces(report.why, style=""))
    if report.url:
        lines.append(_link(report.url))
    return lines


def _pieces(pieces: tuple[Piece, ...], *, style: str) -> Text:
    before, after = isolation("".join(piece.text for piece in pieces))
    words = ((piece.text, _MARK if piece.marked else "") for piece in pieces)
    return Text.assemble(before, *words, after, style=style)


def _link(url: str) -> Text:
    return Text(url, style=Style(color="blue", link=url))


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
