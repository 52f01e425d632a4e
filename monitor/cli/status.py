"""`monitor status`: is it running, and does it keep up."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import typer

from monitor.cli import output
from monitor.cli.arguments import Json
from monitor.cli.context import Context, now
from monitor.config import Loaded
from monitor.model import DeliveryState, FeedState, PageState
from monitor.store import Store, daemon, feeds, outbox, pages

BROKEN = timedelta(days=1)
"""A feed that has brought nothing but errors for so long needs somebody."""
SILENT = timedelta(seconds=30)
"""A daemon beats every 5 s: one that was silent for so long hangs, or died without a word."""


def status(context: typer.Context, json: Json = False) -> None:
    """Say whether the daemon runs, how far behind it is, what waits to be sent, and what last went wrong.

    Ends with 1 where it does not run, or a feed has brought nothing but errors for a day.
    """
    own: Context = context.obj
    loaded = own.load()
    with own.store(loaded) as store:
        document = {"config": str(own.folder), "database": own.database(loaded).partition(" ")[2]}
        document |= _gathered(loaded, store)
    if json:
        output.as_json(document)
    else:
        _show(document, loaded.config.alerting.zone)
    if not document["running"] or document["broken_for_a_day"]:
        raise typer.Exit(1)


def _show(document: dict[str, Any], zone: str) -> None:
    overdue, waiting = document["overdue"], document["outbox"]
    output.as_facts(
        [
            ("config", document["config"]),
            ("database", document["database"]),
            ("daemon", _life(document, zone)),
            ("feeds", f"{document['feeds']} ({document['failing']} failing, {document['stopped']} stopped)"),
            ("polls", document["polls"]),
            ("lag", f"{overdue['seconds']:.0f} s ({overdue['feed']})" if overdue else "none"),
            ("outbox", ", ".join(f"{count} {state}" for state, count in waiting.items()) or "empty"),
            ("pages", ", ".join(f"{count} {state}" for state, count in document["pages"].items()) or "none"),
            (
                "last errors",
                "\n".join(f"{one['feed']}: {one['error']}" for one in document["errors"]) or "none",
            ),
        ]
    )


def _gathered(loaded: Loaded, store: Store) -> dict[str, Any]:
    at = now()
    with store.reading() as connection:
        beat = daemon.load(connection)
        states = feeds.states(connection, list(loaded.config.feeds)).values()
        overdue = daemon.oldest_overdue(connection, at)
        polls = daemon.polls(connection)
        deliveries = outbox.counts(connection)
        read_pages = pages.counts(connection)
    failing = sorted(
        (state for state in states if state.failures),
        key=lambda state: state.last_poll_at or state.next_poll_at,
        reverse=True,
    )
    return {
        "running": beat is not None and beat.stopped_at is None and at - beat.beat_at < SILENT,
        "pid": beat.pid if beat else None,
        "version": beat.version if beat else None,
        "started_at": beat.started_at if beat else None,
        "beat_at": beat.beat_at if beat else None,
        "stopped_at": beat.stopped_at if beat else None,
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
        "broken_for_a_day": [state.feed_id for state in failing if _is_broken(state, at)],
        "errors": [{"feed": state.feed_id, "error": state.last_error} for state in failing[:10]],
    }


def _is_broken(state: FeedState, at: datetime) -> bool:
    well_at = state.last_success_at
    return well_at is not None and at - well_at >= BROKEN


def _life(document: dict[str, Any], zone: str) -> str:
    if document["pid"] is None:
        return "never ran on this database; `monitor run` starts it"
    if document["running"]:
        return f"running since {output.local(document['started_at'], zone)} (process {document['pid']})"
    if document["stopped_at"] is not None:
        return f"stopped at {output.local(document['stopped_at'], zone)}; `monitor run` starts it"
    return f"not running: it ended without a word after {output.local(document['beat_at'], zone)}"
