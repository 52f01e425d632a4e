"""A gap in a feed → the entries that were missed, read from its older pages (RFC 5005), politely and bounded."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from loguru import logger

from monitor.core.examine import ReadEntry, ReadFeed
from monitor.core.polling.missed import PAGES, OlderPage, older_page
from monitor.core.text.origin import origin
from monitor.errors import FetchError, ParseError
from monitor.feeds.large_bodies import LargeBodies
from monitor.jobs.ports import Fetches, Reads
from monitor.jobs.recognise import nothing_known, recognise
from monitor.model import Feed, FeedState, FetchRequest, Response
from monitor.store import entries
from monitor.store.database import Store

MAX_ENTRIES = 5_000
"""Of a poll, those of its older pages included: as many as of one document (`feeds.parse`)."""


class CatchUp:
    """Reads what scrolled past between two polls."""

    def __init__(self, *, store: Store, fetcher: Fetches, parsers: Reads) -> None:
        self._store, self._fetcher, self._parsers = store, fetcher, parsers

    async def with_missed(
        self,
        read: ReadFeed,
        state: FeedState,
        *,
        feed: Feed,
        asked: FetchRequest,
        room: LargeBodies,
        now: datetime,
    ) -> ReadFeed:
        """`read` with what was missed behind its own entries; as it is where nothing was, or before a baseline.

        At most `PAGES` requests, each in its host's turn and under the poll's own guard, and as many entries as one
        document may have; a request that fails ends it.
        """
        parsed, looked_at = read.feed, state.last_success_at
        if not parsed.older_page or parsed.unchanged or parsed.cut_off:
            return read
        if state.baseline_at is None or looked_at is None:
            return read
        if not await self._store.read(self._has_gap, read, state, now):
            return read
        page, asked_for, missed = read, {asked.url}, list[ReadEntry]()
        for _ in range(PAGES):
            older = page.feed.older_page
            if not older or older in asked_for:
                break
            asked_for.add(older)
            try:
                page = await self._read(_request(older, asked), feed, room)
            except (FetchError, ParseError) as error:
                logger.info("feed {}: an older page could not be read: {}", state.feed_id, error)
                break
            found = await self._store.read(self._judge, page, state, looked_at, now)
            missed += (page.entries[index] for index in found.missed)
            left = MAX_ENTRIES - len(read.entries) - len(missed)
            if left < 0:
                logger.warning("feed {}: {} missed entries are too many, and left out", state.feed_id, -left)
                del missed[left:]
            if found.ends or left <= 0:
                break
        return read.behind(missed)

    async def _read(self, request: FetchRequest, feed: Feed, room: LargeBodies) -> ReadFeed:
        response = await self._fetcher.fetch(request, room)
        assert isinstance(response, Response), "nobody asked for it conditionally"  # noqa: S101 - as in `fetch_page`
        return await self._parsers.read(response, b"", feed=feed)

    def _has_gap(self, read: ReadFeed, state: FeedState, now: datetime) -> bool:
        """Nothing of the feed is known, though there is something to know it by."""
        with self._store.reading() as connection:
            if not entries.newest_known(connection, state.feed_id, limit=1):
                return False
            return nothing_known(recognise(connection, read, state, now=now), read.feed)

    def _judge(self, page: ReadFeed, state: FeedState, looked_at: datetime, now: datetime) -> OlderPage:
        with self._store.reading() as connection:
            found = recognise(connection, page, state, now=now)
        return older_page(page.feed.entries, found.identities, looked_at=looked_at)


def _request(page: str, asked: FetchRequest) -> FetchRequest:
    """For a page of the host; what only the feed's own server may know or reach goes to that alone."""
    if origin(page) == origin(asked.url):
        return replace(asked, url=page, etag=None, last_modified=None)
    return FetchRequest(url=page, proxy=asked.proxy, own_host=False)
