"""Now: the stories that matched, those seen last first."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.store import feeds, silences
from monitor.store.stories import Until
from monitor.views.board import board
from monitor.web.context import PageContext

STORIES: Final = 30


def routes(context: PageContext) -> list[Route]:
    async def now(request: Request) -> Response:
        rule = request.query_params.get("rule") or None
        before = until(request.query_params.get("before", ""))
        return await context.page(
            "now.html", _gathered, context.setup(), context.now(), rule_id=rule, before=before
        )

    return [Route("/", now, methods=["GET"])]


def until(text: str) -> Until | None:
    """A place in the list, as `next_page` writes it; None where it is none."""
    seconds, _, story = text.partition("-")
    if not (seconds.isdigit() and story.isdigit() and len(text) < 60):
        return None
    try:
        return Until(datetime.fromtimestamp(int(seconds) / 1e6, UTC), int(story))
    except (OverflowError, ValueError, OSError):
        return None


def next_page(more: Until | None) -> str:
    return f"{int(more.last_seen_at.timestamp() * 1e6)}-{more.story_id}" if more else ""


def _gathered(
    connection: Connection, loaded: Loaded, now: datetime, *, rule_id: str | None, before: Until | None
) -> Mapping[str, Any]:
    found = board(connection, loaded, now, most=STORIES, rule_id=rule_id, before=before)
    return {
        "board": found,
        "more": next_page(found.more),
        "first": before is None,
        "rule": rule_id,
        "rules": loaded.config.rules,
        "feeds": loaded.config.feeds,
        "entries": sum(feeds.entry_counts(connection).values()) if not found.cards else 0,
        "silences": silences.listed(connection, ending_after=now),
    }
