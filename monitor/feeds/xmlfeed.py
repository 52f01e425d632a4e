"""RSS, RDF and Atom of every age → entries, by feedparser, which is given nothing that could make it misbehave."""

from __future__ import annotations

import calendar
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import feedparser

from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds import hubs, saxdriver, spans, values
from monitor.feeds.archive import older_page
from monitor.feeds.pace import read_pace
from monitor.feeds.width import ILL_FORMED_TAGS, narrowed
from monitor.model import FeedEntry, ParsedFeed

# The list is there to be added to, and is read at every parse.
feedparser.api.PREFERRED_XML_PARSERS.insert(0, saxdriver.__name__)

ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|feed|RDF)(?=[\s>/])", re.IGNORECASE)
_ENTRY_END = re.compile(
    rb"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>|<(?:[\w.-]{1,40}:)?(?:item|entry)(?:\s[^<>]*)?/>", re.IGNORECASE
)
NO_FEED = "no RSS, Atom or JSON Feed"
_NOTHING_NEW: Mapping[str, Any] = {"version": "seen before", "feed": {}, "entries": [], "bozo": False}
MAX_ILL_FORMED_BYTES = 8 * 2**20
"""feedparser's tolerant reader takes seconds for a MiB: of a larger document it would not see the end in time."""
HEAD_BYTES = 65_536
"""The root element stands within: before it come comments and a DOCTYPE at most."""


def read_xml(
    document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
) -> ParsedFeed:
    """The feed in `document` (UTF-8) without the entries whose hash was `seen`. Raises `ParseError`."""
    document, cut_off = _closed(document)
    narrow = narrowed(document, max_entries=max_entries)
    read = _read(narrow.document, url=url, max_entries=narrow.max_entries, seen=seen)
    feed, warnings = read.feed, read.warnings + _too_wide(narrow.left_out)
    if cut_off:
        warnings += ("it is cut off: only its whole entries are read",)
    if not feed["version"] and not feed["entries"]:
        raise ParseError(NO_FEED, reason=ParseReason.NOT_A_FEED)
    if feed["bozo"]:
        warnings += (f"not well-formed: {feed['bozo_exception']}"[:300],)
    language = values.language(_raw(feed["feed"], "language"))
    entries = tuple(
        _entry(entry, language, url=url, now=now) for entry in feed["entries"][: narrow.max_entries]
    )
    keys = tuple(map(keys_of, entries))
    return ParsedFeed(
        title=values.line(_raw(feed["feed"], "title")),
        language=language,
        entries=entries,
        keys=keys,
        warnings=warnings,
        cut_off=cut_off,
        pace=read_pace(document),
        hubs=hubs.in_xml(document, url=url),
        older_page=older_page(_raw(feed["feed"], "links") or (), url=url),
        unchanged=sum(one in seen for one in read.hashes),
        present=spans.present(read.hashes, seen),
        entry_hashes=spans.packed(spans.read_of(read.hashes, keys, seen=seen)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    feed: Any
    """What feedparser made of all that is new."""
    warnings: tuple[str, ...]
    hashes: Sequence[bytes] = ()
    """Of all entries; none where nothing could be left out."""


def _read(document: bytes, *, url: str, max_entries: int, seen: Mapping[bytes, int]) -> _Read:
    """The document without the entries that were `seen`; whole where that might change another entry.

    Where all were seen feedparser is not asked: it takes a millisecond for an entry.
    """
    found = spans.find_spans(document)
    if isinstance(found, spans.Doubt):
        if found is spans.Doubt.ILL_FORMED and len(document) > MAX_ILL_FORMED_BYTES:
            raise ParseError("too large for a feed that is not well-formed", reason=ParseReason.NOT_A_FEED)
        if found is spans.Doubt.ILL_FORMED:
            return _read_ill_formed(document, max_entries)
        return _read_whole(document, max_entries)
    hashes = spans.entry_hashes(document, found, url=url)[:max_entries]
    left_out = [bounds for bounds, one in zip(found.bounds, hashes, strict=False) if one in seen]
    new = len(hashes) - len(left_out)
    warnings = _too_many(len(found.bounds), max_entries)
    if left_out and not new:
        return _Read(feed=_NOTHING_NEW, warnings=warnings, hashes=hashes)
    feed = _parse(spans.without(document, [*left_out, *found.bounds[max_entries:]]))
    if feed["bozo"] or len(feed["entries"]) != new:
        return _read_whole(document, max_entries)  # to feedparser they are other entries than to us
    return _Read(feed=feed, warnings=warnings, hashes=hashes)


def _read_ill_formed(document: bytes, max_entries: int) -> _Read:
    narrow = narrowed(document, max_entries=max_entries, max_tags=ILL_FORMED_TAGS)
    read = _read_whole(narrow.document, narrow.max_entries)
    return replace(read, warnings=read.warnings + _too_wide(narrow.left_out))


def _read_whole(document: bytes, max_entries: int) -> _Read:
    ends = [found.end() for found in _ENTRY_END.finditer(document)]
    if len(ends) > max_entries:  # feedparser takes milliseconds for each
        document = document[: ends[max_entries - 1]] + document[ends[-1] :]
    return _Read(feed=_parse(document), warnings=_too_many(len(ends), max_entries))


def _too_many(count: int, max_entries: int) -> tuple[str, ...]:
    if count <= max_entries:
        return ()
    all_of_them = f"{count}" if count <= spans.MAX_SPANS else f"more than {spans.MAX_SPANS}"
    return (f"only the first {max_entries} of its {all_of_them} entries are read",)


def _too_wide(count: int) -> tuple[str, ...]:
    return (f"{count} of its entries left out: they hold more than any reader takes",) if count else ()


def _parse(document: bytes) -> Any:
    return feedparser.parse(
        io.BytesIO(document),  # bytes or str would be tried as the name of a file first
        response_headers={"content-type": "application/xml; charset=utf-8"},
        sanitize_html=False,  # all markup becomes text in `values`
        resolve_relative_uris=False,  # those inside markup; links are made absolute in `values`
    )


def _closed(document: bytes) -> tuple[bytes, bool]:
    """The document, after its last whole entry closed by us where it ends before its end.

    Half an entry would be stored with half a title, and a body that was cut must not count as seen.
    """
    root = ROOT.search(document, 0, HEAD_BYTES)
    if root is None and not _ENTRY_END.search(document):
        raise ParseError(NO_FEED, reason=ParseReason.NOT_A_FEED)  # feedparser would take long to say so
    if root is None or b"</" + root[0][1:] in document[root.end() :]:
        return document, False
    name = root[0][1:]
    ends = [found.end() for found in _ENTRY_END.finditer(document)]
    if not ends:
        raise ParseError("it is cut off before its first entry ends", reason=ParseReason.TRUNCATED)
    channel = b"</channel>" if b"<channel" in document and b"</channel>" not in document else b""
    return document[: ends[-1]] + channel + b"</" + name + b">", True


def _raw(mapping: dict[str, Any], key: str) -> Any:
    """What is stored under `key`: feedparser's own look-up answers `updated` with `published`, and warns."""
    return dict.get(mapping, key)


def _entry(entry: Any, feed_language: str | None, *, url: str, now: datetime) -> FeedEntry:
    published = _instant(entry, "published_parsed", now) or _instant(entry, "created_parsed", now)
    updated = _instant(entry, "updated_parsed", now)
    return FeedEntry(
        title=values.line(_raw(entry, "title")),
        summary=_summary(entry),
        content=_content(entry),
        guid=values.guid(_raw(entry, "id")),
        url=_link(entry, url),
        author=values.line(_raw(entry, "author"), limit=values.MAX_NAME),
        categories=values.names(tag.get("label") or tag.get("term") for tag in _raw(entry, "tags") or ()),
        language=_language(entry) or feed_language,
        published_at=published or updated,
        updated_at=updated,
    )


def _link(entry: Any, base: str) -> str | None:
    href = _raw(entry, "link")
    if _raw(entry, "guidislink") and not str(href).startswith(("http://", "https://")):
        return None  # a guid that is a permalink only because the feed forgot to say that it is none
    return values.link(href, base=base)


def _summary(entry: Any) -> str:
    """Empty where feedparser copied the content into it: only what was read has a detail."""
    return values.text(_raw(entry, "summary")) if _raw(entry, "summary_detail") else ""


def _content(entry: Any) -> str:
    texts = (values.text(part.get("value")) for part in _raw(entry, "content") or ())
    return max(texts, key=len, default="")


def _language(entry: Any) -> str | None:
    declared = values.language(_raw(entry, "language"))
    if declared:
        return declared
    detail = _raw(entry, "title_detail") or {}
    return values.language(detail.get("language"))


def _instant(entry: Any, key: str, now: datetime) -> datetime | None:
    parsed = _raw(entry, key)
    try:
        return values.instant(calendar.timegm(parsed), now=now) if parsed else None
    except (ValueError, OverflowError):
        return None
