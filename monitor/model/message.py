"""What a channel is handed: a message with all that a person is to read, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from monitor.model.alert import AlertKind
from monitor.model.entry import Entry, Match, Story
from monitor.model.rule import Priority

if TYPE_CHECKING:
    from monitor.model.options import ChannelOptions


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
