"""How long to wait after a poll that failed, and when to stop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from monitor.core.polling.reasons import DAY, RETRY_AFTER_CEILING, MinimumWait, Reason, granted
from monitor.errors import FetchReason
from monitor.model import Failed, FeedState, PollOutcome, Pushed


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


def stopped_reason(state: FeedState, outcome: Failed, *, now: datetime) -> str:
    """Why the feed is polled no more; empty: it is. `state` remembers `outcome` already."""
    # RFC 9110 §15.5.2: "the 401 response indicates that authorization has been refused for those credentials".
    if outcome.status == 401:
        return "the feed asks for a user and password, or refuses those it got (401)"
    # RFC 9110 §15.5.11: "this condition is likely to be permanent". Once may be a slip of the publisher's.
    if outcome.status == 410 and state.gone_at is not None and now - state.gone_at >= DAY:
        return "the publisher says that the feed is gone for good (410, twice)"
    return ""


def wish(state: FeedState, outcome: Failed, *, interval: timedelta, least: timedelta) -> MinimumWait:
    """How long a failing feed is left alone. `state` remembers `outcome` already.

    `least`: what no wish goes below, for what the host itself says when to come again.
    """
    asked = granted(outcome.retry_after_s, RETRY_AFTER_CEILING)
    if outcome.reason is FetchReason.HELD:
        return MinimumWait(asked or interval, Reason.HOST_HELD)
    if outcome.status == 410:
        return MinimumWait(max(interval, DAY), Reason.GONE)
    if outcome.status == 429 and asked:
        # A host's limit is about the host: its feed comes back as soon as it is granted something again.
        return MinimumWait(max(least if outcome.held_host else interval, asked), Reason.RETRY_AFTER)
    backoff = BY_STATUS.get(outcome.status or 0) or BY_REASON.get(outcome.reason, USUAL)
    wait = backoff.wait(state.failures, interval=interval)
    # RFC 9110 §10.2.3: "how long the user agent ought to wait before making a follow-up request".
    return MinimumWait(asked, Reason.RETRY_AFTER) if asked > wait else MinimumWait(wait, backoff.reason)


def host_pause(outcome: PollOutcome | Pushed, *, now: datetime) -> tuple[str, datetime] | None:
    """The host that nobody is to ask, and until when (`politeness.md` 9: a 429 speaks for the whole host)."""
    if not isinstance(outcome, Failed) or not outcome.held_host:
        return None
    return outcome.held_host, now + granted(outcome.retry_after_s, RETRY_AFTER_CEILING)


def pause(outcome: Failed, found: MinimumWait) -> timedelta:
    """How long nobody's wish brings a poll sooner: what the publisher asked for, or what a 429 costs."""
    if outcome.status == 429:
        return found.wait
    return granted(outcome.retry_after_s, RETRY_AFTER_CEILING)
