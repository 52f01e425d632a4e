"""Carries out what a person asks of a stored entry: gather → decide → apply, each wish in one transaction.

The command and the page call these, beside a running daemon or without one; what is to be sent waits in the outbox.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.alerts.silences import silence_of
from monitor.core.by_hand import Asked, HandPlan, ask, plan_telling
from monitor.errors import MonitorError
from monitor.model import Decision, Entry, Feed, Silence
from monitor.store import Store, alerts, entries, polls, silences


class CannotBeDone(MonitorError):  # noqa: N818 - reads as what it says
    """What was asked for cannot be done."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TellingDone:
    """What became of a wish to tell an entry."""

    entry: Entry
    alert_id: int
    already: bool = False
    """It was told before; nothing is sent for the wish."""
    silence: Silence | None = None
    """What keeps the alert waiting."""


def tell(store: Store, loaded: Loaded, entry_id: int, rule_id: str, *, now: datetime) -> TellingDone:
    """The entry is told to the rule's recipients now, once: asked again it says by which alert.

    Raises CannotBeDone where there is no such entry or rule.
    """
    known_rule(loaded, rule_id)
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        earlier = alerts.decisions(connection, entry_ids=[entry_id])
        told = {one.match.rule_id: one.alert_id for one in earlier if one.alert_id is not None}
        if rule_id in told:
            return TellingDone(entry=entry, alert_id=told[rule_id], already=True)
        plan = _planned(store, connection, loaded, entry, {rule_id}, earlier, now)
        polls.apply_by_hand(connection, plan, store.opened)
        found = silences.listed(connection, ending_after=now)
    [decision] = plan.decisions
    [entry] = plan.moved
    silence = silence_of(found, rule_id=rule_id, feed_id=entry.feed_id, story_id=entry.story_id, now=now)
    return TellingDone(entry=entry, alert_id=decision.alert_id or 0, silence=silence)


def known_rule(loaded: Loaded, rule_id: str) -> None:
    """Raises CannotBeDone where the config has no such rule."""
    if rule_id not in loaded.config.rules:
        raise CannotBeDone(f'there is no rule "{rule_id}"; `monitor rules list` shows those there are')


def known_entry(connection: Connection, entry_id: int) -> Entry:
    """Raises CannotBeDone where no such entry is stored."""
    found = entries.by_ids(connection, [entry_id])
    if not found:
        raise CannotBeDone(f"there is no entry {entry_id}; `monitor entries list` shows those there are")
    return found[0]


def _asked(
    connection: Connection, loaded: Loaded, entry: Entry, rule_ids: Collection[str], now: datetime
) -> Asked:
    keys = entries.keys(connection, entry.id)
    if keys is None:
        raise CannotBeDone(f"entry {entry.id} is gone")
    feed = loaded.config.feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
    return ask(entry, keys=keys, feed=feed, rules=loaded.rules, rule_ids=rule_ids, at=now)


def _planned(
    store: Store,
    connection: Connection,
    loaded: Loaded,
    entry: Entry,
    rule_ids: Collection[str],
    earlier: list[Decision],
    now: datetime,
) -> HandPlan:
    asked = _asked(connection, loaded, entry, rule_ids, now)
    facts = polls.facts(connection, asked, store.opened, configured=loaded.config.feeds)
    return plan_telling(asked, facts, earlier=earlier, rule_ids=rule_ids, config=loaded.config)
