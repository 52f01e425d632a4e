"""An entry that a person puts into a story of its own, and what of either story is told for it.

What was told by the entry was told of the new story, not of the old: so of each that was kept back because of the
other, the first report is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.alerts.dedup import ToldAlert
from monitor.core.alerts.ids import entry_name, name_apart
from monitor.core.alerts.threads import Thread
from monitor.core.arrivals import Arrivals
from monitor.core.by_hand import Asked, HandPlan, by_hand, is_kept_back, planner_at_once, reason_by_hand
from monitor.core.entries_plan import planner_of
from monitor.core.poll_facts import Facts
from monitor.model import Alert, Config, Decision, Entry, Story, StoryMerge


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A story of which an entry is to be taken out."""

    story: Story
    entries: tuple[Entry, ...]
    decisions: tuple[Decision, ...]
    """On all of them."""
    alerts: tuple[Alert, ...]
    """By which it was told."""

    def part(self, entry: Entry) -> tuple[list[Entry], list[Entry]]:
        """The entry with its copies, and all the others."""
        mine = [one for one in self.entries if entry.id in {one.id, one.copy_of}]
        return mine, [one for one in self.entries if one not in mine]


def plan_split(asked: Asked, whole: Whole, facts: Facts, *, config: Config) -> HandPlan:
    """The entry and its copies in a story of their own; there must be others left."""
    old_id, new_id = whole.story.id, facts.next_ids.story
    mine, rest = whole.part(asked.entry)
    moved = {one.id: _moved(one, asked.entry, new_id, old_id) for one in mine}
    for one in mine:
        if (report := facts.reports.get(one.id)) is not None:
            facts.reports.add(replace(report, story_id=new_id, copy_of=moved[one.id].copy_of))
    split = _Split(whole, mine, rest, facts.told, config)
    planner = planner_at_once(
        replace(facts, told={**_without(facts.told, split.untold), **split.told_of(new_id)}),
        config=config,
        now=asked.at,
    )
    arrivals = Arrivals(asked, facts)
    arrivals.next_story_id = new_id + 1
    arrivals.opened[new_id] = _story(whole, asked.entry, mine, new_id, takes_thread=split.takes_thread)
    by_id = {one.id: one for one in rest} | moved
    for decision in split.to_tell:
        reason, report = reason_by_hand(decision), facts.reports.get(decision.entry_id)
        planner.insist(by_id[decision.entry_id], decision.match, report, reason=reason)
    plan = by_hand(arrivals, planner, at=asked.at, moved=tuple(moved.values()))
    told = {key: one.alert_id for key, one in split.told_of(new_id).items()}
    threads = dict(plan.threads)
    if told and new_id not in threads:
        threads[new_id] = Thread(told_at=_told_at(facts, old_id, asked.at))
    return replace(
        plan,
        told={**told, **plan.told},
        threads=threads,
        untold=frozenset((old_id, rule_id) for rule_id in split.untold_rules),
        rethreaded=dict.fromkeys(split.alerts, new_id),
        renamed={old_id: ""} if split.takes_thread else {},
    )


def plan_undone(asked: Asked, facts: Facts, *, into_id: int, config: Config) -> HandPlan:
    """The entry's story and the one that it was taken out of are one again. What was told stays told."""
    story_id = asked.entry.story_id
    planner, arrivals = planner_of(facts, config=config, now=asked.at), Arrivals(asked, facts)
    if story_id is not None and story_id != into_id:
        into, gone = sorted((story_id, into_id))
        planner.merge(gone, into)
        reason = f"the split of entry {asked.entry.id} was taken back"
        arrivals.merges.append(
            StoryMerge(from_id=gone, into_id=into, entry_id=asked.entry.id, merged_at=asked.at, reason=reason)
        )
        facts.reports.merge(gone, into)
    return by_hand(arrivals, planner, at=asked.at, moved=())


class _Split:
    """What was told of either part, by rule, and what is to be told now."""

    def __init__(
        self,
        whole: Whole,
        mine: Collection[Entry],
        rest: Collection[Entry],
        told: Mapping[tuple[int, str], ToldAlert],
        config: Config,
    ) -> None:
        mine_ids, rest_ids = {one.id for one in mine}, {one.id for one in rest}
        by_rule: defaultdict[str, list[Decision]] = defaultdict(list)
        for decision in sorted(whole.decisions, key=lambda one: one.entry_id):
            by_rule[decision.match.rule_id].append(decision)
        self._whole, self._told = whole, told
        self.to_tell: list[Decision] = []
        self.told_rules: set[str] = set()
        """They have told what is taken out."""
        self.untold_rules: set[str] = set()
        """They have told nothing of what is left."""
        for rule_id, decisions in by_rule.items():
            is_told = (whole.story.id, rule_id) in told
            mine_told = _told_ids(one for one in decisions if one.entry_id in mine_ids)
            rest_told = _told_ids(one for one in decisions if one.entry_id in rest_ids)
            tell = rule_id in config.rules
            if mine_told:
                self.told_rules.add(rule_id)
            elif tell:
                self.to_tell += _first_kept(decisions, mine_ids)
            if is_told and mine_told and not rest_told:
                self.untold_rules.add(rule_id)
                self.to_tell += _first_kept(decisions, rest_ids) if tell else []
        of_mine = _told_ids(one for one in whole.decisions if one.entry_id in mine_ids)
        of_rest = _told_ids(one for one in whole.decisions if one.entry_id in rest_ids)
        self.alerts = {one.id for one in whole.alerts if one.id in of_mine - of_rest}
        """They told of nothing else, and go with it."""
        self.takes_thread = bool(self.alerts) and len(self.alerts) == len(whole.alerts)
        """Nothing else of the story was ever told."""

    @property
    def untold(self) -> set[tuple[int, str]]:
        return {(self._whole.story.id, rule_id) for rule_id in self.untold_rules}

    def told_of(self, story_id: int) -> dict[tuple[int, str], ToldAlert]:
        """The tellings of what is taken out, as those of this story."""
        old = self._whole.story.id
        return {(story_id, one): self._told[old, one] for one in self.told_rules if (old, one) in self._told}


def _told_ids(decisions: Iterable[Decision]) -> set[int]:
    return {one.alert_id for one in decisions if one.alert_id is not None}


def _first_kept(decisions: Sequence[Decision], ids: Collection[int]) -> list[Decision]:
    return [one for one in decisions if one.entry_id in ids and is_kept_back(one)][:1]


def _without(
    told: Mapping[tuple[int, str], ToldAlert], keys: Collection[tuple[int, str]]
) -> dict[tuple[int, str], ToldAlert]:
    return {key: one for key, one in told.items() if key not in keys}


def _moved(one: Entry, taken: Entry, new_id: int, old_id: int) -> Entry:
    reason = f"taken out of story {old_id} by hand"
    if one.id != taken.id:
        return replace(one, story_id=new_id, story_reason=f"{reason}, with entry {taken.id}")
    was = f"no copy of {one.copy_of}: {reason}" if one.copy_of is not None else one.copy_reason
    return replace(one, story_id=new_id, story_reason=reason, copy_of=None, copy_reason=was)


def _story(whole: Whole, entry: Entry, mine: Sequence[Entry], new_id: int, *, takes_thread: bool) -> Story:
    """It goes by the old one's name where that one's thread is its own, and never by the same as the old one."""
    own = entry_name(entry.feed_id, guid=entry.guid, url=entry.url, title=entry.title)
    name = name_apart(own) if own == whole.story.name else own
    return Story(
        id=new_id,
        title=entry.title,
        first_seen_at=min(one.first_seen_at for one in mine),
        last_seen_at=max(one.first_seen_at for one in mine),
        name=whole.story.name if takes_thread else name,
    )


def _told_at(facts: Facts, story_id: int, at: datetime) -> datetime:
    thread = facts.threads.get(story_id)
    return at if thread is None else thread.told_at
