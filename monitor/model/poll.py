"""A poll on its way: what is asked for, what came back, what it brought."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from monitor.errors import FetchReason, ParseReason
from monitor.model.feed import PublishingHints

if TYPE_CHECKING:
    from pydantic import SecretStr


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
    hints: PublishingHints = PublishingHints()  # noqa: RUF009 - it is frozen
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
