"""How the monitor fares."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from monitor.config import Loaded
from monitor.core.polling.outages import BROKEN, is_broken
from monitor.model import DeliveryState, PageState
from monitor.store import Store, daemon, feeds, outbox, pages, rules
from monitor.views.broken import broken_rules


def status_document(loaded: Loaded, store: Store, at: datetime) -> dict[str, Any]:
    """Whether the daemon runs, how far behind it is, what waits to be sent, what last went wrong."""
    with store.reading() as connection:
        beat = daemon.load(connection)
        states = feeds.states(connection, list(loaded.config.feeds)).values()
        overdue = daemon.oldest_overdue(connection, at)
        polls = daemon.polls(connection)
        deliveries = outbox.counts(connection)
        read_pages = pages.counts(connection)
        broken = broken_rules(loaded, rules.ran(connection))
    failing = sorted(
        (state for state in states if state.failures),
        key=lambda state: state.last_poll_at or state.next_poll_at,
        reverse=True,
    )
    return {
        "running": daemon.is_running(beat, at),
        "pid": beat.pid if beat else None,
        "version": beat.version if beat else None,
        "started_at": beat.started_at if beat else None,
        "beat_at": beat.beat_at if beat else None,
        "stopped_at": beat.stopped_at if beat else None,
        "daemon_config": beat.config if beat else "",
        "config_mistake": beat.mistake if beat else "",
        "config_mistaken_since": beat.mistaken_since if beat else None,
        "broken_rules": broken,
        "rules_broken_for_a_day": [
            one["rule"] for one in broken if one["since"] and at - one["since"] >= BROKEN
        ],
        "feeds": len(loaded.config.feeds),
        "failing": len(failing),
        "stopped": sum(bool(state.stopped_reason) for state in states),
        "polls": polls,
        "overdue": {
            "feed": overdue.feed_id,
            "since": overdue.since,
            "seconds": (at - overdue.since).total_seconds(),
        }
        if overdue
        else None,
        "outbox": {state.value: deliveries[state] for state in DeliveryState if state in deliveries},
        "pages": {state.value: read_pages[state] for state in PageState if state in read_pages},
        "broken_for_a_day": [state.feed_id for state in failing if is_broken(state, at)],
        "errors": [{"feed": state.feed_id, "error": state.last_error} for state in failing[:10]],
    }
