"""A site's address → the feed that is meant: autodiscovery, with every request as guarded as a poll's."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from monitor.core.text.origin import origin
from monitor.errors import FetchError, FetchReason, ParseError
from monitor.feeds import looks, usual
from monitor.model import FetchRequest, ParsedFeed, Response

if TYPE_CHECKING:
    from monitor.jobs.ports import Fetches  # which loads all that a poll needs

TRIED = 3
"""Of the feeds that a page links to: a page of dead links is not our user's wish to ask them all."""
NOT_THERE = frozenset({400, 404, 405, 406, 410})
"""What a site says of an address that it has not. Any other refusal is about us: nothing more is guessed there."""


class Parses(Protocol):
    """Reads a document, as `feeds.workers.Parsers` does."""

    async def parse(self, response: Response, seen: bytes) -> ParsedFeed:
        """Raises ParseError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Discovered:
    """A feed that was found."""

    url: str
    """A feed: what was asked for, what the page there links to, or the usual address that it has."""
    title: str = ""
    """What the feed calls itself."""
    others: tuple[str, ...] = ()
    """Further feeds that the page links to; they were not looked at."""


@dataclass(slots=True)
class _Page:
    """What came instead of a feed."""

    url: str
    feeds: tuple[str, ...]
    error: ParseError


async def discover(url: str, *, fetcher: Fetches, parsers: Parses, allow_private: bool) -> Discovered:
    """The feed at `url`, else the first that the page there links to, else one at a usual address of its site.

    `allow_private` is for the host and port of `url` alone, which the operator named; a page's links are the page's.
    Usual addresses are tried only where the page names none: one after another in the host's turn, a few of them, and
    none more once the site refuses.

    Raises FetchError where nothing came from `url`, ParseError where it is no feed and leads to none.
    """
    search = _Search(fetcher, parsers, allow_private=allow_private)
    if (known := usual.known_feed(url)) and await search.first([known]):
        return search.found(known)
    page: _Page | None = None
    for spelled in spellings(url):
        search.start = spelled
        try:
            page = await search.read(spelled)
        except FetchError:
            if spelled == spellings(url)[-1]:
                raise
            continue
        if page is None:
            return search.found(spelled)
        break
    assert page is not None, "the last spelling's error was raised"  # noqa: S101 - for mypy, and for us
    if found := await search.first(page.feeds[:TRIED]):
        return search.found(found, among=page.feeds)
    # A link that says "RSS" often leads to a page that lists the feeds.
    listed = [one for other in search.pages for one in other.feeds if one not in page.feeds]
    if found := await search.first(listed[:TRIED]):
        return search.found(found, among=(*listed, *page.feeds))
    if not page.feeds and (found := await search.guess(page.url)):
        return search.found(found)
    raise page.error


def spellings(url: str) -> tuple[str, ...]:
    """What is asked for an address: of `feed:` first the safe way, then the other."""
    if not looks.is_feed_scheme(url):
        return (url,)
    safe = looks.plain(url, base="https:")
    return (safe,) if looks.plain(url, base="http:") == safe else (safe, looks.plain(url, base="http:"))


@dataclass(slots=True)
class _Search:
    fetcher: Fetches
    parsers: Parses
    allow_private: bool = field(kw_only=True)
    start: str = ""
    """What the operator named."""
    asked: set[str] = field(default_factory=set)
    pages: list[_Page] = field(default_factory=list)
    """What links led to that was no feed."""
    titles: dict[str, str] = field(default_factory=dict)
    """What the feeds that were found call themselves."""

    def found(self, url: str, *, among: Iterable[str] = ()) -> Discovered:
        others = tuple(one for one in among if one != url)
        return Discovered(url=url, title=self.titles.get(url, ""), others=others)

    async def read(self, address: str) -> _Page | None:
        """None: a feed is there. Raises FetchError."""
        self.asked.add(address)
        own = origin(address) == origin(self.start)
        request = FetchRequest(url=address, allow_private=self.allow_private and own, own_host=own)
        response = await self.fetcher.fetch(request)
        if not isinstance(response, Response):
            return None  # it was not asked for conditionally
        try:
            parsed = await self.parsers.parse(response, b"")
        except ParseError as error:
            feeds = tuple(dict.fromkeys((*response.feeds, *error.feeds)))
            return _Page(response.url, feeds, error)
        self.titles[address] = parsed.title
        return None

    async def first(self, addresses: Iterable[str]) -> str:
        """The first that is a feed; empty where none is."""
        for address in addresses:
            if address in self.asked:
                continue
            try:
                page = await self.read(address)
            except FetchError:
                continue
            if page is None:
                return address
            self.pages.append(page)
        return ""

    async def guess(self, url: str) -> str:
        """The first usual address of the page's site at which a feed is; empty where none is, or it wants no more."""
        left = usual.GUESSES
        for address in dict.fromkeys(usual.usual_addresses(url)):
            if address in self.asked or not left:
                continue
            left -= 1
            try:
                if await self.read(address) is None:
                    return address
            except FetchError as error:
                if error.status not in NOT_THERE and error.reason is not FetchReason.REDIRECTS:
                    return ""
        return ""
