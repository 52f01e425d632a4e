"""Which column of a feed's row holds which field of its state: the groups of `FeedState` lie flat in one row."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, Final

from monitor.model import (
    Allowance,
    FeedState,
    Gaps,
    GuidTrust,
    LastBody,
    PollCounts,
    PublishingHints,
    Push,
    Redirect,
    Rhythm,
    Validators,
)

_GROUPS: Final[Mapping[str, tuple[type[Any], Mapping[str, str]]]] = {
    "validators": (Validators, {"etag": "etag", "last_modified": "last_modified", "fresh_s": "fresh_s"}),
    "body": (LastBody, {"hash": "body_hash", "at": "body_at", "unconditional_at": "unconditional_at"}),
    "hints": (
        PublishingHints,
        {"ttl_s": "ttl_s", "update_s": "update_s", "skip_hours": "skip_hours", "skip_days": "skip_days"},
    ),
    "redirect": (
        Redirect,
        {"to": "moved_to", "since_at": "moved_at", "seen": "moved_seen", "adopted_url": "adopted_url"},
    ),
    "rhythm": (
        Rhythm,
        {
            "hours": "rhythm",
            "days": "rhythm_days",
            "matches": "rhythm_matches",
            "burst": "rhythm_burst",
            "until_at": "rhythm_at",
            "last_entry_at": "last_entry_at",
            "longest_quiet_s": "longest_quiet_s",
        },
    ),
    "guids": (
        GuidTrust,
        {"strikes": "guid_strikes", "struck_at": "guid_struck_at", "unreliable": "guids_unreliable"},
    ),
    "push": (Push, {"hub": "hub", "topic": "topic", "until_at": "pushed_until_at"}),
    "gaps": (Gaps, {"count": "gaps", "last_at": "gap_at", "wait_s": "gap_wait_s", "recovered": "recovered"}),
    "allowance": (Allowance, {"spent": "spent", "spent_at": "spent_at"}),
    "counts": (
        PollCounts,
        {"polls": "polls", "unconditional": "unconditional_polls", "not_modified": "not_modified_polls"},
    ),
}
_PLAIN: Final = tuple(field.name for field in fields(FeedState) if field.name not in _GROUPS)
VALUE: Final[Mapping[str, Callable[[FeedState], Any]]] = {name: attrgetter(name) for name in _PLAIN} | {
    column: attrgetter(f"{group}.{field}")
    for group, (_, columns) in _GROUPS.items()
    for field, column in columns.items()
}
"""By column, in the order that `state_of` takes them: how to read it off a state."""


def row_of(state: FeedState) -> dict[str, Any]:
    """By column."""
    return {column: value(state) for column, value in VALUE.items()}


def state_of(row: Sequence[Any]) -> FeedState:
    """Of the values of `VALUE`'s columns, in their order; what follows them is left alone."""
    given = iter(row)
    state = {name: next(given) for name in _PLAIN}
    for group, (made, columns) in _GROUPS.items():
        state[group] = made(**{field: next(given) for field in columns})
    return FeedState(**state)
