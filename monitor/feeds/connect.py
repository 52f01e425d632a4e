"""Connections that go only where they may: resolve, check every address, connect to a checked one.

The check and the connection use the same address, so a name that changes its mind between the two (DNS rebinding)
gains nothing. Counts what comes over the wire and stops at a limit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import aiohappyeyeballs
import httpcore
from aiohappyeyeballs import AddrInfoType

from monitor.errors import FetchError, FetchReason
from monitor.feeds.addresses import is_address, is_public
from monitor.feeds.heads import HeadMender

ADDRESSES = 8
"""Of one name, as many are tried: a hostile zone may list thousands."""
ATTEMPT_DELAY_S = 0.25
"""Before the next address is tried beside the last; RFC 8305 §5 recommends 250 ms."""
HEAD_BYTES = 256 * 2**10
"""All that may come before a body, interim answers (RFC 9110 §15.2) included: they cost 20 µs each, and a server may
send ten thousand in a read. Room for one read of a body beside the largest head that h11 takes, 100 KiB."""
RESOLVER_THREADS = 32
"""A name server that does not answer keeps a thread for half a minute; the others go on."""

LookUp = Callable[[str, int], Sequence[AddrInfoType]]


def look_up(host: str, port: int) -> Sequence[AddrInfoType]:
    """The system's answer. Blocks; raises OSError and UnicodeError."""
    return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)


class Resolver:
    """Names → addresses, in threads of its own. Raises `FetchError`."""

    def __init__(self, look_up: LookUp = look_up) -> None:
        self._look_up = look_up
        self._threads = ThreadPoolExecutor(RESOLVER_THREADS, thread_name_prefix="resolver")

    async def addresses(self, host: str, port: int) -> Sequence[AddrInfoType]:
        """At least one."""
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, self._look_up, host, port)
        except socket.gaierror as error:
            passing = error.errno in {socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_SYSTEM}
            raise FetchError(
                f"the name {host} could not be resolved: {error.strerror}",
                reason=FetchReason.DNS if passing else FetchReason.HOST_UNKNOWN,
            ) from error
        except UnicodeError as error:  # a label that is empty or over 63 bytes
            raise FetchError(f"{host} is no host name", reason=FetchReason.URL) from error

    def close(self) -> None:
        """Waits for nothing: a look-up under way cannot be called back."""
        self._threads.shutdown(wait=False, cancel_futures=True)


@dataclass(frozen=True, slots=True)
class Reach:
    """Where one request may connect to: the public internet, and one host and port of the operator's own."""

    own: tuple[str, int] | None = None

    def allows(self, host: str, port: int, address: str) -> bool:
        """Whether that address may be connected to."""
        return (host, port) == self.own or is_public(address)


class Backend(httpcore.AsyncNetworkBackend):
    """The sockets of one request. Raises `FetchError` where it may not or cannot connect."""

    def __init__(self, reach: Reach, *, resolver: Resolver, wire_bytes: int) -> None:
        """`wire_bytes` is the most that one connection may receive."""
        self._reach, self._resolver, self._wire_bytes = reach, resolver, wire_bytes
        self._stream: Stream | None = None

    def expect_body(self) -> None:
        """The head is here: from now on it is a body that comes, and may be as large as one."""
        if self._stream is not None:
            self._stream.limit_bytes = self._wire_bytes

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore's signature
        local_address: str | None = None,  # noqa: ARG002
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,  # noqa: ARG002
    ) -> Stream:
        """A connection to an address that was checked. Raises as httpcore wants it."""
        try:
            async with asyncio.timeout(timeout):
                found = await self._resolver.addresses(host, port)
                allowed = [info for info in found if self._reach.allows(host, port, str(info[4][0]))]
                if not allowed:
                    raise _forbidden(host, str(found[0][4][0]))
                self._stream = await _connect(allowed[:ADDRESSES])
                self._stream.limit_bytes = min(HEAD_BYTES, self._wire_bytes)
                return self._stream
        except TimeoutError as error:
            raise httpcore.ConnectTimeout(f"no connection to {host} within {timeout:g} s") from error
        except OSError as error:
            raise FetchError(
                f"no connection to {host}: {error.strerror or error}", reason=FetchReason.CONNECT
            ) from error


async def _connect(addresses: Sequence[AddrInfoType]) -> Stream:
    connected = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=ATTEMPT_DELAY_S)
    try:
        reader, writer = await asyncio.open_connection(sock=connected)
    except BaseException:
        connected.close()
        raise
    return Stream(reader, writer)


def _forbidden(host: str, address: str) -> FetchError:
    where = host if is_address(host) else f"{host} ({address})"
    return FetchError(
        f"{where} is not on the public internet; a feed of your own network needs `allow_private = true`",
        reason=FetchReason.FORBIDDEN_ADDRESS,
    )


class Stream(httpcore.AsyncNetworkStream):
    """One connection's bytes, counted."""

    limit_bytes = 0
    """How many may come from its beginning on."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer, self._received = reader, writer, 0
        self._head = HeadMender()

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109
        """What came, of a head nothing before it is whole."""
        while True:
            data = await self._received_next(max_bytes, timeout)
            if self._head.done:
                return data
            if not data:
                return self._head.rest()
            if sound := self._head.take(data):
                return sound

    async def _received_next(self, max_bytes: int, timeout: float | None) -> bytes:  # noqa: ASYNC109
        try:
            async with asyncio.timeout(timeout):
                data = await self._reader.read(max_bytes)
        except TimeoutError as error:
            raise httpcore.ReadTimeout(f"nothing came for {timeout:g} s") from error
        except OSError as error:
            raise httpcore.ReadError(f"the connection broke: {error.strerror or error}") from error
        self._received += len(data)
        if self._received > self.limit_bytes:
            raise FetchError("it is larger than a feed may be", reason=FetchReason.TOO_LARGE)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109
        """All of it is sent, or it raises as httpcore wants it."""
        try:
            async with asyncio.timeout(timeout):
                self._writer.write(buffer)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpcore.WriteTimeout(f"nothing was taken for {timeout:g} s") from error
        except OSError as error:
            raise httpcore.WriteError(f"the connection broke: {error.strerror or error}") from error

    async def aclose(self) -> None:
        """Ends at once: the answer is here or unwanted, and a farewell could take as long as the server likes."""
        self._writer.transport.abort()

    async def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> Stream:
        """The same stream, encrypted."""
        try:
            async with asyncio.timeout(timeout):
                await self._writer.start_tls(ssl_context, server_hostname=server_hostname)
        except TimeoutError as error:
            await self.aclose()
            raise httpcore.ConnectTimeout(f"no TLS within {timeout:g} s") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            await self.aclose()
            raise FetchError(_tls_message(error), reason=FetchReason.TLS) from error
        except OSError as error:
            await self.aclose()
            raise FetchError(f"TLS failed: {error.strerror or error}", reason=FetchReason.TLS) from error
        self._head = HeadMender()  # a proxy's answer came before
        return self

    def get_extra_info(self, info: str) -> Any:
        """What httpcore asks before it reuses a connection, which it never does here, and which TLS it got."""
        return self._writer.get_extra_info("ssl_object") if info == "ssl_object" else None


def _tls_message(error: ssl.SSLError | ssl.CertificateError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return f"TLS failed: {error.reason or error}"
