"""A poll in the database: the facts that its plan is made from, and the plan carried out.

Both happen in one transaction of the one writer, so the facts still hold when the plan is applied.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, select

from monitor.core.alerts.telling import Telling
from monitor.core.facts import Brought, Facts, NextIds
from monitor.core.pages.plan import PagePlan
from monitor.core.plan import PollPlan
from monitor.core.stories.identity import Changed
from monitor.core.stories.merging import MOST_MOVED
from monitor.core.stories.traces import (
    NEWEST_PER_KEY,
    WINDOW,
    Trace,
    commonness,
    countable,
    findable,
    nearest,
    told_at,
)
from monitor.store import (
    alerts,
    changes,
    entries,
    feeds,
    index,
    outbox,
    pace,
    pages,
    silences,
    stories,
    summaries,
    threads,
    tombstones,
)
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow

COUNTER = table(CounterRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """What `traces.Neighbours` is made of."""

    traces: tuple[Trace, ...]
    frequency: Mapping[int, int]
    total: int


def facts(connection: Connection, polled: Brought) -> Facts:
    """What the database knows that bears on this poll, or on a page that was read."""
    ids = next_ids(connection)
    found = near(
        connection,
        [
            Trace(
                entry_id=0,
                feed_id=polled.feed.id,
                told_at=told_at(one.entry, seen_at=polled.at),
                language=None,
                url=None,
                keys=one.keys,
            )
            for one in polled.examined
        ],
        now=polled.at,
        next_id=ids.entry,
    )
    changed = [
        examined.identity.entry_id for examined in polled.examined if isinstance(examined.identity, Changed)
    ]
    earlier = entries.earlier(connection, changed)
    stories_near = {trace.story_id for trace in found.traces if trace.story_id is not None}
    stories_near |= {one.entry.story_id for one in earlier.values()}
    return Facts(
        next_ids=ids,
        traces=found.traces,
        frequency=found.frequency,
        total=found.total,
        sizes=stories.sizes(connection, stories_near, most=MOST_MOVED + 1),
        told=alerts.told(connection, stories_near),
        threads=threads.known(connection, stories_near),
        earlier=earlier,
        traffic=summaries.traffic(
            connection,
            polled.at,
            rule_ids={match.rule_id for examined in polled.examined for match in examined.matches},
            last_poll_at=polled.last_poll_at,
        ),
        silences=tuple(silences.listed(connection, ending_after=polled.at)) if polled.examined else (),
        changes_at=changes.kept_at(connection, changed),
    )


def near(connection: Connection, traces: Sequence[Trace], *, now: datetime, next_id: int) -> Near:
    """The stored neighbours of entries that are not stored yet; `next_id` will be the first of those."""
    total = next_id - (entries.first_since(connection, now - WINDOW) or next_id)
    weeks: defaultdict[int, list[Trace]] = defaultdict(list)
    for trace in traces:
        weeks[(now - trace.told_at) // WINDOW].append(trace)
    nearby: set[int] = set()
    frequency: dict[int, int] = {}
    for week in sorted(weeks, reverse=True):  # the newest last: what is rare now counts
        found, ids = _near_at_once(connection, weeks[week])
        nearby |= ids
        frequency |= {
            key: count if oldest is None else commonness(count, oldest, next_id=next_id, total=total)
            for key, (count, oldest) in found.items()
        }
    return Near(traces=tuple(entries.traces(connection, nearby)), frequency=frequency, total=total)


def _near_at_once(
    connection: Connection, traces: Sequence[Trace]
) -> tuple[dict[int, tuple[int, int | None]], set[int]]:
    """Of each key: how many have it, as `index.counted` says it; and the ids of the neighbours.

    One question for all traces: between them they ask for most keys more than once.
    """
    told = [trace.told_at for trace in traces]
    between = min(told) - WINDOW, max(told) + WINDOW
    sought = [findable(trace.keys) for trace in traces]
    words = [countable(trace.keys) for trace in traces]
    postings = index.postings(connection, frozenset().union(*sought), between)
    nearby = {
        entry_id
        for keys in sought
        for entry_id in nearest({one: postings[one] for one in keys if one in postings})
    }
    found = index.counted(connection, frozenset().union(*words), between) | {
        key: (len(ids), min(ids) if len(ids) >= NEWEST_PER_KEY else None) for key, ids in postings.items()
    }
    return found, nearby


def apply(connection: Connection, plan: PollPlan) -> None:
    """Carries the plan out. Raises StalePoll, before anything else, where another poll was stored first."""
    feeds.save(connection, plan.state)
    if plan.hold is not None:
        feeds.hold(connection, *plan.hold)
    if plan.entry_hashes is not None:
        feeds.save_entry_hashes(connection, plan.state.feed_id, plan.entry_hashes)
    entries.insert(connection, plan.new)
    entries.replace(connection, plan.changed)
    changes.insert(connection, plan.changes)
    entries.rekey(connection, plan.rekeyed)
    tombstones.rekey(connection, plan.rekeyed)
    stories.insert(connection, plan.opened)
    stories.touch(connection, plan.touched)
    _tell(connection, plan, now=plan.at)
    for entry_id, spans in plan.marks.items():
        alerts.mark(connection, entry_id, spans)
    pages.enqueue(connection, plan.pages)
    for merge in plan.merges:
        stories.merge(connection, merge)
    if plan.new or plan.alerts:
        save_next_ids(connection, plan.next_ids)


def apply_page(connection: Connection, plan: PagePlan, *, now: datetime) -> None:
    """Carries out what a page that was read changes."""
    entries.replace(connection, [plan.changed])
    stories.touch(connection, plan.touched)
    if plan.left is not None:
        stories.drop(connection, plan.left)
    alerts.mark(connection, plan.changed.entry.id, plan.marks)
    _tell(connection, plan, now=now)
    if plan.merge is not None:
        stories.merge(connection, plan.merge)
    if plan.alerts:
        save_next_ids(connection, plan.next_ids)


def _tell(connection: Connection, plan: PollPlan | PagePlan, *, now: datetime) -> None:
    alerts.insert(connection, plan.alerts)
    alerts.mark_told(connection, plan.told, now)
    alerts.decide(connection, plan.decisions, now)
    threads.save(connection, plan.threads)
    outbox.enqueue(connection, plan.deliveries)
    outbox.wake(connection, plan.joined, now=now)
    pace.count(connection, plan.coverage)


def apply_notes(connection: Connection, telling: Telling) -> None:
    """Stores alerts that no poll led to."""
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


def prune_index(connection: Connection, *, seen_before: datetime, most: int) -> bool:
    """Takes so many entries out of the index at most, the oldest first; whether there may be more."""
    start = connection.execute(select(COUNTER.c.next).where(COUNTER.c.name == "filed")).scalar() or 1
    following = entries.unfile_oldest(connection, seen_before=seen_before, start=start, most=most)
    if following is None:
        return False
    put(connection, CounterRow, [{"name": "filed", "next": following}])
    return True
