"""A listener that nobody may reach, and a watch over every connection that this process tries.

    async with canary() as bird:
        … http://127.0.0.1:{bird.port}/ … bird.caught … bird.tried

The listener hears whatever comes to any address of this machine. The watch is Python's own audit event for
`connect`, so that an address that leads nowhere here (169.254.169.254) is seen being tried too.
"""

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Canary:
    port: int
    answer: bytes
    caught: list[Any] = field(default_factory=list)
    """Who connected to it."""
    tried: list[tuple[str, int]] = field(default_factory=list)
    """Where this process tried to connect to, but for `friends`."""
    friends: set[int] = field(default_factory=set)
    """Ports of loopback that may be asked: the servers of the test."""

    async def meet(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.caught.append(writer.get_extra_info("peername"))
        writer.write(self.answer)
        await writer.drain()
        writer.close()

    def saw(self, host: str, port: int) -> None:
        """Raises where the connection would leave this machine."""
        if host == "127.0.0.1" and port in self.friends:
            return
        self.tried.append((host, port))
        if not host.startswith("127.") and host not in {"0.0.0.0", "::", "::1"}:
            raise ConnectionRefusedError(f"a test does not ask {host}")


_watching: list[Canary] = []


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event == "socket.connect" and _watching and isinstance(arguments[1], tuple):
        for one in _watching:
            one.saw(*arguments[1][:2])


@asynccontextmanager
async def canary(*, body: bytes = b"") -> AsyncIterator[Canary]:
    """Answers `body` to whoever gets through."""
    if not _installed:
        sys.addaudithook(_watch)  # for good: Python has no way to take one back
        _installed.append(True)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    bird = Canary(0, head.encode() + body)
    sockets = _sockets()
    bird.port = sockets[0].getsockname()[1]
    listeners = [await asyncio.start_server(bird.meet, sock=one) for one in sockets]
    _watching.append(bird)
    try:
        yield bird
    finally:
        _watching.remove(bird)
        for listener in listeners:
            listener.close()


_installed: list[bool] = []


def _sockets() -> list[socket.socket]:
    """One port on every IPv4 address of this machine, and on every IPv6 address where it has any."""
    first = socket.create_server(("0.0.0.0", 0))
    try:
        return [first, socket.create_server(("::", first.getsockname()[1]), family=socket.AF_INET6)]
    except OSError:
        return [first]
