"""One request to a service and its answer, bounded in time and size; what goes wrong is a `ChannelError`.

No message of an error names more than the service's host: addresses and headers hold tokens, also where the other
side quotes them (`quotes.py`).
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any, Final

import httpx
from pydantic import SecretStr

from monitor.channels.base import Surroundings, checked_host
from monitor.channels.quotes import Sent
from monitor.core.alerts.plain import one_line
from monitor.core.alerts.replies import http_fault
from monitor.core.retry_after import CEILING_S, retry_after_s
from monitor.errors import ChannelError, ChannelReason

MOST_READ_BYTES: Final = 65_536
"""Of an answer: chats send a message back as they took it, with all its markup; more than that is not theirs."""
_LONGEST_QUOTE: Final = 200
_LONGEST_NAME: Final = 60
_MOST_QUOTED: Final = 4000
"""Of what is looked through for what was sent: the longest token and some words."""
_VALUE: Final = re.compile(r"[\x21-\x7e]+")  # RFC 9110 §5.5, without blanks: for tokens


def web_address(value: SecretStr) -> SecretStr:
    """`value`, an address that can be asked. Raises `ValueError` with the cure, which quotes nothing of it."""
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


def server_address(value: str) -> str:
    """The address of a server, without a slash at its end. Raises `ValueError` with the cure."""
    web_address(SecretStr(value))
    url = httpx.URL(value)
    if url.query or url.fragment or url.userinfo:
        raise ValueError("write the server's address alone, such as https://chat.example.org")
    return value.rstrip("/")


def header_token(value: SecretStr) -> SecretStr:
    """A token that a header can carry. Raises `ValueError`."""
    if not _VALUE.fullmatch(value.get_secret_value()):
        raise ValueError("a token has no blanks and no characters beyond ASCII")
    return value


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered, and what it had been sent."""

    status: int
    retry_after: str | None
    body: bytes = b""
    """Its beginning, where it was asked for or the answer is no."""
    sent: Sent = field(default_factory=Sent, repr=False)
    """What it answers."""

    def quote(self, name: object) -> str:
        """A short value of it, such as a message's number, for the log."""
        return _quote(str(name), self.sent, longest=_LONGEST_NAME)

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in the body; empty where there is none."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


class Service:
    """The other side of a channel that speaks HTTP."""

    def __init__(self, surroundings: Surroundings, *, host: str, timeout: float) -> None:
        """`timeout` is for a whole request, in seconds."""
        self.host = host
        self._http, self._clock, self._timeout = surroundings.http, surroundings.clock, timeout

    async def send(
        self, method: str, url: str, *, content: bytes, headers: Mapping[str, str], wants_body: bool
    ) -> Answer:
        """The answer, whatever it says. `wants_body`: also the body of one that says yes.

        Raises `ChannelError` where there was none.
        """
        sent = Sent(url=url, headers=headers)
        exchange = _Exchange(wants_body=wants_body, sent=sent)
        request = self._http.build_request(
            method,
            url,
            content=content,
            headers={"Accept-Encoding": "identity", **headers},
            # Half for connecting: where time runs out in a TLS handshake, httpcore 1.0 closes the socket only if
            # the limit was its own.
            timeout=httpx.Timeout(self._timeout, connect=self._timeout / 2),
            extensions={"trace": exchange.trace},
        )
        try:
            async with asyncio.timeout(self._timeout):
                return await exchange.run(self._http, request)
        except (httpx.HTTPError, TimeoutError) as error:
            if exchange.answer is None:
                raise _not_answered(error, self.host, exchange.step, sent) from error
            return exchange.answer  # the status is known; only its explanation was lost

    async def send_json(
        self,
        method: str,
        url: str,
        document: object,
        *,
        message_id: str,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """The answer to `document`, with its body. Half a surrogate pair is no UTF-8 and becomes "?"."""
        content = json.dumps(document, ensure_ascii=False).encode(errors="replace")
        named = {"Content-Type": "application/json; charset=utf-8", "Idempotency-Key": message_id}
        return await self.send(
            method, url, content=content, headers={**named, **(headers or {})}, wants_body=True
        )

    def refusal(self, answer: Answer, *, said: str = "", retry_after: float | None = None) -> ChannelError:
        """What a status that is not 2xx means; `said` and `retry_after` (seconds) are the service's own words."""
        fault = http_fault(answer.status)
        if fault is None:
            return self.unclear(answer, said or "an answer that is none of this service")
        asked = retry_after_s(answer.retry_after, now=self._clock())
        return self.error(
            answer,
            f"{answer.status}: {_reason_given(answer, said)}".removesuffix(": "),
            reason=fault.reason,
            permanent=fault.permanent,
            retry_after=asked if retry_after is None else max(retry_after, asked or 0),
        )

    def error(
        self,
        answer: Answer,
        said: str,
        *,
        reason: ChannelReason,
        permanent: bool = False,
        retry_after: float | None = None,
    ) -> ChannelError:
        """The error that says so, without what was sent."""
        return ChannelError(
            f"{self.host} answered {_quote(said, answer.sent, longest=_LONGEST_QUOTE + 8)}",
            reason=reason,
            permanent=permanent,
            retry_after_s=retry_after,
        )

    def unclear(self, answer: Answer, said: str) -> ChannelError:
        """For an answer that is neither yes nor no."""
        quote = _quote(said, answer.sent)
        return ChannelError(f"{self.host}: it may have arrived: {quote}", reason=ChannelReason.UNKNOWN)


def seconds(said: object, *, unit_s: float = 1.0) -> float | None:
    """The wait that a number of an answer's JSON asks for; None where it is none. JSON has any number of digits."""
    if not isinstance(said, int | float) or not said >= 0:  # NaN is not
        return None
    return min(said, CEILING_S / unit_s) * unit_s


def _reason_given(answer: Answer, said: str) -> str:
    if answer.status // 100 == 3:
        return "a redirect, which is not followed: write the address that it points to into the config"
    return _quote(said or answer.body.decode(errors="replace"), answer.sent)


def _quote(said: str, sent: Sent, *, longest: int = _LONGEST_QUOTE) -> str:
    """On one line, without what was sent; first hidden, then cut: half a token is one too."""
    return one_line(sent.hide(one_line(said, longest=_MOST_QUOTED)), longest=longest)


class _Step(Enum):
    CONNECT = auto()
    TLS = auto()
    SENT = auto()
    """The other side may have all of the request."""


_STEPS: Final = {"start_tls.started": _Step.TLS, "send_request_headers.started": _Step.SENT}


class _Exchange:
    """One request and its answer, which knows how far it came."""

    def __init__(self, *, wants_body: bool, sent: Sent) -> None:
        self.step, self._sent = _Step.CONNECT, sent
        self.answer: Answer | None = None
        self._wants_body = wants_body

    async def trace(self, event: str, _details: Mapping[str, Any]) -> None:
        """For httpcore to call at every step."""
        self.step = _STEPS.get(event.partition(".")[2], self.step)

    async def run(self, http: httpx.AsyncClient, request: httpx.Request) -> Answer:
        response = await http.send(request, stream=True)
        try:
            retry_after = response.headers.get("retry-after")
            self.answer = Answer(response.status_code, retry_after, sent=self._sent)
            if self._wants_body or not response.is_success:
                async for body in _so_far(response):
                    self.answer = Answer(response.status_code, retry_after, body, self._sent)
        finally:
            await response.aclose()
        return self.answer


async def _so_far(response: httpx.Response) -> AsyncIterator[bytes]:
    """The body, each time that there is more of it, up to `MOST_READ_BYTES`.

    As it comes: `aiter_raw` with a size of chunks gives nothing before one is full, and what dripped would be lost.
    """
    body = b""
    async for chunk in response.aiter_raw():
        body = (body + chunk)[:MOST_READ_BYTES]
        yield body
        if len(body) == MOST_READ_BYTES:
            return


def _not_answered(error: Exception, host: str, step: _Step, sent: Sent) -> ChannelError:
    said = _quote(str(error) or type(error).__name__, sent)
    if step is _Step.SENT:
        return ChannelError(f"{host}: it may have arrived: {said}", reason=ChannelReason.UNKNOWN)
    if isinstance(error, httpx.TimeoutException | TimeoutError):
        return ChannelError(f"{host}: no connection in time", reason=ChannelReason.TIMEOUT)
    if step is _Step.TLS:
        return ChannelError(f"{host}: no trusted connection: {said}", reason=ChannelReason.TLS)
    return ChannelError(f"{host}: {said}", reason=ChannelReason.CONNECT)
