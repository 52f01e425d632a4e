"""Where a feed says that its older entries are: RFC 5005's archived and paged feeds, JSON Feed's `next_url`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from monitor.feeds import values

RELATIONS = ("prev-archive", "next")
"""RFC 5005 §4: "the immediately preceding archive document"; §3: "the next document in the series". The first is
the better: an archive does not shift while it is read."""


def older_page(links: Iterable[Mapping[str, Any]], *, url: str) -> str:
    """What the feed at `url` links to as its older entries; empty where to nothing, or to another host."""
    by_relation = {str(one.get("rel", "")).lower(): one.get("href") for one in reversed(list(links))}
    found = (own_page(by_relation.get(relation), url=url) for relation in RELATIONS)
    return next((one for one in found if one), "")


def own_page(address: object, *, url: str) -> str:
    """The address as far as it is another one of the host of `url`: no feed sends us to other people's pages."""
    page = values.link(address, base=url)
    if page is None or page == url or urlsplit(page).hostname != urlsplit(url).hostname:
        return ""
    return page
