"""Which hubs push a feed, and under which name (WebSub §4): from its Link headers and from its own links."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from monitor.feeds import looks, values
from monitor.feeds.publishing_hints import around
from monitor.model import Hubs

MOST_HUBS = 5
HEADER_CHARACTERS = 8192

_HEADER_LINK = re.compile(r"<([^<>]{1,2048})>([^<]{0,1000})")
_HEADER_REL = re.compile(r""";\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_HEADER_TYPE = re.compile(r""";\s*type\s*=\s*(?:"([^"]*)"|([^\s;,"]+))""", re.IGNORECASE)
_ELEMENT = re.compile(rb"<(?:[\w.-]{1,40}:)?link\s([^<>]{1,4096})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(rb"""\b(rel|href)\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)


def in_header(link: str, *, url: str) -> Hubs:
    """What the Link headers of `url`, joined by commas, say (RFC 8288 §3)."""
    found = []
    for target, parameters in _HEADER_LINK.findall(link[:HEADER_CHARACTERS]):
        if relation := _HEADER_REL.search(parameters):
            found.append((relation[1] or relation[2] or "", target))
    return _hubs(found, url=url)


def feeds_in_header(link: str, *, url: str) -> tuple[str, ...]:
    """The feeds that the Link headers of `url` name as another form of what is there (RFC 8288 §3.3)."""
    found: dict[str, None] = {}
    for target, parameters in _HEADER_LINK.findall(link[:HEADER_CHARACTERS]):
        relation, kind = _HEADER_REL.search(parameters), _HEADER_TYPE.search(parameters)
        if relation is None or "alternate" not in (relation[1] or relation[2] or "").lower().split():
            continue
        if kind and looks.is_feed_type(kind[1] or kind[2]) and (address := values.link(target, base=url)):
            found[address] = None
    return tuple(found)


def in_xml(document: bytes, *, url: str) -> Hubs:
    """What the feed in `document` (UTF-8) says of itself: `atom:link` in RSS, `link` in Atom; not of its entries."""
    found = []
    for attributes in _ELEMENT.findall(around(document)):
        named = {
            name.lower(): html.unescape(value[1:-1].decode("utf-8", "replace"))
            for name, value in _ATTRIBUTE.findall(attributes)
        }
        if b"rel" in named and b"href" in named:
            found.append((named[b"rel"], named[b"href"]))
    return _hubs(found, url=url)


def in_json(feed: dict[str, Any], *, url: str) -> Hubs:
    """JSON Feed 1.1: `hubs` is an array of objects with `type` and `url`, `feed_url` the feed's own address."""
    hubs = feed.get("hubs")
    named = [one for one in hubs if isinstance(one, dict)] if isinstance(hubs, list) else []
    found = [("hub", one.get("url")) for one in named if str(one.get("type")).lower() == "websub"]
    return _hubs([*found, ("self", feed.get("feed_url"))], url=url)


def _hubs(links: Iterable[tuple[str, object]], *, url: str) -> Hubs:
    urls: list[str] = []
    topic = ""
    for relations, target in links:
        address = values.link(target, base=url)
        if address is None:
            continue
        names = relations.lower().split()
        if "hub" in names and address not in urls:
            urls.append(address)
        if "self" in names and not topic:
            topic = address
    return Hubs(urls=tuple(urls[:MOST_HUBS]), topic=topic)
