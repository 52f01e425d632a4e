"""Feeds: what the config says of one, what polling taught the monitor of it, what was agreed with its hub."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
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
class Validators:
    """What the server gave with its last answer: the next request sends it back."""

    etag: str | None = None
    last_modified: str | None = None
    fresh_s: float | None = None
    """For how long the last body called itself fresh, uncut; None: it did not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBody:
    """The last whole document that came."""

    hash: str | None = None
    """None: nothing is kept of it that could later say that it was seen."""
    at: datetime | None = None
    """When it came: a server that has said 304 ever since may be mistaken."""
    unconditional_at: datetime | None = None
    """When a whole body was asked for last."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishingHints:
    """How often a document asks to be polled."""

    ttl_s: float | None = None
    """RSS 2.0: how long it may be kept."""
    update_s: float | None = None
    """`sy:updatePeriod` by `sy:updateFrequency`: how often it is updated."""
    skip_hours: tuple[int, ...] = ()
    """UTC hours, 0 to 23, in which nobody needs to ask; never all of them."""
    skip_days: tuple[int, ...] = ()
    """UTC days of the week, Monday 0, in which nobody needs to ask; never all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Redirect:
    """Where permanent redirects lead, and since when (`core.polling.moves`)."""

    to: str = ""
    """Where they lead at present; empty: nowhere."""
    since_at: datetime | None = None
    """When they were first seen leading there."""
    seen: int = 0
    """How many polls in a row ended there."""
    adopted_url: str = ""
    """Asked in place of the config's, which the publisher gave up for it; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """When its entries come, faded with age (`core.polling.rhythm`, `core.polling.quiet`)."""

    hours: tuple[float, ...] = ()
    """Entries published in each UTC hour of the day; empty: none yet."""
    days: float = 0.0
    """How many days those were published in."""
    matches: float = 0.0
    """How many of those a rule matched."""
    burst: float = 1.0
    """By how much it was busier between the last two polls than its hours say."""
    until_at: datetime | None = None
    """Until when this is known."""
    last_entry_at: datetime | None = None
    """When its newest entry was published; None: it never brought one."""
    longest_quiet_s: float = 0.0
    """Between two of its entries."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GuidTrust:
    """Whether its guids name its entries (`core.stories.guids`)."""

    strikes: int = 0
    """Responses of late that showed a flaw."""
    struck_at: datetime | None = None
    unreliable: str = ""
    """Why entries go by address and text alone, for good; empty: guids count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """Who pushes it, if anybody listened (WebSub)."""

    hub: str = ""
    """Empty: nobody."""
    topic: str = ""
    """The name that the hub knows it by."""
    until_at: datetime | None = None
    """The hub pushes, and no poll found since what was not pushed: the lease's end; None: polls are all there is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Polls of whose entries none was known, though there were some before: something was missed."""

    count: int = 0
    last_at: datetime | None = None
    wait_s: float | None = None
    """How long nobody had looked when the last one came about."""
    recovered: int = 0
    """Entries that were missed and then read from the feed's older pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What the feed took of what it may bring in a day (`core.polling.allowance`)."""

    spent: float = 0.0
    """Of a day's, at `spent_at`; it leaks as fast."""
    spent_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PollCounts:
    """Of all polls that were stored."""

    polls: int = 0
    unconditional: int = 0
    not_modified: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedState:
    """What the monitor knows of a feed from polling it. One record, stored with the poll that made it."""

    feed_id: str
    url: str
    """The address that the validators belong to; when the config's differs they are void."""
    credentials_hash: str = ""
    """Of the headers, user and password that the validators were given to; when the config's differ they are void."""
    fence: int = 0
    """Grows by one with every stored poll: a poll made from an older state is stale and dropped."""
    title: str = ""
    language: str | None = None

    next_poll_at: datetime
    next_poll_reason: str = ""
    not_before_at: datetime | None = None
    """What the publisher asked for (Retry-After), or what a 429 costs: no setting, no push asks sooner."""
    stopped_reason: str = ""
    """Not empty: polled no more until its address or credentials change, or it is taken out and put back."""

    last_poll_at: datetime | None = None
    last_success_at: datetime | None = None
    baseline_at: datetime | None = None
    """When the first poll that brought entries was stored; None: not yet."""
    shortest_gap_s: float | None = None
    """The least time that ever lay between two polls; None before the second."""
    retry_after_s: float | None = None
    """Asked with the last answer; None: not asked."""
    failures: int = 0
    """In a row."""
    gone_at: datetime | None = None
    """When the first of the present run of 410s came."""
    last_error: str = ""
    warnings: tuple[str, ...] = ()
    """What was broken in its last document and read all the same."""
    told_until_at: datetime | None = None
    """The database was restored from a backup: what the feed brought until then may have been told; None: no."""
    restructured_at: datetime | None = None
    """When the operator was told last that old entries came back under new names."""

    validators: Validators = Validators()
    body: LastBody = LastBody()
    hints: PublishingHints = PublishingHints()
    redirect: Redirect = Redirect()
    rhythm: Rhythm = Rhythm()
    guids: GuidTrust = GuidTrust()
    push: Push = Push()
    gaps: Gaps = Gaps()
    allowance: Allowance = Allowance()
    counts: PollCounts = PollCounts()


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
