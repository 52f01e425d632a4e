"""Messages as JSON for programs, posted to an address of the user's; `payload.py` says what is in them.

Signed as Standard Webhooks 1.0.0 has it (github.com/standard-webhooks/standard-webhooks), if there is a secret.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
import re
from typing import Annotated, Final

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import Surroundings
from monitor.channels.http import Service, web_address
from monitor.channels.payload import payload
from monitor.core.alerts.replies import http_fault
from monitor.model import Message, Receipt
from monitor.model.options import ChannelOptions

_OURS: Final = re.compile(
    r"(?i)accept-encoding|connection|content-.*|host|idempotency-key|te|transfer-.*|webhook-.*"
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")  # §5.5, without the obsolete bytes


def _headers(value: dict[str, SecretStr]) -> dict[str, SecretStr]:
    for name, content in value.items():
        if not _TOKEN.fullmatch(name) or _OURS.fullmatch(name):
            raise ValueError(f"the header {name!r} cannot be set here")
        if not _VALUE.fullmatch(content.get_secret_value()):
            raise ValueError(f"the value of {name!r} has characters that no header may carry")
    return value


def _secret(value: SecretStr) -> SecretStr:
    try:
        secret_key(value)
    except binascii.Error:
        raise ValueError("what follows whsec_ is not base64") from None
    return value


class WebhookOptions(ChannelOptions):
    """What a channel of this type may say."""

    url: Annotated[SecretStr, AfterValidator(web_address)]
    """Secret, since most such addresses hold a token."""
    secret: Annotated[SecretStr, AfterValidator(_secret)] | None = None
    """`whsec_` and base64, as Standard Webhooks writes it; anything else is taken as it is, in UTF-8."""
    headers: Annotated[dict[str, SecretStr], AfterValidator(_headers)] = Field(default_factory=dict)
    timeout: float = Field(default=20, ge=0.1, le=120)
    """Seconds for the whole request; Standard Webhooks recommends 15 to 30."""


class WebhookChannel:
    """Posts each message once; a repeat carries the same `Idempotency-Key` and `webhook-id`."""

    def __init__(self, _id: str, options: WebhookOptions, surroundings: Surroundings) -> None:
        self._options = options
        self._clock = surroundings.clock
        self._url = options.url.get_secret_value()
        self._service = Service(surroundings, host=httpx.URL(self._url).host, timeout=options.timeout)

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - the address is it
        """The receiver answered with 2xx."""
        # What is signed is what is sent. Half a surrogate pair is no UTF-8 and becomes a question mark.
        body = json.dumps(payload(message), ensure_ascii=False).encode(errors="replace")
        answer = await self._service.send(
            "POST", self._url, content=body, headers=self._headers(message.id, body), wants_body=False
        )
        if http_fault(answer.status) is not None:
            raise self._service.refusal(answer)
        return Receipt(detail=str(answer.status))

    async def close(self) -> None:
        """Nothing to let go of: the HTTP client belongs to the surroundings."""

    def _headers(self, message_id: str, body: bytes) -> dict[str, str]:
        timestamp = int(self._clock().timestamp())
        headers = {name: value.get_secret_value() for name, value in self._options.headers.items()}
        headers |= {
            "Content-Type": "application/json",
            "Idempotency-Key": message_id,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
        }
        if self._options.secret is not None:
            key = secret_key(self._options.secret)
            headers["webhook-signature"] = signature(key, message_id, timestamp=timestamp, body=body)
        return headers


def secret_key(secret: SecretStr) -> bytes:
    """The bytes to sign with. Raises `binascii.Error` where `whsec_` stands before what is no base64."""
    text = secret.get_secret_value()
    if not text.startswith("whsec_"):
        return text.encode()
    written = text.removeprefix("whsec_").rstrip("=")  # some leave the padding out
    return base64.b64decode(written + "=" * (-len(written) % 4), validate=True)


def signature(key: bytes, message_id: str, *, timestamp: int, body: bytes) -> str:
    """The value of `webhook-signature` for a body that is sent at `timestamp` (Unix seconds)."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return f"v1,{base64.b64encode(hmac.digest(key, signed, 'sha256')).decode()}"
