"""Reads the pages of entries: take (gather), ask and extract, plan and store (apply) in one transaction.

Whatever goes wrong with a page is written down at that page: no feed's state changes, and no alert waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Protocol

from loguru import logger

from monitor import metrics
from monitor.config import Loaded
from monitor.core.entries_plan import EntriesPlan
from monitor.core.pages.failure import PATIENCE, Again, GivenUp, after_failure
from monitor.core.pages.plan import examine_page, plan_page
from monitor.core.pages.request import is_of_its_own_site, request
from monitor.core.pages.turns import next_pages
from monitor.errors import FetchError, ParseError, ParseReason, StorageError
from monitor.jobs.robots import FetchesPages, ReadsRobots, Robots
from monitor.model import Feed, Page, PageState, Response
from monitor.store import Store, entries, feeds, pages, polls, stories

PAGES = 8
"""Pages that are read at once, each from another site, at most half of them for one feed (`pages.turns`)."""
LOOK_S = 1.0
"""How often is asked what has come due while others are being read."""
LEASE = timedelta(minutes=10)
"""Longer than a page and its robots.txt take at worst, host turns included: it runs out where its reader died."""


class ReadsPages(ReadsRobots, Protocol):
    """Reads robots.txt and articles, as `feeds.workers.Parsers` does."""

    async def article(self, response: Response) -> str:
        """The text of the article. Raises ParseError."""


@dataclass(slots=True)
class Tally:
    """What came of the pages that one call read."""

    read: int = 0
    failed: int = 0
    alerts: int = 0


class PageReader:
    """Reads what is due. One round at a time."""

    def __init__(
        self,
        *,
        store: Store,
        fetcher: FetchesPages,
        workers: ReadsPages,
        setup: Callable[[], Loaded],
        now: Callable[[], datetime],
    ) -> None:
        """`setup` returns the config in force, asked anew for every page."""
        self._store, self._fetcher, self._workers = store, fetcher, workers
        self._setup, self._now = setup, now
        self._robots = Robots(store=store, fetcher=fetcher, workers=workers, setup=setup, now=now)
        self._busy: dict[asyncio.Task[None], Page] = {}
        self._served: dict[str, int] = {}
        """By feed, at which turn of all a page of it was taken last."""
        self._turns = count(1)
        self._running = False

    @property
    def under_way(self) -> int:
        """How many pages are being read."""
        return len(self._busy)

    async def read_due(self) -> Tally:
        """Returns when nothing is due that may be asked for. Raises StorageError."""
        tally = Tally()
        if self._running:
            return tally
        self._running = True
        try:
            while True:
                for page in await self._store.write(self._take):
                    task = asyncio.create_task(self._read(page, tally), name=f"page of entry {page.entry_id}")
                    self._busy[task] = page
                if not self._busy:
                    return tally
                done, _ = await asyncio.wait(
                    self._busy, timeout=LOOK_S, return_when=asyncio.FIRST_COMPLETED
                )  # not only when one ends: what comes due meanwhile waits for none of them
                for task in done:
                    del self._busy[task]
                    task.result()
        finally:
            await self._drop()
            self._running = False

    async def _drop(self) -> None:
        """Gives back what is under way, where the round ends early."""
        under_way, self._busy = list(self._busy), {}
        for task in under_way:
            task.cancel()
        await asyncio.gather(*under_way, return_exceptions=True)

    def _take(self) -> list[Page]:
        under_way = list(self._busy.values())
        now, room = self._now(), PAGES - len(under_way)
        if room <= 0:
            return []
        with self._store.reading() as connection:
            late = pages.late(connection, now, queued_before=now - PATIENCE)
            waiting = pages.due(connection, now, limit=room, but_of=[one.site for one in under_way])
        due = next_pages(waiting, under_way=under_way, served=self._served, room=room)
        if not late and not due:
            return []
        self._served |= {one.feed_id: next(self._turns) for one in due}
        with self._store.writing() as connection:
            pages.expire(connection, late, now=now)
            return pages.take(connection, due, now + LEASE)

    # ── one page ──

    async def _read(self, page: Page, tally: Tally) -> None:
        """Whatever happens is written down at the page. Raises StorageError."""
        try:
            feed = self._feed(page)
            plan = await self._store.write(self._store_text, page, feed, await self._text(page, feed))
        except asyncio.CancelledError:
            with suppress(StorageError):
                await self._store.write(self._release, page)
            raise
        except (FetchError, ParseError) as error:
            tally.failed += 1
            await self._store.write(self._failed, page, error)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the border of one page
            tally.failed += 1
            logger.exception("entry {}: its page: the monitor's own error", page.entry_id)
            own = ParseError(f"the monitor's own error: {error!r}", reason=ParseReason.CRASHED)
            await self._store.write(self._failed, page, own)
        else:
            tally.read += 1
            tally.alerts += len(plan.alerts) if plan else 0

    def _feed(self, page: Page) -> Feed:
        """The feed as it is listed now. Raises ParseError where it wants no pages any more."""
        feed = self._setup().config.feeds.get(page.feed_id)
        if feed is None or feed.fulltext == "never":
            raise ParseError("its feed wants no pages any more", reason=ParseReason.NO_PAGE)
        return feed

    async def _text(self, page: Page, feed: Feed) -> str:
        asked = request(page.url, feed=feed, settings=self._setup().config.polling)
        response = await self._fetcher.fetch_page(asked, admit=lambda url: self._robots.admit(url, feed))
        return await self._workers.article(response)

    def _store_text(self, page: Page, feed: Feed, text: str) -> EntriesPlan | None:
        """What the text changes; None where it is no more than the feed gave, or the entry is gone."""
        setup, now = self._setup(), self._now()
        with self._store.writing() as connection:
            found, keys = entries.by_ids(connection, [page.entry_id]), entries.keys(connection, page.entry_id)
            if not found or keys is None:
                pages.finish(connection, page, PageState.GIVEN_UP, outcome="its entry is gone", now=now)
                return None
            [entry] = found
            said = f"{len(text)} characters"
            if len(text) <= max(len(entry.content), len(entry.summary)):
                said += ", no more than its feed gave: those are kept"
                pages.finish(connection, page, PageState.READ, outcome=said, now=now)
                return None
            if not pages.finish(connection, page, PageState.READ, outcome=said, now=now):
                return None
            read = examine_page(entry, text, keys=keys, feed=feed, rules=setup.rules, at=now)
            alone = stories.is_sole(connection, entry)
            facts = polls.facts(connection, read, self._store.opened, configured=setup.config.feeds)
            plan = plan_page(read, facts, alone=alone, config=setup.config)
            polls.apply_entries(connection, plan, self._store.opened)
        _report(page, plan)
        return plan

    def _failed(self, page: Page, error: FetchError | ParseError) -> None:
        now = self._now()
        verdict = after_failure(error, attempts=page.attempts, queued_at=page.queued_at, now=now)
        with self._store.writing() as connection:
            if (until := verdict.site_paused_until) is not None:
                feed = self._setup().config.feeds.get(page.feed_id)
                if feed is not None and is_of_its_own_site(page.url, feed):
                    pages.pause(connection, page.site, until)
                else:  # a stranger's word led there: it silences nobody but the stranger
                    pages.put_off_feed(connection, page, until)
                if isinstance(error, FetchError) and error.held_host:  # a 429 speaks for the host's feeds too
                    feeds.pause_host(connection, error.held_host, until)
            match verdict:
                case Again(at=at, reason=reason, counts=counts):
                    tries = page.attempts if counts else page.attempts - 1
                    pages.put_off(connection, page, at, outcome=reason, attempts=tries)
                case GivenUp(reason=reason):
                    pages.finish(connection, page, PageState.GIVEN_UP, outcome=reason, now=now)
        metrics.pages.labels(outcome=str(error.reason)).inc()
        when = f"tried again at {verdict.at:%H:%M} UTC" if isinstance(verdict, Again) else "given up"
        logger.info("feed {}: page of entry {}: {} ({})", page.feed_id, page.entry_id, verdict.reason, when)

    def _release(self, page: Page) -> None:
        with self._store.writing() as connection:
            pages.release(connection, page, now=self._now())


def _report(page: Page, plan: EntriesPlan) -> None:
    metrics.pages.labels(outcome="read").inc()
    logger.debug("feed {}: page of entry {} was read", page.feed_id, page.entry_id)
    for merge in plan.merges:
        metrics.story_merges.inc()
        logger.info("story {} is one with story {}: {}", merge.from_id, merge.into_id, merge.reason)
    for decision in plan.decisions:
        metrics.matches.labels(verdict=decision.verdict).inc()
        logger.info(
            "feed {}: entry {} matches {} by its page: {}",
            page.feed_id,
            page.entry_id,
            decision.match.rule_id,
            decision.reason,
        )
