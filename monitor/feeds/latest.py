"""Of a feed with more entries than are read: the newest, wherever it writes them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime

from monitor.feeds import dates, values

SAMPLE = 20
"""So many entries at either end tell where the newest stand."""
_ENTRY = re.compile(
    rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)"
    rb"|<(?P<end>/?)(?P<name>(?:[\w.-]{1,40}:)?(?:item|entry))(?:\s[^<>]*?)?(?P<whole>/?)>",
    re.IGNORECASE | re.DOTALL,
)
DATE = re.compile(
    rb"<(?:\w{1,20}:)?(?:pubdate|date|published|updated|issued|modified|created)(?:\s[^<>]{0,200})?>"
    rb"\s*(?:<!\[CDATA\[)?\s*([^<>]{6,60})",
    re.IGNORECASE,
)
"""A date as an entry's element holds it."""


def stand_last(written: Sequence[str], *, now: datetime) -> bool:
    """Whether the newest stand last, by the dates of a feed's entries in order; empty ones are passed over."""
    reader = dates.Reader(year=now.year)

    def newest(texts: Sequence[str]) -> datetime | None:
        read = (values.plausible(reader.read(text), now=now) for text in texts)
        return max((at for at in read if at), default=None)

    first, last = newest(written[:SAMPLE]), newest(written[-SAMPLE:])
    return first is not None and last is not None and last > first


def warning(count: int, max_entries: int, *, last: bool) -> str:
    """That entries were left out, and which."""
    return f"only the {'last' if last else 'first'} {max_entries} of its {count} entries are read"


def in_xml(document: bytes, *, max_entries: int, now: datetime) -> tuple[bytes, tuple[str, ...]]:
    """The document without the entries that are not read; and, where there are such, what is said of it."""
    if document.count(b"<") <= max_entries:
        return document, ()
    bounds = _bounds(document)
    if len(bounds) <= max_entries:
        return document, ()
    ends = [*bounds[:SAMPLE], *bounds[-SAMPLE:]]
    last = stand_last([_date(document[start:end]) for start, end in ends], now=now)
    kept = bounds[-max_entries:] if last else bounds[:max_entries]
    before, after = document[: bounds[0][0]], document[bounds[-1][1] :]
    between = document[kept[0][0] : kept[-1][1]]
    return before + between + after, (warning(len(bounds), max_entries, last=last),)


def _bounds(document: bytes) -> list[tuple[int, int]]:
    """Of each entry, by its tags alone: the end of one begins the next, however badly it is nested."""
    found: list[tuple[int, int]] = []
    start: int | None = None
    for tag in _ENTRY.finditer(document):
        if not tag["name"]:
            continue  # what is hidden
        if not tag["end"] and start is None:
            start = tag.start()
        if start is not None and (tag["end"] or tag["whole"]):
            found.append((start, tag.end()))
            start = None
    return found


def _date(entry: bytes) -> str:
    found = DATE.search(entry)
    return found[1].decode("utf-8", "replace") if found else ""
