"""What is remembered of a poll."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.polling import allowance, quiet, rhythm, warnings
from monitor.core.polling.moves import moved
from monitor.core.polling.push import with_hub
from monitor.core.polling.request import credentials_hash, validators_hold
from monitor.core.polling.schedule import next_poll
from monitor.errors import FetchReason
from monitor.model import (
    Failed,
    Feed,
    FeedState,
    FetchRequest,
    Gaps,
    Modified,
    NotModified,
    Polling,
    PollOutcome,
    PollYield,
    Push,
    Redirect,
    Validators,
)

NOTHING = PollYield()


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """A poll as it went."""

    asked: FetchRequest
    outcome: PollOutcome
    news: PollYield = NOTHING
    entries: int = 0
    """New and changed ones."""
    at: datetime
    """When it ended."""


def after(
    state: FeedState, poll: Poll, *, feed: Feed, settings: Polling, jitter: float, price: float | None = None
) -> FeedState:
    """The feed's state after the poll, with when it is due again and why.

    `jitter` and `price` as in `next_poll`. `baseline_at` is left to the plan.
    """
    remembered = _remembered(state, poll, feed)
    due = next_poll(
        remembered, poll.outcome, feed=feed, settings=settings, price=price, now=poll.at, jitter=jitter
    )
    return replace(
        remembered,
        next_poll_at=due.at,
        next_poll_reason=due.reason,
        not_before_at=due.not_before_at,
        stopped_reason=due.stopped_reason,
        fence=state.fence + 1,
    )


def _remembered(state: FeedState, poll: Poll, feed: Feed) -> FeedState:
    """All but when it is due again."""
    outcome, now = poll.outcome, poll.at
    if isinstance(outcome, Failed) and outcome.reason is FetchReason.HELD:
        return state  # nothing was asked
    state = _counted(state, poll.asked, now)
    if isinstance(outcome, Failed):
        if outcome.status == 401 and not validators_hold(state, feed):
            state = _reset_server_state(state, feed)  # what it is stopped with, so that a change can be told
        gone_at = (state.gone_at or now) if outcome.status == 410 else state.gone_at
        # Validators stay: they belong to the last good body, whatever an error page brought along.
        return replace(
            state,
            failures=state.failures + 1,
            gone_at=gone_at,
            last_error=outcome.message,
            retry_after_s=outcome.retry_after_s,
        )
    if not validators_hold(state, feed):
        state = _reset_server_state(state, feed)
    state = _with_validators(state, outcome)
    state = moved(state, outcome, feed=feed, asked=poll.asked, now=now)
    state = _with_gap(state, poll.news, now)
    state = rhythm.learn(state, poll.news, now=now)
    state = quiet.learn(state, poll.news, now=now)
    state = allowance.spend(state, entries=poll.entries, size_bytes=outcome.size_bytes, now=now)
    state = replace(
        state,
        last_success_at=now,
        failures=0,
        gone_at=None,
        last_error="",
        retry_after_s=outcome.advice.retry_after_s,
    )
    if poll.news.published_at:
        # Whatever its hub pushes, it did not push this.
        state = replace(state, push=replace(state.push, until_at=None))
    if isinstance(outcome, NotModified):
        return _unmodified(state, outcome, now)
    return with_hub(_modified(state, outcome, now), outcome, url=poll.asked.url)


def _counted(state: FeedState, asked: FetchRequest, now: datetime) -> FeedState:
    unconditional = not (asked.etag or asked.last_modified)
    gap_s = max((now - state.last_poll_at).total_seconds(), 0.0) if state.last_poll_at else None
    gaps_s = [one for one in (state.shortest_gap_s, gap_s) if one is not None]
    return replace(
        state,
        last_poll_at=now,
        counts=replace(
            state.counts,
            polls=state.counts.polls + 1,
            unconditional=state.counts.unconditional + unconditional,
        ),
        shortest_gap_s=min(gaps_s, default=None),
        body=replace(state.body, unconditional_at=now) if unconditional else state.body,
    )


def _reset_server_state(state: FeedState, feed: Feed) -> FeedState:
    """The state at another address or for another user: what the old one's server said counts no more."""
    return replace(
        state,
        url=feed.url,
        credentials_hash=credentials_hash(feed),
        validators=Validators(),
        redirect=Redirect(),
        push=Push(),
    )


def _with_validators(state: FeedState, outcome: Modified | NotModified) -> FeedState:
    """The newest pair: replaced by every whole body, with or without one, and updated by a 304."""
    if isinstance(outcome, Modified) and outcome.feed.cut_off:
        return state
    if isinstance(outcome, NotModified) and outcome.status == 304:
        # RFC 9111 §4.3.4: the stored fields are updated with those that the 304 provides.
        etag = outcome.etag or state.validators.etag
        last_modified = outcome.last_modified or state.validators.last_modified
    else:
        etag, last_modified = outcome.etag, outcome.last_modified
    return replace(state, validators=replace(state.validators, etag=etag, last_modified=last_modified))


def _with_gap(state: FeedState, news: PollYield, now: datetime) -> FeedState:
    """Between two polls all that was known has scrolled out of the feed: what else did, nobody saw."""
    if not news.all_unknown or state.baseline_at is None or state.last_success_at is None:
        return state
    wait_s = max((now - state.last_success_at).total_seconds(), 0.0)
    recovered = state.gaps.recovered + news.recovered
    gaps = Gaps(count=state.gaps.count + 1, last_at=now, wait_s=wait_s, recovered=recovered)
    return replace(state, gaps=gaps)


def _unmodified(state: FeedState, outcome: NotModified, now: datetime) -> FeedState:
    # §4.3.4 again: how long it is fresh is among the stored fields too.
    kept_s = (
        state.validators.fresh_s
        if outcome.status == 304 and outcome.advice.fresh_s is None
        else outcome.advice.fresh_s
    )
    return replace(
        state,
        validators=replace(state.validators, fresh_s=kept_s),
        body=replace(state.body, at=now) if outcome.status == 200 else state.body,
        counts=replace(state.counts, not_modified=state.counts.not_modified + 1),
    )


def _modified(state: FeedState, outcome: Modified, now: datetime) -> FeedState:
    # Of a body that was cut off nothing is kept that could later say that it was seen.
    body_hash = None if outcome.feed.cut_off else outcome.body_hash
    return replace(
        state,
        title=outcome.feed.title or state.title,
        language=outcome.feed.language or state.language,
        warnings=(*allowance.warnings(state), *warnings.of(outcome.feed)),
        body=replace(state.body, hash=body_hash, at=now),
        validators=replace(state.validators, fresh_s=outcome.advice.fresh_s),
        hints=outcome.feed.hints,
    )
