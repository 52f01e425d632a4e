"""A feed's bytes → its entries as text. Touches neither network nor disk; runs in the worker processes.

Promise: any bytes give a `ParsedFeed` or a `ParseError`, in memory bounded by their length. Time is bounded by
whoever calls: some hostile documents keep feedparser busy for minutes.
"""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime

from monitor.errors import ParseError, ParseReason
from monitor.feeds import values
from monitor.feeds.decode import to_utf8
from monitor.feeds.jsonfeed import read_json
from monitor.feeds.spans import unpacked
from monitor.feeds.xmlfeed import HEAD_BYTES, ROOT, read_xml
from monitor.model import ParsedFeed

MAX_ENTRIES = 5_000
"""More are not read: the largest honest feeds carry a few hundred."""

_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body)(?=[\s>])", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^>]{0,200}>([^<]{1,300})", re.IGNORECASE)


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


def _parse(body: bytes, content_type: str, url: str, now: datetime, seen: frozenset[bytes]) -> ParsedFeed:
    document, warnings = to_utf8(body, content_type=content_type)
    if not document:
        raise ParseError("the answer is empty", reason=ParseReason.EMPTY)
    head = document[:HEAD_BYTES]
    if document.startswith((b"{", b"[")):
        read = read_json
    else:
        _refuse_page(head)
        read = read_xml
    feed = read(document, url=url, now=now, max_entries=MAX_ENTRIES, seen=seen)
    return replace(feed, warnings=warnings + feed.warnings) if warnings else feed


def _refuse_page(head: bytes) -> None:
    """Raises where the document begins as a web page, with what the page calls itself: often that says it all."""
    page = _HTML.search(head)
    feed = ROOT.search(head)
    if page is None or (feed is not None and feed.start() < page.start()):
        return
    title = _TITLE.search(head)
    name = f" (“{values.line(title[1].decode('utf-8', 'replace'))[:100]}”)" if title else ""
    raise ParseError(
        f"a web page{name}, not a feed: look on the site for the address of its RSS or Atom feed",
        reason=ParseReason.HTML,
    )
