"""When to poll a feed next, and what a poll leaves behind: politeness before speed.

A poll is asked for by `request`, judged by `next_poll` and remembered by `after`. The sources' words stand
beside the checks that they ask for.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from monitor.errors import FetchReason
from monitor.model import Failed, Feed, FeedState, FetchRequest, Modified, NotModified, Polling, PollOutcome

DAY = timedelta(days=1)
RETRY_AFTER_CEILING = timedelta(days=7)
"""A longer wish is a mistake or malice; a shorter one is granted whole."""
JITTER = 0.1
"""At most this share of a wait is added to it, so that feeds that fell into step drift apart again."""


class Reason(StrEnum):
    """Why a feed is due when it is."""

    NEVER_POLLED = "never polled"
    INTERVAL = "interval"
    BACKING_OFF = "backing off"
    RATE_LIMITED = "rate limited"
    REFUSED = "refused"
    RETRY_AFTER = "Retry-After"
    HOST_HELD = "its host asked for a pause"
    GONE = "gone, asked once more a day later"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True, kw_only=True)
class NextPoll:
    """When a feed is due again, and why then."""

    at: datetime
    reason: Reason
    stopped_reason: str = ""
    """Not empty: no further poll until a person asks for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """How the wait grows while a feed fails: doubled at every `patience`-th failure in a row."""

    reason: Reason = Reason.BACKING_OFF
    first: timedelta = timedelta(0)
    """Never less than the feed's interval."""
    patience: int = 1
    ceiling: timedelta = DAY

    def wait(self, failures: int, *, interval: timedelta) -> timedelta:
        """The wait after that many failures in a row, the present one counted."""
        doublings = min((failures - 1) // self.patience, 20)  # one second doubled 17 times is over a day
        grown_s = max(self.first, interval).total_seconds() * 2**doublings
        return max(interval, timedelta(seconds=min(self.ceiling.total_seconds(), grown_s)))


USUAL = Backoff()
REFUSAL = Backoff(reason=Reason.REFUSED, first=timedelta(hours=4))

BY_STATUS: Mapping[int, Backoff] = {
    # RFC 9110 §15.5.4: "The client SHOULD NOT automatically repeat the request with the same credentials."
    403: REFUSAL,
    # RFC 7725 §3: like 403, with a court behind it.
    451: REFUSAL,
    # RFC 6585 §4: "MAY include a Retry-After header indicating how long to wait"; many do not.
    429: Backoff(reason=Reason.RATE_LIMITED, first=timedelta(hours=4)),
}
BY_REASON: Mapping[object, Backoff] = {
    # The resolver is ours as often as theirs: an evening without a network must not cost a day of news.
    FetchReason.DNS: Backoff(patience=4, ceiling=timedelta(hours=4)),
    # A file costs nobody anything to look for.
    FetchReason.FILE: Backoff(ceiling=timedelta(0)),
}


def unpolled(feed: Feed, *, now: datetime) -> FeedState:
    """The state of a feed that was never polled: due now."""
    return FeedState(
        feed_id=feed.id,
        url=feed.url,
        credentials_hash=credentials_hash(feed),
        next_poll_at=now,
        next_poll_reason=Reason.NEVER_POLLED,
    )


def request(state: FeedState, *, feed: Feed, settings: Polling) -> FetchRequest:
    """What to ask for: conditional where the state holds validators for this very address and credentials.

    Both are sent where both came: a server that knows ETags ignores the date (RFC 9110 §13.1.3).
    """
    held = _validators_hold(state, feed)
    return FetchRequest(
        url=feed.url,
        etag=state.etag if held else None,
        last_modified=state.last_modified if held else None,
        headers=feed.headers,
        user=feed.user,
        password=feed.password,
        proxy=feed.proxy,
        allow_private=feed.allow_private or settings.allow_private,
    )


def next_poll(
    state: FeedState, outcome: PollOutcome, *, feed: Feed, settings: Polling, now: datetime, jitter: float
) -> NextPoll:
    """When to poll again after `outcome`, which came at `now`.

    `state` is the one from before the poll. `jitter`, in [0, 1), only ever makes it later.
    """
    interval = max(feed.interval or settings.interval, settings.min_interval)
    if isinstance(outcome, Failed):
        if stopped := _stopped_reason(state, outcome, now):
            return NextPoll(at=now + DAY, reason=Reason.STOPPED, stopped_reason=stopped)
        wait, reason = _wait_after_failure(state, outcome, interval)
    else:
        wait, reason = interval, Reason.INTERVAL
    return NextPoll(at=now + wait * (1 + JITTER * jitter), reason=reason)


def after(state: FeedState, outcome: PollOutcome, *, feed: Feed, due: NextPoll, now: datetime) -> FeedState:
    """The feed's state after `outcome`, which came at `now`; `baseline_at` is left to the plan."""
    state = replace(
        state,
        next_poll_at=due.at,
        next_poll_reason=due.reason,
        stopped_reason=due.stopped_reason,
        fence=state.fence + 1,
    )
    if isinstance(outcome, Failed) and outcome.reason is FetchReason.HELD:
        return state
    conditional = _validators_hold(state, feed) and (state.etag or state.last_modified)
    state = replace(
        state,
        last_poll_at=now,
        polls=state.polls + 1,
        unconditional_polls=state.unconditional_polls + (not conditional),
    )
    if isinstance(outcome, Failed):
        return _after_failure(state, outcome, now)
    state = _with_validators(state, outcome, feed)
    state = replace(state, last_success_at=now, failures=0, gone_at=None, last_error="")
    if isinstance(outcome, NotModified):
        return replace(state, not_modified_polls=state.not_modified_polls + 1)
    return replace(
        state,
        title=outcome.feed.title or state.title,
        language=outcome.feed.language or state.language,
        # Of a body that was cut off nothing is kept that could later say that it was seen.
        body_hash=None if outcome.feed.cut_off else outcome.body_hash,
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


def _validators_hold(state: FeedState, feed: Feed) -> bool:
    return state.url == feed.url and state.credentials_hash == credentials_hash(feed)


def _stopped_reason(state: FeedState, outcome: Failed, now: datetime) -> str:
    # RFC 9110 §15.5.2: "the 401 response indicates that authorization has been refused for those credentials".
    if outcome.status == 401:
        return "the feed asks for a user and password, or refuses those it got (401)"
    # RFC 9110 §15.5.11: "this condition is likely to be permanent". Once may be a slip of the publisher's.
    if outcome.status == 410 and state.gone_at is not None and now - state.gone_at >= DAY:
        return "the publisher says that the feed is gone for good (410, twice)"
    return ""


def _wait_after_failure(state: FeedState, outcome: Failed, interval: timedelta) -> tuple[timedelta, Reason]:
    asked = _asked_wait(outcome)
    if outcome.reason is FetchReason.HELD:
        return asked or interval, Reason.HOST_HELD
    if outcome.status == 410:
        return max(interval, DAY), Reason.GONE
    if outcome.status == 429 and asked is not None:
        return max(interval, asked), Reason.RETRY_AFTER
    backoff = BY_STATUS.get(outcome.status or 0) or BY_REASON.get(outcome.reason, USUAL)
    wait = backoff.wait(state.failures + 1, interval=interval)
    # RFC 9110 §10.2.3: "how long the user agent ought to wait before making a follow-up request".
    if asked is not None and asked > wait:
        return asked, Reason.RETRY_AFTER
    return wait, backoff.reason


def _asked_wait(outcome: Failed) -> timedelta | None:
    if outcome.retry_after_s is None:
        return None
    return timedelta(seconds=min(outcome.retry_after_s, RETRY_AFTER_CEILING.total_seconds()))


def _after_failure(state: FeedState, outcome: Failed, now: datetime) -> FeedState:
    """Validators stay: they belong to the last good body, whatever an error page brought along."""
    gone_at = (state.gone_at or now) if outcome.status == 410 else state.gone_at
    return replace(state, failures=state.failures + 1, gone_at=gone_at, last_error=outcome.message)


def _with_validators(state: FeedState, outcome: Modified | NotModified, feed: Feed) -> FeedState:
    """The newest pair: replaced by every whole body, with or without one, and updated by a 304."""
    if not _validators_hold(state, feed):
        state = replace(
            state, url=feed.url, credentials_hash=credentials_hash(feed), etag=None, last_modified=None
        )
    if isinstance(outcome, Modified) and outcome.feed.cut_off:
        return state
    if isinstance(outcome, NotModified) and outcome.status == 304:
        # RFC 9111 §4.3.4: the stored fields are updated with those that the 304 provides.
        return replace(
            state, etag=outcome.etag or state.etag, last_modified=outcome.last_modified or state.last_modified
        )
    return replace(state, etag=outcome.etag, last_modified=outcome.last_modified)
