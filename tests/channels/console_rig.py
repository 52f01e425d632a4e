import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress

from channels.rig import Case, Failure, Ground, Rig, Stage, Staging
from samples.messages import LATIN, message

from monitor.errors import ChannelReason

_F, _R = Failure, ChannelReason


class Pipe:
    """A pipe with a terminal's reader at its other end."""

    def __init__(self) -> None:
        read, write = os.pipe()
        os.set_blocking(read, False)
        self.reader = os.fdopen(read, encoding="utf-8")
        self.stream = os.fdopen(write, "w", encoding="utf-8")

    def fill(self) -> None:
        """Nothing more goes in until somebody reads."""
        number = self.stream.fileno()
        os.set_blocking(number, False)
        with suppress(BlockingIOError):
            while True:
                os.write(number, b"." * 65536)
        os.set_blocking(number, True)

    def close(self) -> None:
        """What is still to be written is lost."""
        self.reader.close()  # first: it ends a write that waits
        with suppress(OSError):
            self.stream.close()


def console(prepare: Callable[[Pipe], None], shown: Callable[[Pipe], Sequence[str]]) -> Staging:
    @asynccontextmanager
    async def staging(_ground: Ground) -> AsyncIterator[Stage]:
        pipe = Pipe()
        prepare(pipe)
        try:
            yield Stage({}, lambda: shown(pipe), pipe.stream)
        finally:
            pipe.close()

    return staging


def _all(pipe: Pipe) -> list[str]:
    """A message shows no id; the samples are told apart by their outlet and have one id."""
    return [message(LATIN).id] * pipe.reader.read().count(LATIN["outlet"])


def _nothing(_pipe: Pipe) -> list[str]:
    return []


def _empty(_pipe: Pipe) -> None:
    pass


def _without_reader(pipe: Pipe) -> None:
    pipe.reader.close()


def _closed(pipe: Pipe) -> None:
    pipe.stream.close()


CONSOLE = Rig(
    type="console",
    well=console(_empty, _all),
    cases=[
        Case(_F.DROPPED_BEFORE, "the reader has gone", console(_without_reader, _nothing), _R.CONNECT),
        Case(_F.DROPPED_BEFORE, "the stream was closed", console(_closed, _nothing), _R.CONNECT),
        Case(_F.SILENT_AFTER, "nobody reads", console(Pipe.fill, _nothing), _R.UNKNOWN),
    ],
    cannot={
        _F.REFUSED: "there is no server",
        _F.TLS: "there is no server",
        _F.SILENT_BEFORE: "test_console has it: an earlier message is still stuck",
        _F.DROPPED_AFTER: "what the system took is out of our hands",
        _F.AUTHENTICATION: "there is no server",
        _F.RECIPIENT: "whoever sits there",
        _F.TEMPORARY: "a terminal does not answer",
        _F.RATE_LIMITED: "a terminal does not answer",
        _F.PERMANENT: "a terminal does not answer",
        _F.NONSENSE: "a terminal does not answer",
    },
)
