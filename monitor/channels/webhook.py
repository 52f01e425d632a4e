"""Messages as JSON, posted to an address of the user's, signed as Standard Webhooks 1.0 has it."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import Surroundings
from monitor.errors import ChannelError, ChannelReason
from monitor.model import ChannelOptions, Message, Receipt

_OURS = re.compile(r"(?i)content-.*|host|connection|transfer-encoding|idempotency-key|webhook-.*")
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VALUE = re.compile(r"[\t\x20-\x7e]*")  # §5.5, without the obsolete bytes


def _url(value: SecretStr) -> SecretStr:
    try:
        url = httpx.URL(value.get_secret_value())
    except httpx.InvalidURL:
        raise ValueError("this is no address") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("write an address that begins with https:// or http://")
    return value


def _headers(value: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, content in value.items():
        if not _TOKEN.fullmatch(name) or _OURS.fullmatch(name):
            raise ValueError(f"{name!r} cannot be set here")
        if not _VALUE.fullmatch(content.get_secret_value()):
            raise ValueError(f"the value of {name!r} has characters that no header may carry")
    return value


def _secret(value: SecretStr) -> SecretStr:
    try:
        key(value)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not base64") from None
    return value


def key(secret: SecretStr) -> bytes:
    """The bytes to sign with: what `whsec_` stands before is base64, anything else is taken as it is."""
    text = secret.get_secret_value()
    return (
        base64.b64decode(text.removeprefix("whsec_"), validate=True)
        if text.startswith("whsec_")
        else text.encode()
    )


class WebhookOptions(ChannelOptions):
    url: Annotated[SecretStr, AfterValidator(_url)]
    """Secret, since most such addresses hold a token."""
    secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    headers: Annotated[dict[str, SecretStr], AfterValidator(_headers)] = {}
    timeout: float = Field(default=20, ge=1, le=120)
    """Seconds for the whole request; Standard Webhooks recommends 15 to 30."""


class WebhookChannel:
    def __init__(self, channel_id: str, options: WebhookOptions, surroundings: Surroundings) -> None:
        self._id, self._options, self._surroundings = channel_id, options, surroundings

    async def send(self, message: Message, *, recipient: str) -> Receipt:
        raise ChannelError("webhooks are not built yet", reason=ChannelReason.CONFIG)

    async def close(self) -> None:
        """Nothing: the HTTP client belongs to the surroundings."""
