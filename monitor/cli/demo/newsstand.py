"""A web server on loopback that has every outlet's feed, as it stood at the moment that a clock shows."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Self

from monitor.cli.demo.corpus import Outlet
from monitor.cli.demo.formats import FORMATS

HEAD_BYTES = 16 * 1024
"""What a request may take; ours take a few hundred."""
PATIENCE_S = 10.0
"""Whoever connects and asks for nothing is let go."""


class Newsstand:
    """Serves feeds, with validators. Used within `async with`."""

    def __init__(self, outlets: Sequence[Outlet], *, now: Callable[[], datetime]) -> None:
        self._outlets = {f"/{outlet.id}": outlet for outlet in outlets}
        self._now = now
        self._server: asyncio.Server

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=HEAD_BYTES)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.close()
        await self._server.wait_closed()

    def url(self, outlet: Outlet) -> str:
        """Of the outlet's feed."""
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}/{outlet.id}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, EOFError, asyncio.LimitOverrunError, TimeoutError):
            async with asyncio.timeout(PATIENCE_S):
                request = await reader.readuntil(b"\r\n\r\n")
                writer.write(self._answer(request.decode("latin-1")))
                await writer.drain()
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def _answer(self, request: str) -> bytes:
        """RFC 9110 §13.1.2: a validator that still holds is answered with 304 and no body."""
        target = request.partition(" ")[2].partition(" ")[0]
        outlet = self._outlets.get(target)
        if outlet is None:
            return _response("404 Not Found")
        now, form = self._now(), FORMATS[outlet.format]
        body = form.write(outlet, [entry for entry in reversed(outlet.entries) if entry.at <= now])
        etag = f'"{hashlib.blake2b(body, digest_size=8).hexdigest()}"'
        if f"if-none-match: {etag}\r\n" in request.lower():
            return _response("304 Not Modified", ETag=etag)
        return _response("200 OK", body, ETag=etag, Content_Type=form.content_type)


def _response(status: str, body: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", *(f"{name.replace('_', '-')}: {value}" for name, value in headers.items())]
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "Connection: close", "", ""]).encode() + body
