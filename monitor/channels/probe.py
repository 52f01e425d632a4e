"""Whether a channel could send now, found out without sending: its other side is reached, and a login tried."""

from __future__ import annotations

import asyncio
import os
import shutil
import ssl
from contextlib import suppress
from pathlib import Path

import aiosmtplib
import httpx

from monitor.channels.atom import AtomOptions
from monitor.channels.base import Surroundings
from monitor.channels.command import CommandOptions
from monitor.channels.email import EmailOptions, greet
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Channel

LIMIT_S = 10.0
"""What is slower is said to be so: a person waits for the answer."""


async def probe(channel: Channel, surroundings: Surroundings) -> str:
    """What was reached, in a few words; empty where nothing can be tried without sending. Raises ChannelError."""
    match channel.options:
        case EmailOptions() as options:
            return await _mail_server(options, surroundings.tls)
        case AtomOptions() as options:
            return _file(surroundings.state / (options.path or f"{channel.id}.atom"))
        case CommandOptions() as options:
            return _program(options.command[0])
        case options:
            address = _address(options)
            return await _server(address, surroundings.tls) if address else ""


def _address(options: object) -> str:
    """The web address that it sends to; empty where it has none of its own (the console, Apprise)."""
    url = getattr(options, "url", None)
    written = url.get_secret_value() if url is not None else getattr(options, "server", None) or ""
    return written if written.startswith(("http://", "https://")) else ""


async def _server(address: str, tls: ssl.SSLContext) -> str:
    url = httpx.URL(address)
    port = url.port or (443 if url.scheme == "https" else 80)
    try:
        async with asyncio.timeout(LIMIT_S):
            _, writer = await asyncio.open_connection(
                url.host, port, ssl=tls if url.scheme == "https" else None
            )
    except (OSError, TimeoutError) as error:
        raise ChannelError(f"{url.host}: {_why(error)}", reason=_reason(error)) from error
    writer.close()
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(1):
            await writer.wait_closed()
    return f"{url.host} answers"


async def _mail_server(options: EmailOptions, tls: ssl.SSLContext) -> str:
    try:
        async with asyncio.timeout(LIMIT_S):
            await greet(options, tls)
    except (aiosmtplib.SMTPException, OSError) as error:
        said = " ".join(str(error).split())[:200] or "no answer in time"
        raise ChannelError(f"{options.host}: {said}", reason=_reason(error)) from error
    return f"{options.host} takes the login of {options.user}" if options.user else f"{options.host} answers"


def _file(path: Path) -> str:
    folder = path.parent
    if not folder.is_dir():
        raise ChannelError(f"{path.name}: there is no folder {folder}", reason=ChannelReason.CONFIG)
    if not os.access(path if path.exists() else folder, os.W_OK):
        raise ChannelError(f"{path} cannot be written", reason=ChannelReason.CONFIG)
    return f"{path.name} can be written"


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise ChannelError(f"there is no program {name} that could be started", reason=ChannelReason.CONFIG)
    return f"{found} is there"


def _why(error: OSError | TimeoutError) -> str:
    if isinstance(error, TimeoutError) and not error.strerror:
        return f"no answer within {LIMIT_S:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not good: {error.verify_message}"
    return error.strerror or str(error)


def _reason(error: Exception) -> ChannelReason:
    if isinstance(error, aiosmtplib.SMTPAuthenticationError):
        return ChannelReason.AUTHENTICATION
    if isinstance(error, TimeoutError):
        return ChannelReason.TIMEOUT
    return ChannelReason.TLS if isinstance(error, ssl.SSLError) else ChannelReason.CONNECT
