"""httpx's requests over one guarded connection each.

A connection for every request, and no pool: a feed is asked every few minutes, longer than servers keep a
connection open, and each request brings its own rule of where it may go.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import httpcore
import httpx

from monitor.feeds.connect import Backend, Resolver

REACH = "monitor.reach"
PROXY = "monitor.proxy"
"""The extensions of a request: a `Reach`, and an `httpx.Proxy` or None."""


class GuardedTransport(httpx.AsyncBaseTransport):
    """Connects where the request's `Reach` allows. Raises `FetchError` and httpcore's errors."""

    def __init__(self, *, ssl_context: ssl.SSLContext, resolver: Resolver, wire_bytes: int) -> None:
        self._ssl_context, self._resolver, self._wire_bytes = ssl_context, resolver, wire_bytes

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """As httpx wants it."""
        backend = Backend(request.extensions[REACH], resolver=self._resolver, wire_bytes=self._wire_bytes)
        connection = self._connection(request, backend)
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        try:
            response = await connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except BaseException:
            await connection.aclose()
            raise
        backend.expect_body()
        return httpx.Response(response.status, headers=response.headers, stream=_Body(response, connection))

    def _connection(
        self, request: httpx.Request, backend: Backend
    ) -> httpcore.AsyncHTTPConnection | httpcore.AsyncHTTPProxy:
        proxy: httpx.Proxy | None = request.extensions[PROXY]
        if proxy is None:
            return httpcore.AsyncHTTPConnection(
                _origin(request.url), ssl_context=self._ssl_context, network_backend=backend
            )
        return httpcore.AsyncHTTPProxy(
            proxy_url=httpcore.URL(
                scheme=proxy.url.raw_scheme, host=proxy.url.raw_host, port=proxy.url.port, target=b"/"
            ),
            proxy_auth=proxy.raw_auth,
            ssl_context=self._ssl_context,
            proxy_ssl_context=self._ssl_context if proxy.url.scheme == "https" else None,
            network_backend=backend,
        )


def default_port(url: httpx.URL) -> int:
    """The port that a URL means, said or not."""
    return url.port if url.port is not None else 443 if url.scheme == "https" else 80


def _origin(url: httpx.URL) -> httpcore.Origin:
    return httpcore.Origin(url.raw_scheme, url.raw_host, default_port(url))


class _Body(httpx.AsyncByteStream):
    """A response's body as it travels; closing it ends the connection."""

    def __init__(
        self,
        response: httpcore.Response,
        connection: httpcore.AsyncHTTPConnection | httpcore.AsyncHTTPProxy,
    ) -> None:
        self._response, self._connection = response, connection

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()
        await self._connection.aclose()
