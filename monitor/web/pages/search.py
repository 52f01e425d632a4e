"""Search: everything stored, in the language of the rules; plain words are a query, too."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.errors import ConfigError, Problem
from monitor.model import Entry
from monitor.store import alerts, entries
from monitor.store.entries import Wanted
from monitor.tuning.history import History
from monitor.tuning.typed import understood
from monitor.views.board import outlet_names
from monitor.web.context import PageContext

ENTRIES: Final = 50
LONGEST_QUERY: Final = 2000
SEARCH_S: Final = 1.5
"""A query that no index helps says after so long what it has found by then."""


@dataclass(frozen=True, slots=True)
class Search:
    """What a query found."""

    entries: Sequence[Entry] = ()
    more: bool = False
    cut_short: bool = False
    """Not all that is stored was looked at."""
    problems: tuple[Problem, ...] = ()


def routes(context: PageContext) -> list[Route]:
    async def search(request: Request) -> Response:
        asked, loaded = request.query_params, context.setup()
        query, feed = asked.get("q", "")[:LONGEST_QUERY], asked.get("feed") or None
        found = await context.run(lambda: _searched(context, loaded, query, feed)) if query.strip() else None
        return await context.page(
            "search.html", _shown, loaded, found, query=query, feed=feed, rule=asked.get("rule") or None
        )

    return [Route("/search", search, methods=["GET"])]


def _searched(context: PageContext, loaded: Loaded, query: str, feed: str | None) -> Search:
    try:
        rules, problems = understood(query, loaded.config.lists)
    except ConfigError as error:
        return Search(problems=tuple(error.problems))
    found: list[Entry] = []
    until = monotonic() + SEARCH_S
    for step in History(context.store, loaded.config.feeds).search(rules, feed_id=feed):
        found += (one.entry for one in step.found)
        whole = step.progress.asked >= step.progress.of
        if len(found) > ENTRIES or (not whole and monotonic() > until):
            more = len(found) > ENTRIES
            return Search(found[:ENTRIES], more=more, cut_short=not more, problems=problems)
    return Search(found, problems=problems)


def _shown(
    connection: Connection,
    loaded: Loaded,
    found: Search | None,
    *,
    query: str,
    feed: str | None,
    rule: str | None,
) -> Mapping[str, Any]:
    if found is None:
        listed = entries.listed(connection, Wanted(feed_id=feed, rule_id=rule, newest=ENTRIES + 1))
        found = Search(listed[:ENTRIES], more=len(listed) > ENTRIES)
    decided: dict[int, list[Any]] = {}
    for one in alerts.decisions(connection, entry_ids=[entry.id for entry in found.entries]):
        decided.setdefault(one.entry_id, []).append(one)
    return {
        "query": query,
        "feed": feed,
        "rule": rule,
        "found": found,
        "entries": found.entries,
        "more": found.more,
        "decided": decided,
        "names": outlet_names(connection, loaded, {entry.feed_id for entry in found.entries}),
        "rules": loaded.config.rules,
    }
