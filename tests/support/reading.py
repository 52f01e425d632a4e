"""Polls and pages of a house in this process: the daemon's own parts, without its worker processes and its clock.

async with reading(house) as monitor:
    await monitor.round()        # polls what is due, reads the pages that are due
    house.clock.step(minutes=20)
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from house import House, item, rss
from servers.web import Answer, WebServer, reply

from monitor.core.examine import read_feed
from monitor.feeds import article, robots
from monitor.feeds.connect import Resolver, look_up
from monitor.feeds.fetch import ACCEPT_PAGES, Fetcher, Limits
from monitor.feeds.parse import parse
from monitor.feeds.rate_limit import HostLimits
from monitor.jobs.pages import PageReader, Tally
from monitor.jobs.poll import Poller
from monitor.model import Page, Verdict
from monitor.store import feeds, pages

LIMITS = Limits(host_pause_s=0.0)


class Here:
    """What the workers do, done here: they take seconds to start."""

    at_once = 1

    def __init__(self, now, rules):
        self.now, self.rules = now, rules
        self.articles = 0

    async def read(self, response, seen, *, feed):
        parsed = parse(
            response.body, content_type=response.content_type, url=response.url, now=self.now(), seen=seen
        )
        return read_feed(parsed, feed=feed, rules=self.rules)

    async def article(self, response):
        self.articles += 1
        return article.text_of(response.body, content_type=response.content_type)

    async def allows(self, robots_txt, url):
        return robots.allows(robots_txt, url)


@dataclass
class Reading:
    house: House
    poller: Poller
    reader: PageReader
    workers: Here

    async def poll(self) -> None:
        """Every listed feed that is due."""
        loaded = self.house.read()
        with self.house.store.writing() as connection:
            feeds.register(
                connection, {one.id: one.url for one in loaded.config.feeds.values()}, self.house.clock()
            )
            due = feeds.due(connection, self.house.clock(), limit=100)
        for state in due:
            await self.poller.poll(loaded.config.feeds[state.feed_id], state)

    async def round(self) -> Tally:
        await self.poll()
        return await self.reader.read_due()


@asynccontextmanager
async def reading(house: House, *, resolve=look_up) -> AsyncIterator[Reading]:
    house.write()
    loaded, hosts = house.read(), HostLimits(pause_s=0.0, now=house.clock)
    workers = Here(house.clock, loaded.rules)
    told = {"user_agent": "news-monitor/test", "now": house.clock, "hosts": hosts}
    async with (
        Fetcher(**told, limits=LIMITS) as fetcher,
        Fetcher(
            **told, limits=replace(LIMITS, body_bytes=2**20), accept=ACCEPT_PAGES, resolver=Resolver(resolve)
        ) as page_fetcher,
        Poller(
            store=house.store, fetcher=fetcher, parsers=workers, setup=lambda: loaded, now=house.clock,
            random=lambda: 0.0,
        ) as poller,
    ):  # fmt: skip
        reader = PageReader(
            store=house.store, fetcher=page_fetcher, workers=workers, setup=lambda: loaded, now=house.clock
        )
        yield Reading(house, poller, reader, workers)


def queue(house: House) -> list[Page]:
    """The pages of all entries, in the order of the entries."""
    with house.reading() as connection:
        found = pages.of_entries(connection, [entry.id for entry in house.entries()])
    return [found[entry_id] for entry_id in sorted(found)]


# ── feeds, and the pages that they lead to ──

FISH = "".join(
    f"<p>Paragraph {number}: the ministers met at the palace, and spoke of fish, of harbours and of trains.</p>"
    for number in range(6)
)
SIGNED = "<p>Thirty-five countries signed the declaration at the palace on Tuesday evening.</p>"
QUIET = item("Weather for the week", "Rain in the west, sun in the east.")
HTML = "text/html; charset=utf-8"


def page(text: str = FISH + SIGNED) -> bytes:
    head = "<!doctype html><html><head><title>T</title></head><body><nav>Home</nav>"
    return f"{head}<article><h1>Ministers meet</h1>{text}</article></body></html>".encode()


def has(web: WebServer, path: str, *answers: Answer) -> str:
    return web.on(path, *(answers or [reply(200, page(), Content_Type=HTML)]))


def story(link: str | None, title: str = "Ministers meet in Paris", text: str = "At noon.", **keys) -> str:
    return item(title, text, link=link, **keys)


def feed(house: House, web: WebServer, *bodies: bytes, feed_id: str = "wire", **keys) -> None:
    """Of a feed whose first poll brings nothing but the weather."""
    answers = [reply(200, body) for body in (rss(QUIET), *bodies)]
    house.feed(feed_id, web.on(f"/{feed_id}", *answers), **keys)


async def rounds(house: House, count: int = 2, *, minutes: float = 20) -> None:
    async with reading(house) as monitor:
        for _ in range(count):
            await monitor.round()
            house.clock.step(minutes=minutes)


def asked(web: WebServer) -> list[str]:
    """What was asked for beside feeds."""
    others = {"/wire", "/other", "/hook"}
    return [request.target for request in web.requests if request.target not in others]


def verdicts(house: House) -> list[Verdict]:
    return [decision.verdict for decision in house.decisions()]
