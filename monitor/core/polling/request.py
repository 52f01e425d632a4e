"""Whether a feed may be asked, and what for."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.polling import rhythm
from monitor.core.polling.moves import address
from monitor.core.polling.reasons import DAY, Reason
from monitor.model import Feed, FeedState, FetchRequest, Polling

SILENCE = timedelta(days=3)
"""So long a busy feed may say "not modified" before it is doubted."""
SILENCE_GAPS = 3


def unpolled(feed: Feed, *, now: datetime) -> FeedState:
    """The state of a feed that was never polled: due now."""
    return FeedState(
        feed_id=feed.id,
        url=feed.url,
        credentials_hash=credentials_hash(feed),
        next_poll_at=now,
        next_poll_reason=Reason.NEVER_POLLED,
    )


def may_ask(state: FeedState, *, now: datetime) -> str:
    """Why the feed must not be asked, whoever wishes it; empty: it may. Due times and freshness are wishes."""
    if state.stopped_reason:
        return (
            f"it is stopped: {state.stopped_reason}; change its address or credentials, "
            "or take it out of the config and put it back"
        )
    if state.not_before_at is not None and now < state.not_before_at:
        return f"its publisher asked for a pause until {state.not_before_at:%Y-%m-%d %H:%M} UTC"
    return ""


def request(state: FeedState, *, feed: Feed, settings: Polling, now: datetime) -> FetchRequest:
    """What to ask for: conditional where the state holds validators for this very address and credentials.

    Both are sent where both came: a server that knows ETags ignores the date (RFC 9110 §13.1.3).
    """
    conditional = validators_hold(state, feed) and not doubts_304(state, now=now)
    where = address(state, feed)
    return FetchRequest(
        url=where.url,
        etag=state.validators.etag if conditional else None,
        last_modified=state.validators.last_modified if conditional else None,
        headers=feed.headers,
        user=feed.user,
        password=feed.password,
        proxy=feed.proxy,
        # What the operator allowed is the address in the config, not where its publisher moved to.
        allow_private=where.at_home and (feed.allow_private or settings.allow_private),
        own_host=where.at_home,
    )


def doubts_304(state: FeedState, *, now: datetime) -> bool:
    """A feed that is usually busy has said 304 for too long: once a day the whole body is asked for.

    Servers behind caches have answered 304 for weeks; `politeness.md` 5.
    """
    gap = rhythm.usual_gap(state) if state.validators.etag or state.validators.last_modified else None
    if gap is None or state.body.at is None or now - state.body.at <= max(SILENCE, SILENCE_GAPS * gap):
        return False
    return state.body.unconditional_at is None or now - state.body.unconditional_at >= DAY


def resumed(state: FeedState, *, feed: Feed, now: datetime) -> FeedState | None:
    """A stopped feed's state where its address or credentials are others than those it was stopped with."""
    if not state.stopped_reason or validators_hold(state, feed):
        return None
    due_at = max(now, state.not_before_at or now)
    return replace(
        state,
        stopped_reason="",
        gone_at=None,
        failures=0,
        next_poll_at=due_at,
        next_poll_reason=Reason.CHANGED,
        fence=state.fence + 1,
    )


def credentials_hash(feed: Feed) -> str:
    """A fingerprint of all that a feed's server is told about who asks; empty where it is told nothing.

    32 bits, enough to notice a change and too few to tell a guessed password from a wrong one.
    """
    told = [(name.lower(), value.get_secret_value()) for name, value in sorted(feed.headers.items())]
    told += [("user", feed.user)] if feed.user is not None else []
    told += [("password", feed.password.get_secret_value())] if feed.password is not None else []
    if not told:
        return ""
    return hashlib.blake2b(repr((feed.url, told)).encode(), digest_size=4).hexdigest()


def validators_hold(state: FeedState, feed: Feed) -> bool:
    """Whether what was learned from the server was learned at this address, as this user."""
    return state.url == feed.url and state.credentials_hash == credentials_hash(feed)
