"""Everybody who is told: one real server, program, file or screen for each type of channel.

    async with receivers(folder, types) as them:
        … house.channel(one.type, **one.options) …  one.arrived() …

What arrives is known by the message's id, or, where a channel shows none, by its alert's number.
"""

import re
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from channels.atom_rig import ids
from channels.chat_rig import DISCORD, MATRIX, MATTERMOST, NTFY, SLACK, TELEGRAM
from channels.rig import Rig
from channels.webhook_rig import WEBHOOK
from servers.mail import mail_server
from servers.web import reply, web_server

MAILBOXES = ("desk@example.org", "night@example.org")
SCREEN = "screen"
"""What the console of every life writes to: a file in the house's folder."""


@dataclass
class Receiver:
    """Where the messages of one channel and recipient arrive."""

    type: str
    recipient: str
    options: Mapping[str, Any]
    arrived: Callable[[], Sequence[str]]
    """All so far, in their order: ids, or "alert 7" where `shows_ids` is False."""
    shows_ids: bool = True
    once: bool = False
    """A repeat replaces what it repeats, or nobody can tell it from that."""

    @property
    def name(self) -> str:
        return f"{self.type} <{self.recipient}>" if "@" in self.recipient else self.type


@asynccontextmanager
async def receivers(folder: Path, types: Sequence[str]) -> AsyncIterator[list[Receiver]]:
    async with AsyncExitStack() as stack:
        yield [one for name in types for one in await _OPENED[name](folder, stack)]


def _numbers(text: str) -> list[str]:
    """Of the alerts whose messages the text has, in their order."""
    return re.findall(r"\balert \d+\b", text)


def _rigged(rig: Rig) -> "Opening":
    """As the contract test has it, where everything goes well."""

    async def opened(_folder: Path, stack: AsyncExitStack) -> list[Receiver]:
        stage = await stack.enter_async_context(rig.well(None))
        return [Receiver(rig.type, rig.recipient, stage.options, stage.taken)]

    return opened


async def _email(_folder: Path, stack: AsyncExitStack) -> list[Receiver]:
    server = await stack.enter_async_context(mail_server())
    options = {
        "host": "127.0.0.1", "port": server.port, "tls": "none",
        "from": "monitor@example.org", "to": list(MAILBOXES),
    }  # fmt: skip

    def of(mailbox: str) -> Callable[[], list[str]]:
        return lambda: [
            mail["Message-ID"].strip("<>").partition("@")[0]
            for mail, to in zip(server.taken, server.recipients, strict=True)
            if to == mailbox
        ]

    return [Receiver("email", mailbox, options, of(mailbox)) for mailbox in MAILBOXES]


async def _apprise(_folder: Path, stack: AsyncExitStack) -> list[Receiver]:
    server = await stack.enter_async_context(web_server())
    server.elsewhere = reply(200, b"{}")
    options = {"url": f"json://127.0.0.1:{server.port}/hook"}
    return [
        Receiver(
            "apprise",
            "",
            options,
            lambda: [number for one in server.requests for number in _numbers(one.body.decode())],
            shows_ids=False,
        )
    ]


async def _console(folder: Path, _stack: AsyncExitStack) -> list[Receiver]:
    screen = folder / SCREEN
    screen.touch()
    return [
        Receiver("console", "", {}, lambda: _numbers(screen.read_text("utf-8")), shows_ids=False, once=True)
    ]


async def _command(folder: Path, _stack: AsyncExitStack) -> list[Receiver]:
    """Ids are appended by one write each, so that two programs at once do not mix."""
    kept = folder / "commanded"
    kept.touch()
    script = 'id=$(sed -n \'s/.*"data": {"id": "\\([0-9a-f]*\\)".*/\\1/p\') && echo "$id" >>"$1"'
    options = {"command": ["/bin/sh", "-c", script, "desk", str(kept)]}
    return [Receiver("command", "", options, lambda: kept.read_text().split())]


async def _atom(folder: Path, _stack: AsyncExitStack) -> list[Receiver]:
    """The file keeps the last thousand; what was once in it has arrived."""
    path, seen = folder / "desk.atom", dict[str, None]()

    def arrived() -> list[str]:
        seen.update(dict.fromkeys(ids(path)[::-1]))
        return list(seen)

    return [Receiver("atom", "", {"path": str(path), "entries": 1000}, arrived, once=True)]


Opening = Callable[[Path, AsyncExitStack], Any]
_OPENED: Mapping[str, Opening] = {
    "console": _console,
    "email": _email,
    "apprise": _apprise,
    "command": _command,
    "atom": _atom,
    **{rig.type: _rigged(rig) for rig in (WEBHOOK, SLACK, DISCORD, TELEGRAM, NTFY, MATRIX, MATTERMOST)},
}
EVERY_TYPE = tuple(_OPENED)
