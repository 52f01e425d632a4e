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

    missed: tuple[int, ...]
    """The indexes of the entries that were missed."""
    ends: bool
    """It reaches what is known, or what is older than the last look: nothing was missed behind it."""


def older_page(
    entries: Sequence[FeedEntry], identities: Sequence[Identity], *, looked_at: datetime
) -> OlderPage:
    """The entries down to the first that is known. Of these the undated are left out: archives go back for years."""
    unknown = list(takewhile(lambda identity: not isinstance(identity, Same | Changed), identities))
    new = [index for index, identity in enumerate(unknown) if isinstance(identity, New)]
    dates = {index: entries[index].published_at for index in new}
    missed = [index for index, at in dates.items() if at is not None and at > looked_at - LATE]
    ends = len(unknown) < len(identities) or len(missed) < len(new) or not new
    return OlderPage(tuple(missed), ends=ends)
