"""What was broken in a feed and read all the same: what is kept of it, and what the operator hears of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from monitor.model import ParsedFeed

MOST: Final = 10
"""Warnings of one document that are kept: a feed that is so broken has more of the same."""
LONGEST: Final = 300
MOST_FEEDS: Final = 20
"""That one note names."""

_VARIABLE = re.compile(r"\(.*|:.*|[“\"'].*|\d+", re.DOTALL)


def of(feed: ParsedFeed) -> tuple[str, ...]:
    """Those that are kept."""
    return tuple(dict.fromkeys(one[:LONGEST] for one in feed.warnings))[:MOST]


def kinds(warnings: Iterable[str]) -> tuple[str, ...]:
    """What they say without places, numbers and quotations: the same flaw in every document says the same."""
    return tuple(dict.fromkeys(" ".join(_VARIABLE.sub("", one).split()) for one in warnings))


def untold(warnings: Iterable[str], told: Iterable[str]) -> tuple[str, ...]:
    """Those of a kind that the operator was not told of this feed."""
    known = set(told)
    return tuple(one for one in warnings if not known.issuperset(kinds([one])))


def note(found: Mapping[str, Sequence[str]]) -> str:
    """One note for all feeds whose warnings are new, by feed id."""
    lines = [f"{feed_id}: {'; '.join(said)}" for feed_id, said in sorted(found.items())]
    if len(lines) == 1:
        return f"Feed {lines[0]}. It was read all the same; `monitor feeds show` says more."
    more = [f"… and {len(lines) - MOST_FEEDS} more: `monitor feeds list`"] if len(lines) > MOST_FEEDS else []
    return "\n".join(
        [f"{len(lines)} feeds are broken and were read all the same.", *lines[:MOST_FEEDS], *more]
    )
