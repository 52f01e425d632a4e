"""A poll in the database: the facts that its plan is made from, and the plan carried out.

Both happen in one transaction of the one writer, so the facts still hold when the plan is applied.
"""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, select

from monitor.core.alerts.telling import Telling
from monitor.core.plan import Facts, NextIds, Polled, PollPlan
from monitor.core.stories.identity import Changed
from monitor.core.stories.traces import WINDOW, Trace, nearest, told_at
from monitor.store import alerts, entries, feeds, outbox, stories
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow

COUNTER = table(CounterRow)


def facts(connection: Connection, polled: Polled) -> Facts:
    """What the database knows that bears on this poll."""
    near: set[int] = set()
    frequency: dict[int, int] = {}
    for examined in polled.examined:
        told = told_at(examined.entry, seen_at=polled.at)
        if told <= polled.at - WINDOW:
            continue  # of another time: it opens a story of its own
        trace = Trace(
            entry_id=0,
            feed_id=polled.feed.id,
            told_at=told,
            language=None,
            url=None,
            keys=examined.keys,
        )
        postings = entries.postings(connection, trace)
        near.update(nearest(postings))
        frequency |= {key: len(ids) for key, ids in postings.items()} | entries.counted(connection, trace)
    traces = entries.traces(connection, near)
    changed = [
        examined.identity.entry_id for examined in polled.examined if isinstance(examined.identity, Changed)
    ]
    earlier = entries.earlier(connection, changed)
    told_stories = {trace.story_id for trace in traces if trace.story_id is not None}
    told_stories |= {one.entry.story_id for one in earlier.values()}
    return Facts(
        next_ids=next_ids(connection),
        traces=tuple(traces),
        frequency=frequency,
        told=alerts.told(connection, told_stories),
        earlier=earlier,
    )


def apply(connection: Connection, plan: PollPlan) -> None:
    """Carries the plan out. Raises StalePoll, before anything else, where another poll was stored first."""
    feeds.save(connection, plan.state)
    if plan.hold is not None:
        feeds.hold(connection, *plan.hold)
    if plan.entry_hashes is not None:
        feeds.save_entry_hashes(connection, plan.state.feed_id, plan.entry_hashes)
    now = plan.state.last_poll_at or plan.state.next_poll_at
    entries.insert(connection, plan.new)
    entries.replace(connection, plan.changed)
    entries.rekey(connection, plan.rekeyed)
    stories.insert(connection, plan.opened)
    stories.touch(connection, plan.touched)
    alerts.insert(connection, plan.alerts)
    alerts.mark_told(connection, plan.told, now)
    alerts.decide(connection, plan.decisions, now)
    outbox.enqueue(connection, plan.deliveries)
    if plan.new or plan.alerts:
        save_next_ids(connection, plan.next_ids)


def apply_notes(connection: Connection, telling: Telling) -> None:
    """Stores notes to the operator that no poll led to."""
    if telling.alerts:
        alerts.insert(connection, telling.alerts)
        outbox.enqueue(connection, list(telling.deliveries.values()))
        save_next_ids(connection, replace(next_ids(connection), alert=telling.next_alert_id))


def next_ids(connection: Connection) -> NextIds:
    known = {name: value for name, value in connection.execute(select(COUNTER.c.name, COUNTER.c.next))}  # noqa: C416 - rows are not pairs
    return NextIds(entry=known.get("entry", 1), story=known.get("story", 1), alert=known.get("alert", 1))


def save_next_ids(connection: Connection, ids: NextIds) -> None:
    put(
        connection,
        CounterRow,
        [
            {"name": "entry", "next": ids.entry},
            {"name": "story", "next": ids.story},
            {"name": "alert", "next": ids.alert},
        ],
    )
