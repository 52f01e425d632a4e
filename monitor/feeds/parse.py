"""A feed's bytes → its entries as text. Touches neither network nor disk; runs in the worker processes.

Promise: any bytes give a `ParsedFeed` or a `ParseError`, in memory bounded by their length. Time is bounded by
whoever calls: some hostile documents keep feedparser busy for minutes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Never, Protocol

import regex

from monitor.errors import ParseError, ParseReason
from monitor.feeds import values
from monitor.feeds.decode import to_utf8
from monitor.feeds.discovery import find_feeds
from monitor.feeds.jsonfeed import read_json
from monitor.feeds.sitemap import ROOT as SITEMAP
from monitor.feeds.sitemap import read_sitemap
from monitor.feeds.spans import unpacked
from monitor.feeds.xmlfeed import HEAD_BYTES, ROOT, read_xml
from monitor.model import ParsedFeed

MAX_ENTRIES = 5_000
"""More are not read: the largest honest feeds carry a few hundred."""

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)(?=[\s>])", re.IGNORECASE)
# `regex`: possessive groups that match in several ways are wrong in the `re` of Python before 3.11.5 (gh-106052).
_WRAPPING = regex.compile(
    rb"(?:\s+|<!--.*?-->|<\?[^>]*>|<!doctype[^>]*>|</?(?:html|head|body|meta|title|link|pre|div)\b[^>]*>|[^<>\s]{1,40})*+",
    regex.IGNORECASE | regex.DOTALL,
)
MOST_WRAPPING = 4_000
"""Bytes of a page around nothing but a feed."""
_PAGE_PART = re.compile(rb"<(?:meta|p|div|script|table|h1|frameset|center|form)(?=[\s>])", re.IGNORECASE)
"""What HTML lets stand without html, head and body (§13.1.2.4), and no feed holds outside its texts."""
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)


class _Reader(Protocol):
    def __call__(
        self, document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
    ) -> ParsedFeed: ...


def parse(body: bytes, *, content_type: str, url: str, now: datetime, seen: bytes = b"") -> ParsedFeed:
    """The feed in `body`, which came from `url` at `now`. Raises `ParseError`.

    Entries whose hash is in `seen`, the `entry_hashes` of an earlier document of the feed, are only counted.
    """
    try:
        return _parse(body, content_type, url, now, unpacked(seen))
    except (ParseError, MemoryError):
        raise
    except Exception as error:  # hostile documents kill libraries in many ways; each is its feed's alone
        raise ParseError(f"the reader failed: {type(error).__name__}", reason=ParseReason.CRASHED) from error


def _parse(body: bytes, content_type: str, url: str, now: datetime, seen: Mapping[bytes, int]) -> ParsedFeed:
    document, warnings = to_utf8(body, content_type=content_type)
    if not document:
        raise ParseError("the answer is empty", reason=ParseReason.EMPTY)
    read = _reader(document, content_type)
    feed = read(document, url=url, now=now, max_entries=MAX_ENTRIES, seen=seen)
    return replace(feed, warnings=warnings + feed.warnings) if warnings else feed


def _refuse_page(
    document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
) -> Never:
    """Raises with what the page calls itself, which often says it all, and with the feeds that it links to."""
    del now, max_entries, seen  # those of any reader
    title = _TITLE.search(document, 0, HEAD_BYTES)
    name = f" (“{values.line(title[1].decode('utf-8', 'replace'))[:100]}”)" if title else ""
    feeds = find_feeds(document, url=url)
    cure = "look on the site for the address of its RSS or Atom feed"
    if feeds:
        others = f" ({len(feeds) - 1} more on the page)" if len(feeds) > 1 else ""
        cure = f"the feed that it names is {feeds[0]}{others}"
    raise ParseError(f"a web page{name}, not a feed: {cure}", reason=ParseReason.HTML, feeds=feeds)


_READERS: Mapping[re.Pattern[bytes], _Reader] = {ROOT: read_xml, SITEMAP: read_sitemap, _HTML: _refuse_page}
"""By how a document's first element begins."""


def _reader(document: bytes, content_type: str) -> _Reader:
    """Whoever reads such a document; feedparser where nothing tells what it is."""
    if document.startswith((b"{", b"[")):
        return read_json
    starts = [
        (found.start(), read)
        for root, read in _READERS.items()
        if (found := root.search(document, 0, HEAD_BYTES)) is not None
    ]
    if not starts:
        is_page = content_type.lower().startswith("text/html") and _PAGE_PART.search(document, 0, HEAD_BYTES)
        return _refuse_page if is_page else read_xml
    first, read = min(starts, key=lambda one: one[0])
    if read is _refuse_page and (wrapped := _wrapped(document, first, starts)):
        return wrapped
    return read


def _wrapped(document: bytes, start: int, starts: list[tuple[int, _Reader]]) -> _Reader | None:
    """Whoever reads the feed that stands in a page which begins at `start` and holds nothing else before it."""
    for at, read in sorted(starts, key=lambda one: one[0]):
        if read is not _refuse_page:
            is_near = at - start <= MOST_WRAPPING
            return read if is_near and _WRAPPING.fullmatch(document, start, at) else None
    return None
