"""A web page → the feeds that it links to (RSS autodiscovery; HTML §4.6.6.1 "alternate")."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from itertools import islice
from typing import Any
from urllib.parse import urljoin, urlsplit

from lxml import etree

from monitor.feeds import looks, values

PAGE_BYTES = 2 * 2**20
"""As much of a page is looked at: its head stands at the beginning, the links to feeds often in its foot."""
MAX_FOUND = 10
LABEL_CHARACTERS = 200


class Rank(IntEnum):
    """How surely a link is the feed that is meant."""

    NAMED = 0
    LIKELY = 1
    LINKED = 2
    LABELLED = 3
    COMMENTS = 4


@dataclass(frozen=True, slots=True)
class _Link:
    href: str
    rank: Rank


def find_feeds(page: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page (UTF-8, from `url`) links to, the likeliest first."""
    parser = etree.HTMLPullParser(
        events=("start", "end"), tag=("base", "link", "a", "area"), encoding="utf-8", no_network=True
    )
    base, found = url, dict[str, Rank]()
    try:
        parser.feed(page[:PAGE_BYTES].replace(b"\0", b" "))  # at which libxml2 would stop
        for event, element in parser.read_events():
            if element.tag == "base":
                base = values.link(element.get("href") or "", base=url) or url
            elif (event == "start") == (element.tag == "link") and (link := _link(element, base, url)):
                address = values.link(looks.plain(link.href, base=base), base=base)
                if address and address.partition("#")[0] != url.partition("#")[0]:
                    found[address] = min(link.rank, found.get(address, link.rank))
    except etree.LxmlError:
        pass  # what was found before it broke is right
    return tuple(sorted(found, key=lambda address: found[address]))[:MAX_FOUND]


def _link(element: Any, base: str, url: str) -> _Link | None:
    """What the element links to, where that may be a feed."""
    href = element.get("href") or ""
    if not href.strip():
        return None
    labels = _labels(element)
    rank = (
        _of_link(element, href, base)
        if element.tag == "link"
        else _of_anchor(element, href, labels, base, url)
    )
    if rank is None:
        inside = looks.feed_inside(href, base=base) if element.tag != "link" else ""
        return _Link(inside, Rank.LINKED) if inside else None
    return _Link(href, Rank.COMMENTS if looks.is_of_comments(f"{href} {' '.join(labels)}") else rank)


def _of_link(element: Any, href: str, base: str) -> Rank | None:
    relations = (element.get("rel") or "").lower().split()
    if "stylesheet" in relations or ("alternate" not in relations and "feed" not in relations):
        return None
    kind = looks.bare_type(element.get("type"))
    if looks.is_feed_type(kind):
        return Rank.NAMED
    is_feed = looks.is_feed_scheme(href) or looks.is_feed_address(urljoin(base, href))
    if kind in looks.XML_OR_JSON or not kind:
        return Rank.LIKELY if is_feed or "feed" in relations else None
    return None


def _of_anchor(element: Any, href: str, labels: list[str], base: str, url: str) -> Rank | None:
    if looks.is_feed_type(element.get("type")):
        return Rank.LIKELY
    if looks.is_feed_scheme(href):
        return Rank.LINKED
    try:
        address = urljoin(base, href)
        host = urlsplit(address).hostname or ""
    except ValueError:
        return None
    own = _site(host) == _site(urlsplit(url).hostname or "")
    if looks.is_feed_address(address) and (own or host.startswith(("feeds.", "feed.", "rss."))):
        return Rank.LINKED
    return Rank.LABELLED if own and looks.speaks_of_feeds(labels) else None


def _labels(element: Any) -> list[str]:
    """What is said of the link, to people and to programs."""
    said = [element.get(name) or "" for name in ("title", "aria-label", "class", "id")]
    if element.tag == "a":
        said += islice(element.itertext(), 5)
        said += [
            one.get("alt") or one.get("title") or "" for one in islice(element.iter("img", "svg", "i"), 3)
        ]
    return [one[:LABEL_CHARACTERS] for one in said if one]


def _site(host: str) -> str:
    """The host without what stands before its last two names: near enough to tell a site's own links from others."""
    return ".".join(host.lower().split(".")[-2:])
