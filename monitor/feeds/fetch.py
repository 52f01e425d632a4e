"""A feed's address → its bytes, once and politely.

Promise: bounded time and memory whatever the server does, no address asked that the operator did not allow,
nothing kept between two requests but the connection limits. Raises nothing but `FetchError`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

from monitor.model import FetchRequest, NotModified, Response


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long and how much; `politeness.md` 14."""

    connect_s: float = 10.0
    first_byte_s: float = 30.0
    total_s: float = 60.0
    wire_bytes: int = 10 * 2**20
    body_bytes: int = 32 * 2**20
    redirects: int = 5
    concurrency: int = 100
    """Requests under way at once, over all hosts."""
    host_pause_s: float = 1.0
    """Between the end of a request and the start of the next to the same host."""


class Fetcher:
    """Fetches feeds. One for the process; used within `async with`.

    A fetch waits for its host's turn first and takes one of the `limits.concurrency` places then: start as many
    fetches as are due, with no limit of your own, and a crowded host delays itself alone.
    """

    def __init__(
        self,
        *,
        user_agent: str,
        now: Callable[[], datetime],
        limits: Limits = Limits(),  # noqa: B008 - frozen
    ) -> None:
        """`now` is what HTTP dates in `Retry-After` are compared with."""

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def fetch(self, request: FetchRequest) -> Response | NotModified:
        """The feed's whole body, or that it did not change. Raises `FetchError`."""
        raise NotImplementedError


def user_agent(version: str, contact: str) -> str:
    """The `User-Agent` of every request: what we are and whom to ask (RFC 9110 §10.1.5)."""
    raise NotImplementedError
