"""What a rule is tried on: files, folders, feeds, web addresses and typed text, as entries that rules read."""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from html import escape
from pathlib import Path

from monitor import __version__
from monitor.cli.context import NotFound, now, warn
from monitor.config import Loaded
from monitor.core.examine import document_of, language_of
from monitor.core.text.document import Document
from monitor.core.text.html import to_text
from monitor.errors import ParseError
from monitor.feeds.article import text_of
from monitor.feeds.fetch import Fetcher, user_agent
from monitor.feeds.parse import parse
from monitor.model import Feed, FeedEntry, FetchRequest, ParsedFeed, Response, Rule

WEB = ("http://", "https://")
_MARKUP = re.compile(r"</?(?:html|head|body|p|div|br|h[1-6]|article|table|ul|li)[\s/>]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """One text to try a rule on."""

    source: str
    entry: FeedEntry
    document: Document


def given(loaded: Loaded, rule: Rule, source: str) -> Iterator[Given]:
    """What the source holds: a file's or an address's text or feed, all of a folder's, a listed feed's entries.

    Raises NotFound where it cannot be read, FetchError where it cannot be had.
    """
    for name, parsed in _parsed(loaded, source):
        for entry in parsed.entries:
            yield read(name, entry, parsed.language, rule)


def typed(rule: Rule, text: str) -> Given:
    """What was typed, as a headline, or as a headline and a text below it."""
    return read("the text", _plain(text), None, rule)


def is_named(loaded: Loaded, source: str) -> bool:
    """Whether it names something to be read; else it is a text itself."""
    if source == "-" or source.startswith(WEB) or source in loaded.config.feeds:
        return True
    with suppress(OSError, ValueError):
        if Path(source).exists():
            return True
    return "/" in source and not re.search(r"\s", source)


def read(source: str, entry: FeedEntry, language: str | None, rule: Rule) -> Given:
    """A rule that asks for certain feeds reads it as if it came from one of them."""
    ids = [one for one in rule.feeds if not one.startswith("tag:")]
    tags = frozenset(one.removeprefix("tag:") for one in rule.feeds if one.startswith("tag:"))
    feed = Feed(id=ids[0] if ids else "", url="", tags=tags)
    return Given(source, entry, document_of(entry, language_of(entry, language), feed))


def _parsed(loaded: Loaded, source: str) -> Iterator[tuple[str, ParsedFeed]]:
    if source.startswith(WEB):
        yield source, _as_feed(source, _of_web(loaded, source))
    elif source != "-" and Path(source).is_dir():
        files = [path for path in sorted(Path(source).rglob("*")) if path.is_file() and not _is_hidden(path)]
        if not files:
            raise NotFound(f"there is no file in {source}")
        for path in files:
            yield str(path), _as_feed(str(path), _of_file(str(path)))
    elif source in loaded.config.feeds and not Path(source).exists():
        yield source, _as_feed(source, _of_feed(loaded, loaded.config.feeds[source]))
    else:
        yield source, _as_feed(source, _of_file(source))


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _as_feed(source: str, response: Response) -> ParsedFeed:
    """A feed's entries, else the whole text as one."""
    try:
        return parse(response.body, content_type=response.content_type, url=response.url, now=now())
    except ParseError:
        return ParsedFeed(entries=(_single(source, response),))


def _single(source: str, response: Response) -> FeedEntry:
    """What is no feed, as one entry; says how it was read."""
    if response.url.startswith("http"):
        with suppress(ParseError):
            article = text_of(response.body, content_type=response.content_type)
            warn(f"{source}: read as a web page; its article is the content, and there is no title")
            return FeedEntry(title="", content=article)
    raw = response.body.decode("utf-8-sig", "replace")
    if _MARKUP.search(raw):
        warn(f"{source}: read as HTML; all of its text is the content, and there is no title")
        return FeedEntry(title="", content=to_text(raw))
    entry = _plain(raw)
    told = (
        "its first line is the title, the rest the content" if entry.content else "its only line is the title"
    )
    warn(f"{source}: read as plain text; {told}")
    return entry


def _plain(raw: str) -> FeedEntry:
    title, _, content = to_text("<br>".join(map(escape, raw.splitlines()))).partition("\n")
    return FeedEntry(title=title, content=content)


def _of_file(path: str) -> Response:
    try:
        body = sys.stdin.buffer.read() if path == "-" else Path(path).read_bytes()
    except (OSError, ValueError) as error:
        raise NotFound(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
    return Response(url=Path(path).absolute().as_uri(), body=body)


def _of_feed(loaded: Loaded, feed: Feed) -> Response:
    """What the feed has now. Its login, headers and proxy go with the request, as with a poll."""
    request = FetchRequest(
        url=feed.url,
        headers=feed.headers,
        user=feed.user,
        password=feed.password,
        proxy=feed.proxy,
        allow_private=feed.allow_private or loaded.config.polling.allow_private,
    )
    return asyncio.run(_fetched(loaded, request))


def _of_web(loaded: Loaded, url: str) -> Response:
    request = FetchRequest(url=url, allow_private=loaded.config.polling.allow_private)
    return asyncio.run(_fetched(loaded, request))


async def _fetched(loaded: Loaded, request: FetchRequest) -> Response:
    """Raises FetchError."""
    agent = user_agent(__version__, loaded.config.polling.contact)
    async with Fetcher(user_agent=agent, now=now) as fetcher:
        found = await fetcher.fetch(request)
    if not isinstance(found, Response):
        raise NotFound(f"{request.url}: nothing was sent")
    return found
