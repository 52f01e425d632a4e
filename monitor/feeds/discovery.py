"""A web page → the feeds that it links to (RSS autodiscovery; HTML §4.6.6.1 "alternate")."""

from __future__ import annotations

from lxml import etree

from monitor.feeds import values

TYPES = frozenset(
    {
        "application/rss+xml", "application/atom+xml", "application/rdf+xml", "application/feed+json",
        "application/x.atom+xml", "application/x-atom+xml", "text/rss",
    }
)  # fmt: skip
PAGE_BYTES = 2**20
"""As much of a page is looked at: its head stands at the beginning."""
MAX_FOUND = 10


def find_feeds(page: bytes, *, url: str) -> tuple[str, ...]:
    """The addresses of the feeds that the page (UTF-8, from `url`) links to, the likeliest first."""
    parser = etree.HTMLPullParser(events=("start",), tag=("base", "link"), encoding="utf-8", no_network=True)
    base, found = url, dict[str, bool]()
    try:
        parser.feed(page[:PAGE_BYTES].replace(b"\0", b" "))  # at which libxml2 would stop
        for _, element in parser.read_events():
            href = element.get("href") or ""
            if element.tag == "base":
                base = values.link(href, base=url) or url
            elif _is_feed(element.get("rel"), element.get("type")) and (
                address := values.link(href, base=base)
            ):
                # The comments on a page or site are a feed too, and nobody means that one.
                found.setdefault(address, "comment" in f"{href} {element.get('title')}".lower())
    except etree.LxmlError:
        pass  # what was found before it broke is right
    return tuple(sorted(found, key=lambda address: found[address]))[:MAX_FOUND]


def _is_feed(rel: str | None, kind: str | None) -> bool:
    relations = (rel or "").lower().split()
    if "alternate" not in relations or "stylesheet" in relations:
        return False
    return (kind or "").partition(";")[0].strip().lower() in TYPES
