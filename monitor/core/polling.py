"""When to poll a feed next, and what a poll leaves behind: the schedule's table, politeness before speed.

A poll is asked for by `request`, judged by `next_poll` and remembered by `after`. RFC numbers stand beside the
checks that they ask for.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from monitor.model import Feed, FeedState, FetchRequest, Polling, PollOutcome


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """When a feed is due again, and why then."""

    at: datetime
    reason: str
    stopped_reason: str = ""
    """Not empty: no further poll until a person asks for one."""


def unpolled(feed: Feed, *, now: datetime) -> FeedState:
    """The state of a feed that was never polled: due now."""
    return FeedState(
        feed_id=feed.id,
        url=feed.url,
        credentials_hash=credentials_hash(feed),
        next_poll_at=now,
        next_poll_reason="never polled",
    )


def request(state: FeedState, *, feed: Feed, settings: Polling) -> FetchRequest:
    """What to ask for: conditional where the state holds validators for this very address and credentials."""
    raise NotImplementedError


def next_poll(
    state: FeedState, outcome: PollOutcome, *, feed: Feed, settings: Polling, now: datetime, jitter: float
) -> NextPoll:
    """When to poll again after `outcome`, which came at `now`.

    `state` is the one from before the poll. `jitter`, in [0, 1), only ever makes it later.
    """
    raise NotImplementedError


def after(
    state: FeedState, outcome: PollOutcome, *, feed: Feed, due: NextPoll, now: datetime
) -> FeedState:
    """The feed's state after `outcome`, which came at `now`; `baseline_at` is left to the plan."""
    raise NotImplementedError


def credentials_hash(feed: Feed) -> str:
    """A fingerprint of all that a feed's server is told about who asks."""
    raise NotImplementedError
