"""A feed's publisher moved it: whether the new address is asked in place of the config's.

Redirects are promises of strangers, often made by mistake or by a hotel's login page: a permanent one is believed
once it stood for days, and the config's address is asked again whenever the new one fails.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from monitor.core.text.origin import origin
from monitor.model import Feed, FeedState, FetchRequest, Modified, NotModified, Redirect

SIGHTINGS = 10
STANDING = timedelta(days=3)
"""`politeness.md` 11: so many polls in a row ended at the same address, over at least so long."""
PROBE_EVERY = 4
"""While the adopted address fails, every so many-th poll asks the config's."""


@dataclass(frozen=True, slots=True)
class Address:
    """What is asked in place of what the config says."""

    url: str
    at_home: bool
    """On the host, port and scheme that the config names."""


def address(state: FeedState, feed: Feed) -> Address:
    """Where the feed is asked for."""
    probing = state.failures % PROBE_EVERY == PROBE_EVERY - 1
    if not state.redirect.adopted_url or state.url != feed.url or probing:
        return Address(feed.url, at_home=True)
    return Address(state.redirect.adopted_url, at_home=origin(state.redirect.adopted_url) == origin(feed.url))


def moved(
    state: FeedState, outcome: Modified | NotModified, *, feed: Feed, asked: FetchRequest, now: datetime
) -> FeedState:
    """The state with this sighting counted: `outcome` holds, or is, a feed that was read."""
    if state.redirect.adopted_url and asked.url != state.redirect.adopted_url:
        state = _with(state, adopted_url="")  # the config's address answers again
    target = outcome.advice.moved_to
    if not target or (isinstance(outcome, Modified) and outcome.feed.cut_off):
        return _with(state, to="", since_at=None, seen=0)
    if target != state.redirect.to:
        return _with(state, to=target, since_at=now, seen=1)
    state = _with(state, seen=state.redirect.seen + 1)
    stood = state.redirect.since_at is not None and now - state.redirect.since_at >= STANDING
    if state.redirect.seen < SIGHTINGS or not stood or not _may_adopt(feed, asked.url, target):
        return state
    # RFC 9110 §15.4.2, §15.4.9: "any future references to this resource ought to use one of the enclosed URIs".
    return replace(state, redirect=Redirect(adopted_url=target))


def _with(state: FeedState, **redirect: Any) -> FeedState:
    return replace(state, redirect=replace(state.redirect, **redirect))


def _may_adopt(feed: Feed, here: str, target: str) -> bool:
    """Credentials belong to the config's host, and a connection never becomes less safe."""
    if urlsplit(here).scheme == "https" and urlsplit(target).scheme != "https":
        return False
    secret = feed.headers or feed.user is not None or feed.password is not None
    return not secret or origin(target) == origin(feed.url)
