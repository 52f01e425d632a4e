"""Feeds: what the config says of one, what polling taught the monitor of it, what was agreed with its hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import SecretStr

Fulltext = Literal["never", "near", "always"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedRetention:
    """A feed's own bounds of what is stored; None: those of `[retention]`; 0: without a bound."""

    age: timedelta | None = None
    entries: int | None = None
    bytes: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """An address that is polled, as the config lists it."""

    id: str
    url: str
    """http, https, or `file:` with an absolute path."""
    title: str = ""
    """The config's or OPML's name for it; the feed's own title is in `FeedState`."""
    tags: frozenset[str] = frozenset()
    interval: timedelta | None = None
    """The user's own wish; None: adaptive."""
    fulltext: Fulltext | None = None
    """None: as its rules wish; "never" forbids what they wish."""
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    user: str | None = None
    password: SecretStr | None = None
    proxy: SecretStr | None = None
    allow_private: bool = False
    enabled: bool = True
    retention: FeedRetention = FeedRetention()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the monitor knows of a feed from polling it. One record, stored with the poll that made it."""

    feed_id: str
    url: str
    """The address that the validators belong to; when the config's differs they are void."""
    credentials_hash: str = ""
    """Of the headers, user and password that the validators were given to; when the config's differ they are void."""
    next_poll_at: datetime
    title: str = ""
    language: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str | None = None
    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    baseline_at: datetime | None = None
    """When the first poll that brought entries was stored; None: not yet."""
    failures: int = 0
    """In a row."""
    gone_at: datetime | None = None
    """When the first of the present run of 410s came."""
    last_error: str = ""
    warnings: tuple[str, ...] = ()
    """What was broken in its last document and read all the same."""
    spent: float = 0.0
    """Of what a feed may bring in a day, at `spent_at`; it leaks as fast (`core.polling.allowance`)."""
    spent_at: datetime | None = None
    next_poll_reason: str = ""
    stopped_reason: str = ""
    """Not empty: polled no more until its address or credentials change, or it is taken out and put back."""
    not_before_at: datetime | None = None
    """The publisher's word (Retry-After) or what a 429 costs: nobody's wish brings a poll sooner."""
    retry_after_s: float | None = None
    """Asked with the last answer; None: not asked."""
    fresh_s: float | None = None
    """For how long the last body called itself fresh, uncut; None: it did not say."""
    ttl_s: float | None = None
    update_s: float | None = None
    skip_hours: tuple[int, ...] = ()
    skip_days: tuple[int, ...] = ()
    """As in `PublishingHints`."""
    body_at: datetime | None = None
    """When a whole body came last: a server that has said 304 ever since may be mistaken."""
    unconditional_at: datetime | None = None
    """When a whole body was asked for last."""
    shortest_gap_s: float | None = None
    """The least time that ever lay between two polls; None before the second."""
    moved_to: str = ""
    """Where permanent redirects lead at present; empty: nowhere."""
    moved_at: datetime | None = None
    """When they were first seen leading there."""
    moved_seen: int = 0
    """How many polls in a row ended there."""
    adopted_url: str = ""
    """Asked in place of `url`, which the publisher gave up for it; empty: none. The config keeps its own."""
    gaps: int = 0
    """Polls of whose entries none was known, though there were some before: something was missed."""
    gap_at: datetime | None = None
    gap_wait_s: float | None = None
    """How long nobody had looked when the last gap came about."""
    told_until_at: datetime | None = None
    """The database was restored from a backup: what the feed brought until then may have been told; None: no."""
    guid_strikes: int = 0
    """Responses of late that showed a flaw of the feed's guids (`core.stories.guids`)."""
    guid_struck_at: datetime | None = None
    guids_unreliable: str = ""
    """Why entries go by address and text alone, for good; empty: guids count."""
    recovered: int = 0
    """Entries that were missed at a gap and then read from the feed's older pages."""
    restructured_at: datetime | None = None
    """When the operator was told last that old entries came back under new names."""
    rhythm: tuple[float, ...] = ()
    """Entries published in each UTC hour of the day, faded with age (`core.polling.rhythm`); empty: none yet."""
    rhythm_days: float = 0.0
    """How many days those were published in, faded alike."""
    rhythm_matches: float = 0.0
    """How many of those a rule matched, faded alike."""
    rhythm_burst: float = 1.0
    """By how much it was busier between the last two polls than its hours say."""
    last_entry_at: datetime | None = None
    """When its newest entry was published; None: it never brought one."""
    longest_quiet_s: float = 0.0
    """Between two of its entries, faded with age (`core.polling.quiet`)."""
    rhythm_at: datetime | None = None
    """Until when the rhythm is known."""
    hub: str = ""
    """Who pushes it, if anybody listened (WebSub); empty: nobody."""
    topic: str = ""
    """The name that its hub knows it by."""
    pushed_until_at: datetime | None = None
    """Its hub pushes, and no poll found since what was not pushed: the lease's end; None: polls are all there is."""
    polls: int = 0
    unconditional_polls: int = 0
    not_modified_polls: int = 0
    fence: int = 0
    """Grows by one with every stored poll: a poll made from an older state is stale and dropped."""


class SubscriptionState(StrEnum):
    """How far a hub has agreed."""

    WANTED = "wanted"
    """Its hub did not confirm it so far, or no more."""
    LIVE = "live"
    DENIED = "denied"
    ENDING = "ending"
    """The hub is asked to push no more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """What was agreed with a hub about one feed (WebSub)."""

    token: str = field(repr=False)
    """The end of `callback`, which nobody can guess."""
    feed_id: str
    hub: str
    topic: str
    callback: str = field(repr=False)
    """Where the hub reaches us."""
    secret: str = field(repr=False)
    """What it signs with."""
    state: SubscriptionState = SubscriptionState.WANTED
    next_at: datetime
    """When the hub is asked (again)."""
    asked_until_at: datetime | None = None
    """Until when it may confirm what it was asked for last; None: it was asked for nothing that is open."""
    lease_until_at: datetime | None = None
    failures: int = 0
    """How often it was asked in a row and did not confirm."""
    last_error: str = ""
    last_push_at: datetime | None = None
    pushes: int = 0
    rejected: int = 0
    """Pushes without a signature of ours."""
