"""Alerts (the decision to tell), deliveries (an alert to one recipient), silences."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class AlertKind(StrEnum):
    """What an alert tells."""

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
    SILENCE = "silence"
    """A silence holds that wishes for a summary."""
    RULE = "rule"
    """Its rule gathers all it finds into one thread."""


class DeliveryState(StrEnum):
    """How far a delivery has come."""

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
    summary: bool = False
    """What it keeps back is told in one summary when it ends."""
