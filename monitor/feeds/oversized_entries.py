"""A document without the entries that are too wide to be read: feedparser takes quadratic time for an entry's names.

A million categories in one entry cost that entry, and not the feed's others nor a worker's whole time. Tags are
counted, start and end tags alike, by searching for `<`: to ask a parser would take longer than to read most feeds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from monitor.errors import ParseError, ParseReason
from monitor.feeds.spans import MAX_SPANS, without

ENTRY_TAGS = 8_000
"""Of an entry: twice the longest article in XHTML; as many categories take feedparser a second."""
AROUND_TAGS = 12_000
"""Outside all entries that are read: RSS 1.0 names each of them there once more."""
DOCUMENT_TAGS = 200_000
"""Of all entries that are read: 5 000 of twenty elements each."""
ILL_FORMED_TAGS = 30_000
"""The same where feedparser's tolerant reader is to read them, which takes three times as long."""

_TOKEN = re.compile(
    rb"(?P<hidden><!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z))"
    rb"|<(?P<end>/?)(?:[\w.-]{1,40}:)?(?:item|entry)(?=[\s/>])[^<>]*>?",
    re.IGNORECASE | re.DOTALL,
)
MAX_TOKENS = 500_000
"""Entries' tags, comments and CDATA sections that are looked at: a second's work."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """A document that can be read in time."""

    document: bytes
    max_entries: int
    """As many of its entries, from the first on, are known to be narrow: more are not to be read."""
    left_out: int = 0
    """Entries that were too wide, or stood behind as much as is read."""


def narrowed(document: bytes, *, max_entries: int, max_tags: int = DOCUMENT_TAGS) -> Narrowed:
    """The document without the too wide of its first entries. Raises ParseError where it is too wide around them."""
    if document.count(b"<") <= ENTRY_TAGS:
        return Narrowed(document, max_entries)
    left_out: list[tuple[int, int]] = []
    around = kept = tags = 0
    parts = _parts(document)
    for part in islice(parts, 2 * MAX_SPANS + 2):
        if not part.is_entry:
            around += part.tags
            if around > AROUND_TAGS:
                raise _too_wide()
        elif kept + len(left_out) == max_entries:
            continue  # read by nobody
        elif part.tags > ENTRY_TAGS or tags + part.tags > max_tags:
            left_out.append((part.start, part.end))
        else:
            kept, tags = kept + 1, tags + part.tags
    behind = [(part.end, _tail(document, part.end))] if next(parts, None) else []
    return Narrowed(without(document, left_out + behind), max_entries - len(left_out), len(left_out))


@dataclass(slots=True)
class _Part:
    """An entry, or what stands between two."""

    start: int
    is_entry: bool = False
    hidden: int = 0
    """Tags in CDATA and comments."""
    end: int = 0
    tags: int = 0

    def ended(self, document: bytes, end: int) -> _Part:
        self.end, self.tags = end, document.count(b"<", self.start, end) - self.hidden
        return self


def _parts(document: bytes) -> Iterator[_Part]:
    """What is before the first entry, it, to the next end tag of one, what is between it and the next, and so on."""
    part = _Part(0)
    for count, token in enumerate(_TOKEN.finditer(document)):
        if count > MAX_TOKENS:
            raise _too_wide()
        if token["hidden"] is not None:
            part.hidden += token[0].count(b"<")
            continue
        if not token["end"] and not part.is_entry:
            yield part.ended(document, token.start())
            part = _Part(token.start(), is_entry=True)
        if part.is_entry and (token["end"] or token[0].endswith(b"/>")):
            yield part.ended(document, token.end())
            part = _Part(token.end())
    yield part.ended(document, len(document))


def _tail(document: bytes, start: int) -> int:
    """Where the end tags stand that close the feed, behind entries that nobody looks for."""
    channel = document.rfind(b"</channel", start)
    return channel if channel >= 0 else max(document.rfind(b"</"), start)


def _too_wide() -> ParseError:
    return ParseError("wider than any feed", reason=ParseReason.NOT_A_FEED)
