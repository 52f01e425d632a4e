"""Subscriptions to hubs (WebSub, W3C Recommendation of 23 January 2018): what to ask for, whom to believe.

    hub named by a poll ─► WANTED ─► asked ─► the hub confirms ─► LIVE ─► asked anew at ⅔ of the lease
                                       └► denied: asked again a week later

Only what we asked for is confirmed, only what is signed with the subscription's secret is read.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from monitor.core.polling.push import HubOffer
from monitor.model import Entry, FeedEntry, Subscription, SubscriptionState

LEASE: Final = timedelta(days=10)
"""Asked for; the hub decides."""
LONGEST_LEASE: Final = timedelta(days=30)
"""A longer one is renewed as if it were this long: a hub that forgot us is found out."""
UNSAID_LEASE: Final = timedelta(days=1)
"""Of a hub that does not say for how long, though it must (§5.3)."""
RENEWED_AFTER: Final = 2 / 3
CONFIRMS_WITHIN: Final = timedelta(hours=1)
"""A hub may confirm so long after it was asked."""
FIRST_WAIT: Final = timedelta(hours=1)
LONGEST_WAIT: Final = timedelta(days=1)
"""Between two requests to a hub that does not confirm."""
DENIED_WAIT: Final = timedelta(days=7)
FAREWELLS: Final = 3
"""A hub is asked so often to push no more; then it finds nobody (410), and its lease ends."""
METHODS: Final = frozenset({"sha1", "sha256", "sha384", "sha512"})
"""§7.1.1. SHA-1 too: the largest public hub knows no other, and as HMAC it is not broken."""


@dataclass(frozen=True, slots=True)
class Due:
    """What the subscriptions need to be as the feeds wish."""

    open: Mapping[str, HubOffer]
    """By feed id."""
    end: tuple[Subscription, ...]
    forget: tuple[Subscription, ...]
    """No hub ever confirmed them."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A hub's question about what was never asked of it, and why it is taken for that."""

    reason: str


def due_changes(wishes: Mapping[str, HubOffer], known: Sequence[Subscription], *, base: str) -> Due:
    """What is to be opened and ended so that each wish has one subscription with a callback under `base`."""
    running = [one for one in known if one.state is not SubscriptionState.ENDING]
    kept = {one.feed_id: one for one in running if _fits(one, wishes.get(one.feed_id), base)}
    gone = [one for one in running if kept.get(one.feed_id) is not one]
    agreed = [one for one in gone if one.lease_until_at is not None or one.asked_until_at is not None]
    return Due(
        open={feed_id: wish for feed_id, wish in wishes.items() if feed_id not in kept},
        end=tuple(agreed),
        forget=tuple(one for one in gone if one not in agreed),
    )


def _fits(one: Subscription, wish: HubOffer | None, base: str) -> bool:
    return wish == HubOffer(one.hub, one.topic) and one.callback == base + one.token


def ended(one: Subscription, *, now: datetime) -> Subscription:
    """To be ended: the hub is asked for that next."""
    return replace(
        one, state=SubscriptionState.ENDING, next_at=now, failures=0, asked_until_at=None, last_error=""
    )


def asked(one: Subscription, *, now: datetime) -> Subscription:
    """As it is while the hub is asked. Until it confirms, the request counts as one more that failed."""
    wait = min(FIRST_WAIT * 2 ** min(one.failures, 10), LONGEST_WAIT)
    return replace(one, failures=one.failures + 1, next_at=now + wait, asked_until_at=now + CONFIRMS_WITHIN)


def is_over(one: Subscription, *, now: datetime) -> bool:
    """Nothing is left to be asked of its hub."""
    if one.state is not SubscriptionState.ENDING:
        return False
    return one.failures >= FAREWELLS or (one.lease_until_at is not None and one.lease_until_at <= now)


def form(one: Subscription) -> Mapping[str, str]:
    """What the hub is asked (§5.1)."""
    told = {"hub.callback": one.callback, "hub.topic": one.topic, "hub.mode": _mode(one)}
    if one.state is SubscriptionState.ENDING:
        return told
    return told | {"hub.secret": one.secret, "hub.lease_seconds": str(int(LEASE.total_seconds()))}


def confirmed(one: Subscription, said: Mapping[str, str], *, now: datetime) -> Subscription | Refused:
    """The subscription after the hub's word about it (§5.2, §5.3): it confirms what it was asked, or denies it.

    Of an ENDING one that is confirmed nothing is left.
    """
    mode = said.get("hub.mode", "")
    if said.get("hub.topic") != one.topic:
        return Refused("it names another topic")
    if mode == "denied":
        return _denied(one, said.get("hub.reason", ""), now=now)
    if mode != _mode(one):
        return Refused("nobody asked for that")
    if one.asked_until_at is None or now > one.asked_until_at:
        return Refused("nobody asked for it of late")
    if not said.get("hub.challenge"):
        return Refused("it has no challenge")
    lease = _lease(said.get("hub.lease_seconds", ""))
    return replace(
        one,
        state=one.state if one.state is SubscriptionState.ENDING else SubscriptionState.LIVE,
        asked_until_at=None,
        lease_until_at=now + lease,
        next_at=now + max(lease * RENEWED_AFTER, FIRST_WAIT),
        failures=0,
        last_error="",
    )


def _denied(one: Subscription, reason: str, *, now: datetime) -> Subscription | Refused:
    """§5.2: a hub may do so at any time, also later on."""
    if one.state is SubscriptionState.ENDING:
        return Refused("nobody asked for that")
    words = "".join(char for char in reason[:200] if char.isprintable())
    return replace(
        one,
        state=SubscriptionState.DENIED,
        asked_until_at=None,
        lease_until_at=None,
        next_at=now + DENIED_WAIT,
        last_error=f"denied: {words}" if words else "denied",
    )


def _mode(one: Subscription) -> str:
    return "unsubscribe" if one.state is SubscriptionState.ENDING else "subscribe"


def _lease(seconds: str) -> timedelta:
    if not (seconds.isascii() and seconds.isdigit() and len(seconds) <= 12):
        return UNSAID_LEASE
    return min(timedelta(seconds=min(int(seconds), int(LONGEST_LEASE.total_seconds()))), LONGEST_LEASE)


# ── What was pushed ──


def is_signed(header: str, body: bytes, *, secret: str) -> bool:
    """Whether `X-Hub-Signature: method=signature` is the secret's for these bytes (§7.1)."""
    method, _, signature = header.strip().partition("=")
    if method.lower() not in METHODS:
        return False
    own = hmac.digest(secret.encode("ascii"), body, method.lower()).hex()
    return hmac.compare_digest(own.encode("ascii"), signature.strip().lower().encode("utf-8"))


def is_late(entry: FeedEntry, stored: Entry) -> bool:
    """Hubs repeat what they could not hand over: an older version that comes after a newer one changes nothing."""
    return (
        entry.updated_at is not None
        and stored.updated_at is not None
        and entry.updated_at < stored.updated_at
    )
