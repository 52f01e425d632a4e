"""Feeds: how each fares, when it is polled next, how late its entries are seen; the list itself, in and out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.config.opml import write_opml
from monitor.core.polling.outages import is_broken
from monitor.model import SubscriptionState
from monitor.store import alerts, entries, feeds, subscriptions
from monitor.store.entries import Wanted
from monitor.views import feed_sheet
from monitor.views.feeds import Listed, document
from monitor.web.context import NotThere, PageContext
from monitor.web.plots import Bar

DELAYS_OF: Final = timedelta(days=28)
ENTRIES: Final = 20


def routes(context: PageContext) -> list[Route]:
    async def listed(request: Request) -> Response:
        asked = request.query_params
        return await context.page(
            "feeds.html",
            _feeds,
            context.setup(),
            context.now(),
            text=asked.get("q", ""),
            failing=asked.get("failing", "") == "1",
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
        Route("/feeds/{id:path}", shown, methods=["GET"]),
    ]


def _feeds(
    connection: Connection, loaded: Loaded, now: datetime, *, text: str, failing: bool
) -> Mapping[str, Any]:
    states = feeds.states(connection)
    counts = feeds.entry_counts(connection)
    every = [
        Listed(feed, states.get(feed.id), counts.get(feed.id, 0)) for feed in loaded.config.feeds.values()
    ]
    documents = [document(one) | {"broken": bool(one.state and is_broken(one.state, now))} for one in every]
    wrong = [one for one in documents if one["failures"] or one["state"].startswith("stopped")]
    shown = [
        one
        for one in (wrong if failing else documents)
        if text.casefold() in f"{one['id']}\n{one['title']}\n{one['url']}".casefold()
    ]
    return {
        "feeds": shown,
        "count": len(documents),
        "wrong": len(wrong),
        "text": text,
        "failing": failing,
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
    return {
        "feed": document(Listed(feed, state, counts.get(feed_id, 0))),
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
