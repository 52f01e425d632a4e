"""Worker processes that read feeds, so that neither a slow nor a fatal document touches the daemon."""

from __future__ import annotations

import hashlib
from types import TracebackType
from typing import Self

from monitor.model import ParsedFeed, Response


def body_hash(body: bytes) -> str:
    """Equal for equal bytes: `FeedState.body_hash`."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


class Parsers:
    """A pool of worker processes around `feeds.parse.parse`. Used within `async with`."""

    def __init__(self, *, workers: int = 2, timeout_s: float = 20.0, memory_bytes: int = 1 << 30) -> None:
        """Each document has `timeout_s` and each worker `memory_bytes` of address space (Linux)."""

    async def __aenter__(self) -> Self:
        raise NotImplementedError

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    async def parse(self, response: Response) -> ParsedFeed:
        """The feed in the response. Raises `ParseError`, also where the worker hung, died or ran out of memory."""
        raise NotImplementedError
