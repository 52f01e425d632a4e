"""Carries out what a person asks of a stored entry: gather → decide → apply, each wish in one transaction.

The command and the page call these, beside a running daemon or without one; what is to be sent waits in the outbox.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection

from monitor.config import Loaded
from monitor.core.alerts.silences import silence_of
from monitor.core.by_hand import (
    BY_HAND,
    Asked,
    HandPlan,
    ask,
    before_hand,
    is_kept_back,
    plan_no_copy,
    plan_telling,
)
from monitor.core.splits import Whole, plan_split, plan_undone
from monitor.errors import MonitorError
from monitor.model import Alert, Decision, DeliveryState, Entry, Feed, Label, Mark, Said, Silence
from monitor.store import Store, alerts, entries, labels, outbox, polls, silences, stories
from monitor.store.entries import Wanted
from monitor.store.open_stories import leave_mark


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


GONE_OUT: Final = frozenset({DeliveryState.LEASED, DeliveryState.SENT, DeliveryState.SUMMARISED})


def untell(store: Store, entry_id: int, rule_id: str) -> Decision | None:
    """Takes back `tell` while nothing of it was sent; what had been decided before. None: the rule did not match.

    Raises CannotBeDone where it was not told by hand, where its message is sent or being sent, and where other
    reports go with it.
    """
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        told = {one.match.rule_id: one for one in alerts.decisions(connection, entry_ids=[entry_id])}.get(
            rule_id
        )
        if told is None or told.alert_id is None or not told.reason.startswith(BY_HAND):
            raise CannotBeDone(f'entry {entry_id} was not told by hand for the rule "{rule_id}"')
        alert_id = told.alert_id
        if any(one.state in GONE_OUT for one in outbox.of_alerts(connection, [alert_id]).get(alert_id, [])):
            raise CannotBeDone(f"alert {alert_id} is sent, or is being sent: what is told stays told")
        [alert] = alerts.listed(connection, [alert_id])
        if alert.entry_id == entry_id:
            others = alerts.others_told_by(connection, alert_id, but=(entry_id, rule_id))
            if others:
                raise CannotBeDone(
                    f"{others} more went into alert {alert_id} meanwhile: `monitor alerts drop {alert_id}` drops all"
                )
            outbox.drop(connection, alert_id)
            if entry.story_id is not None:
                alerts.untold_by(connection, story_id=entry.story_id, rule_id=rule_id, alert_id=alert_id)
        before = before_hand(told)
        if before is None:
            alerts.forget(connection, entry_id, rule_id)
        else:
            alerts.redecide(connection, [before])
        leave_mark(connection)  # whoever compares reads anew what was told
    return before


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrected:
    """What became of a word on a copy or a story."""

    entry: Entry
    """As it is now."""
    was: int | None
    """What it was taken for a copy of, or the story that it was in."""
    alerts: tuple[Alert, ...]
    """They were made for it; after an undo: those that stay."""
    not_told: tuple[Decision, ...] = ()
    """Matches of the entry that something else keeps back."""


def no_copy(store: Store, loaded: Loaded, entry_id: int, *, said_by: Said, now: datetime) -> Corrected:
    """The entry is news of its own: what was kept back for it is told, and it is no copy any more, whatever comes.

    Raises CannotBeDone where nothing took it for a copy.
    """
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        earlier = _in_force(loaded, alerts.decisions(connection, entry_ids=[entry_id]))
        kept = {one.match.rule_id for one in earlier if is_kept_back(one)}
        if entry.story_id is None or (entry.copy_of is None and not kept):
            raise CannotBeDone(
                f"entry {entry_id} was taken for no copy and not kept back as told; `monitor alerts tell "
                f"{entry_id} RULE` tells it all the same"
            )
        asked = _asked(connection, loaded, entry, kept, now)
        facts = polls.facts(connection, asked, store.opened, configured=loaded.config.feeds)
        plan = plan_no_copy(asked, facts, earlier=earlier, config=loaded.config)
        _say(connection, entry_id, Mark.NOT_A_COPY, entry.copy_of, said_by=said_by, now=now)
        polls.apply_by_hand(connection, plan, store.opened)
    told = {one.match.rule_id for one in plan.decisions}
    return Corrected(
        entry=plan.moved[0],
        was=entry.copy_of,
        alerts=plan.alerts,
        not_told=tuple(one for one in earlier if one.match.rule_id not in told and one.alert_id is None),
    )


def copy_again(store: Store, entry_id: int) -> Corrected:
    """Takes back that the entry is no copy. What was told for it stays told. Raises CannotBeDone."""
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        label = _said_before(connection, entry_id, Mark.NOT_A_COPY)
        labels.take_back(connection, label)
        if label.other_id is not None:
            entry = replace(entry, copy_of=label.other_id, copy_reason="taken for a copy again, by hand")
            entries.put_into(connection, entry)
        leave_mark(connection)
        made = _told_by(connection, [entry_id])
    return Corrected(entry=entry, was=label.other_id, alerts=made)


def split(store: Store, loaded: Loaded, entry_id: int, *, said_by: Said, now: datetime) -> Corrected:
    """The entry, with its copies, is a story of its own: of either story what was kept back for the other is told.

    Raises CannotBeDone where it is in no story, or nothing else is in it.
    """
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        story = stories.by_id(connection, entry.story_id) if entry.story_id is not None else None
        if story is None:
            raise CannotBeDone(f"entry {entry_id} is in no story: no rule matches it")
        found = entries.listed(connection, Wanted(story_id=story.id))
        whole = Whole(
            story=story,
            entries=tuple(sorted(found, key=lambda one: one.id)),
            decisions=tuple(alerts.decisions(connection, entry_ids=[one.id for one in found])),
            alerts=tuple(alerts.of_story(connection, story.id)),
        )
        mine, rest = whole.part(entry)
        if not rest:
            copies = ", ".join(str(one.id) for one in mine if one.id != entry_id)
            cure = f"; its copies can be split from it: {copies}" if copies else ""
            raise CannotBeDone(f"entry {entry_id} is all that story {story.id} has{cure}")
        asked = _asked(connection, loaded, entry, (), now)
        facts = polls.facts(connection, asked, store.opened, configured=loaded.config.feeds)
        plan = plan_split(asked, whole, facts, config=loaded.config)
        _say(connection, entry_id, Mark.SPLIT, story.id, said_by=said_by, now=now)
        polls.apply_by_hand(connection, plan, store.opened)
    [taken] = [one for one in plan.moved if one.id == entry_id]
    return Corrected(entry=taken, was=story.id, alerts=plan.alerts)


def unsplit(store: Store, loaded: Loaded, entry_id: int, *, now: datetime) -> Corrected:
    """Takes back a split: the two stories are one again. What was told for it stays told. Raises CannotBeDone."""
    with store.writing() as connection:
        entry = known_entry(connection, entry_id)
        label = _said_before(connection, entry_id, Mark.SPLIT)
        into_id = stories.survivor(connection, label.other_id or 0)
        asked = _asked(connection, loaded, entry, (), now)
        facts = polls.facts(connection, asked, store.opened, configured=loaded.config.feeds)
        made = _told_by(connection, [entry_id])
        labels.take_back(connection, label)
        plan = plan_undone(asked, facts, into_id=into_id, config=loaded.config)
        polls.apply_by_hand(connection, plan, store.opened)
        entry = known_entry(connection, entry_id)
    return Corrected(entry=entry, was=label.other_id, alerts=made)


def _say(
    connection: Connection, entry_id: int, mark: Mark, other_id: int | None, *, said_by: Said, now: datetime
) -> None:
    label = Label(entry_id=entry_id, mark=mark, other_id=other_id, labelled_at=now, said_by=said_by)
    labels.save(connection, [label])


def _said_before(connection: Connection, entry_id: int, mark: Mark) -> Label:
    found = [one for one in labels.listed(connection, entry_ids=[entry_id]) if one.mark is mark]
    if not found:
        raise CannotBeDone(
            f"entry {entry_id} was never said to be {_SAID[mark]}; see `monitor rules labels list`"
        )
    return found[0]


_SAID: Final = {Mark.NOT_A_COPY: "no copy", Mark.SPLIT: "of another story"}


def _told_by(connection: Connection, entry_ids: Collection[int]) -> tuple[Alert, ...]:
    """The alerts in which these entries were told."""
    ids = {one.alert_id for one in alerts.decisions(connection, entry_ids=entry_ids)} - {None}
    return tuple(alerts.listed(connection, [one for one in ids if one is not None]))


def _in_force(loaded: Loaded, decisions: Iterable[Decision]) -> list[Decision]:
    """Those of rules that the config has."""
    return [one for one in decisions if one.match.rule_id in loaded.config.rules]


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
