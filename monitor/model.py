"""The glossary: what the rooms hand to each other, as frozen values.

Instants end in `_at` and are aware UTC; lengths of time are `timedelta` or end in `_s`.
A mapping or tuple in here is never changed after it was made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from monitor.errors import FetchReason, ParseReason, Place

Fulltext = Literal["never", "near", "always"]
Priority = Literal["low", "normal", "high", "urgent"]
Updates = Literal["all", "new", "none"]


# ── Feeds ────────────────────────────────────────────────────────────────────────────────────────


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


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchRequest:
    """All that a fetch needs to know."""

    url: str
    etag: str | None = None
    last_modified: str | None = None
    headers: Mapping[str, SecretStr] = field(default_factory=dict)
    user: str | None = None
    password: SecretStr | None = None
    proxy: SecretStr | None = None
    allow_private: bool = False
    own_host: bool = True
    """Its host is that of a feed that the operator lists: a 429 there is about all of the host's feeds. False: a
    stranger named it (an entry, a hub, a publisher who moved), and a 429 is about whoever asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hubs:
    """Who pushes a feed (WebSub), as its headers or its document say."""

    urls: tuple[str, ...] = ()
    """In its order; empty: it names none."""
    topic: str = ""
    """Its `self` link: the name that its hubs know it by; empty: it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """What a good answer's headers say about the requests to come."""

    fresh_s: float | None = None
    """How long nothing new is to be had (Cache-Control, Expires; less its age); None: it does not say."""
    retry_after_s: float | None = None
    moved_to: str = ""
    """Where it came from, if every redirect on the way was a permanent one; empty: no redirect, or another kind."""
    hubs: Hubs = Hubs()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A 200 with its whole body, inflated, or a file's content."""

    url: str
    """Where it came from in the end."""
    body: bytes
    content_type: str = ""
    """The header as received; empty where there was none."""
    etag: str | None = None
    last_modified: str | None = None
    advice: Advice = Advice()
    feeds: tuple[str, ...] = ()
    """The feeds that its headers name beside it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NotModified:
    """A 304, or a body that hashes to the one already parsed."""

    status: Literal[200, 304] = 304
    """200: the whole body came again, so its validators replace the old pair; a 304 changes those it carries."""
    size_bytes: int = 0
    """Of the body that came again, unpacked."""
    etag: str | None = None
    last_modified: str | None = None
    advice: Advice = Advice()


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedEntry:
    """An entry as its feed gave it, its HTML already turned into the text that is shown and matched.

    In texts paragraphs are divided by a newline; there are no other control characters.
    """

    title: str
    summary: str = ""
    content: str = ""
    """The longest full text that the feed carries; empty where it only has a summary."""
    guid: str | None = None
    url: str | None = None
    """Absolute, as the feed gave it."""
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str | None = None
    """Declared by the entry or its feed: a bare ISO 639-1 code."""
    published_at: datetime | None = None
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryKeys:
    """What an entry is recognised by (`core.stories.identity`); every number fits a signed 64-bit column."""

    guid: int | None
    alias: int | None
    """Within its feed only: two hosts may serve the same path."""
    url: int | None
    """The whole identity key: equal elsewhere, it is the same page."""
    fingerprint: int | None
    content_hash: str
    """Two hexadecimal digits of `KEYS_VERSION`, then the digest of all that is matched and shown."""


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
class ParsedFeed:
    """A document that was a feed."""

    title: str = ""
    language: str | None = None
    entries: tuple[FeedEntry, ...] = ()
    """In the document's order, at most `feeds.parse.MAX_ENTRIES`."""
    keys: tuple[EntryKeys, ...] = ()
    """Of the entries, in their order."""
    warnings: tuple[str, ...] = ()
    """What was broken and read all the same, for `feeds show`."""
    cut_off: bool = False
    """The document ends before its end: these are its whole entries, the rest was never seen."""
    unchanged: int = 0
    """Further entries that stand in the document byte for byte as they stood in the last one; not in `entries`."""
    present: frozenset[int] = frozenset()
    """The digests of the keys (`identity.keys_digest`) that those were given when they were read."""
    entry_hashes: bytes = b""
    """What the next document's entries are known by (`feeds.spans`); empty: read that whole."""
    pace: PublishingHints = PublishingHints()
    older_page: str = ""
    """Where the feed says that its older entries are, on its own host; empty: it does not."""
    hubs: Hubs = Hubs()
    recovered: int = 0
    """So many of `entries`, the last ones, were missed by earlier polls and come from older pages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Modified:
    """A poll that brought a feed."""

    feed: ParsedFeed
    body_hash: str
    size_bytes: int = 0
    """Of the body, unpacked."""
    etag: str | None = None
    last_modified: str | None = None
    advice: Advice = Advice()


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A poll that brought nothing, and why."""

    reason: FetchReason | ParseReason
    message: str
    status: int | None = None
    retry_after_s: float | None = None
    held_host: str = ""
    """The host that is not to be asked for so long, whatever the feed; empty: none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What a hub sent: a feed of entries that are new or changed, seldom of all of them."""

    feed: ParsedFeed
    lease_until_at: datetime
    """Until when the hub is to push."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollYield:
    """What a poll's entries tell its schedule."""

    published_at: tuple[datetime, ...] = ()
    """Of the new entries; first sight where they do not say."""
    matched: int = 0
    """How many of the new entries a rule matches."""
    all_unknown: bool = False
    """The poll brought entries and none of them was known."""
    recovered: int = 0
    """How many of them come from older pages."""


PollOutcome = Modified | NotModified | Failed


class SubscriptionState(StrEnum):
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


# ── Entries, matches, stories ────────────────────────────────────────────────────────────────────


class Field(StrEnum):
    """The texts of an entry that a query can look into."""

    TITLE = "title"
    SUMMARY = "summary"
    CONTENT = "content"
    AUTHOR = "author"
    CATEGORY = "category"
    URL = "url"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An entry as it is stored."""

    id: int
    feed_id: str
    title: str
    summary: str = ""
    content: str = ""
    guid: str | None = None
    url: str | None = None
    author: str = ""
    categories: tuple[str, ...] = ()
    language: str | None = None
    """Declared, else detected."""
    published_at: datetime | None = None
    updated_at: datetime | None = None
    fetched_at: datetime
    """When the feed's text, as it is stored, was fetched."""
    first_seen_at: datetime
    page_at: datetime | None = None
    """When `content` was read from the entry's own page; None: it is the feed's."""
    copy_of: int | None = None
    copy_reason: str = ""
    story_id: int | None = None
    """None: no rule matches it, and it tells of no story that one matches."""
    story_reason: str = ""
    """Why it joined its story, or that it opened one."""
    baseline: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One place at which an entry's text was changed: whole words, each text cut where it is long."""

    field: Field
    before: str
    """The words in front of it, which stayed."""
    removed: str
    added: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryChange:
    """An entry came with another text than before. A few are kept of each entry (`core.stories.changes`)."""

    entry_id: int
    at: datetime
    edits: tuple[Edit, ...]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Characters `start` to `end` (exclusive) of one field's text."""

    field: Field
    start: int
    end: int

    def __reduce__(self) -> tuple[type[Span], tuple[Field, int, int]]:
        """How it travels from a worker: a long text may have hundreds, and dataclasses with slots pickle slowly."""
        return Span, (self.field, self.start, self.end)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A rule holds for an entry."""

    rule_id: str
    rule_version: str
    spans: tuple[Span, ...] = ()
    """What to mark, in order, without overlaps."""
    score: float | None = None


class Verdict(StrEnum):
    """What became of a match. Stored with it, listed and counted."""

    ALERTED = "alerted"
    JOINED_ALERT = "joined alert"
    """The story's alert was still waiting to be sent; this entry is in the same message."""
    JOINED_STORY = "joined story"
    """The rule has told this story before."""
    HELD = "held"
    """The story's alert waits for a summary: of quiet hours, of a digest, of a busy hour."""
    COPY = "copy of"
    BASELINE = "baseline"
    TOO_OLD = "too old"
    SILENCED = "silenced"


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What became of one match, and why, in words."""

    entry_id: int
    match: Match
    verdict: Verdict
    reason: str
    alert_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Entries that tell of the same event."""

    id: int
    title: str
    first_seen_at: datetime
    last_seen_at: datetime
    name: str = ""
    """Made from its first entry when it is first told; empty: it was not yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMerge:
    """Two stories turned out to be one: the entries and alerts of the younger are the older's now."""

    from_id: int
    into_id: int
    entry_id: int
    """The entry that showed it."""
    merged_at: datetime
    reason: str


# ── Pages ──────────────────────────────────────────────────────────────────────────────────────


class PageState(StrEnum):
    WAITING = "waiting"
    """To be asked for at `next_at`."""
    READ = "read"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The web page of an entry, whose text is wanted. Each is read once at most."""

    entry_id: int
    feed_id: str
    url: str
    site: str
    """Its scheme, host and port: whose robots.txt holds for it."""
    wanted: str
    """Why it is asked for, in words."""
    state: PageState = PageState.WAITING
    attempts: int = 0
    queued_at: datetime
    next_at: datetime
    """While it is being read: when that is taken to have failed."""
    ended_at: datetime | None = None
    outcome: str = ""
    """What the last attempt came to, in words; empty: there was none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What is known of a site whose pages are read."""

    site: str
    robots: str | None = None
    """Its robots.txt, empty where it has none; None: not known."""
    robots_at: datetime | None = None
    paused_until: datetime | None = None
    """None of its pages is asked for before then."""


# ── Rules ────────────────────────────────────────────────────────────────────────────────────────

ListTerms = tuple[str, ...] | Mapping[str, tuple[str, ...]]
"""A list's terms; with a row for each language they are by its code, those of "any" for all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """A text that a rule must, or must not, match. Bare strings of the config are titles."""

    title: str = ""
    summary: str = ""
    content: str = ""
    language: str | None = None
    place: Place | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Every listed query counts once; `title_factor` where it holds on the title alone."""

    threshold: float
    terms: tuple[tuple[str, float], ...]
    title_factor: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """When a digest goes out, by the clock of `[alerting] zone`."""

    times: tuple[time, ...]
    """In order, at least one."""
    days: frozenset[int] = frozenset(range(7))
    """Of the week, Monday 0."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule as the config says it. `core.rules` compiles it."""

    id: str
    title: str = ""
    query: str = ""
    exclude: str = ""
    languages: frozenset[str] = frozenset()
    """Empty: every language."""
    feeds: tuple[str, ...] = ()
    """Feed ids and `tag:NAME`; empty: every feed."""
    max_age: timedelta | None = None
    since: datetime | None = None
    """What was published before is no match; None: whatever its age."""
    until: datetime | None = None
    """What was published after it is no match."""
    priority: Priority = "normal"
    alert: tuple[str, ...] = ()
    """Channel ids; empty: `[alerting] default`."""
    fulltext: Fulltext = "never"
    updates: Updates = "new"
    """Which further reports of a told story are told: all but copies, those that say something new, none."""
    follow: bool = False
    """Whether reports of a told story that the rule does not match are told, as its updates."""
    quiet_hours: bool = True
    """Whether those of `[alerting]` keep its alerts back; an urgent rule's they never do."""
    enabled: bool = True
    group: Literal["story", "rule"] = "story"
    digest: Timetable | None = None
    """None: told as it comes."""
    recipients: tuple[str, ...] = ()
    score: Score | None = None
    must_match: tuple[Example, ...] = ()
    must_not_match: tuple[Example, ...] = ()
    place: Place | None = field(default=None, compare=False)


# ── Alerts and deliveries ────────────────────────────────────────────────────────────────────────


class AlertKind(StrEnum):
    NEW = "new"
    """A story that this rule had not told."""
    UPDATE = "update"
    """More about a story that was told: another rule matches it, or something of it is new."""
    SUMMARY = "summary"
    """What was held back, in one message."""
    DIGEST = "digest"
    """What the rules found that are to be told at set times."""
    BURST = "burst"
    """A rule finds far more than usual."""
    LULL = "lull"
    """A rule that is usually busy has gone quiet."""
    NOTE = "note"
    """About the monitor itself, for its operator."""
    TEST = "test"


class AlertState(StrEnum):
    """Made from its deliveries' states."""

    WAITING = "waiting"
    HELD = "held"
    """For a summary, and nothing else of it is still to be sent."""
    SUMMARISED = "in a summary"
    SENT = "sent"
    PARTLY_SENT = "partly sent"
    DEAD = "dead"


class Occasion(StrEnum):
    """Why a delivery is held, and which summary will carry it."""

    PAUSE = "pause"
    """It came while nobody was polling, for hours."""
    DIGEST = "digest"
    """Its rule is told at set times."""
    QUIET = "quiet hours"
    LIMIT = "hourly limit"
    """The rule has told enough on this channel in this hour."""
    RULE = "rule"
    """Its rule gathers all it finds into one thread."""


class DeliveryState(StrEnum):
    PENDING = "pending"
    """Due at `next_attempt_at`."""
    HELD = "held"
    """Not sent by itself: at `next_attempt_at` a summary takes it up."""
    SUMMARISED = "in a summary"
    """The summary `summary_id` tells it."""
    LEASED = "leased"
    """Somebody sends it now; due again when the lease expires."""
    SENT = "sent"
    DEAD = "dead"
    """Given up, or refused for good. A person may retry it."""
    DROPPED = "dropped"
    """A person took it out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """The decision to tell of a story."""

    id: int
    kind: AlertKind
    story_id: int | None
    entry_id: int | None
    """The entry that caused it."""
    rules: tuple[str, ...] = ()
    """Rule ids, in the order in which they matched; none for notes."""
    reason: str
    created_at: datetime
    send_at: datetime
    """The end of `group_wait`: until then further matches of the story join the same message."""
    text: str = ""
    """What its message says first: a note's words, what is new in an update, the occasion of a summary."""
    occasion: Occasion | None = None
    """Of a summary."""
    note_key: str | None = None
    """What a note is about: there is only ever one with the same key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One alert to one recipient of one channel: a row of the outbox."""

    id: str
    """Made from what it tells, to whom: every repeat carries it, also one from a restored database."""
    alert_id: int
    channel: str
    recipient: str
    """Empty where the channel itself is the recipient."""
    state: DeliveryState = DeliveryState.PENDING
    attempts: int = 0
    next_attempt_at: datetime
    sent_at: datetime | None = None
    last_error: str = ""
    reply_to: str = ""
    """What the channel returned for it (a message's id in a chat), for threads."""
    subject: str = ""
    """With which the first message of its thread was sent; the later ones answer it."""
    held_for: Occasion | None = None
    """Also after a summary told it; None: never held."""
    summary_id: int | None = None
    """The alert that tells it in its stead."""
    silenced_by: int | None = None
    """The silence that keeps it waiting until `next_attempt_at`; None: none does."""


class ChannelOptions(BaseModel):
    """What a `[[channel]]` table may say beside `id` and `type`; each channel type has its own subclass."""

    # Tables hold passwords: an error never quotes what stands in them.
    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    @property
    def recipients(self) -> tuple[str, ...]:
        """Whom the table itself names, for `Channel.recipients`; empty: the channel is the recipient."""
        return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where alerts go, as the config says it."""

    id: str
    type: str
    options: ChannelOptions
    """Checked against the channel type's own model."""
    recipients: tuple[str, ...] = ()
    """Several are several deliveries; empty: one delivery to the channel itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One entry inside a message."""

    entry: Entry
    outlet: str
    """The config's name for the feed, else the feed's own title, else its id."""
    feed_id: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert inside a summary."""

    alert_id: int
    title: str
    """The story's; of an alert about no story, what it says."""
    story_id: int | None = None
    entry_id: int | None = None
    outlet: str = ""
    url: str | None = None
    """Of the entry that caused it."""
    language: str | None = None
    rules: tuple[RuleName, ...] = ()
    created_at: datetime
    outlets: int = 0
    """How many tell the story by now."""
    outlets_then: int = 0
    """How many did when the alert was made."""
    languages: tuple[str, ...] = ()
    text: str = ""
    """What is new, where it is an update."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleName:
    """As much of a rule as a message shows."""

    id: str
    title: str
    priority: Priority = "normal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """All that a channel needs to tell a person. Texts of entries are hostile: each channel escapes."""

    id: str
    """The delivery's id: `Message-ID`, `Idempotency-Key`, … are made from it and nothing else."""
    thread_id: str
    """Equal for all messages of one story to one recipient of one channel."""
    first_in_thread: bool
    reply_to: str = ""
    """What the channel returned for the first message of the thread; empty where it had nothing to return."""
    thread_subject: str = ""
    """What the first message of the thread had for a subject; empty where that is not known."""
    kind: AlertKind
    alert_id: int
    story: Story | None
    rules: tuple[RuleName, ...]
    reports: tuple[Report, ...]
    """The entry that caused it first; empty for notes."""
    outlets: int
    """How many outlets tell the story so far."""
    tellers: tuple[str, ...] = ()
    """Their names, who told it first before the others."""
    languages: tuple[str, ...]
    created_at: datetime
    zone: str
    """IANA name: times are shown in it."""
    text: str = ""
    """What it says first: a note's words, what is new in an update, the occasion of a summary."""
    story_url: str | None = None
    lines: tuple[Line, ...] = ()
    """What a summary tells, the most told first."""
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    """The user's own, by name (`core.alerts.own_templates`); the others are the shipped ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """A channel's word that it took a message."""

    detail: str = ""
    """For the log: a queue id, a status."""
    reply_to: str = ""
    """What a reply to it must name, where the channel has threads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts of a rule, feed or story are not sent for a while. Of those named all must agree; None: any."""

    id: int
    rule_id: str | None
    feed_id: str | None
    story_id: int | None
    from_at: datetime
    until_at: datetime
    """The first instant at which it holds no more."""
    comment: str
    who: str


# ── Settings ─────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    interval: timedelta = timedelta(minutes=15)
    min_interval: timedelta = timedelta(minutes=5)
    contact: str = ""
    concurrency: int = 100
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    default: tuple[str, ...] = ("console",)
    operator: tuple[str, ...] = ()
    zone: str = "UTC"
    max_age: timedelta = timedelta(days=7)
    group_wait: timedelta = timedelta(seconds=30)
    update_interval: timedelta = timedelta(hours=1)
    catch_up: timedelta = timedelta(0)
    max_per_hour: int = 30
    quiet_hours: QuietHours | None = None
    bursts: bool = True
    lulls: bool = True
    ping_url: str | None = None
    """Asked every minute while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    listen: str | None = None
    """Address and port; None: nothing listens."""
    public_url: str | None = None
    callback_url: str | None = None
    """By which hubs reach `listen`; None: they are not asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long and how much is stored; 0: without a bound. What was told stays, whatever it says."""

    age: timedelta = timedelta(days=365)
    entries: int = 1_000_000
    bytes: int = 4 * 2**30
    """Of texts, with 1 KiB an entry."""
    feed_entries: int = 20_000
    feed_bytes: int = 256 * 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    level: str = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole config folder, checked."""

    folder: str
    state: str = ""
    """The folder of the database and of the files that channels write; empty: the working folder."""
    database_url: SecretStr
    """`sqlite:///…` with an absolute path, or `postgresql://…`; secret: it may hold a password."""
    polling: Polling
    alerting: Alerting
    web: Web
    logging: Logging
    retention: Retention = Retention()
    feeds: Mapping[str, Feed]
    channels: Mapping[str, Channel]
    rules: Mapping[str, Rule]
    """Every rule that is enabled and understood."""
    lists: Mapping[str, ListTerms]
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of messages: the user's own, by name; each was tried."""
    secrets: frozenset[str] = field(repr=False)
    """Every secret value that was read, for the log to hide."""
