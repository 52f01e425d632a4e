"""Whether a feed's guids can be relied on: what each response says of them, and what is made of it over time.

Identity holds a single bad guid against the other keys anyway. A feed that gives bad ones again and again is
demoted: from then on its entries go by address and text alone. It is promoted again never: guids that were made
up once may be made up again, and a feed that was put right is still known by its other keys.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from monitor.core.stories.identity import Changed, Identity, Known, New, Repeated, Same
from monitor.model import FeedState, GuidTrust

STRIKES: Final = 3
"""Responses that show a flaw until the feed is demoted: a move of a whole feed changes every guid once."""
FORGOTTEN: Final = timedelta(days=30)
"""A flaw so long ago counts no more: no publisher moves thrice in a month."""


class Guids(StrEnum):
    """What a response says of its feed's guids; of the flaws the text is the reason that is shown."""

    SILENT = "nothing"
    KEPT = "entries that changed kept theirs"
    MISSING = "most of its entries have none"
    SHARED = "one names several entries"
    CHANGED = "entries come back with others"


_FLAWS: Final = frozenset({Guids.MISSING, Guids.SHARED, Guids.CHANGED})


def read(identities: Sequence[Identity], known: Sequence[Known]) -> Guids:
    """What most of the entries say that are new or not as they were; entries that came unchanged say nothing.

    `known` are the stored entries that they were compared with.
    """
    different = [one for one in identities if not isinstance(one, Repeated)]
    missing = sum(one.keys.guid is None for one in different)
    if missing * 2 > len(different):
        return Guids.MISSING
    stored = {one.entry_id: one.keys.guid for one in known}
    if sum(_is_shared(different, stored)) * 2 > len(different):
        return Guids.SHARED
    kept = [
        one.keys.guid == stored[one.entry_id]
        for one in different
        if isinstance(one, Same | Changed) and None not in {one.keys.guid, stored[one.entry_id]}
    ]
    if not kept:
        return Guids.SILENT
    return Guids.KEPT if sum(kept) * 2 >= len(kept) else Guids.CHANGED


def weigh(state: FeedState, seen: Guids, *, now: datetime) -> FeedState:
    """The feed's state after such a response: strikes count, and `GuidTrust.unreliable` once says why."""
    if state.guids.unreliable:
        return state
    if seen is Guids.KEPT:
        return replace(state, guids=replace(state.guids, strikes=max(state.guids.strikes - 1, 0)))
    if seen not in _FLAWS:
        return state
    is_fresh = state.guids.struck_at is not None and now - state.guids.struck_at <= FORGOTTEN
    strikes = state.guids.strikes + 1 if is_fresh else 1
    unreliable = str(seen) if strikes >= STRIKES else ""
    return replace(state, guids=GuidTrust(strikes=strikes, struck_at=now, unreliable=unreliable))


def _is_shared(different: Sequence[New | Changed | Same], stored: dict[int, int | None]) -> list[bool]:
    """Of each entry whether its guid names another one too, of the response or stored."""
    here = Counter(one.keys.guid for one in different)
    there = Counter(stored.values())
    return [
        one.keys.guid is not None
        and (here[one.keys.guid] > 1 or there[one.keys.guid] > (_own(one, stored) == one.keys.guid))
        for one in different
    ]


def _own(identity: New | Changed | Same, stored: dict[int, int | None]) -> int | None:
    return None if isinstance(identity, New) else stored[identity.entry_id]
