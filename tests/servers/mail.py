"""A real SMTP server on loopback (aiosmtpd) that keeps what it takes, and misbehaves where it is told to."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from enum import Enum, auto

from aiosmtpd.smtp import SMTP, AuthResult


class Misdeed(Enum):
    """What a server may do instead of answering."""

    DROP = auto()
    """The connection is reset."""
    HANG = auto()
    """Nothing more comes, until the other side goes."""


Answer = str | Misdeed
TAKEN = "250 2.0.0 taken"


@dataclass
class MailServer:
    """Each step's answer can be set at any time. A mail is taken when all of it came and the answer is no refusal."""

    port: int = 0
    welcome: bool = True
    """Whether logins succeed; else 535."""
    login: str | None = None
    """What a login is refused with; None: it is not."""
    sender: Answer = TAKEN
    recipient: Answer = TAKEN
    data: Answer = TAKEN
    """After the last of the data."""
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[bytes] = field(default_factory=list)

    # The names are aiosmtpd's hooks.

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        envelope.mail_from = address
        return await self._answer(self.sender, server)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return await self._answer(self.recipient, server)

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if not (isinstance(self.data, str) and self.data[0] in "45"):
            self.taken.append(message_from_bytes(envelope.content, policy=policy.default))
            self.recipients += envelope.rcpt_tos
        return await self._answer(self.data, server)

    def authenticate(self, server, session, envelope, mechanism, credentials):
        self.logins.append(credentials.password)
        success = self.welcome and self.login is None
        return AuthResult(success=success, handled=False, message=self.login)

    async def _answer(self, answer: Answer, server: SMTP) -> str:
        match answer:
            case Misdeed.DROP:
                server.transport.abort()
            case Misdeed.HANG:
                await asyncio.Event().wait()  # until the client goes, which cancels this
            case str():
                return answer
        return TAKEN


@asynccontextmanager
async def mail_server(
    *, starttls: ssl.SSLContext | None = None, tls: ssl.SSLContext | None = None
) -> AsyncIterator[MailServer]:
    """A server that listens, with STARTTLS, or with TLS from the first byte on; logins only where there is TLS."""
    server = MailServer()
    loop = asyncio.get_running_loop()

    connections: list[SMTP] = []

    def protocol() -> SMTP:
        connection = SMTP(
            server,
            hostname="mail.test",
            tls_context=starttls,
            authenticator=server.authenticate,
            auth_require_tls=tls is None,
            loop=loop,
        )
        connections.append(connection)
        return connection

    listener = await loop.create_server(protocol, "127.0.0.1", 0, ssl=tls)
    server.port = listener.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listener.close()
        for connection in connections:
            if connection.transport is not None:
                connection.transport.abort()
        talks = [connection._handler_coroutine for connection in connections if connection._handler_coroutine]
        for talk in talks:
            talk.cancel()
        await asyncio.wait_for(asyncio.gather(*talks, return_exceptions=True), timeout=60)
