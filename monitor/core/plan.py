"""What one poll changes: composes identity, copies, stories and alerts into one value.

`plan_poll` is handed everything it may know and touches nothing. The store applies its plan in one
transaction, so either all of a poll happened or nothing did.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Final

from monitor.core.alerts.planner import AlertPlanner
from monitor.core.arrivals import Arrivals, Arrived
from monitor.core.entries_plan import EntriesPlan, marks, plan_entries, planner_of, tell
from monitor.core.examine import Examined
from monitor.core.pages.wish import queued
from monitor.core.poll_facts import Facts, Polled
from monitor.core.polling import host_pause
from monitor.core.stories.guids import weigh
from monitor.core.stories.identity import Changed
from monitor.model import (
    Config,
    FeedState,
    Modified,
    NotModified,
    Page,
    Pushed,
)

A_DAY: Final = timedelta(days=1)
RESTRUCTURED_AGAIN: Final = timedelta(days=7)
"""For how long the operator hears of it no second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PollPlan(EntriesPlan):
    """Everything that one poll changes: what its entries do, and its feed's state."""

    before: FeedState
    state: FeedState
    more_follows: bool = False
    """The state is not to be stored: that is for a later part of the poll."""
    host_pause: tuple[str, datetime] | None = None
    """A host that is not to be asked, and until when."""
    entry_hashes: bytes | None = None
    """`ParsedFeed.entry_hashes` of the document that came; None: none came, and those that are stored hold."""

    @classmethod
    def of(cls, entries: EntriesPlan, polled: Polled) -> PollPlan:
        """`entries` with what the poll does to its feed."""
        common = {one.name: getattr(entries, one.name) for one in fields(EntriesPlan)}
        return cls(
            **common,
            before=polled.before,
            state=_state(polled),
            more_follows=polled.more_follows,
            host_pause=None if polled.more_follows else host_pause(polled.outcome, now=polled.at),
            entry_hashes=_entry_hashes(polled),
        )


def plan_poll(polled: Polled, facts: Facts, *, config: Config) -> PollPlan:
    """The changes that the poll makes. Ids are given out from `facts.next_ids` on."""
    entries = Arrivals(polled, facts)
    planner = planner_of(facts, config=config, now=polled.at)
    pages: list[Page] = []
    for index, examined in enumerate(polled.examined):
        was_there = _was_there(examined, polled, config=config)
        arrived = entries.add(index, examined, baseline=bool(was_there))
        entry = arrived.entry
        for merge in arrived.merges:
            planner.merge(merge.from_id, merge.into_id)
        max_age = config.alerting.max_age
        if page := queued(entry, examined.page_wanted, max_age=max_age, now=polled.at):
            pages.append(page)
        earlier = facts.earlier.get(entry.id)
        decided = earlier.rules if earlier else frozenset()
        tell(planner, arrived, examined, decided=decided, was_there=was_there, config=config)
        if not was_there:
            _retell(planner, arrived, examined, decided=decided, config=config)
        if arrived.before is not None and entry.id not in planner.entries:
            entries.stay(arrived.before)
    if not polled.more_follows:
        _note_changes(polled, planner)
    came = plan_entries(entries, planner, at=polled.at)
    changed = {
        one.identity.entry_id: marks(one.matches, facts.earlier[one.identity.entry_id].rules)
        for one in polled.examined
        if isinstance(one.identity, Changed)
    }
    came = replace(came, rekeyed=polled.rekeyed, marks=changed, pages=tuple(pages))
    if polled.before.baseline_at is None:
        came = replace(came, coverage={})
    return PollPlan.of(came, polled)


def is_quiet(polled: Polled) -> bool:
    """Whether nothing follows from the poll but its feed's state: no facts are needed for its plan."""
    return not (polled.examined or _is_about_more(polled))


def stands_by_itself(polled: Polled) -> bool:
    """Whether the poll alone shows nothing that concerns others: its new entries match nothing, none has changed."""
    return is_quiet(polled) or not (
        polled.more_follows
        or isinstance(polled.outcome, Pushed)
        or _is_about_more(polled)
        or any(one.matches or isinstance(one.identity, Changed) for one in polled.examined)
    )


def _is_about_more(polled: Polled) -> bool:
    """Whether the poll concerns what was stored before, or the feed itself, and not only its entries."""
    return bool(polled.rekeyed) or _stops(polled) or tells_restructured(polled)


def _stops(polled: Polled) -> bool:
    return bool(polled.after.stopped_reason and not polled.before.stopped_reason)


def _note_changes(polled: Polled, planner: AlertPlanner) -> None:
    """Tells the operator what became of the feed itself."""
    if _stops(polled):
        planner.note(
            f"Feed {polled.feed.id} is polled no more: {polled.after.stopped_reason}",
            key=f"stopped {polled.feed.id} {polled.after.fence}",
        )
    if tells_restructured(polled):
        planner.note(
            f"Feed {polled.feed.id} was restructured: {polled.restructured}. They are stored and matched, not "
            f"told; `monitor entries list --feed {polled.feed.id}` shows them.",
            key=f"restructured {polled.feed.id} {polled.after.fence}",
        )


def _entry_hashes(polled: Polled) -> bytes | None:
    if polled.more_follows or not isinstance(polled.outcome, Modified):
        return None
    return polled.outcome.feed.entry_hashes


def tells_restructured(polled: Polled) -> bool:
    """Whether the operator is to hear that the feed was restructured: a feed may do so at every poll."""
    told_at = polled.before.restructured_at
    return bool(polled.restructured) and (told_at is None or polled.at - told_at >= RESTRUCTURED_AGAIN)


def _retell(
    planner: AlertPlanner, arrived: Arrived, examined: Examined, *, decided: frozenset[str], config: Config
) -> None:
    """Decides on an edit for the rules that it still matches, and on what no rule matches for those that follow."""
    if arrived.report is not None:
        held = {match.rule_id for match in examined.matches}
        follow = {rule.id for rule in config.rules.values() if rule.follow} - held
        planner.retell(arrived.entry, arrived.report, (held & decided) | follow, before=arrived.before)


def _was_there(examined: Examined, polled: Polled, *, config: Config) -> str:
    """Why an entry is no news; empty: it is. A changed one is news to whom its new text is."""
    before, published_at = polled.before, examined.entry.published_at
    if examined.was_there:
        return examined.was_there
    if before.told_until_at is not None and _may_be_told(examined, before.told_until_at):
        return "an older database was restored: it may have been told before"
    if isinstance(examined.identity, Changed):
        return ""
    if published_at is not None and _age(published_at, polled.at) < config.alerting.catch_up:
        return ""
    return _in_baseline(published_at, before.baseline_at)


def _age(published_at: datetime, at: datetime) -> timedelta:
    """What is dated in the future is as old as what is dated now: no date makes news of what was there."""
    return max(at - published_at, timedelta(0))


def _in_baseline(published_at: datetime | None, baseline_at: datetime | None) -> str:
    if baseline_at is None:
        return "it was in the feed before the first poll"
    if published_at is not None and _is_before(published_at, baseline_at):
        return f"it was published before the feed's first poll, {baseline_at:%Y-%m-%d %H:%M} UTC"
    return ""


def _is_before(published_at: datetime, baseline_at: datetime) -> bool:
    """Feeds that date by the day give today's entries all one time, at a full hour: those of that day may be new."""
    by_the_day = published_at.minute == published_at.second == 0
    return published_at < (baseline_at - A_DAY if by_the_day else baseline_at)


def _may_be_told(examined: Examined, until: datetime) -> bool:
    """Of a change nobody knows when it was made, nor of an undated entry when it came."""
    published_at = examined.entry.published_at
    return isinstance(examined.identity, Changed) or published_at is None or published_at <= until


def _state(polled: Polled) -> FeedState:
    """The first poll that brought a feed is its baseline, even an empty one."""
    state = weigh(polled.after, polled.guids, now=polled.at)
    if isinstance(polled.outcome, Modified | NotModified):
        state = replace(state, told_until_at=None)  # all that was missed in between has been seen
    if isinstance(polled.outcome, Modified) and polled.before.baseline_at is None:
        state = replace(state, baseline_at=polled.at)
    return replace(state, restructured_at=polled.at) if tells_restructured(polled) else state
