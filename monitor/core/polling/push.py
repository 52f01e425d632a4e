"""What hubs change in the polling of feeds (WebSub): polls become rare, and never stop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from monitor.core.polling import budget, quiet, rhythm
from monitor.core.polling.reasons import MinimumWait as Wait
from monitor.core.polling.reasons import Reason
from monitor.model import FeedState, Hubs, Modified, Polling, PollYield

LONGEST_SAFETY: Final = timedelta(hours=4)
"""Of a feed that is pushed: less than what counts as a pause of the whole monitor (`alerts.holding`)."""


@dataclass(frozen=True, slots=True)
class HubOffer:
    """What a feed says of its hub."""

    hub: str
    topic: str


def wish_of(in_headers: Hubs, in_document: Hubs, *, url: str) -> HubOffer | None:
    """The hub to ask for the feed at `url`; None where it names none, or not what it is called there.

    §4: the headers count first. The way to the hub is no less safe than to the feed: the secret goes there. §8.2:
    HTTPS is tried "even if the URL is advertised as HTTP".
    """
    hubs, topic = in_headers.urls or in_document.urls, in_headers.topic or in_document.topic
    if not hubs or not topic:
        return None
    hub = next((one for one in hubs if one.startswith("https://")), hubs[0])
    if url.startswith("https://") and hub.startswith("http://"):
        hub = "https" + hub.removeprefix("http")
    return HubOffer(hub, topic)


def with_hub(state: FeedState, outcome: Modified, *, url: str) -> FeedState:
    """The state with the hub that the feed, asked for at `url`, names in a whole document."""
    if outcome.feed.cut_off:
        return state
    wish = wish_of(outcome.advice.hubs, outcome.feed.hubs, url=url)
    push = replace(state.push, hub=wish.hub if wish else "", topic=wish.topic if wish else "")
    return replace(state, push=push)


def safety(state: FeedState, wish: Wait, *, settings: Polling, now: datetime) -> Wait:
    """How long to wait between polls of a feed whose hub pushes; `wish` where it does not."""
    if state.push.until_at is None or now >= state.push.until_at:
        return wish
    rare = Wait(min(budget.ceiling(settings), LONGEST_SAFETY), Reason.LIVE)
    return max(wish, rare, key=lambda one: one.wait)


def after_push(state: FeedState, news: PollYield, *, lease_until_at: datetime, now: datetime) -> FeedState:
    """The feed's state after a push: it knows its entries' rhythm, and nothing else of it is as after a poll."""
    state = rhythm.learn(state, news, now=now)
    state = quiet.learn(state, news, now=now)
    return replace(state, push=replace(state.push, until_at=lease_until_at), fence=state.fence + 1)


def hastened(state: FeedState, *, settings: Polling, now: datetime) -> FeedState | None:
    """The feed polled as soon as its publisher allows, since its hub says that there is something; None: it is due.

    A push that is no feed says no more than that, and one that looks like the whole feed is best looked up.
    """
    last = state.last_poll_at or now
    soon_at = max(now, last + settings.min_interval, state.not_before_at or now)
    if state.stopped_reason or soon_at >= state.next_poll_at:
        return None
    return replace(state, next_poll_at=soon_at, next_poll_reason=Reason.PUSHED, fence=state.fence + 1)
