"""JSON Feed 1.0 and 1.1 (jsonfeed.org) → entries, as tolerant as feedparser is with XML."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import zip_longest
from typing import Any

from monitor.core.stories.identity import keys_of
from monitor.errors import ParseError, ParseReason
from monitor.feeds import hubs, values
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
    read = [item for item in items[:max_entries] if isinstance(item, dict)]
    hashes = _hashes(read, url=url)
    new = [item for item, one in zip_longest(read, hashes) if one not in seen]
    entries = tuple(_entry(item, language, url=url, now=now) for item in new)
    warnings = (
        [f"only the first {max_entries} of its {len(items)} entries are read"]
        if len(items) > max_entries
        else []
    )
    if skipped := len(items[:max_entries]) - len(read):
        warnings.append(f"{skipped} of its items are no objects")
    keys = tuple(map(keys_of, entries))
    return ParsedFeed(
        title=values.line(feed.get("title")),
        language=language,
        entries=entries,
        keys=keys,
        warnings=tuple(warnings),
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


def _entry(item: dict[str, Any], language: str | None, *, url: str, now: datetime) -> FeedEntry:
    summary, content = values.text(item.get("summary")), _content(item)
    published, updated = (
        values.iso_instant(item.get("date_published"), now=now),
        values.iso_instant(item.get("date_modified"), now=now),
    )
    return FeedEntry(
        title=values.line(item.get("title")),
        summary=summary,
        content=content,
        guid=values.guid(_id(item.get("id"))),
        url=values.link(item.get("url"), base=url) or values.link(item.get("external_url"), base=url),
        author=_author(item),
        categories=values.names(item["tags"]) if isinstance(item.get("tags"), list) else (),
        language=values.language(item.get("language")) or language,
        published_at=published or updated,
        updated_at=updated,
    )


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
