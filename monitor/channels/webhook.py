"""Messages as JSON for programs, posted to an address of the user's; `payload.py` says what is in them.

Signed as Standard Webhooks 1.0.0 has it (github.com/standard-webhooks/standard-webhooks), if there is a secret.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Annotated, Any, Final

import httpx
from pydantic import AfterValidator, Field, SecretStr

from monitor.channels.base import Surroundings, checked_host
from monitor.channels.payload import payload
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.replies import http_fault
from monitor.core.retry_after import retry_after_s
from monitor.errors import ChannelError, ChannelReason
from monitor.model import ChannelOptions, Message, Receipt

_OURS: Final = re.compile(
    r"(?i)accept-encoding|connection|content-.*|host|idempotency-key|te|transfer-.*|webhook-.*"
)
_TOKEN: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_VALUE: Final = re.compile(r"[\t\x20-\x7e]*")  # §5.5, without the obsolete bytes
_MOST_READ_BYTES: Final = 2048
"""Of an answer that says no: enough to quote, whatever else comes."""
_LONGEST_QUOTE: Final = 200


def _url(value: SecretStr) -> SecretStr:
    try:
        url = httpx.URL(value.get_secret_value())
    except httpx.InvalidURL:
        raise ValueError("this is no address") from None
    if url.scheme not in {"http", "https"} or not url.host:
        raise ValueError("write an address that begins with https:// or http://")
    checked_host(url.raw_host.decode())
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("a port is a number from 1 to 65535")
    return value


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
    url: Annotated[SecretStr, AfterValidator(_url)]
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
        self._http, self._clock = surroundings.http, surroundings.clock
        # The address may hold a token: what people read names the host alone.
        self._host = httpx.URL(options.url.get_secret_value()).host

    async def send(self, message: Message, *, recipient: str) -> Receipt:  # noqa: ARG002 - the address is it
        exchange = _Exchange()
        request = self._request(message, exchange)
        try:
            async with asyncio.timeout(self._options.timeout):
                answer = await exchange.run(self._http, request)
        except (httpx.HTTPError, TimeoutError) as error:
            if exchange.answer is None:
                raise _not_answered(error, self._host, exchange.step) from error
            answer = exchange.answer  # the status is known; only its explanation was lost
        return self._receipt(answer)

    async def close(self) -> None:
        """Nothing to let go of: the HTTP client belongs to the surroundings."""

    def _request(self, message: Message, exchange: _Exchange) -> httpx.Request:
        # What is signed is what is sent. Half a surrogate pair is no UTF-8 and becomes a question mark.
        body = json.dumps(payload(message), ensure_ascii=False).encode(errors="replace")
        timestamp = int(self._clock().timestamp())
        headers = {name: value.get_secret_value() for name, value in self._options.headers.items()}
        headers |= {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "Idempotency-Key": message.id,
            "webhook-id": message.id,
            "webhook-timestamp": str(timestamp),
        }
        if self._options.secret is not None:
            key = secret_key(self._options.secret)
            headers["webhook-signature"] = signature(key, message.id, timestamp=timestamp, body=body)
        return self._http.build_request(
            "POST",
            self._options.url.get_secret_value(),
            content=body,
            headers=headers,
            # Half for connecting: where time runs out in a TLS handshake, httpcore 1.0 closes the socket only if
            # the limit was its own.
            timeout=httpx.Timeout(self._options.timeout, connect=self._options.timeout / 2),
            extensions={"trace": exchange.trace},
        )

    def _receipt(self, answer: _Answer) -> Receipt:
        fault = http_fault(answer.status)
        if fault is None:
            return Receipt(detail=str(answer.status))
        said = one_line(answer.said.decode(errors="replace"), longest=_LONGEST_QUOTE)
        if answer.status // 100 == 3:
            said = "a redirect, which is not followed: write the address that it points to into the config"
        raise ChannelError(
            f"{self._host} answered {answer.status}{': ' if said else ''}{said}",
            reason=fault.reason,
            permanent=fault.permanent,
            retry_after_s=retry_after_s(answer.retry_after, now=self._clock()),
        )


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


@dataclass(slots=True)
class _Answer:
    status: int
    retry_after: str | None
    said: bytes = b""


class _Step(Enum):
    CONNECT = auto()
    TLS = auto()
    SENT = auto()
    """The other side may have all of the request."""


_STEPS: Final = {"start_tls.started": _Step.TLS, "send_request_headers.started": _Step.SENT}


class _Exchange:
    """One request and its answer, which knows how far it came."""

    def __init__(self) -> None:
        self.step = _Step.CONNECT
        self.answer: _Answer | None = None

    async def trace(self, event: str, _details: Mapping[str, Any]) -> None:
        """For httpcore to call at every step."""
        self.step = _STEPS.get(event.partition(".")[2], self.step)

    async def run(self, http: httpx.AsyncClient, request: httpx.Request) -> _Answer:
        """The answer, with as much of a refusal's body as a person will read."""
        response = await http.send(request, stream=True)
        try:
            self.answer = _Answer(response.status_code, response.headers.get("retry-after"))
            if not response.is_success:
                self.answer.said = await _beginning(response)
        finally:
            await response.aclose()
        return self.answer


async def _beginning(response: httpx.Response) -> bytes:
    async for chunk in response.aiter_raw(_MOST_READ_BYTES):
        return chunk
    return b""


def _not_answered(error: Exception, host: str, step: _Step) -> ChannelError:
    said = one_line(str(error) or type(error).__name__, longest=_LONGEST_QUOTE)
    if step is _Step.SENT:
        return ChannelError(f"{host}: it may have arrived: {said}", reason=ChannelReason.UNKNOWN)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ChannelError(f"{host}: no connection in time", reason=ChannelReason.TIMEOUT)
    if step is _Step.TLS:
        return ChannelError(f"{host}: no trusted connection: {said}", reason=ChannelReason.TLS)
    return ChannelError(f"{host}: {said}", reason=ChannelReason.CONNECT)
