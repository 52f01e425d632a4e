"""A poll in the database: the facts that its plan is made from, and the plan carried out.

Both happen in one transaction of the one writer, so the facts still hold when the plan is applied.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from sqlalchemy import Connection, select

from monitor.core.alerts.planner import AlertPlanner
from monitor.core.by_hand import HandPlan
from monitor.core.entries_plan import EntriesPlan
from monitor.core.plan import PollPlan
from monitor.core.poll_facts import Brought, Facts, NextIds, Polled, saying
from monitor.core.stories.identity import Changed
from monitor.core.stories.placing import STORIES
from monitor.core.stories.recurring import NOTHING
from monitor.core.stories.report import text_of
from monitor.errors import StalePoll
from monitor.model import Feed
from monitor.store import (
    alerts,
    bursts,
    changes,
    entries,
    feeds,
    naming,
    outbox,
    pages,
    silences,
    stories,
    summaries,
    threads,
    tombstones,
    words,
)
from monitor.store.open_stories import NO_FEEDS, OpenStories, leave_mark
from monitor.store.sql import put, table
from monitor.store.tables import CounterRow

COUNTER = table(CounterRow)
_COUNTERS: Final = select(COUNTER.c.name, COUNTER.c.next)
MERGED: Final = 4
"""Further stories near a report that are asked about: where entries of the poll tie two, the next comes into view."""


def facts(
    connection: Connection,
    polled: Brought,
    opened: OpenStories,
    *,
    configured: Mapping[str, Feed] = NO_FEEDS,
    ids: NextIds | None = None,
) -> Facts:
    """What the database knows that bears on this poll, or on a page that was read. `configured`: the feeds, by id.

    `ids`: the next free ones, where this transaction has stored others before.
    """
    again = ids is not None
    ids = ids or next_ids(connection)
    if not polled.examined:
        return Facts(next_ids=ids)
    changed = [
        examined.identity.entry_id for examined in polled.examined if isinstance(examined.identity, Changed)
    ]
    earlier = entries.earlier(connection, changed)
    storied = {entry_id for entry_id, one in earlier.items() if one.entry.story_id is not None}
    reports = opened.reports(connection, now=polled.at, feeds=configured, again=again)
    matched = storied or any(one.matches for one in polled.examined)
    given = [(one.entry.title, text_of(one.entry)) for one in polled.examined]
    repeated = opened.archive(connection).recurring(polled.feed, given) if matched else NOTHING
    rarity = opened.rarity(connection, next_id=ids.entry)
    said = saying(polled, reports, rarity, recurring=repeated, storied=storied)
    opened.count(connection, said.values())
    near = {one.entry.story_id for one in earlier.values() if one.entry.story_id is not None}
    near |= {
        one.story_id
        for each in said.values()
        for one in reports.near(each, stories=STORIES + MERGED)
        if one.story_id is not None
    }
    return Facts(
        next_ids=ids,
        reports=reports,
        rarity=rarity,
        saying=said,
        told=alerts.told(connection, near),
        became=alerts.became(
            connection, [one.entry_id for story_id in near for one in reports.thread(story_id)]
        ),
        threads=threads.known(connection, near),
        earlier=earlier,
        traffic=summaries.traffic(
            connection,
            polled.at,
            rule_ids={match.rule_id for examined in polled.examined for match in examined.matches},
            last_poll_at=polled.last_poll_at,
        ),
        silences=tuple(silences.listed(connection, ending_after=polled.at)) if said else (),
        changes_at=changes.kept_at(connection, changed),
    )


class Batch:
    """Polls that one transaction stores one after the other, each planned with what those before it changed.

    What they have in common is asked for once, and written once by `end`, which must come before the commit. Of one
    feed there is one poll at most.
    """

    def __init__(
        self, connection: Connection, opened: OpenStories, *, configured: Mapping[str, Feed] = NO_FEEDS
    ) -> None:
        """`configured`: the feeds, by id."""
        self._connection, self._opened, self._configured = connection, opened, configured
        self._filing = words.Filing(connection)
        self._ids: NextIds | None = None
        self._ids_given = False
        self._plans: list[PollPlan] = []

    def facts(self, polled: Polled) -> Facts:
        """As `facts`."""
        found = facts(self._connection, polled, self._opened, configured=self._configured, ids=self._ids)
        self._ids = found.next_ids
        return found

    def apply(self, plan: PollPlan) -> None:
        """Carries the plan out, but for its feed's state."""
        self.apply_state(plan)
        _apply_entries(self._connection, plan, self._opened, self._filing)
        if _gives_ids(plan):
            self._ids, self._ids_given = plan.next_ids, True

    def apply_state(self, plan: PollPlan) -> None:
        """Nothing follows from the plan but its feed's state, which `end` stores."""
        self._plans.append(plan)

    def end(self) -> None:
        """Raises StalePoll where another poll of one of the feeds was stored first."""
        self._filing.end()
        if self._ids is not None and self._ids_given:
            save_next_ids(self._connection, self._ids)
        for plan in self._plans:
            if plan.more_follows:
                feeds.check(self._connection, plan.before)
        states = [plan for plan in self._plans if not plan.more_follows]
        if late := apply_states(self._connection, states):
            raise StalePoll(feeds.late(min(late)))


def apply(connection: Connection, plan: PollPlan, opened: OpenStories) -> None:
    """Carries the plan out. Raises StalePoll, before anything else, where another poll was stored first."""
    feeds.check(connection, plan.before)
    batch = Batch(connection, opened)
    batch.apply(plan)
    batch.end()


def apply_beside(connection: Connection, plan: PollPlan, filing: words.Filing) -> None:
    """As `apply`, of a plan that has nothing to do with stories, and whose entries have reserved ids."""
    feeds.save(connection, plan.before, plan.state)
    _apply_rest(connection, [plan])
    entries.insert(connection, plan.new, filing)
    pages.enqueue(connection, plan.pages)


def apply_states(connection: Connection, plans: Sequence[PollPlan]) -> frozenset[str]:
    """Carries out what plans change of their feeds alone; returns the feeds whose other poll was stored first."""
    late = feeds.save_all(connection, [(plan.before, plan.state) for plan in plans])
    _apply_rest(connection, [plan for plan in plans if plan.state.feed_id not in late])
    return late


def _apply_rest(connection: Connection, plans: Sequence[PollPlan]) -> None:
    """What goes with their feeds' states."""
    for plan in plans:
        if plan.host_pause is not None:
            feeds.pause_host(connection, *plan.host_pause)
    hashes = {plan.state.feed_id: plan.entry_hashes for plan in plans if plan.entry_hashes is not None}
    feeds.save_entry_hashes(connection, hashes)


def apply_entries(connection: Connection, plan: EntriesPlan, opened: OpenStories) -> None:
    """Carries out what entries that came change, whichever way they came."""
    filing = words.Filing(connection)
    _apply_entries(connection, plan, opened, filing)
    filing.end()
    if _gives_ids(plan):
        save_next_ids(connection, plan.next_ids)


def _gives_ids(plan: EntriesPlan) -> bool:
    return bool(plan.new or plan.alerts or plan.opened)


def _apply_entries(
    connection: Connection, plan: EntriesPlan, opened: OpenStories, filing: words.Filing
) -> None:
    entries.insert(connection, plan.new, filing)
    entries.replace(connection, plan.changed, filing)
    changes.insert(connection, plan.changes)
    entries.rekey(connection, plan.rekeyed)
    tombstones.rekey(connection, plan.rekeyed)
    stories.insert(connection, plan.opened)
    stories.touch(connection, plan.touched)
    if plan.left is not None:
        stories.drop(connection, plan.left)
    for entry_id, spans in plan.marks.items():
        alerts.mark(connection, entry_id, spans)
    _tell(connection, plan)
    pages.enqueue(connection, plan.pages)
    for merge in plan.merges:
        stories.merge(connection, merge)
    opened.settle(connection, changed=plan.touches_stories)


def apply_by_hand(connection: Connection, plan: HandPlan, opened: OpenStories) -> None:
    """Carries out what a person asked of an entry."""
    for entry in plan.moved:
        entries.put_into(connection, entry)
    alerts.take_back(connection, plan.untold)
    alerts.rethread(connection, plan.rethreaded)
    stories.rename(connection, plan.renamed)
    alerts.redecide(connection, plan.decisions)
    apply_entries(connection, plan, opened)
    leave_mark(connection)  # whoever compares reads anew what people said


def _tell(connection: Connection, plan: EntriesPlan) -> None:
    alerts.insert(connection, plan.alerts)
    alerts.mark_told(connection, plan.told, plan.at)
    alerts.mark_updated(connection, plan.updated)
    alerts.decide(connection, plan.decisions, plan.at)
    threads.save(connection, plan.threads)
    outbox.enqueue(connection, naming.named(connection, plan.deliveries))
    outbox.wake(connection, plan.joined, now=plan.at)
    bursts.count(connection, plan.coverage)


def apply_notes(connection: Connection, telling: AlertPlanner) -> None:
    """Stores alerts that no poll led to."""
    if telling.alerts:
        alerts.insert(connection, telling.alerts)
        outbox.enqueue(connection, naming.named(connection, telling.deliveries.values()))
        save_next_ids(connection, replace(next_ids(connection), alert=telling.next_alert_id))


def next_ids(connection: Connection) -> NextIds:
    """The next free ids."""
    known = {name: value for name, value in connection.execute(_COUNTERS)}  # noqa: C416 - rows are not pairs
    return NextIds(entry=known.get("entry", 1), story=known.get("story", 1), alert=known.get("alert", 1))


def reserve(connection: Connection, count: int) -> range:
    """So many ids of entries, which nobody else is given."""
    ids = next_ids(connection)
    save_next_ids(connection, replace(ids, entry=ids.entry + count))
    return range(ids.entry, ids.entry + count)


def save_next_ids(connection: Connection, ids: NextIds) -> None:
    """Those below are given away."""
    put(
        connection,
        CounterRow,
        [
            {"name": "entry", "next": ids.entry},
            {"name": "story", "next": ids.story},
            {"name": "alert", "next": ids.alert},
        ],
    )
