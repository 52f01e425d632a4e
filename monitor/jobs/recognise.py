"""What the entries of a response are, against what is stored of their feed: gathered by keys, decided by the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from sqlalchemy import Connection

from monitor.core.examine import ReadFeed
from monitor.core.stories import floods, guids
from monitor.core.stories.guids import Guids
from monitor.core.stories.identity import Changed, Identity, Known, New, Same, identify
from monitor.core.stories.resemblance import By
from monitor.model import FeedState, ParsedFeed
from monitor.store import entries, tombstones

FIRST: Final = "it has no date, and came with the first answer of its feed that held more than one entry"
NO_GUIDS: Final = frozenset({By.GUID})


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The entries of one response."""

    identities: tuple[Identity, ...]
    """In the response's order."""
    known: Sequence[Known]
    was_there: Mapping[int, str] = field(default_factory=dict)
    """By index, why a new entry is no news."""
    guids: Guids
    restructured: str = ""
    """Both as in `Polled`."""


def nothing_known(found: Recognised, parsed: ParsedFeed) -> bool:
    """The response brought entries, none of which was ever seen: others may have scrolled past."""
    new = any(isinstance(one, New) for one in found.identities)
    seen = parsed.unchanged > 0 or any(isinstance(one, Same | Changed) for one in found.identities)
    return new and not seen and not found.restructured


def recognise(connection: Connection, read: ReadFeed, state: FeedState, *, now: datetime) -> Recognised:
    """What each entry is. Where most of them seem new they are compared with all that the feed brought lately."""
    parsed, keys = read.feed, [one.keys for one in read.entries]
    without = NO_GUIDS if state.guids.unreliable else frozenset()
    identified = partial(
        identify, parsed.entries, seen_at=now, without=without, keys=keys, present=parsed.present
    )
    known = entries.known(connection, state.feed_id, keys) + tombstones.known(connection, state.feed_id, keys)
    identities = identified(known)
    share = floods.share_of_new(identities, unchanged=parsed.unchanged)
    if state.baseline_at is None or not floods.is_doubtful(share):
        return Recognised(identities=identities, known=known, guids=guids.read(identities, known))
    newest = _newest(connection, state.feed_id, 2 * share.entries)
    known = list({one.entry_id: one for one in (*known, *newest)}.values())
    identities = identified(known)
    share = floods.share_of_new(identities, unchanged=parsed.unchanged)
    found = Recognised(identities=identities, known=known, guids=guids.read(identities, known))
    if first := floods.first_contents(parsed.entries, identities, newest):
        return replace(found, was_there=dict.fromkeys(first, FIRST))
    old = floods.old_ones(
        parsed.entries,
        identities,
        newest,
        share=share,
        looked_at=state.last_success_at or state.baseline_at,
        seen_at=now,
    )
    if not old:
        return found
    what = f"{share} came as new ones at once, most of them old"
    return replace(
        found, was_there=dict.fromkeys(old, f"the feed was restructured: {what}"), restructured=what
    )


def _newest(connection: Connection, feed_id: str, limit: int) -> list[Known]:
    return entries.newest_known(connection, feed_id, limit) + tombstones.newest_known(
        connection, feed_id, limit
    )
