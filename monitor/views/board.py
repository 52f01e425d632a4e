"""Stories that matched, each with who tells it, why, and what was sent: the first page, and a rule's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.alerts.evidence import Evidence, evidence
from monitor.core.alerts.state import state_of
from monitor.core.stories.pace import Pace, pace
from monitor.model import Alert, AlertState, Decision, Entry, Silence
from monitor.store import alerts, entries, feeds, outbox, silences, stories
from monitor.store.stories import Summary, Until

LOOKED_AT: Final = 5
"""Entries of a story, among which one that matched is looked for: the first nearly always did."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A story on the board."""

    summary: Summary
    lead: Entry | None
    """The first entry that a rule matched."""
    decisions: tuple[Decision, ...]
    """What became of the lead's matches."""
    evidence: Evidence | None
    pace: Pace | None
    told: Alert | None
    """The last alert about it."""
    state: AlertState | None
    alerts: int
    silence: Silence | None
    outlets: tuple[str, ...]
    """Their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    cards: tuple[Card, ...]
    more: Until | None
    """Where the list goes on; None: it does not."""


def board(
    connection: Connection,
    loaded: Loaded,
    now: datetime,
    *,
    most: int,
    rule_id: str | None = None,
    before: Until | None = None,
) -> Board:
    """The stories seen last, those of a rule, or those before a place in that list."""
    ids = stories.newest(connection, most=most + 1, rule_id=rule_id, before=before)
    shown = cards(connection, loaded, now, ids[:most], rule_id=rule_id)
    last = shown[-1].summary.story if len(ids) > most else None
    return Board(cards=shown, more=Until(last.last_seen_at, last.id) if last else None)


def cards(
    connection: Connection, loaded: Loaded, now: datetime, ids: Sequence[int], *, rule_id: str | None = None
) -> tuple[Card, ...]:
    """Those seen last come first."""
    found = stories.summaries(connection, ids)
    looked = [entry_id for summary in found for entry_id in summary.entries[:LOOKED_AT]]
    decided: dict[int, list[Decision]] = {}
    for one in alerts.decisions(connection, entry_ids=looked):
        if rule_id is None or one.match.rule_id == rule_id:
            decided.setdefault(one.entry_id, []).append(one)
    leads = {
        summary.story.id: next((one for one in summary.entries[:LOOKED_AT] if one in decided), None)
        or next(iter(summary.entries), None)
        for summary in found
    }
    texts = {entry.id: entry for entry in entries.by_ids(connection, [one for one in leads.values() if one])}
    told = alerts.of_stories(connection, ids)
    sent = outbox.of_alerts(connection, [some[0].id for some in told.values()])
    silenced = {one.story_id: one for one in silences.listed(connection, ending_after=now) if one.story_id}
    names = outlet_names(connection, loaded, {feed for summary in found for feed in summary.feeds})
    made = []
    for summary in found:
        lead = texts.get(leads[summary.story.id] or 0)
        decisions = tuple(decided.get(lead.id, ())) if lead else ()
        its = told.get(summary.story.id, [])
        made.append(
            Card(
                summary=summary,
                lead=lead,
                decisions=decisions,
                evidence=evidence(lead, [one.match for one in decisions]) if lead else None,
                pace=pace(summary.reported_at, now=now) if summary.reported_at else None,
                told=its[0] if its else None,
                state=state_of(sent.get(its[0].id, [])) if its else None,
                alerts=len(its),
                silence=silenced.get(summary.story.id),
                outlets=tuple(names[feed] for feed in summary.feeds),
            )
        )
    return tuple(made)


def outlet_names(connection: Connection, loaded: Loaded, feed_ids: set[str]) -> dict[str, str]:
    """What each feed is called: by the user, by itself, or by its id."""
    states = feeds.states(connection, sorted(feed_ids))
    names = {}
    for feed_id in feed_ids:
        listed, state = loaded.config.feeds.get(feed_id), states.get(feed_id)
        names[feed_id] = (listed.title if listed else "") or (state.title if state else "") or feed_id
    return names
