"""How a page is asked for on behalf of a feed."""

from __future__ import annotations

from monitor.core.pages.wish import site_of
from monitor.model import Feed, FetchRequest, Polling


def request(url: str, *, feed: Feed, settings: Polling) -> FetchRequest:
    """The request for a page, or a robots.txt, that `feed` led to.

    It goes where the feed's own requests go out, and says nothing of whom the feed knows us as: headers and
    passwords are between us and the feed. A feed that may be on a private address opens its own scheme, host and
    port, nothing else: what its entries link to is a stranger's word (`politeness.md` 15).
    """
    private, own = feed.allow_private or settings.allow_private, is_of_its_own_site(url, feed)
    return FetchRequest(url=url, proxy=feed.proxy, allow_private=private and own, own_host=own)


def is_of_its_own_site(url: str, feed: Feed) -> bool:
    """Whether the page lies where the feed itself does. Of any other site the feed's entries cannot speak."""
    return site_of(url) is not None and site_of(url) == site_of(feed.url)


def robots_txt(site: str) -> str:
    """Where a site says what it wishes of robots (RFC 9309 §2.3)."""
    return f"{site}/robots.txt"
