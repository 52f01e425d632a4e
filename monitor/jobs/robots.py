"""What sites wish of robots, asked once a day and obeyed for every page (RFC 9309; `politeness.md` 21)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

from monitor.config import Loaded
from monitor.core.pages.request import request, robots_txt
from monitor.core.pages.wish import site_of
from monitor.errors import FetchError, FetchReason, ParseError
from monitor.feeds.robots import text_of
from monitor.model import Feed, FetchRequest, Response
from monitor.store import Store, pages

HOLDS = timedelta(hours=24)
"""§2.4: "Crawlers SHOULD NOT use the cached version for more than 24 hours"."""


class FetchesPages(Protocol):
    """Brings pages, as `feeds.fetch.Fetcher` does."""

    async def fetch_page(self, request: FetchRequest, *, admit: Callable[[str], Awaitable[None]]) -> Response:
        """Asks `admit` of each address on the way. Raises FetchError."""


class ReadsRobots(Protocol):
    """Reads robots.txt, as `feeds.workers.Parsers` does."""

    async def allows(self, robots_txt: str, url: str) -> bool:
        """Whether we may ask for the address."""


class Robots:
    """Knows of each site that was asked what it wishes."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: FetchesPages,
        workers: ReadsRobots,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
    ) -> None:
        self._store, self._fetcher, self._workers = store, fetcher, workers
        self._setup, self._now = setup, now

    async def admit(self, url: str, feed: Feed) -> None:
        """Raises FetchError where the page's site does not wish it read, or does not say what it wishes."""
        site = site_of(url)
        if site is None:
            raise FetchError("this is no address of the web", reason=FetchReason.URL)
        wishes = await self._store.read(self._known, site)
        if wishes is None:
            wishes = await self._asked(site, feed)
            await self._store.write(self._save, site, wishes)
        try:
            allowed = await self._workers.allows(wishes, url)
        except ParseError as error:
            raise FetchError(
                f"the robots.txt of {site} could not be read: {error}", reason=FetchReason.ROBOTS
            ) from error
        if not allowed:
            raise FetchError(f"the robots.txt of {site} does not allow it", reason=FetchReason.ROBOTS)

    async def _asked(self, site: str, feed: Feed) -> str:
        """§2.3.1.2 to §2.3.1.4: what is not there forbids nothing, what cannot be had forbids everything."""
        asked = request(robots_txt(site), feed=feed, settings=self._setup().config.polling)
        try:
            response = await self._fetcher.fetch_page(asked, admit=_the_way)
        except FetchError as error:
            if _is_absent(error):
                return ""
            raise FetchError(
                f"its robots.txt could not be had: {error}",
                reason=error.reason,
                status=error.status,
                retry_after_s=error.retry_after_s,
                held_host=error.held_host,
            ) from error
        return text_of(response.body)

    def _known(self, site: str) -> str | None:
        with self._store.reading() as connection:
            known = pages.site(connection, site)
        fresh = known.robots_at is not None and self._now() - known.robots_at < HOLDS
        return known.robots if fresh else None

    def _save(self, site: str, wishes: str) -> None:
        with self._store.writing() as connection:
            pages.save_robots(connection, site, wishes, now=self._now())


def _is_absent(error: FetchError) -> bool:
    """§2.3.1.2: after five redirects it "MAY" be taken for absent; §2.3.1.3: so is what answers 4xx.

    But for 429, which says nothing of the file.
    """
    if error.reason is FetchReason.REDIRECTS:
        return True
    return error.reason is FetchReason.CLIENT_STATUS and error.status != 429


async def _the_way(_url: str) -> None:
    """§2.3.1.2: its redirects are followed, "even across authorities"."""
