"""What a poll asks of whoever fetches and reads for it."""

from __future__ import annotations

from typing import Protocol

from monitor.core.examine import ReadFeed
from monitor.feeds.large_bodies import LargeBodies
from monitor.model import Feed, FetchRequest, NotModified, Response


class Fetches(Protocol):
    """Brings the answer to a request, as `feeds.fetch.Fetcher` does."""

    def room(self) -> LargeBodies:
        """What a poll's large bodies take up until they are read."""
        ...

    async def fetch(self, request: FetchRequest, room: LargeBodies | None = None) -> Response | NotModified:
        """Raises FetchError."""
        ...


class Reads(Protocol):
    """Reads a document, as `feeds.workers.Parsers` does."""

    @property
    def at_once(self) -> int:
        """How many documents."""
        ...

    async def read(self, response: Response, seen: bytes, *, feed: Feed) -> ReadFeed:
        """What of the document is not in `seen` (`feeds.spans`). Raises ParseError."""
        ...
