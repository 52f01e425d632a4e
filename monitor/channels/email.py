"""Messages as mail, handed to the user's own mail server over SMTP (RFC 5321)."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from contextlib import suppress
from typing import Annotated, Final, Literal, Self

import aiosmtplib
from pydantic import AfterValidator, Field, SecretStr, model_validator

from monitor.channels.base import Surroundings, at_least_one, checked_host
from monitor.channels.mail import Envelope, bare_address, compose, mailbox
from monitor.channels.quotes import Sent
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.replies import SmtpStep, smtp_fault
from monitor.errors import ChannelError, ChannelReason
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_PORTS: Final = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}
_GOODBYE_S: Final = 2.0  # the mail is taken already; a server that is slow to say goodbye is left standing
_LONGEST_REPLY: Final = 200
_MOST_QUOTED: Final = 4000
"""Of what is looked through for what was sent."""


def _mailbox(written: str) -> str:
    mailbox(written)
    return written


class EmailOptions(ChannelOptions):
    """`from` is the sender; in `to` stand the recipients, each of whom gets mails and threads of their own."""

    host: Annotated[str, AfterValidator(checked_host)] = Field(min_length=1)
    port: int | None = Field(default=None, ge=1, le=65535)
    """None: the usual one for `tls` (587, 465, 25)."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    sender: Annotated[str, AfterValidator(_mailbox)] = Field(alias="from")
    to: Annotated[tuple[Annotated[str, AfterValidator(bare_address)], ...], AfterValidator(at_least_one)]
    timeout: float = Field(default=60, ge=0.1, le=200)
    """Seconds for one mail. RFC 5321 §4.5.3.2 lets a server think for 10 minutes; few do for one."""

    @property
    def recipients(self) -> tuple[str, ...]:
        """Each gets a mail of its own."""
        return self.to

    @model_validator(mode="after")
    def _login_is_whole_and_hidden(self) -> Self:
        if (self.password is None) != (self.user is None):
            raise ValueError("user and password go together: set both or none")
        if self.password is not None and self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError('the password would travel in clear: set tls = "starttls" or "tls"')
        return self


class EmailChannel:
    """Sends each mail over a connection of its own: alerts are few, and a connection kept is one to lose."""

    def __init__(self, channel_id: str, options: EmailOptions, surroundings: Surroundings) -> None:
        self._id, self._options, self._tls = channel_id, options, surroundings.tls
        self._sender = mailbox(options.sender)
        self._sent = _login(options)

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        """The server took the mail."""
        try:
            address = bare_address(recipient)
        except ValueError as error:
            raise ChannelError(
                f"{recipient!r} cannot be written to: {error}", reason=ChannelReason.RECIPIENT, permanent=True
            ) from error
        mail = compose(message, Envelope(channel_id=self._id, sender=self._sender, recipient=address))
        session = _Session(self._options, self._tls)
        try:
            async with asyncio.timeout(self._options.timeout):
                reply = await session.deliver(self._sender.addr_spec, address, mail.as_bytes())
        except (aiosmtplib.SMTPException, OSError) as error:
            raise self._error(error, session.step) from error
        else:
            await session.quit()
        finally:
            session.close()
        return Receipt(detail=self._quote(reply))

    def _quote(self, said: object) -> str:
        """First what was sent is hidden, then it is cut: half a password is one too."""
        return one_line(self._sent.hide(one_line(str(said), longest=_MOST_QUOTED)), longest=_LONGEST_REPLY)

    def _error(self, error: Exception, step: SmtpStep) -> ChannelError:
        """What `error` at `step` means. Once the data were begun, only a clear no is a no (RFC 1047)."""
        host = self._options.host
        code = error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
        said = self._quote(f"{code or ''} {error.args[-1] if code else error}")
        if step is SmtpStep.DATA and code // 100 not in {4, 5}:
            return ChannelError(f"{host}: it may have arrived: {said}", reason=ChannelReason.UNKNOWN)
        if code:
            fault = smtp_fault(code, step)
            return ChannelError(f"{host} answered: {said}", reason=fault.reason, permanent=fault.permanent)
        return ChannelError(f"{host}: {said or 'no answer in time'} ({step})", reason=_reason(error, step))

    async def close(self) -> None:
        """Nothing to let go of: each mail had its own connection."""


async def greet(options: EmailOptions, tls: ssl.SSLContext) -> None:
    """The server is reached and the login taken; no mail is begun. Raises SMTPException, OSError."""
    session = _Session(options, tls)
    try:
        await session.greet()
        await session.quit()
    finally:
        session.close()


class _Session:
    """One connection for one mail, which knows how far it came."""

    def __init__(self, options: EmailOptions, tls: ssl.SSLContext) -> None:
        self.step = SmtpStep.CONNECT
        self._options = options
        self._smtp = aiosmtplib.SMTP(
            hostname=options.host,
            port=options.port or _PORTS[options.tls],
            use_tls=options.tls == "tls",
            start_tls=False,  # done as a step of its own, to know which one failed
            tls_context=tls,
            timeout=options.timeout,
            # The default asks DNS for this machine's name: slow where DNS is, and nobody's business.
            local_hostname=mailbox(options.sender).domain,
        )

    async def greet(self) -> None:
        """Connected, in the language that the options want, logged in."""
        await self._smtp.connect()
        if self._options.tls == "starttls":
            self.step = SmtpStep.TLS
            await self._smtp.starttls()
        if self._options.user is not None and self._options.password is not None:
            self.step = SmtpStep.LOGIN
            await self._smtp.login(self._options.user, self._options.password.get_secret_value())

    async def deliver(self, sender: str, recipient: str, mail: bytes) -> str:
        """The server's word that it took the mail."""
        await self.greet()
        self.step = SmtpStep.SENDER
        await self._smtp.mail(sender)
        self.step = SmtpStep.RECIPIENT
        await self._smtp.rcpt(recipient)
        self.step = SmtpStep.DATA
        response = await self._smtp.data(mail)
        return f"{response.code} {response.message}"

    async def quit(self) -> None:
        with suppress(aiosmtplib.SMTPException, OSError):
            await self._smtp.execute_command(b"QUIT", timeout=_GOODBYE_S)

    def close(self) -> None:
        """Ends the connection at once; a server that does not answer the end of TLS would hold it for 30 s."""
        if isinstance(self._smtp.transport, asyncio.WriteTransport):
            self._smtp.transport.abort()
        self._smtp.close()


def _login(options: EmailOptions) -> Sent:
    """The password, and the forms in which SMTP says it (RFC 4954: PLAIN; LOGIN has each of both alone)."""
    if options.user is None or options.password is None:
        return Sent()
    user, password = options.user, options.password.get_secret_value()
    said = (f"\0{user}\0{password}", f"{user}\0{user}\0{password}", password)
    return Sent(values=[password, *(b64encode(one.encode()).decode() for one in said)])


def _reason(error: Exception, step: SmtpStep) -> ChannelReason:
    if isinstance(error, TimeoutError):
        return ChannelReason.TIMEOUT
    if step is SmtpStep.TLS or isinstance(error.__cause__, ssl.SSLError):
        return ChannelReason.TLS
    if isinstance(error, OSError):
        return ChannelReason.CONNECT
    # The server offers no way to log in that we know.
    return ChannelReason.AUTHENTICATION
