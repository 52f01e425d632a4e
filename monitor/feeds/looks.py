"""What looks like a feed before anybody asked for it: types, addresses, words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

LABEL_WORDS: Final = 4
_TYPE = re.compile(
    r"(?:application|text)/(?:x[.-])?(?:rss|atom|rdf|feed)(?:[ +_-]?(?:xml|json))?|application/xml\+(?:rss|atom)"
)
"""With the mistakes that are made in writing them; "+" becomes a blank where somebody decodes it."""
XML_OR_JSON: Final = frozenset({"application/xml", "text/xml", "application/json"})
"""Types of feeds and of much else: the address decides."""
_NO_FEED = re.compile(
    r"wp-json|oembed|opensearch|sitemap|manifest|\.(?:css|js|png|jpe?g|gif|svg|ico)$", re.IGNORECASE
)
_SEGMENT = re.compile(
    r"(?:[\w.]+[._-])?(?:rss|atom|rdf|feeds?)(?:\d[\d.]*)?(?:[._-][\w.-]*)?|index\.(?:xml|rdf|rss)|backend\.php",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"(?:rss|atom|feeds?)", re.IGNORECASE)
_QUERY = re.compile(
    r"(?:^|&)(?:feed|rss|format|type|output|mode|alt|fmt|view)=(?:rss\d?|atom\d?|rdf|feed|json-?feed|xml)(?:&|$)",
    re.IGNORECASE,
)
_INSIDE = re.compile(r"[=/](https?(?:://|%3A%2F%2F)[^\s]{4,2000})", re.IGNORECASE)
_WORD = re.compile(
    r"(?<![^\W_])(?:rss(?:[ -]?\d[.\d]*)?|atom|xml[ -]?feed|news[ -]?feeds?|feeds?)(?![^\W_])", re.IGNORECASE
)
_COMMENTS = re.compile(
    r"com?ment|comentari|kommenta|replies|respuestas|комментари|коментар|コメント|评论|評論|댓글",
    re.IGNORECASE,
)
_SCHEME = re.compile(r"feed:(?://)?", re.IGNORECASE)


def is_feed_type(kind: str | None) -> bool:
    """Whether a media type is one of feeds alone."""
    return _TYPE.fullmatch((kind or "").partition(";")[0].strip().lower()) is not None


def bare_type(kind: str | None) -> str:
    """A content type without its parameters."""
    return (kind or "").partition(";")[0].strip().lower()


def plain(href: str, *, base: str) -> str:
    """The address without the scheme `feed:` that some put before it; as it is where there is none."""
    found = _SCHEME.match(href.strip())
    if found is None:
        return href
    rest = href.strip()[found.end() :]
    scheme = urlsplit(base).scheme or "https"
    return rest if rest.lower().startswith(("http://", "https://")) else f"{scheme}://{rest.lstrip('/')}"


def is_feed_scheme(href: str) -> bool:
    """Whether the address begins with `feed:` or the like."""
    return _SCHEME.match(href.strip()) is not None


def is_feed_address(url: str) -> bool:
    """Whether the address says that a feed is there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if _NO_FEED.search(f"{parts.path}?{parts.query}"):
        return False
    *folders, last = [one for one in parts.path.split("/") if one] or [""]
    if _SEGMENT.fullmatch(last) or _QUERY.search(parts.query):
        return True
    if (parts.hostname or "").startswith(("feeds.", "rss.", "feed.")) and last:
        return True
    return bool(folders and _FOLDER.fullmatch(folders[-1]) and "." not in last.removesuffix(".xml"))


def feed_inside(href: str, *, base: str) -> str:
    """The feed's address inside one that offers to subscribe to it at some reader; empty where there is none."""
    found = _INSIDE.search(urljoin(base, href), len("https://"))
    inside = unquote(found[1]) if found else ""
    return inside if inside and is_feed_address(inside) else ""


def speaks_of_feeds(labels: Iterable[str]) -> bool:
    """Whether a label is about feeds: a sentence in which the word stands is about something else."""
    return any(_WORD.search(one) for one in labels if len(one.split()) <= LABEL_WORDS)


def is_of_comments(words: str) -> bool:
    """Nobody means that feed."""
    return _COMMENTS.search(words) is not None
