"""When a feed is due again: the longest of what everybody wishes (`politeness.md` 6)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.polling import allowance, backoff, budget, rhythm
from monitor.core.polling.push import safety
from monitor.core.polling.reasons import DAY, RETRY_AFTER_CEILING, MinimumWait, NextPoll, Reason, granted
from monitor.core.polling.windows import after_windows
from monitor.errors import FetchReason
from monitor.model import Failed, Feed, FeedState, Polling, PollOutcome

JITTER = 0.1
"""At most this share of a wait is added to it, so that feeds that fell into step drift apart again."""
BODY_CEILING = timedelta(hours=1)
"""`ttl` and `sy` count up to this: blog software sends a day or a week unasked."""
FRESH_CEILING = DAY
GAP_COUNTS = timedelta(days=7)
"""How long a feed that outran us is polled sooner than its wait was then."""


def next_poll(
    state: FeedState,
    outcome: PollOutcome,
    *,
    feed: Feed,
    settings: Polling,
    price: float | None,
    now: datetime,
    jitter: float,
) -> NextPoll:
    """When to poll again after `outcome`, which came at `now` and which `state` remembers already.

    `price` is `budget.price` of all feeds; `jitter`, in [0, 1), only ever makes it later.
    """
    if isinstance(outcome, Failed):
        if stopped := backoff.stopped_reason(state, outcome, now=now):
            return NextPoll(at=now + DAY, reason=Reason.STOPPED, stopped_reason=stopped)
        interval = max(feed.interval or settings.interval, settings.min_interval)
        wish = backoff.wish(state, outcome, interval=interval, least=settings.min_interval)
        pause = backoff.pause(outcome, wish)
    else:
        least = MinimumWait(settings.min_interval, Reason.LEAST)
        ours = _ours(state, feed=feed, settings=settings, price=price, now=now)
        wish = max(ours, least, allowance.wish(state), *_publishers(state, feed), key=lambda one: one.wait)
        pause = granted(state.retry_after_s, RETRY_AFTER_CEILING)
    if isinstance(outcome, Failed) and (outcome.reason is FetchReason.HELD or outcome.held_host):
        jitter = _place_in_line(state, settings, now)
    at, reason = _opened(state, now + wish.wait), wish.reason
    if at > now + wish.wait:
        reason = Reason.SKIPPED
    return NextPoll(
        at=_opened(state, at + wish.wait * (JITTER * jitter)),
        reason=reason,
        not_before_at=now + pause if pause else None,
    )


def put_off(state: FeedState, *, now: datetime) -> FeedState | None:
    """The state of a feed that is due, moved to the end of the window it fell into; None: it may be polled.

    It was due before the window began, and nobody was there to ask, or all were busy.
    """
    opens = _opened(state, now)
    if opens == now:
        return None
    return replace(state, next_poll_at=opens, next_poll_reason=Reason.SKIPPED, fence=state.fence + 1)


def _ours(
    state: FeedState, *, feed: Feed, settings: Polling, price: float | None, now: datetime
) -> MinimumWait:
    """When we would like to look: the user's interval, else by the feed's rhythm, else the usual interval."""
    if feed.interval is not None:
        return MinimumWait(feed.interval, Reason.INTERVAL)
    wish = wish_by_rhythm(state, settings=settings, price=price, now=now)
    wish = safety(state, wish or MinimumWait(settings.interval, Reason.INTERVAL), settings=settings, now=now)
    if (
        state.gaps.last_at is not None
        and state.gaps.wait_s is not None
        and now - state.gaps.last_at < GAP_COUNTS
    ):
        soon = timedelta(seconds=state.gaps.wait_s / 2)
        return min(wish, MinimumWait(soon, Reason.GAP), key=lambda one: one.wait)
    return wish


def wish_by_rhythm(
    state: FeedState, *, settings: Polling, price: float | None, now: datetime
) -> MinimumWait | None:
    """How long to wait by the feed's rhythm; None where it is not known."""
    hourly = rhythm.rates(state)
    if hourly is None or price is None:
        return None
    wait = rhythm.wait(
        [rate * state.rhythm.burst for rate in hourly],
        worth=rhythm.weight(state),
        price=price,
        now=now,
        ceiling=budget.ceiling(settings),
    )
    return MinimumWait(wait, Reason.RHYTHM)


def _publishers(state: FeedState, feed: Feed) -> Iterator[MinimumWait]:
    """What the document and its server ask for. The document yields to an interval that the user set."""
    if feed.interval is None:
        yield MinimumWait(granted(state.hints.ttl_s, BODY_CEILING), Reason.TTL)
        yield MinimumWait(granted(state.hints.update_s, BODY_CEILING), Reason.UPDATES)
    yield MinimumWait(granted(state.validators.fresh_s, FRESH_CEILING), Reason.FRESH)
    yield MinimumWait(granted(state.retry_after_s, RETRY_AFTER_CEILING), Reason.RETRY_AFTER)


def _place_in_line(state: FeedState, settings: Polling, now: datetime) -> float:
    """In [0, 1), where a feed stands among those of a host that grants a few requests at a time.

    Whoever was served longest ago comes first. By chance the last of fifty would come after two hundred requests.
    """
    if state.last_success_at is None:
        return 0.0
    waited = max((now - state.last_success_at) / settings.interval, 0.0)
    return 1 / (1.001 + waited)


def _opened(state: FeedState, at: datetime) -> datetime:
    return after_windows(at, skip_hours=state.hints.skip_hours, skip_days=state.hints.skip_days)
