"""A gap in a feed → the entries that were missed, read from its older pages (RFC 5005), politely and bounded."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from loguru import logger

from monitor.core.polling.missed import PAGES, OlderPage, older_page
from monitor.errors import FetchError, ParseError
from monitor.feeds.room import Room
from monitor.jobs.recognise import nothing_known, recognise
from monitor.model import FeedState, FetchRequest, ParsedFeed, Response
from monitor.store import entries
from monitor.store.database import Store

if TYPE_CHECKING:
    from monitor.jobs.poll import Fetches, Parses  # which loads this


class CatchUp:
    """Reads what scrolled past between two polls."""

    def __init__(self, *, store: Store, fetcher: Fetches, parsers: Parses) -> None:
        self._store, self._fetcher, self._parsers = store, fetcher, parsers

    async def with_missed(
        self, parsed: ParsedFeed, state: FeedState, *, asked: FetchRequest, room: Room, now: datetime
    ) -> ParsedFeed:
        """`parsed` with what was missed behind its own entries; as it is where nothing was, or before a baseline.

        At most `PAGES` requests, each in its host's turn and under the poll's own guard; one that fails ends it.
        """
        looked_at = state.last_success_at
        if not parsed.older_page or parsed.unchanged or parsed.cut_off:
            return parsed
        if state.baseline_at is None or looked_at is None:
            return parsed
        if not await asyncio.to_thread(self._has_gap, parsed, state, now):
            return parsed
        page, asked_for, missed = parsed, {asked.url}, list(parsed.entries)
        for _ in range(PAGES):
            if not page.older_page or page.older_page in asked_for:
                break
            asked_for.add(page.older_page)
            try:
                page = await self._read(_request(page.older_page, asked), room)
            except (FetchError, ParseError) as error:
                logger.info("feed {}: an older page could not be read: {}", state.feed_id, error)
                break
            found = await asyncio.to_thread(self._judge, page, state, looked_at, now)
            missed += found.missed
            if found.ends:
                break
        return replace(parsed, entries=tuple(missed), recovered=len(missed) - len(parsed.entries))

    async def _read(self, request: FetchRequest, room: Room) -> ParsedFeed:
        response = await self._fetcher.fetch(request, room)
        assert isinstance(response, Response), "nobody asked for it conditionally"  # noqa: S101 - as in `fetch_page`
        return await self._parsers.parse(response, b"")

    def _has_gap(self, parsed: ParsedFeed, state: FeedState, now: datetime) -> bool:
        """Nothing of the feed is known, though there is something to know it by."""
        with self._store.reading() as connection:
            if not entries.newest_known(connection, state.feed_id, limit=1):
                return False
            return nothing_known(recognise(connection, parsed, state, now=now), parsed)

    def _judge(self, page: ParsedFeed, state: FeedState, looked_at: datetime, now: datetime) -> OlderPage:
        with self._store.reading() as connection:
            found = recognise(connection, page, state, now=now)
        return older_page(page.entries, found.identities, looked_at=looked_at)


def _request(page: str, asked: FetchRequest) -> FetchRequest:
    """For a page of the host; what only the feed's own server may know or reach goes to that alone."""
    if _origin(page) == _origin(asked.url):
        return replace(asked, url=page, etag=None, last_modified=None)
    return FetchRequest(url=page, proxy=asked.proxy, own_host=False)


def _origin(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    return parts.scheme, parts.netloc.rpartition("@")[2]
