"""Messages as mail, over SMTP (RFC 5321)."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, SecretStr, model_validator

from monitor.channels.base import Surroundings
from monitor.errors import ChannelError, ChannelReason
from monitor.model import ChannelOptions, Message, Receipt

_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}


def _address(value: str) -> str:
    local, at, domain = value.rpartition("@")
    if not (local and at and domain) or any(char.isspace() or char in '<>",;' for char in value):
        raise ValueError("write a bare address such as desk@example.org")
    return value


Address = Annotated[str, AfterValidator(_address)]


class EmailOptions(ChannelOptions):
    """`from` is the sender, `to` has several recipients: each gets a mail, and a thread, of its own."""

    host: str = Field(min_length=1)
    port: int = Field(default=0, ge=0, le=65535)
    """0: the usual one for `tls` (587, 465, 25)."""
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None
    from_: Address = Field(alias="from")
    to: tuple[Address, ...] = Field(min_length=1)
    timeout: float = Field(default=60, ge=1, le=600)
    """Seconds for the whole delivery. RFC 5321 §4.5.3.2 grants servers 10 minutes after the data."""

    @property
    def recipients(self) -> tuple[str, ...]:
        return self.to

    @property
    def port_used(self) -> int:
        return self.port or _PORTS[self.tls]

    @model_validator(mode="after")
    def _password_is_protected(self) -> Self:
        if self.password is not None and self.user is None:
            raise ValueError("password without user")
        if self.password is not None and self.tls == "none" and self.host not in _LOOPBACK:
            raise ValueError('the password would travel in clear: set tls = "starttls" or "tls"')
        return self


class EmailChannel:
    def __init__(self, channel_id: str, options: EmailOptions, surroundings: Surroundings) -> None:
        self._id, self._options, self._tls = channel_id, options, surroundings.tls

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        raise ChannelError("mail is not built yet", reason=ChannelReason.CONFIG)

    async def close(self) -> None:
        """Nothing: each mail has its own connection."""
