"""Whether what is new in a response is news, or old entries under new names: a feed that was restructured.

Identity knows most of a feed that moved. Where more changed than it can follow (guids, addresses and texts at
once, or a window that suddenly reaches back further) the dates tell: news is newer than all that was there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from monitor.core.stories.identity import Identity, Known, New, Repeated, title_key
from monitor.model import FeedEntry

MANY: Final = 20
"""New entries at once, up to which no feed is taken to be restructured (the specification's number)."""
DOUBTFUL: Final = 5
"""New entries at once, from which on a response that is mostly new is compared with the feed's newest entries."""
A_FIRST_GLIMPSE: Final = 1
"""Entries of a feed, up to which what it brought so far shows nothing of what else stands in it."""
PAUSE: Final = timedelta(hours=6)
"""Where nobody looked for so long, undated entries may well be new, however many there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How much of a response is new."""

    new: int
    entries: int
    """Different ones, new and known."""

    def __str__(self) -> str:
        return f"{self.new} of its {self.entries} entries"


def share_of_new(identities: Sequence[Identity], *, unchanged: int) -> Share:
    """`unchanged` further entries stood in the response as they had stood in the last one."""
    different = sum(not isinstance(one, Repeated) for one in identities)
    return Share(new=sum(isinstance(one, New) for one in identities), entries=different + unchanged)


def is_doubtful(share: Share) -> bool:
    """Whether so much of a response is new that it is worth comparing with all that the feed brought lately."""
    return share.new > DOUBTFUL and share.new * 2 > share.entries


def first_contents(
    entries: Sequence[FeedEntry], identities: Sequence[Identity], newest: Sequence[Known]
) -> frozenset[int]:
    """The indexes of the new entries that may have been there at a first poll that brought none of them, or one.

    Those without a date, where the response `is_doubtful` and the feed never had more: a server in trouble answers
    with an empty feed, then with the whole one. What is dated is older than the first poll, or is news.
    """
    if len(newest) > A_FIRST_GLIMPSE:
        return frozenset()
    return frozenset(
        index
        for index, (entry, identity) in enumerate(zip(entries, identities, strict=True))
        if isinstance(identity, New) and entry.published_at is None
    )


def old_ones(
    entries: Sequence[FeedEntry],
    identities: Sequence[Identity],
    newest: Sequence[Known],
    *,
    share: Share,
    looked_at: datetime,
    seen_at: datetime,
) -> frozenset[int]:
    """The indexes of the new entries that are no news, where the feed was restructured; else none.

    `newest` are the feed's newest stored entries, at least as many as the response has; `looked_at` is when it
    was polled last. A new entry is old where it is dated no later than those, has the text or title of one of
    them, or has no date. Restructured is a feed where they are most of what is new, and `MANY`.
    """
    if share.new <= MANY or share.new * 2 <= share.entries:
        return frozenset()
    past = [one.published_at for one in newest if one.published_at and one.published_at <= seen_at]
    until = max(past, default=looked_at)
    texts = {one.keys.fingerprint for one in newest} - {None}
    titles = {title_key(one.title) for one in newest} - {None}
    undated_is_old = seen_at - looked_at < PAUSE
    old = {
        index
        for index, (entry, identity) in enumerate(zip(entries, identities, strict=True))
        if isinstance(identity, New)
        and (
            identity.keys.fingerprint in texts
            or title_key(entry.title) in titles
            or _is_old(entry.published_at, until, or_undated=undated_is_old)
        )
    }
    return frozenset(old) if len(old) * 2 > share.new else frozenset()


def _is_old(published_at: datetime | None, until: datetime, *, or_undated: bool) -> bool:
    """Feeds that date by the day give today's entries all one time, at a full hour: those of it may be new."""
    if published_at is None:
        return or_undated
    by_the_day = until.minute == until.second == 0
    return published_at < until or (published_at == until and not by_the_day)
