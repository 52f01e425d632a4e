"""Feed documents of others, as `bench_poll.py --real` serves them: as they are, and with entries that are new."""

import itertools
import json
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ENTRY = re.compile(rb"<((?:[\w-]+:)?(?:item|entry))(?=[\s>]).*?</\1\s*>", re.DOTALL)
WINDOWS = re.compile(rb"<(skipHours|skipDays)(?=[\s>]).*?</\1\s*>", re.DOTALL)
"""In them nothing is polled: a benchmark does not wait for their end."""
NAMED = re.compile(rb"(\s*(?:\]\]>)?\s*</(?:guid|id|link|title)\s*>)")
"""The end of what names an entry."""
ADDRESS = re.compile(rb"""(<link\s[^>]*?\bhref=|\brdf:about=)("[^"]*|'[^']*)""")
SPELT_OUT = re.compile(rb"(<pubDate[^>]*>)[^<]*")
ISO = re.compile(rb"(<(?:\w+:)?(?:published|updated|issued|modified|created|date)(?=[\s>])[^>]*>)[^<]*")


def readable(paths: Sequence[str]) -> list[bytes]:
    """Those of the documents that have an entry to make new ones of."""
    return [document for path in paths if has_entry(document := Path(path).read_bytes())]


def has_entry(document: bytes) -> bool:
    if is_json(document):
        try:
            return bool(json.loads(document)["items"])
        except (ValueError, KeyError, TypeError):
            return False
    return ENTRY.search(document) is not None


def is_json(document: bytes) -> bool:
    return document.lstrip()[:1] == b"{"


def with_news(document: bytes, fresh: int, *, now: float) -> bytes:
    """The document with so many new entries on top, each its first one under another name, published a while ago."""
    if is_json(document):
        return json_with_news(json.loads(document), fresh, now=now)
    document = WINDOWS.sub(b"", document)
    first = ENTRY.search(document)
    if first is None:
        raise ValueError("no entry in it")
    news = b"".join(renewed(first[0], number, now=now) for number in range(fresh, 0, -1))
    return document[: first.start()] + news + document[first.start() :]


def renewed(entry: bytes, number: int, *, now: float) -> bytes:
    published = time.gmtime(now + number)
    name = b"-report-%d" % number
    entry = NAMED.sub(name + rb"\1", entry)
    entry = ADDRESS.sub(rb"\1\2" + name, entry)
    entry = SPELT_OUT.sub(rb"\g<1>" + time.strftime("%a, %d %b %Y %H:%M:%S +0000", published).encode(), entry)
    return ISO.sub(rb"\g<1>" + time.strftime("%Y-%m-%dT%H:%M:%SZ", published).encode(), entry)


def json_with_news(feed: dict[str, Any], fresh: int, *, now: float) -> bytes:
    first = feed["items"][0]
    news = []
    for number in range(fresh, 0, -1):
        names = {key: f"{first[key]}-report-{number}" for key in ("id", "url", "title") if key in first}
        published = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now + number))
        news.append({**first, **names, "date_published": published})
    return json.dumps({**feed, "items": list(itertools.chain(news, feed["items"]))}).encode()
