"""Where a site's feed is that its page does not name: by what publishing software does, and what is known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urljoin, urlsplit

USUAL = ("feed", "rss.xml", "index.xml", "atom.xml", "feed.xml", "rss", "feed.json")
"""What publishing software calls its feed where nobody changed it, the most common first."""
GUESSES = 10
"""Usual addresses that are tried at one site."""

_IN_THE_PAGE = ("feed", "rss.xml", "atom.xml")
"""Beside the page itself, before the site's own."""


def usual_addresses(url: str) -> Iterator[str]:
    """Where the feed of the page at `url` would be, if nobody changed what its software does."""
    path = urlsplit(url).path
    if path.rpartition("/")[2].startswith("@"):
        yield urljoin(url, path.rstrip("/") + ".rss")
    folder = (
        path
        if path.endswith("/")
        else f"{path}/"
        if "." not in path.rpartition("/")[2]
        else path.rpartition("/")[0] + "/"
    )
    if folder != "/":
        yield from (urljoin(url, folder + name) for name in _IN_THE_PAGE)
    yield from (urljoin(url, f"/{name}") for name in USUAL)


_KNOWN = (
    (
        r"(?:www\.|m\.)?youtube\.com",
        r"/channel/([\w-]+)",
        "https://www.youtube.com/feeds/videos.xml?channel_id={}",
    ),
    (r"(?:www\.|m\.)?youtube\.com", r"/user/([\w.-]+)", "https://www.youtube.com/feeds/videos.xml?user={}"),
    (r"(?:www\.|old\.|np\.)?reddit\.com", r"/((?:r|user)/[\w-]+)", "https://www.reddit.com/{}/.rss"),
    (r"github\.com", r"/([\w.-]+/[\w.-]+/(?:releases|tags))", "https://github.com/{}.atom"),
    (r"github\.com", r"/([\w.-]+/[\w.-]+/commits/[\w./-]+)", "https://github.com/{}.atom"),
    (r"(?:www\.)?medium\.com", r"/(@?[\w.-]+)", "https://medium.com/feed/{}"),
    (r"(?:www\.)?vimeo\.com", r"/([\w-]+)", "https://vimeo.com/{}/videos/rss"),
    (r"bsky\.app", r"/profile/([\w.:-]+)", "https://bsky.app/profile/{}/rss"),
)
"""Of sites whose pages name no feed, or say so only to browsers: host, path, and where the feed is."""


def known_feed(url: str) -> str:
    """The feed of a page of a site that is known; empty where none is known."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    host, path = (parts.hostname or "").lower(), parts.path.rstrip("/")
    if re.fullmatch(r"(?:www\.|m\.)?youtube\.com", host) and path == "/playlist":
        listed = parse_qs(parts.query).get("list", [""])[0]
        return f"https://www.youtube.com/feeds/videos.xml?playlist_id={listed}" if listed else ""
    for where, what, feed in _KNOWN:
        if re.fullmatch(where, host) and (found := re.fullmatch(what, path)):
            return feed.format(found[1])
    return ""
