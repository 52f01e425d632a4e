"""Messages as JSON on the standard input of a program of the user's; `payload.py` says what is in them.

No shell: the program and its arguments are a list. Exit status 0 means taken; `EXITS` has the others.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final
from uuid import uuid4

from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import HoldsNothing, Surroundings, at_least_one
from monitor.channels.payload import payload
from monitor.channels.quotes import Sent
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.replies import Fault
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

EXITS: Final[Mapping[int, Fault]] = {
    64: Fault(ChannelReason.REJECTED, permanent=True),  # EX_USAGE
    65: Fault(ChannelReason.REJECTED, permanent=True),  # EX_DATAERR
    67: Fault(ChannelReason.RECIPIENT, permanent=True),  # EX_NOUSER
    68: Fault(ChannelReason.RECIPIENT, permanent=True),  # EX_NOHOST
    77: Fault(ChannelReason.AUTHENTICATION, permanent=False),  # EX_NOPERM: the operator is told at once
    78: Fault(ChannelReason.CONFIG, permanent=True),  # EX_CONFIG
}
"""What exit statuses mean, after sysexits.h; any other that is not 0 is tried again."""
_ANY_OTHER: Final = Fault(ChannelReason.PROGRAM, permanent=False)
_PASSED_ON: Final = ("PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR")
"""Of our own environment: the rest may hold secrets of other channels."""
_MOST_KEPT_BYTES: Final = 4096
"""Of what it says on standard error: its last lines are quoted."""
_LONGEST_QUOTE: Final = 200
_RUN: Final = "NEWS_MONITOR_RUN"
"""Its own environment names the run, and so does that of all that it starts: a group of its own is no way out."""
_ROUNDS: Final = 5
"""Of looking for what a program left behind: what is ended may have started something meanwhile."""
_LAST_WORDS_S: Final = 1.0
"""For what is still in the pipe, where something that left the group holds its other end open."""


_MAILERS: Final = frozenset(
    {"sendmail", "msmtp", "ssmtp", "mailx", "s-nail", "mutt", "exim", "exim4", "postdrop"}
)


def _no_mailer(command: tuple[str, ...]) -> tuple[str, ...]:
    """Raises `ValueError` for what would take the JSON for a mail."""
    if Path(command[0]).name in _MAILERS:
        raise ValueError(
            'it gets JSON, not a mail: write type = "email", with host = "localhost" and tls = "none" for the mail '
            "server of this machine"
        )
    return command


class CommandOptions(ChannelOptions):
    """What a channel of this type may say."""

    command: Annotated[tuple[str, ...], AfterValidator(at_least_one), AfterValidator(_no_mailer)]
    """The program and its arguments."""
    environment: dict[str, SecretStr] = Field(default_factory=dict)
    """Variables for it, beside PATH, HOME and the like."""
    timeout: float = Field(default=60, ge=0.1, le=200)
    """Seconds; then it is killed, with all that it started."""


class CommandChannel(HoldsNothing):
    """Starts the program once for each message; a repeat has the same `data.id`."""

    def __init__(self, _id: str, options: CommandOptions, _surroundings: Surroundings) -> None:
        self._command, self._timeout = options.command, options.timeout
        self._name = one_line(Path(options.command[0]).name, longest=80)
        self._own = {name: value.get_secret_value() for name, value in options.environment.items()}
        # `--token=…` says what is secret, `--verbose` does not; what has blanks is a script or words to be read.
        words = [word for word in options.command[1:] if not re.search(r"\s", word)]
        values = (word.rpartition("=")[2] for word in words if "=" in word or word[:1] != "-")
        self._sent = Sent(values=[*self._own.values(), *values])

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - the program knows
        """The program got the message, and ended with 0."""
        run = await self._start(json.dumps(payload(message)).encode())  # ASCII: read in whatever locale
        try:
            async with asyncio.timeout(self._timeout):
                status = await run.to_the_end()
        except TimeoutError as error:
            raise ChannelError(
                f"{self._name} was killed after {self._timeout:g} s; it may have done its work",
                reason=ChannelReason.UNKNOWN,
            ) from error
        finally:
            await run.kill()
        if status != 0:
            raise self._error(status, run.complaint)
        return Receipt(detail="exit status 0")

    async def _start(self, said: bytes) -> _Run:
        passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        try:
            return await _Run.start(self._command, said=said, environment=passed | self._own)
        except (OSError, ValueError) as error:
            # A program is missing while it is upgraded, too: tried again.
            why = (error.strerror if isinstance(error, OSError) else None) or "its arguments cannot be passed"
            raise ChannelError(
                f"{self._name} cannot be started: {why}", reason=ChannelReason.CONFIG
            ) from error

    def _error(self, status: int, complaint: bytes) -> ChannelError:
        if status < 0:
            name = signal.Signals(-status).name if -status in set(signal.Signals) else str(-status)
            return ChannelError(
                f"{self._name} was ended by {name}; it may have done its work", reason=ChannelReason.UNKNOWN
            )
        said = complaint.decode(errors="replace")
        fault = EXITS.get(status, _ANY_OTHER)
        last = (said.strip().splitlines() or [""])[-1]  # where programs say what went wrong
        quote = one_line(self._sent.hide(one_line(last, longest=_MOST_KEPT_BYTES)), longest=_LONGEST_QUOTE)
        return ChannelError(
            f"{self._name} ended with status {status}{': ' if quote else ''}{quote}",
            reason=fault.reason,
            permanent=fault.permanent,
        )


class _Run:
    """A program under way.

    Its input is a file, its complaints come through a pipe of ours: asyncio waits for a program until all of its
    pipes are closed, and something that it left in the background may hold them open.
    """

    def __init__(
        self,
        program: asyncio.subprocess.Process,
        complaints: asyncio.StreamReader,
        pipe: asyncio.ReadTransport,
        name: str,
    ) -> None:
        self._program, self._complaints, self._pipe, self._name = program, complaints, pipe, name
        self.complaint = b""

    @classmethod
    async def start(cls, command: Sequence[str], *, said: bytes, environment: Mapping[str, str]) -> _Run:
        """Raises `OSError`, and `ValueError` for what no argument can hold."""
        name = uuid4().hex
        read, write = os.pipe()
        complaints = asyncio.StreamReader()
        pipe, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(complaints), os.fdopen(read, "rb", buffering=0)
        )
        try:
            with tempfile.TemporaryFile() as given:
                given.write(said)
                given.seek(0)
                program = await asyncio.create_subprocess_exec(
                    *command,
                    stdin=given,
                    stdout=asyncio.subprocess.DEVNULL,
                    stderr=write,
                    env={**environment, _RUN: name},
                    start_new_session=True,  # a group of its own, to be ended as a whole
                )
        except BaseException:
            pipe.close()
            raise
        finally:
            os.close(write)  # the program has its own; without ours the pipe ends with the last who holds it
        return cls(program, complaints, pipe, name)

    async def to_the_end(self) -> int:
        """Its exit status; what it started and left behind is ended with it."""
        listening = asyncio.ensure_future(self._listen())
        try:
            status = await self._program.wait()
            self._end_all()
            await asyncio.wait([listening], timeout=_LAST_WORDS_S)
        finally:
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        return status

    async def kill(self) -> None:
        """Ends whatever is left of it, and waits for it."""
        self._end_all()
        self._pipe.close()
        await asyncio.shield(self._program.wait())
        await asyncio.shield(asyncio.to_thread(_end_strays, self._name))

    def _end_all(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self._program.pid, signal.SIGKILL)

    async def _listen(self) -> None:
        while heard := await self._complaints.read(_MOST_KEPT_BYTES):
            self.complaint = (self.complaint + heard)[-_MOST_KEPT_BYTES:]


def _end_strays(name: str) -> None:
    """Ends what left the program's group (`setsid`) and still carries the run's name, where there is a /proc."""
    for _ in range(_ROUNDS):
        strays = [pid for pid in _processes() if _carries(pid, name)]
        for pid in strays:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not strays:
            return


def _processes() -> list[int]:
    try:
        return [int(one.name) for one in Path("/proc").iterdir() if one.name.isdigit()]
    except OSError:
        return []


def _carries(pid: int, name: str) -> bool:
    try:
        return f"{_RUN}={name}".encode() in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    except OSError:  # gone meanwhile, or another user's
        return False
