"""A site's address → the feed that is meant: autodiscovery, with every request as guarded as a poll's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from monitor.errors import FetchError, ParseError
from monitor.model import FetchRequest, ParsedFeed, Response

if TYPE_CHECKING:
    from monitor.jobs.poll import Fetches  # which loads all that a poll needs

TRIED = 3
"""Of the feeds that a page links to: a page of dead links is not our user's wish to ask them all."""


class Parses(Protocol):
    async def parse(self, response: Response, seen: bytes) -> ParsedFeed: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    url: str
    """A feed: what was asked for, or what the page there links to."""
    others: tuple[str, ...] = ()
    """Further feeds that the page links to; they were not looked at."""


async def discover(url: str, *, fetcher: Fetches, parsers: Parses, allow_private: bool) -> Discovered:
    """The feed at `url`, or the first of those that the page there links to which is one.

    `allow_private` is for the host and port of `url` alone, which the operator named; a page's links are the page's.

    Raises FetchError where nothing came from `url`, ParseError where it is no feed and leads to none.
    """

    async def read(address: str) -> None:
        own = allow_private and _origin(address) == _origin(url)
        response = await fetcher.fetch(FetchRequest(url=address, allow_private=own))
        if isinstance(response, Response):  # what it was not asked for conditionally
            await parsers.parse(response, b"")

    try:
        await read(url)
    except ParseError as page:
        for address in page.feeds[:TRIED]:
            try:
                await read(address)
            except (FetchError, ParseError):
                continue
            return Discovered(url=address, others=tuple(one for one in page.feeds if one != address))
        raise
    return Discovered(url=url)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
