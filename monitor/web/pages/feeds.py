"""Feeds: how each fares, when it is polled next, how late its entries are seen; the list itself, in and out."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.config.edit import Imported, NewFeed, add_feeds, import_feeds, remove_feed
from monitor.config.feed_ids import readable_id
from monitor.config.feed_lists import read_list
from monitor.config.opml import write_opml
from monitor.core.text.fold import fold
from monitor.errors import ConfigError, Problem
from monitor.jobs.new_feed import NotAdded, found_at
from monitor.model import SubscriptionState
from monitor.store import alerts, entries, feeds, subscriptions
from monitor.store.entries import Wanted
from monitor.views import feed_sheet
from monitor.views.feeds import Listed, document, is_wrong
from monitor.web.context import NotThere, PageContext, onward
from monitor.web.forms import fields, upload
from monitor.web.plots import Bar
from monitor.web.templating import counted

DELAYS_AMONG: Final = 5_000
"""Entries that came last; the delays of the list are those of them. A feed's own page looks at four weeks."""
DELAYS_OF: Final = timedelta(days=28)
ENTRIES: Final = 20
SCHEMES: Final = ("http://", "https://", "feed:")
"""Files and secrets are for who may edit the config by hand."""
LONGEST: Final = 2000
FIND_S: Final = 25.0
"""For a site and the feeds that its page links to."""
MOST_SAID: Final = 50

_Done = TypeVar("_Done")


def routes(context: PageContext) -> list[Route]:
    changes = _Changes(context)

    async def listed(request: Request) -> Response:
        asked = request.query_params
        return await context.page(
            "feeds.html",
            _feeds,
            context.setup(),
            text=asked.get("q", ""),
            failing=asked.get("failing", "") == "1",
            by=asked.get("by", ""),
            done=asked.get("done", ""),
        )

    async def shown(request: Request) -> Response:
        return await context.page(
            "feed.html", _feed, context.setup(), context.now(), request.path_params["id"]
        )

    async def opml(_request: Request) -> Response:
        loaded = context.setup().config
        text = write_opml(loaded.feeds.values(), secrets=loaded.secrets)
        return Response(
            text,
            media_type="text/x-opml; charset=utf-8",
            headers={"Content-Disposition": 'attachment; filename="feeds.opml"'},
        )

    return [
        Route("/feeds", listed, methods=["GET"]),
        Route("/feeds.opml", opml, methods=["GET"]),
        Route("/feeds/add", changes.add, methods=["POST"]),
        Route("/feeds/import", changes.import_, methods=["POST"]),
        Route("/feeds/remove", changes.remove, methods=["POST"]),
        Route("/feeds/{id:path}", shown, methods=["GET"]),
    ]


@dataclass(frozen=True, slots=True)
class Order:
    """A way to sort the list; whatever is not known comes last."""

    said: str
    key: Callable[[Mapping[str, Any]], tuple[Any, ...]]


def _late(known: datetime | None) -> tuple[bool, float]:
    return known is None, -known.timestamp() if known else 0.0


ORDERS: Final[Mapping[str, Order]] = {
    "": Order("what is wrong first", lambda one: (not one["wrong"], -one["failures"])),
    "name": Order("name", lambda _: ()),
    "poll": Order("last poll", lambda one: _late(one["last_poll_at"])),
    "next": Order(
        "next poll",
        lambda one: (one["next_poll_at"] is None, one["next_poll_at"] or datetime.max.replace(tzinfo=UTC)),
    ),
    "delay": Order("delay", lambda one: (one["delay_s"] is None, -(one["delay_s"] or 0))),
    "entries": Order("entries", lambda one: (-one["entries"],)),
}


def _middle(delays: Sequence[timedelta]) -> float | None:
    return median(one.total_seconds() for one in delays) if delays else None


def _feeds(
    connection: Connection, loaded: Loaded, *, text: str, failing: bool, by: str, done: str
) -> Mapping[str, Any]:
    states = feeds.states(connection)
    counts = feeds.entry_counts(connection)
    delays = feeds.newest_delays(connection, most=DELAYS_AMONG)
    documents = [
        one | {"wrong": is_wrong(one), "delay_s": _middle(delays.get(feed.id, ()))}
        for feed in loaded.config.feeds.values()
        for one in [document(Listed(feed, states.get(feed.id), counts.get(feed.id, 0)))]
    ]
    wrong = [one for one in documents if one["wrong"]]
    shown = [
        one
        for one in (wrong if failing else documents)
        if text.casefold() in f"{one['id']}\n{one['title']}\n{one['url']}\n{' '.join(one['tags'])}".casefold()
    ]
    order = ORDERS.get(by, ORDERS[""])
    shown.sort(key=lambda one: (*order.key(one), fold(one["title"] or one["id"]).casefold()))
    return {
        "feeds": shown,
        "count": len(documents),
        "wrong": len(wrong),
        "text": text,
        "failing": failing,
        "by": by if by in ORDERS else "",
        "orders": ORDERS,
        "added": loaded.config.feeds.get(done),
        "said": (),
        "wrong_said": (),
        "typed": "",
        "writable": _is_writable(loaded),
    }


def _feed(connection: Connection, loaded: Loaded, now: datetime, feed_id: str) -> Mapping[str, Any]:
    feed = loaded.config.feeds.get(feed_id)
    if feed is None:
        raise NotThere(f'There is no feed "{feed_id}". The page "Feeds" has those that are polled.')
    state = feeds.states(connection, [feed_id]).get(feed_id)
    counts = feeds.entry_counts(connection)
    sheet: dict[str, Any] = {}
    if state is not None:
        agreed = subscriptions.listed(connection, feed_id)
        running = [one for one in agreed if one.state is not SubscriptionState.ENDING]
        delays = feeds.delays(connection, feed_id, now - DELAYS_OF)
        sheet = feed_sheet.document(state, delays, next(iter(running), None))
    found = entries.listed(connection, Wanted(feed_id=feed_id, newest=ENTRIES))
    decided: dict[int, list[Any]] = {}
    for one in alerts.decisions(connection, entry_ids=[entry.id for entry in found]):
        decided.setdefault(one.entry_id, []).append(one)
    listed = document(Listed(feed, state, counts.get(feed_id, 0)))
    return {
        "feed": listed | {"wrong": is_wrong(listed)},
        "facts": feed_sheet.facts(sheet) if sheet else [],
        "sheet": sheet,
        "bars": _rhythm(sheet, now),
        "entries": found,
        "decided": decided,
        "names": {feed_id: feed.title or (state.title if state else "") or feed_id},
        "rules": loaded.config.rules,
    }


def _rhythm(sheet: Mapping[str, Any], now: datetime) -> list[Bar]:
    """When in the day (UTC) it publishes: a bar an hour, in hundredths of an entry."""
    hourly = sheet.get("entries_by_hour") or []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [Bar(midnight + timedelta(hours=hour), round(rate * 100)) for hour, rate in enumerate(hourly)]


class _Changes:
    """What people change of the list: in feeds.toml, which the daemon takes up at once."""

    def __init__(self, context: PageContext) -> None:
        self._context = context

    async def add(self, request: Request) -> Response:
        given = await fields(request)
        typed, loaded = given.get("url", "").strip(), self._context.setup()
        url = typed if "://" in typed or typed.startswith("feed:") else f"https://{typed}"
        if not url.lower().startswith(SCHEMES) or "${" in url or len(url) > LONGEST:
            return await self._refused(typed, (f'"{typed[:100]}" is no address on the web: write https://…',))
        try:
            async with asyncio.timeout(FIND_S):
                found = await found_at(
                    url, loaded, allow_private=False, anyway="anyway" in given, now=self._context.now
                )
            feed_id = readable_id(found.feed.title, found.feed.url, taken=loaded.config.feeds)
            new = NewFeed(url=found.feed.url, id=feed_id)
            await self._context.run(lambda: self._write(lambda folder: add_feeds(folder, [new])))
        except TimeoutError:
            said = f"{url} took longer than {FIND_S:.0f} s to answer: try again"
            return await self._refused(typed, (said,))
        except NotAdded as error:
            return await self._refused(typed, (str(error).replace("; --anyway adds it all the same", ""),))
        except ConfigError as error:
            return await self._refused(typed, tuple(one.line for one in error.problems))
        await self._context.take_up(f"the page added the feed {feed_id}")
        return onward(f"/feeds?done={quote(feed_id)}")

    async def import_(self, request: Request) -> Response:
        """OPML, or any list that `monitor feeds import` reads."""
        name, body = await upload(request, "file")
        known = {feed.url for feed in self._context.setup().config.feeds.values()}

        def read() -> Imported:
            with TemporaryDirectory(prefix="monitor-import-") as folder:
                file = Path(folder) / "list"
                file.write_bytes(body)
                try:
                    outlines, problems = read_list(file)
                    _must_say_something(outlines, problems)
                    done = self._write(lambda at: import_feeds(at, outlines, known=known))
                except ConfigError as error:
                    raise ConfigError([_of(one, file, name) for one in error.problems]) from error
            return Imported(
                done.added,
                done.there,
                tuple(_of(one, file, name) for one in (*problems, *done.problems)),
            )

        try:
            done = await self._context.run(read)
        except ConfigError as error:
            return await self._refused("", tuple(one.line for one in error.problems))
        if done.added:
            await self._context.take_up("the page imported feeds")
        said = f"{counted(done.added, 'feed')} added, {done.there} there already"
        return await self._shown(said=(said, *(one.line for one in done.problems[:MOST_SAID])))

    async def remove(self, request: Request) -> Response:
        """Its entries stay."""
        feed_id = (await fields(request)).get("id", "")
        try:
            await self._context.run(lambda: self._write(lambda folder: remove_feed(folder, feed_id)))
        except ConfigError as error:
            return await self._refused("", tuple(one.line for one in error.problems))
        await self._context.take_up(f"the page removed the feed {feed_id}")
        return await self._shown(said=(f"{feed_id} is polled no more; its entries stay.",))

    def _write(self, change: Callable[[Path], _Done]) -> _Done:
        with self._context.saving:
            return change(Path(self._context.setup().config.folder))

    async def _refused(self, typed: str, wrong: tuple[str, ...]) -> Response:
        return await self._shown(wrong=wrong, typed=typed, status=422)

    async def _shown(
        self, *, said: tuple[str, ...] = (), wrong: tuple[str, ...] = (), typed: str = "", status: int = 200
    ) -> Response:
        context = self._context
        found = await context.read(_feeds, context.setup(), text="", failing=False, by="", done="")
        shown = {**found, "said": said, "wrong_said": wrong, "typed": typed}
        return await context.plain("feeds.html", status=status, **shown)


def _must_say_something(outlines: Sequence[object], problems: Sequence[Problem]) -> None:
    """Raises ConfigError where nothing of a list can be used."""
    if problems and not outlines:
        raise ConfigError(list(problems))


def _of(problem: Problem, file: Path, name: str) -> Problem:
    """Said of the file by the name that the user knows it by."""
    if problem.place.file != str(file):
        return problem
    return replace(problem, place=replace(problem.place, file=name))


def _is_writable(loaded: Loaded) -> bool:
    return os.access(loaded.config.folder, os.W_OK)
