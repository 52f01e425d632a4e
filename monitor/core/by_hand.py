"""What a person asks of a stored entry: tell it now, take it for no copy, put it into a story of its own.

What keeps other reports back (age, quiet hours, limits, what was told) does not hold here: a person has decided. A
silence does: that was a person too. What was told by hand counts as told; what is told later is compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.told_threads import SAYS
from monitor.core.arrivals import Arrivals
from monitor.core.entries_plan import EntriesPlan, plan_entries, planner_of
from monitor.core.examine import Examined, document_of
from monitor.core.poll_facts import Facts
from monitor.core.rules import RuleSet
from monitor.core.stories.identity import Changed
from monitor.core.text.filing import filed_words
from monitor.model import (
    Config,
    Decision,
    Entry,
    EntryKeys,
    Feed,
    FeedEntry,
    Match,
    Verdict,
)

BY_HAND: Final = "told by hand"
"""How the reason begins of what a person had told: by it the decision before is found again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A stored entry, read again with the rules as they are, for which a person asks something."""

    feed: Feed
    at: datetime
    entry: Entry
    examined: tuple[Examined, ...]
    """The one entry; its matches are those of the rules that are asked about too."""

    @property
    def last_poll_at(self) -> datetime:
        """It does not count as the first poll of its feed."""
        return datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class HandPlan(EntriesPlan):
    """Everything that a person's wish changes. Its decisions take the place of earlier ones."""

    moved: tuple[Entry, ...] = ()
    """Stored entries of another story, or of another copy; their text stays."""
    untold: frozenset[tuple[int, str]] = frozenset()
    """Stories that these rules have not told after all."""
    rethreaded: Mapping[int, int] = field(default_factory=dict)
    """By alert, the story whose thread it is of now."""
    renamed: Mapping[int, str] = field(default_factory=dict)
    """Stories by another name than before."""

    @property
    def touches_stories(self) -> bool:
        return True


def ask(
    entry: Entry, *, keys: EntryKeys, feed: Feed, rules: RuleSet, rule_ids: Collection[str], at: datetime
) -> Asked:
    """`rule_ids`: those it is to be told for, whether they match it or not."""
    given = FeedEntry(**{one.name: getattr(entry, one.name) for one in fields(FeedEntry)})
    document = document_of(given, entry.language, feed)
    found = {match.rule_id: match for match in rules.match(document)}
    for rule_id in rule_ids:
        found.setdefault(rule_id, Match(rule_id=rule_id, rule_version=rules.rule(rule_id).version))
    examined = Examined(
        entry=given,
        identity=Changed(entry.id, keys, "a person asked"),
        language=entry.language,
        words=filed_words(document),
        matches=tuple(found.values()),
    )
    return Asked(feed=feed, at=at, entry=entry, examined=(examined,))


def plan_telling(
    asked: Asked, facts: Facts, *, earlier: Sequence[Decision], rule_ids: Collection[str], config: Config
) -> HandPlan:
    """What telling the entry for these rules changes. `earlier`: what was decided on it before.

    An entry that is in no story joins the one that it tells, or opens one.
    """
    arrivals, report = Arrivals(asked, facts), facts.saying.get(0)
    if asked.entry.story_id is None:
        arrived = arrivals.placed(asked.entry, report)
    else:
        arrived = arrivals.unmoved(asked.entry, report)
    planner = planner_at_once(facts, config=config, now=asked.at)
    for merge in arrived.merges:
        planner.merge(merge.from_id, merge.into_id)
    before = {one.match.rule_id: one for one in earlier}
    for match in asked.examined[0].matches:
        if match.rule_id in rule_ids:
            reason = reason_by_hand(before.get(match.rule_id))
            planner.insist(arrived.entry, match, arrived.report, reason=reason)
    return by_hand(arrivals, planner, at=asked.at, moved=(arrived.entry,))


def plan_no_copy(asked: Asked, facts: Facts, *, earlier: Sequence[Decision], config: Config) -> HandPlan:
    """What follows from the entry's being no copy: what was kept back for it is told, in its story's thread."""
    was = asked.entry
    said = f"no copy of {was.copy_of}: said by hand" if was.copy_of is not None else ""
    entry = replace(was, copy_of=None, copy_reason=said)
    kept = [one for one in earlier if is_kept_back(one)]
    return plan_telling(
        replace(asked, entry=entry),
        facts,
        earlier=earlier,
        rule_ids={one.match.rule_id for one in kept},
        config=config,
    )


def by_hand(arrivals: Arrivals, planner: AlertPlanner, *, at: datetime, moved: tuple[Entry, ...]) -> HandPlan:
    """What was planned, with the entries that it moves."""
    plan = plan_entries(arrivals, planner, at=at)
    return HandPlan(**{one.name: getattr(plan, one.name) for one in fields(plan)}, moved=moved)


def planner_at_once(facts: Facts, *, config: Config, now: datetime) -> AlertPlanner:
    """Decides what is to be sent without waiting for further reports."""
    at_once = replace(config, alerting=replace(config.alerting, group_wait=timedelta(0)))
    return planner_of(facts, config=at_once, now=now)


def is_kept_back(decision: Decision) -> bool:
    """Whether a match was not told because it was taken for what was told, or was there, already."""
    taken_for_old = decision.verdict is Verdict.BASELINE and decision.reason.startswith(SAYS)
    return decision.verdict in {Verdict.COPY, Verdict.JOINED_STORY} or taken_for_old


def before_hand(told: Decision) -> Decision | None:
    """What had been decided before a person had it told; None: the rule had not matched it."""
    _, _, said = told.reason.partition(f"{BY_HAND}; before: ")
    for verdict in Verdict:
        if said.startswith(verdict):
            return replace(told, verdict=verdict, reason=said.removeprefix(f"{verdict}: "), alert_id=None)
    return None


def reason_by_hand(before: Decision | None) -> str:
    """Why it is told, for a person."""
    if before is None:
        return f"{BY_HAND}: the rule had not matched it"
    said = before.reason if before.reason.startswith(before.verdict) else f"{before.verdict}: {before.reason}"
    return f"{BY_HAND}; before: {said}"
