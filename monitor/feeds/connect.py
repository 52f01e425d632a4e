"""Connections that go only where they may: resolve, check every address, connect to a checked one.

The check and the connection use the same address, so a name that changes its mind between the two (DNS rebinding)
gains nothing. Counts what comes over the wire and stops at a limit.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import aiohappyeyeballs
import httpx
from aiohappyeyeballs import AddrInfoType

from monitor.errors import FetchError, FetchReason
from monitor.feeds.addresses import address_family, is_address, is_public

ADDRESSES = 8
"""Of one name, as many are tried: a hostile zone may list thousands."""
ATTEMPT_DELAY_S = 0.25
"""Before the next address is tried beside the last; RFC 8305 §5 recommends 250 ms."""
READ_BYTES = 2**20
"""More than asyncio ever keeps for a reader: nothing that came before a handshake is there after it."""
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
        """At least one. A host that is an address is its own; what only C reads as one, C is asked for."""
        if (family := address_family(host)) is not None:
            return [(family, socket.SOCK_STREAM, 0, "", (host, port))]
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


async def connect(
    host: str, port: int, *, reach: Reach, resolver: Resolver, limit_s: float, wire_bytes: int
) -> Stream:
    """A connection to an address that was checked, which may bring so many bytes.

    Raises `FetchError` where it may not or cannot be, and httpx.ConnectTimeout.
    """
    try:
        async with asyncio.timeout(limit_s):
            found = await resolver.addresses(host, port)
            allowed = [info for info in found if reach.allows(host, port, str(info[4][0]))]
            if not allowed:
                raise _forbidden(host, str(found[0][4][0]))
            return Stream(*await _connected(allowed[:ADDRESSES]), wire_bytes=wire_bytes)
    except TimeoutError as error:
        raise httpx.ConnectTimeout(f"no connection to {host} within {limit_s:g} s") from error
    except OSError as error:
        raise FetchError(
            f"no connection to {host}: {error.strerror or error}", reason=FetchReason.CONNECT
        ) from error


async def _connected(
    addresses: Sequence[AddrInfoType],
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    connected = await aiohappyeyeballs.start_connection(addresses, happy_eyeballs_delay=ATTEMPT_DELAY_S)
    try:
        return await asyncio.open_connection(sock=connected)
    except BaseException:
        connected.close()
        raise


def _forbidden(host: str, address: str) -> FetchError:
    where = host if is_address(host) else f"{host} ({address})"
    return FetchError(
        f"{where} is not on the public internet; a feed of your own network needs `allow_private = true`",
        reason=FetchReason.FORBIDDEN_ADDRESS,
    )


class Stream:
    """One connection's bytes, counted. Raises `FetchError`, and httpx's errors where time runs out or it breaks."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, wire_bytes: int
    ) -> None:
        self._reader, self._writer, self._left_bytes = reader, writer, wire_bytes

    async def read(self, limit_s: float) -> bytes:
        """What came; nothing at the end."""
        try:
            async with asyncio.timeout(limit_s):
                data = await self._reader.read(READ_BYTES)
        except TimeoutError as error:
            raise httpx.ReadTimeout(f"nothing came for {limit_s:g} s") from error
        except OSError as error:
            raise httpx.ReadError(f"the connection broke: {error.strerror or error}") from error
        self._left_bytes -= len(data)
        if self._left_bytes < 0:
            raise FetchError("it is larger than a feed may be", reason=FetchReason.TOO_LARGE)
        return data

    async def write(self, data: bytes, limit_s: float) -> None:
        """All of it is sent."""
        try:
            async with asyncio.timeout(limit_s):
                self._writer.write(data)
                await self._writer.drain()
        except TimeoutError as error:
            raise httpx.WriteTimeout(f"nothing was taken for {limit_s:g} s") from error
        except OSError as error:
            raise httpx.WriteError(f"the connection broke: {error.strerror or error}") from error

    def close(self) -> None:
        """Ends at once: the answer is here or unwanted, and a farewell could take as long as the server likes."""
        self._writer.transport.abort()

    async def start_tls(self, context: ssl.SSLContext, host: str, limit_s: float) -> None:
        """From here on it is encrypted, and the other end has shown that it is this host."""
        try:
            async with asyncio.timeout(limit_s):
                await self._writer.start_tls(context, server_hostname=host)
        except TimeoutError as error:
            raise httpx.ConnectTimeout(f"no TLS within {limit_s:g} s") from error
        except (ssl.SSLError, ssl.CertificateError) as error:
            raise FetchError(_tls_message(error), reason=FetchReason.TLS) from error
        except OSError as error:
            raise FetchError(f"TLS failed: {error.strerror or error}", reason=FetchReason.TLS) from error


def _tls_message(error: ssl.SSLError | ssl.CertificateError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not valid: {error.verify_message}"
    return f"TLS failed: {error.reason or error}"
