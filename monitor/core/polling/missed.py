"""What of a feed's older pages was missed: published since the last look, and scrolled out before the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile

from monitor.core.stories.identity import Changed, Identity, New, Same
from monitor.model import FeedEntry

PAGES = 3
"""Of older entries as many are asked for: whoever publishes more between two polls is polled sooner from now on."""
LATE = timedelta(hours=1)
"""Entries appear so long after the instant that they carry: an editor's hour."""


@dataclass(frozen=True, slots=True)
class OlderPage:
    """What one page of older entries brought."""

    missed: tuple[FeedEntry, ...]
    ends: bool
    """It reaches what is known, or what is older than the last look: nothing was missed behind it."""


def older_page(
    entries: Sequence[FeedEntry], identities: Sequence[Identity], *, looked_at: datetime
) -> OlderPage:
    """The entries down to the first that is known. Of these the undated are left out: archives go back for years."""
    pairs = list(zip(entries, identities, strict=True))
    unknown = list(takewhile(lambda pair: not isinstance(pair[1], Same | Changed), pairs))
    new = [entry for entry, identity in unknown if isinstance(identity, New)]
    missed = [one for one in new if one.published_at is not None and one.published_at > looked_at - LATE]
    return OlderPage(tuple(missed), ends=len(unknown) < len(pairs) or len(missed) < len(new) or not new)
