"""JSON Feed 1.0 and 1.1 (jsonfeed.org) → entries, as tolerant as feedparser is with XML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds import dates, hubs, latest, values
from monitor.feeds.archive import own_page
from monitor.feeds.spans import entry_hash, hash_seed, packed, present, read_of
from monitor.model import FeedEntry, ParsedFeed


def read_json(
    document: bytes, *, url: str, now: datetime, max_entries: int, seen: Mapping[bytes, int]
) -> ParsedFeed:
    """The feed in `document` (UTF-8) without the entries whose hash was `seen`. Raises `ParseError`."""
    try:
        feed = json.loads(document)
    except RecursionError as error:
        raise ParseError("JSON nested too deeply to be a feed", reason=ParseReason.NOT_A_FEED) from error
    except ValueError as error:
        raise ParseError(f"JSON that is broken: {str(error)[:100]}", reason=_broken(document)) from error
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list) or "jsonfeed.org" not in str(feed.get("version", "")):
        raise ParseError(
            "JSON, but no JSON Feed (it needs `version` and `items`)", reason=ParseReason.NOT_A_FEED
        )
    language = values.language(feed.get("language"))
    items, warnings = _newest(items, max_entries=max_entries, now=now)
    read = [item for item in items if isinstance(item, dict)]
    hashes = _hashes(read, url=url)
    new = [item for item, one in zip_longest(read, hashes) if one not in seen]
    maker = _Maker(
        url=url, now=now, dates=dates.Reader(language=str(feed.get("language") or ""), year=now.year)
    )
    entries = tuple(maker.entry(item, language) for item in new)
    if skipped := len(items) - len(read):
        warnings.append(f"{skipped} of its items are no objects")
    keys = tuple(map(keys_of, entries))
    told, told_keys = values.told(entries, keys)
    return ParsedFeed(
        title=values.line(feed.get("title")),
        language=language,
        entries=told,
        keys=told_keys,
        warnings=(*warnings, *values.unread_dates(maker.unread)),
        unchanged=len(read) - len(new),
        present=present(hashes, seen),
        entry_hashes=packed(read_of(hashes, keys, seen=seen)),
        older_page=own_page(feed.get("next_url"), url=url),
        hubs=hubs.in_json(feed, url=url),
    )


def _hashes(items: list[dict[str, Any]], *, url: str) -> list[bytes]:
    """Of each item; none at all where one is nested too deeply to be written again."""
    seed = hash_seed(url, "json")
    try:
        return [entry_hash(json.dumps(item).encode(), seed=seed) for item in items]
    except RecursionError:
        return []


def _broken(document: bytes) -> ParseReason:
    return ParseReason.NOT_A_FEED if document.endswith(b"}") else ParseReason.TRUNCATED


def _newest(items: list[Any], *, max_entries: int, now: datetime) -> tuple[list[Any], list[str]]:
    """As many as are read, and what is said where those are not all."""
    if len(items) <= max_entries:
        return items, []
    written = [str(item.get("date_published") or "") if isinstance(item, dict) else "" for item in items]
    last = latest.stand_last(written, now=now)
    kept = items[-max_entries:] if last else items[:max_entries]
    return kept, [latest.warning(len(items), max_entries, last=last)]


class _Maker:
    """An item → an entry; remembers the dates that could not be read."""

    def __init__(self, *, url: str, now: datetime, dates: dates.Reader) -> None:
        self._url, self._now, self._dates = url, now, dates
        self.unread: list[str] = []

    def entry(self, item: dict[str, Any], language: str | None) -> FeedEntry:
        published, updated = (
            self._instant(item.get("date_published")),
            self._instant(item.get("date_modified")),
        )
        return FeedEntry(
            title=values.line(item.get("title")),
            summary=values.text(item.get("summary")),
            content=_content(item),
            guid=values.guid(_id(item.get("id"))),
            url=values.link(item.get("url"), base=self._url)
            or values.link(item.get("external_url"), base=self._url),
            author=_author(item),
            categories=values.names(item["tags"]) if isinstance(item.get("tags"), list) else (),
            language=values.language(item.get("language")) or language,
            published_at=published or updated,
            updated_at=updated,
        )

    def _instant(self, value: object) -> datetime | None:
        """The specification asks for RFC 3339; what is written instead is read like any feed's date."""
        text = str(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""
        read = self._dates.read(text)
        if read is None and text.strip():
            self.unread.append(text.strip())
        return values.plausible(read, now=self._now)


def _content(item: dict[str, Any]) -> str:
    """The longer of the two: some feeds put a teaser into one of them."""
    plain = item.get("content_text")
    texts = [values.text(item.get("content_html")), values.text(plain)]
    return max(texts, key=len)


def _id(value: object) -> object:
    """JSON Feed 1.1: "If an id is presented as a number, a JSON Feed reader should coerce it to a string"."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _author(item: dict[str, Any]) -> str:
    """The names, from `authors` (1.1) or `author` (1.0)."""
    authors = item.get("authors")
    people: Iterable[Any] = authors if isinstance(authors, list) else [item.get("author")]
    names = [person.get("name") for person in people if isinstance(person, dict)]
    return ", ".join(values.names(names))
