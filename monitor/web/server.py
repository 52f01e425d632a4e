"""The one HTTP server of the daemon, in its own event loop. Promise: bounded connections, no signals taken."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from monitor.errors import MonitorError

CONNECTIONS = 200
"""More are answered 503: whoever opens them to hold them costs pushes, not memory, and polls go on."""
HEAD_BYTES = 16 * 2**10
HEAD_S = 10.0
"""For the head of the first request: who drips one holds a place no longer."""
CONNECTION_S = 60.0
"""For all of a connection: a request has its body in ten seconds, and a hub opens another for the next."""
GRACE_S = 2
"""What is under way at the end gets so long."""


class _Connection(H11Protocol):
    """Uvicorn sets no limits of time to what a client sends."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if (own := transport.get_extra_info("socket")) is not None:
            # asyncio does so for sockets it makes itself: else each answer waits 40 ms for the client's word
            own.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._ends = [
            self.loop.call_later(HEAD_S, self._end_without_head),
            self.loop.call_later(CONNECTION_S, transport.abort),
        ]

    def connection_lost(self, exc: Exception | None) -> None:
        for end in self._ends:
            end.cancel()
        super().connection_lost(exc)

    def _end_without_head(self) -> None:
        if self.conn.their_state is h11.IDLE:
            self.transport.abort()


class _Server(uvicorn.Server):
    """Uvicorn would take SIGTERM and SIGINT for itself; here the daemon ends it."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.up.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@asynccontextmanager
async def serving(app: ASGIApp, *, listen: str) -> AsyncIterator[tuple[str, int]]:
    """The app answers on `listen` (address:port) within; the address and port it got. Raises MonitorError."""
    listener = _listener(listen)
    server = _Server(
        uvicorn.Config(
            app,
            http=_Connection,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,  # callbacks are secrets
            server_header=False,
            proxy_headers=False,
            limit_concurrency=CONNECTIONS,
            timeout_graceful_shutdown=GRACE_S,
            h11_max_incomplete_event_size=HEAD_BYTES,
        )
    )
    task = asyncio.create_task(server.serve(sockets=[listener]), name="web server")
    try:
        await server.up.wait()
        address, port = listener.getsockname()[:2]
        yield address, port
    finally:
        server.should_exit = True
        await task


def _listener(listen: str) -> socket.socket:
    host, _, port = listen.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, int(port)), family=family)
    except OSError as error:
        raise MonitorError(
            f"cannot listen on {listen}: {os.strerror(error.errno) if error.errno else error}; "
            "give `listen` in [web] an address of this machine and a port that is free"
        ) from error
