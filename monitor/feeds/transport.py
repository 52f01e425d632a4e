"""httpx's requests over one guarded connection each.

A connection for every request, and no pool: a feed is asked every few minutes, longer than servers keep a
connection open, and each request brings its own rule of where it may go.
"""

from __future__ import annotations

import base64
import re
import ssl
from collections.abc import AsyncIterator
from typing import Any

import httpx

from monitor.errors import FetchError, FetchReason
from monitor.feeds.connect import Resolver, Stream, connect
from monitor.feeds.message import Message

REACH = "monitor.reach"
PROXY = "monitor.proxy"
"""The extensions of a request: a `Reach`, and an `httpx.Proxy` or None. Its "timeout" is as httpx has it."""

_SENDABLE = re.compile(rb"(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t -~\x80-\xff]*\r\n)*")
"""RFC 9110 §5.5: no line in a line, nothing that controls."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects where the request's `Reach` allows. Raises `FetchError` and httpx's errors."""

    def __init__(self, *, ssl_context: ssl.SSLContext, resolver: Resolver, wire_bytes: int) -> None:
        """`wire_bytes` is the most that one connection may receive."""
        ssl_context.set_alpn_protocols(["http/1.1"])
        self._ssl_context, self._resolver, self._wire_bytes = ssl_context, resolver, wire_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx wants it."""
        timeout: dict[str, Any] = request.extensions["timeout"]
        asking = _asking(request)
        stream = await self._connect(request)
        try:
            await stream.write(asking, timeout["write"])
            message = await _answered(stream, timeout["read"])
        except BaseException:
            stream.close()
            raise
        return httpx.Response(
            message.status, headers=message.headers, stream=_Body(message, stream, timeout["read"])
        )

    async def _connect(self, request: httpx.Request) -> Stream:
        """To the server, or to the proxy that is asked in its place, with all the TLS that there is to be."""
        proxy: httpx.Proxy | None = request.extensions[PROXY]
        first = request.url if proxy is None else proxy.url
        limit_s = request.extensions["timeout"]["connect"]
        stream = await connect(
            _host(first),
            default_port(first),
            reach=request.extensions[REACH],
            resolver=self._resolver,
            limit_s=limit_s,
            wire_bytes=self._wire_bytes,
        )
        try:
            if first.scheme == "https":
                await stream.start_tls(self._ssl_context, _host(first), limit_s)
            if proxy is not None and request.url.scheme == "https":
                await _tunnel(stream, request, proxy)
                await stream.start_tls(self._ssl_context, _host(request.url), limit_s)
        except BaseException:
            stream.close()
            raise
        return stream


def default_port(url: httpx.URL) -> int:
    """The port that a URL means, said or not."""
    return url.port if url.port is not None else 443 if url.scheme == "https" else 80


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _asking(request: httpx.Request) -> bytes:
    """The request as it is sent. Raises httpx.LocalProtocolError."""
    proxy: httpx.Proxy | None = request.extensions[PROXY]
    if proxy is None or request.url.scheme == "https":
        return _head(request.method, request.url.raw_path, request.headers.raw) + request.content
    # RFC 9112 §3.2.2: a proxy is told the whole address.
    target = b"%b://%b%b" % (request.url.raw_scheme, request.url.netloc, request.url.raw_path)
    return _head(request.method, target, [*_authorized(proxy), *request.headers.raw]) + request.content


def _authorized(proxy: httpx.Proxy) -> list[tuple[bytes, bytes]]:
    """RFC 7617."""
    if proxy.raw_auth is None:
        return []
    return [(b"Proxy-Authorization", b"Basic " + base64.b64encode(b":".join(proxy.raw_auth)))]


def _head(method: str, target: bytes, headers: list[tuple[bytes, bytes]]) -> bytes:
    lines = b"".join([b"%b: %b\r\n" % header for header in headers])
    if not _SENDABLE.fullmatch(lines):
        raise httpx.LocalProtocolError("a header cannot be sent")
    return b"%b %b HTTP/1.1\r\n%b\r\n" % (method.encode("ascii"), target, lines)


async def _tunnel(stream: Stream, request: httpx.Request, proxy: httpx.Proxy) -> None:
    """The proxy passes on what is sent from here on (RFC 9110 §9.3.6). What else it says is lost."""
    timeout, url = request.extensions["timeout"], request.url
    host = b"[%b]" % url.raw_host if b":" in url.raw_host else url.raw_host
    end = b"%b:%d" % (host, default_port(url))
    await stream.write(_head("CONNECT", end, [(b"Host", end), *_authorized(proxy)]), timeout["write"])
    message = await _answered(stream, timeout["read"])
    if not 200 <= message.status < 300:
        raise FetchError(f"its proxy answered {message.status}", reason=FetchReason.CONNECT)


async def _answered(stream: Stream, limit_s: float) -> Message:
    """An answer whose head is here."""
    message = Message()
    while not message.status:
        message.take(await stream.read(limit_s))
    return message


class _Body(httpx.AsyncByteStream):
    """A response's body as it travels; closing it ends the connection."""

    def __init__(self, message: Message, stream: Stream, limit_s: float) -> None:
        self._message, self._stream, self._limit_s = message, stream, limit_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            if chunk := self._message.body():
                yield chunk
            if self._message.is_whole:
                return
            self._message.take(await self._stream.read(self._limit_s))

    async def aclose(self) -> None:
        self._stream.close()
