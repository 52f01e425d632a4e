"""RSS, RDF and Atom of every age → entries, by feedparser, which is given nothing that could make it misbehave."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds import dates, elements, hubs, latest, mend, spans, values
from monitor.feeds.archive import older_page
from monitor.feeds.oversized_entries import ILL_FORMED_TAGS, narrowed
from monitor.feeds.publishing_hints import publishing_hints
from monitor.model import FeedEntry, ParsedFeed

ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:rss|feed|RDF)(?=[\s>/])", re.IGNORECASE)
_ENTRY_END = re.compile(
    rb"</(?:[\w.-]{1,40}:)?(?:item|entry)\s*>|<(?:[\w.-]{1,40}:)?(?:item|entry)(?:\s[^<>]*)?/>", re.IGNORECASE
)
NO_FEED = "no RSS, Atom or JSON Feed"
_NOTHING_NEW = elements.Elements({}, [], "seen before", "")
MAX_ILL_FORMED_BYTES = 8 * 2**20
"""feedparser's tolerant reader takes seconds for a MiB: of a larger document it would not see the end in time."""
HEAD_BYTES = 65_536
"""The root element stands within: before it come comments and a DOCTYPE at most."""


def read_xml(
    document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
) -> ParsedFeed:
    """The feed in `document` (UTF-8) without the entries whose hash was `seen`. Raises `ParseError`."""
    document, cut_off = _closed(document)
    document, warnings = latest.in_xml(document, max_entries=max_entries, now=now)
    narrow = narrowed(document, max_entries=max_entries)
    read = _read(narrow.document, url=url, max_entries=narrow.max_entries, seen=seen)
    feed, warnings = read.found.feed, warnings + read.warnings + _too_wide(narrow.left_out)
    if cut_off:
        warnings += ("it is cut off: only its whole entries are read",)
    if not read.found.version and not read.found.entries:
        raise ParseError(NO_FEED, reason=ParseReason.NOT_A_FEED)
    made = read.found.entries[: narrow.max_entries]
    reader = _date_reader(document, made, tag=str(_raw(feed, "language") or ""), now=now)
    maker = _Maker(url=url, site=str(_raw(feed, "link") or ""), now=now, dates=reader)
    language = values.language(_raw(feed, "language"))
    entries = tuple(maker.entry(one, language) for one in made)
    keys = tuple(map(keys_of, entries))
    told, told_keys = values.told(entries, keys)
    return ParsedFeed(
        title=values.line(_raw(feed, "title")),
        language=language,
        entries=told,
        keys=told_keys,
        warnings=warnings + maker.warnings(),
        cut_off=cut_off,
        hints=publishing_hints(document),
        hubs=hubs.in_xml(document, url=url),
        older_page=older_page(_raw(feed, "links") or (), url=url),
        unchanged=sum(one in seen for one in read.hashes),
        present=spans.present(read.hashes, seen),
        entry_hashes=spans.packed(spans.read_of(read.hashes, keys, seen=seen)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    found: elements.Elements
    """What feedparser made of all that is new."""
    warnings: tuple[str, ...] = ()
    hashes: Sequence[bytes] = ()
    """Of all entries; none where nothing could be left out."""


def _read(document: bytes, *, url: str, max_entries: int, seen: Mapping[bytes, int]) -> _Read:
    """The document without the entries that were `seen`; whole where that might change another entry.

    Where all were seen feedparser is not asked: it takes a millisecond for an entry.
    """
    warnings: tuple[str, ...] = ()
    found = spans.find_spans(document)
    if found in {spans.Doubt.ILL_FORMED, spans.Doubt.ENTITIES}:
        warnings = (_flaw(document, found),)
        document = mend.mended(document, ROOT.search(document, 0, HEAD_BYTES))
        found = spans.find_spans(document)
    if isinstance(found, spans.Doubt):
        if found is spans.Doubt.ILL_FORMED and len(document) > MAX_ILL_FORMED_BYTES:
            raise ParseError("too large for a feed that is not well-formed", reason=ParseReason.NOT_A_FEED)
        if found is spans.Doubt.ILL_FORMED:
            return _warned(_read_ill_formed(document, max_entries), warnings)
        return _warned(_read_whole(document, max_entries), warnings)
    hashes = spans.entry_hashes(document, found, url=url)[:max_entries]
    left_out = [bounds for bounds, one in zip(found.bounds, hashes, strict=False) if one in seen]
    new = len(hashes) - len(left_out)
    if left_out and not new:
        return _Read(found=_NOTHING_NEW, warnings=warnings, hashes=hashes)
    made = elements.read(spans.without(document, [*left_out, *found.bounds[max_entries:]]))
    if made.flaw or len(made.entries) != new:
        return _warned(_read_whole(document, max_entries), warnings)  # to feedparser they are other entries
    return _Read(found=made, warnings=warnings, hashes=hashes)


def _warned(read: _Read, warnings: tuple[str, ...]) -> _Read:
    return replace(read, warnings=warnings + read.warnings)


def _flaw(document: bytes, doubt: spans.Doubt) -> str:
    if doubt is spans.Doubt.ENTITIES:
        return "not well-formed: it names entities that it does not declare; HTML's are read as such"
    return f"not well-formed: {spans.flaw(document)}"[:300]


def _read_ill_formed(document: bytes, max_entries: int) -> _Read:
    narrow = narrowed(document, max_entries=max_entries, max_tags=ILL_FORMED_TAGS)
    read = _read_whole(narrow.document, narrow.max_entries)
    return replace(read, warnings=read.warnings + _too_wide(narrow.left_out))


def _read_whole(document: bytes, max_entries: int) -> _Read:
    ends = [found.end() for found in _ENTRY_END.finditer(document)]
    if len(ends) > max_entries:  # feedparser takes milliseconds for each
        document = document[: ends[max_entries - 1]] + document[ends[-1] :]
    return _Read(found=elements.read(document))


def _too_wide(count: int) -> tuple[str, ...]:
    return (f"{count} of its entries left out: they hold more than any reader takes",) if count else ()


def _closed(document: bytes) -> tuple[bytes, bool]:
    """The document from its root on, after its last whole entry closed by us where it ends before its end.

    Half an entry would be stored with half a title, and a body that was cut must not count as seen.
    """
    root = ROOT.search(document, 0, HEAD_BYTES)
    if root is None:
        if not _ENTRY_END.search(document):
            raise ParseError(NO_FEED, reason=ParseReason.NOT_A_FEED)  # feedparser would take long to say so
        return document, False
    document = mend.from_root(document, root)
    name = root[0][1:]
    end = rb"</" + re.escape(name) + rb"\s*"
    if re.search(end + b">", document, re.IGNORECASE) or _is_empty(document, root):
        return document, False
    if re.search(end + rb"\Z", document, re.IGNORECASE):
        return document + b">", True
    ends = [found.end() for found in _ENTRY_END.finditer(document)]
    if not ends:
        raise ParseError("it is cut off before its first entry ends", reason=ParseReason.TRUNCATED)
    document = document[: ends[-1]]
    channel = b"</channel>" if b"<channel" in document and b"</channel>" not in document else b""
    return document + channel + b"</" + name + b">", True


def _is_empty(document: bytes, root: re.Match[bytes]) -> bool:
    """Whether the root is a tag that ends itself, and with it the document."""
    tag = re.compile(re.escape(root[0]) + rb"[^<>]*/>\s*\Z")
    return tag.search(document) is not None


def _raw(mapping: dict[str, Any], key: str) -> Any:
    """What is stored under `key`: feedparser's own look-up answers `updated` with `published`, and warns."""
    return dict.get(mapping, key)


def _date_reader(document: bytes, entries: Sequence[Any], *, tag: str, now: datetime) -> dates.Reader:
    """For the feed's dates. Where one could be two days, all that stand in the document are asked for their order."""
    reader = dates.Reader(language=tag, year=now.year)
    written = (_raw(entry, key) for entry in entries for key in _DATES)
    if any(isinstance(text, str) and dates.is_ambiguous(text) for text in written):
        order = dates.day_first(text.decode("utf-8", "replace") for text in latest.DATE.findall(document))
        reader = replace(reader, day_first=order)
    return reader


_DATES = ("published", "created", "updated")


class _Maker:
    """What feedparser made of an entry → an entry, and what was wrong with some of them."""

    def __init__(self, *, url: str, site: str, now: datetime, dates: dates.Reader) -> None:
        self._url, self._now, self._dates = url, now, dates
        self._site = site if values.is_elsewhere(site, url) else url
        """By what relative links of RSS go: a service that serves other people's feeds has none of their pages."""
        self._unread: list[str] = []
        self._long = 0

    def warnings(self) -> tuple[str, ...]:
        found = values.unread_dates(self._unread)
        if self._long:
            found += (f"{self._long} of its links left out: longer than {values.MAX_ADDRESS} characters",)
        return found

    def entry(self, entry: Any, feed_language: str | None) -> FeedEntry:
        published, created, updated = (self._instant(entry, key) for key in _DATES)
        summary = _summary(entry)
        return FeedEntry(
            title=values.line(_raw(entry, "title")),
            summary=summary,
            content=_content(entry, summary),
            guid=values.guid(_raw(entry, "id")),
            url=self._link(entry),
            author=_author(entry),
            categories=values.names(tag.get("label") or tag.get("term") for tag in _listed(entry, "tags")),
            language=_language(entry) or feed_language,
            published_at=published or created or updated,
            updated_at=updated,
        )

    def _instant(self, entry: Any, key: str) -> datetime | None:
        text = _raw(entry, key)
        if not isinstance(text, str) or not text.strip():
            return None
        read = self._dates.read(text)
        if read is None:
            self._unread.append(text.strip())
        return values.plausible(read, now=self._now)

    def _link(self, entry: Any) -> str | None:
        """The address of the page: the last that is one, as feedparser takes it; else a guid that is one."""
        given = [_raw(entry, "link")]
        links = (link for link in reversed(_listed(entry, "links")) if link.get("rel") == "alternate")
        given += [link.get("href") for link in links]
        self._long += any(isinstance(href, str) and len(href) > values.MAX_ADDRESS for href in given)
        found = (values.link(href, base=self._site) for href in given)
        return next(filter(None, found), None) or self._permalink(entry)

    def _permalink(self, entry: Any) -> str | None:
        """A guid is a permalink only where it is an address: many feeds forget to say that it is none."""
        guid = _raw(entry, "id")
        if not _raw(entry, elements.PERMALINK) or not str(guid).startswith(("http://", "https://")):
            return None
        return values.link(guid, base=self._url)


def _listed(entry: Any, key: str) -> list[Any]:
    found = _raw(entry, key)
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


_MAILBOX = re.compile(r"\A\s*[^\s()]+@[^\s()]+\s*\(([^()]+)\)\s*\Z")
"""RSS 2.0: `lawyer@boyer.net (Lawyer Boyer)`."""


def _author(entry: Any) -> str:
    """All of them: feedparser's own is the last."""
    authors = [one.get("name") or one.get("email") for one in _listed(entry, "authors")]
    if len([name for name in authors if name]) < 2:
        return values.line(_raw(entry, "author"), limit=values.MAX_NAME)
    return ", ".join(values.names(_MAILBOX.sub(r"\1", name) for name in authors if isinstance(name, str)))


def _summary(entry: Any) -> str:
    """Empty where feedparser copied the content into it: only what was read has a detail."""
    return values.text(_raw(entry, "summary")) if _raw(entry, "summary_detail") else ""


def _content(entry: Any, summary: str) -> str:
    """The longest of the contents, and behind it what no other text of the entry says."""
    written = [part.get("value") or "" for part in _listed(entry, "content")]
    texts = [values.text(one) for one in written]
    content = max(texts, key=len, default="")
    known = {*written, _raw(entry, "summary")}
    others = [text for text in _raw(entry, elements.TEXTS_OF) or () if text not in known]
    if not others and len(set(texts)) < 2:
        return content
    return values.with_others(content, summary, [*texts, *map(values.text, others)])


def _language(entry: Any) -> str | None:
    declared = values.language(_raw(entry, "language"))
    if declared:
        return declared
    detail = _raw(entry, "title_detail") or {}
    return values.language(detail.get("language"))
