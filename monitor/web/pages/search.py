"""Search: everything stored, by words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.core.text.words import folded_words
from monitor.store import alerts, entries
from monitor.store.entries import Wanted
from monitor.views.board import outlet_names
from monitor.web.context import PageContext

ENTRIES: Final = 50
LONGEST_QUERY: Final = 2000


def routes(context: PageContext) -> list[Route]:
    async def search(request: Request) -> Response:
        asked = request.query_params
        return await context.page(
            "search.html",
            _found,
            context.setup(),
            query=asked.get("q", "")[:LONGEST_QUERY],
            feed=asked.get("feed", ""),
            rule=asked.get("rule", ""),
        )

    return [Route("/search", search, methods=["GET"])]


def _found(connection: Connection, loaded: Loaded, *, query: str, feed: str, rule: str) -> Mapping[str, Any]:
    words = tuple(folded_words(query))
    wanted = Wanted(words=words, feed_id=feed or None, rule_id=rule or None, newest=ENTRIES + 1)
    found = entries.listed(connection, wanted) if words or not query else []
    decided: dict[int, list[Any]] = {}
    for one in alerts.decisions(connection, entry_ids=[entry.id for entry in found]):
        decided.setdefault(one.entry_id, []).append(one)
    return {
        "query": query,
        "feed": feed,
        "rule": rule,
        "entries": found[:ENTRIES],
        "more": len(found) > ENTRIES,
        "decided": decided,
        "names": outlet_names(connection, loaded, {entry.feed_id for entry in found}),
        "rules": loaded.config.rules,
    }
