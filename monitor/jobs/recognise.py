"""What the entries of a response are, against what is stored of their feed: gathered by keys, decided by the core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection

from monitor.core.stories import floods
from monitor.core.stories.identity import Identity, Known, identify, keys_of
from monitor.model import FeedState, ParsedFeed
from monitor.store import entries


@dataclass(frozen=True, slots=True, kw_only=True)
class Recognised:
    """The entries of one response."""

    identities: tuple[Identity, ...]
    """In the response's order."""
    known: Sequence[Known]
    was_there: Mapping[int, str] = field(default_factory=dict)
    """By index, why a new entry is no news."""
    restructured: str = ""
    """As in `Polled`."""


def recognise(connection: Connection, parsed: ParsedFeed, state: FeedState, *, now: datetime) -> Recognised:
    """What each entry is. Where most of them seem new they are compared with all that the feed brought lately."""
    known = entries.known(connection, state.feed_id, [keys_of(entry) for entry in parsed.entries])
    identities = identify(parsed.entries, known, seen_at=now)
    share = floods.share_of_new(identities, unchanged=parsed.unchanged)
    if state.baseline_at is None or not floods.is_doubtful(share):
        return Recognised(identities=identities, known=known)
    newest = entries.newest_known(connection, state.feed_id, limit=2 * share.entries)
    known = list({one.entry_id: one for one in (*known, *newest)}.values())
    identities = identify(parsed.entries, known, seen_at=now)
    share = floods.share_of_new(identities, unchanged=parsed.unchanged)
    old = floods.old_ones(
        parsed.entries,
        identities,
        newest,
        share=share,
        looked_at=state.last_success_at or state.baseline_at,
        seen_at=now,
    )
    if not old:
        return Recognised(identities=identities, known=known)
    what = f"{share} came as new ones at once, most of them old"
    return Recognised(
        identities=identities,
        known=known,
        was_there=dict.fromkeys(old, f"the feed was restructured: {what}"),
        restructured=what,
    )
