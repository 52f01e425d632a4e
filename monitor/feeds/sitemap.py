"""News sitemaps (Google's `sitemap-news` 0.9 in sitemaps.org's `urlset`) → entries, by lxml, one at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from io import BytesIO
from itertools import islice
from typing import Any, NamedTuple

from lxml import etree

from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds import dates, latest, values
from monitor.feeds.mend import texts_mended
from monitor.feeds.spans import entry_hash, hash_seed, packed, present, read_of
from monitor.model import FeedEntry, ParsedFeed

ROOT = re.compile(rb"<(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)(?=[\s>/])", re.IGNORECASE)
_END = re.compile(rb"</(?:[\w.-]{1,40}:)?(?:urlset|sitemapindex)\s*>", re.IGNORECASE)
_EMPTY = re.compile(rb"<[\w.:-]{6,60}(?:\s[^<>]*)?/>\s*", re.IGNORECASE)
_LOOKED_AT = 50_000
"""Pages of one sitemap, by sitemaps.org; those that are no news are passed over."""


class _Page(NamedTuple):
    """A `url` as it stands in the document."""

    address: str
    changed: str
    title: str
    published: str
    language: str
    keywords: str
    publication: str


def read_sitemap(
    document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
) -> ParsedFeed:
    """The pages in `document` (UTF-8) that are news, without those whose hash was `seen`. Raises `ParseError`."""
    document = _mended(document)
    cut_off = not (_END.search(document) or _EMPTY.fullmatch(document))
    listed = list(islice(_pages(document), _LOOKED_AT))
    pages = [page for page in listed if page.title]
    if cut_off:
        pages = pages[:-1]  # the last one may be half a page
    if not pages and (listed or cut_off or _is_index(document)):
        raise ParseError(_no_news(document, cut_off=cut_off), reason=ParseReason.NOT_A_FEED)
    seed = hash_seed(url, "sitemap")
    last = len(pages) > max_entries and latest.stand_last([page.published for page in pages], now=now)
    kept = pages[-max_entries:] if last else pages[:max_entries]
    hashes = [entry_hash(repr(page).encode("utf-8", "replace"), seed=seed) for page in kept]
    new = [page for page, one in zip(kept, hashes, strict=True) if one not in seen]
    reader = dates.Reader(year=now.year)
    entries = tuple(_entry(page, reader, url=url, now=now) for page in new)
    keys = tuple(map(keys_of, entries))
    return ParsedFeed(
        title=values.line(pages[0].publication) if pages else "",
        language=values.language(pages[0].language) if pages else None,
        entries=entries,
        keys=keys,
        warnings=_warnings(len(pages), max_entries, cut_off=cut_off, last=last),
        cut_off=cut_off,
        unchanged=len(kept) - len(new),
        present=present(hashes, seen),
        entry_hashes=packed(read_of(hashes, keys, seen=seen)),
    )


def _mended(document: bytes) -> bytes:
    """From its root on, without what lxml would drop a text for: bare ampersands, and HTML's entities."""
    root = ROOT.search(document)
    return texts_mended(document[root.start() if root else 0 :])


def _pages(document: bytes) -> Iterator[_Page]:
    """Each `url`, freed when the next one is asked for; entities stay unread, and nothing is fetched."""
    try:
        # lxml counts what is nested and what is long, and stops where it is too much.
        for _, element in etree.iterparse(
            BytesIO(document),
            tag="{*}url",
            recover=True,
            resolve_entities=False,
            no_network=True,
            encoding="utf-8",  # whatever the declaration says: it was recoded
        ):
            yield _page(element)
            element.clear()
            parent = element.getparent()
            while parent is not None and (before := element.getprevious()) is not None:
                parent.remove(before)
    except etree.XMLSyntaxError:
        return


def _page(element: Any) -> _Page:
    def text(path: str) -> str:
        return (element.findtext(path) or "").strip()

    return _Page(
        address=text("{*}loc"),
        changed=text("{*}lastmod"),
        title=text("{*}news/{*}title"),
        published=text("{*}news/{*}publication_date"),
        language=text("{*}news/{*}publication/{*}language"),
        keywords=text("{*}news/{*}keywords"),
        publication=text("{*}news/{*}publication/{*}name"),
    )


def _entry(page: _Page, reader: dates.Reader, *, url: str, now: datetime) -> FeedEntry:
    updated = values.plausible(reader.read(page.changed), now=now)
    return FeedEntry(
        title=values.line(page.title),
        url=values.link(page.address, base=url),
        categories=values.names(page.keywords.split(",", values.MAX_NAMES)),
        language=values.language(page.language),
        published_at=values.plausible(reader.read(page.published), now=now) or updated,
        updated_at=updated,
    )


def _is_index(document: bytes) -> bool:
    return b"sitemapindex" in document[:65_536]


def _no_news(document: bytes, *, cut_off: bool) -> str:
    if cut_off:
        return "a sitemap that is cut off before its first news"
    if _is_index(document):
        return "a list of sitemaps, not a news sitemap: take the address of the one for news out of it"
    return "a sitemap without news: only those with `news:news` tell what is new"


def _warnings(count: int, max_entries: int, *, cut_off: bool, last: bool) -> tuple[str, ...]:
    found = []
    if count > max_entries:
        found.append(latest.warning(count, max_entries, last=last))
    if cut_off:
        found.append("it is cut off: only its whole entries are read")
    return tuple(found)
