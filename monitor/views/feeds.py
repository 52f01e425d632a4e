"""A feed and how it fares, as lists, the page and the API give it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from monitor.model import Feed, FeedState


@dataclass(frozen=True, slots=True)
class Listed:
    feed: Feed
    state: FeedState | None
    entries: int


def document(listed: Listed) -> dict[str, Any]:
    feed, state = listed.feed, listed.state
    return {
        "id": feed.id,
        "url": feed.url,
        "title": feed.title or (state.title if state else ""),
        "tags": sorted(feed.tags),
        "state": state_of(feed, state),
        "entries": listed.entries,
        "language": state.language if state else None,
        "last_poll_at": state.last_poll_at if state else None,
        "last_success_at": state.last_success_at if state else None,
        "baseline_at": state.baseline_at if state else None,
        "next_poll_at": state.next_poll_at if state else None,
        "next_poll_reason": state.next_poll_reason if state else "",
        "failures": state.failures if state else 0,
        "last_error": state.last_error if state else "",
        "warnings": list(state.warnings) if state else [],
        "polls": state.counts.polls if state else 0,
        "unconditional_polls": state.counts.unconditional if state else 0,
        "not_modified_polls": state.counts.not_modified if state else 0,
        "etag": state.validators.etag if state else None,
        "last_modified": state.validators.last_modified if state else None,
    }


def is_wrong(document: Mapping[str, Any]) -> bool:
    """Whether somebody should look at it."""
    return bool(document["failures"]) or document["state"].startswith("stopped")


def state_of(feed: Feed, state: FeedState | None) -> str:
    if not feed.enabled:
        return "disabled"
    if state is None or not state.counts.polls:
        return "not polled yet"
    if state.stopped_reason:
        return f"stopped: {state.stopped_reason}"
    return f"failing ({state.failures} in a row)" if state.failures else "ok"
