"""What a person asks of a stored entry: tell it now, take it for no copy, put it into a story of its own.

What keeps other reports back (age, quiet hours, limits, what was told) does not hold here: a person has decided. A
silence does: that was a person too. What was told by hand counts as told; what is told later is compared with it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta

from monitor.core.arrivals import Arrivals, Arrived
from monitor.core.entries_plan import EntriesPlan, plan_entries, planner_of
from monitor.core.examine import document_of
from monitor.core.poll_facts import Examined, Facts
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
    arrivals = Arrivals(asked, facts)
    report = facts.saying.get(0)
    if asked.entry.story_id is None:
        arrived = arrivals.placed(asked.entry, report)
    else:
        arrived = arrivals.unmoved(asked.entry, report)
    return _told(asked, facts, arrivals, arrived, earlier=earlier, rule_ids=rule_ids, config=config)


def _told(
    asked: Asked,
    facts: Facts,
    arrivals: Arrivals,
    arrived: Arrived,
    *,
    earlier: Sequence[Decision],
    rule_ids: Collection[str],
    config: Config,
) -> HandPlan:
    at_once = replace(config, alerting=replace(config.alerting, group_wait=timedelta(0)))
    planner = planner_of(facts, config=at_once, now=asked.at)
    for merge in arrived.merges:
        planner.merge(merge.from_id, merge.into_id)
    before = {one.match.rule_id: one for one in earlier}
    for match in asked.examined[0].matches:
        if match.rule_id in rule_ids and arrived.report is not None:
            planner.insist(arrived.entry, match, arrived.report, reason=_reason(before.get(match.rule_id)))
    plan = plan_entries(arrivals, planner, at=asked.at)
    return HandPlan(**{one.name: getattr(plan, one.name) for one in fields(plan)}, moved=(arrived.entry,))


def _reason(before: Decision | None) -> str:
    if before is None:
        return "told by hand: the rule had not matched it"
    said = before.reason if before.reason.startswith(before.verdict) else f"{before.verdict}: {before.reason}"
    return f"told by hand; before: {said}"


KEPT_BACK = frozenset({Verdict.COPY, Verdict.JOINED_STORY})
"""What was decided where an entry was taken for one that was told."""
