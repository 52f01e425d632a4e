"""Whose page is read next: no feed has more than its share of the places, and all have their turns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from monitor.model import Page

OF_ONE_FEED = 4
"""Pages of one feed under way at once, half of the places: what it leads to may take half a minute each."""


def next_pages(
    waiting: Iterable[Page], *, under_way: Iterable[Page], served: Mapping[str, int], room: int
) -> list[Page]:
    """Up to `room` pages, one of a site: of the feed that was `served` longest ago first, then the longest waiting.

    `served` counts upwards; a feed that is not in it never was.
    """
    sites, places = set[str](), Counter[str]()
    for page in under_way:
        sites.add(page.site)
        places[page.feed_id] += 1
    turns, left, chosen = dict(served), list(waiting), list[Page]()
    latest = max(turns.values(), default=0)
    while len(chosen) < room:
        left = [one for one in left if one.site not in sites and places[one.feed_id] < OF_ONE_FEED]
        if not left:
            break
        page = min(left, key=lambda one: (turns.get(one.feed_id, -1), one.next_at, one.entry_id))
        chosen.append(page)
        sites.add(page.site)
        places[page.feed_id] += 1
        turns[page.feed_id] = latest = latest + 1
    return chosen
