"""The Atom feed of matches: each story that matched is an entry, the newest first (RFC 4287)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote, urlsplit

from lxml import etree
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from monitor.config import Loaded
from monitor.views.board import board
from monitor.web.context import PageContext
from monitor.web.templating import hidden, link

ATOM: Final = "http://www.w3.org/2005/Atom"
STORIES: Final = 50


def routes(context: PageContext) -> list[Route]:
    async def matches(request: Request) -> Response:
        loaded = context.setup()
        root = (loaded.config.web.public_url or str(request.base_url)).rstrip("/")
        rule = request.query_params.get("rule") or None
        body = await context.read(_feed, loaded, context.now(), root=root, rule_id=rule)
        return Response(body, media_type="application/atom+xml")

    return [Route("/matches.atom", matches, methods=["GET"])]


def _feed(connection: Connection, loaded: Loaded, now: datetime, *, root: str, rule_id: str | None) -> bytes:
    found = board(connection, loaded, now, most=STORIES, rule_id=rule_id).cards
    feed = etree.Element(f"{{{ATOM}}}feed", nsmap={None: ATOM})
    own = f"{root}/matches.atom" + (f"?rule={quote(rule_id)}" if rule_id else "")
    _add(feed, "id", own)
    _add(feed, "title", f"Matches of {rule_id}" if rule_id else "Matches")
    _add(feed, "updated", _instant(max((one.summary.story.last_seen_at for one in found), default=now)))
    _add(_add(feed, "author"), "name", "News monitor")
    _add(feed, "link", rel="self", href=own)
    for one in found:
        story = one.summary.story
        entry = _add(feed, "entry")
        _add(entry, "id", f"tag:{urlsplit(root).hostname or 'localhost'},2026:story:{story.id}")
        _add(entry, "title", story.title or "(no title)")
        _add(entry, "updated", _instant(story.last_seen_at))
        _add(entry, "published", _instant(story.first_seen_at))
        _add(entry, "link", rel="alternate", href=f"{root}/stories/{story.id}")
        if one.lead and (address := link(one.lead.url)):
            _add(entry, "link", rel="via", href=address)
        for name in one.summary.rules:
            _add(entry, "category", term=name)
        if one.evidence:
            _add(entry, "summary", "".join(piece.text for piece in one.evidence.pieces))
    return etree.tostring(feed, xml_declaration=True, encoding="utf-8")


def _add(parent: etree._Element, name: str, said: str = "", **attributes: str) -> etree._Element:
    made = etree.SubElement(
        parent, f"{{{ATOM}}}{name}", {key: _xml(value) for key, value in attributes.items()}
    )
    made.text = _xml(said) or None
    return made


def _xml(said: str) -> str:
    """Without secrets and the characters that no XML may hold (XML 1.0, 2.2)."""
    return "".join(char for char in hidden(said) if char in "\t\n\r" or _is_xml(ord(char)))


def _is_xml(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _instant(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
