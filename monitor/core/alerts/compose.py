"""A delivery and what the database knows of its alert → the message that a channel sends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import itemgetter

from monitor.core.alerts.ids import thread_id
from monitor.core.alerts.links import story_link
from monitor.core.alerts.outlet import outlet
from monitor.model import (
    Alert,
    Config,
    Decision,
    Delivery,
    Entry,
    Line,
    Message,
    Occasion,
    Report,
    RuleName,
    Story,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """All that a message is made of."""

    alert: Alert
    story: Story | None
    entries: Sequence[Entry]
    """Those whose matches the alert tells, in any order."""
    decisions: Sequence[Decision]
    """The alert's."""
    outlets: Mapping[str, str]
    """Feed id → the feed's own title, where it has one, for every feed of `entries`, `lines` and `tellers`."""
    tellers: Sequence[str] = ()
    """The feeds that tell the story, the first of them first."""
    feeds: int
    """How many feeds tell the story so far."""
    languages: tuple[str, ...]
    told_before: bool
    """Something of this story went to this recipient earlier."""
    reply_to: str = ""
    """What the channel returned for the first of that."""
    thread_subject: str = ""
    """The subject of the first of that; empty where it is not known."""
    lines: Sequence[Line] = ()
    """What a summary tells; outlets and rules go by their ids."""


def compose(delivery: Delivery, material: Material, *, config: Config) -> Message:
    """The message of one delivery. The same delivery gives the same ids, however often it is composed."""
    alert = material.alert
    about = alert.story_id
    return Message(
        id=delivery.id,
        thread_id=thread_id(_about(material), delivery.channel, delivery.recipient),
        first_in_thread=not material.told_before,
        reply_to=material.reply_to,
        thread_subject=material.thread_subject,
        kind=alert.kind,
        alert_id=alert.id,
        story=material.story,
        rules=tuple(_name(rule_id, config) for rule_id in alert.rules),
        reports=_reports(material, config),
        outlets=material.feeds,
        tellers=tuple(dict.fromkeys(_outlet(feed_id, material, config) for feed_id in material.tellers)),
        languages=material.languages,
        created_at=alert.created_at,
        zone=config.alerting.zone,
        text=alert.text,
        story_url=story_link(about, config.web, made_at=alert.created_at) if about is not None else None,
        lines=_lines(material, config),
        templates=config.templates,
    )


def _about(material: Material) -> Story | Alert | str:
    """A rule that gathers what it finds has one thread for all of it."""
    if material.alert.occasion is Occasion.RULE and material.alert.rules:
        return material.alert.rules[0]
    return material.story or material.alert


def _lines(material: Material, config: Config) -> tuple[Line, ...]:
    """One for each story, by turns from each feed: however many one brings, the others' are read beside it."""
    by_story: dict[tuple[str, int], Line] = {}
    for line in material.lines:
        key = ("alert", line.alert_id) if line.story_id is None else ("story", line.story_id)
        first = by_story.setdefault(key, line)
        if first is not line:
            rules = tuple(dict.fromkeys((*first.rules, *line.rules)))
            by_story[key] = replace(first, rules=rules, text=line.text or first.text)
    return tuple(
        replace(
            line,
            outlet=_outlet(line.outlet, material, config) if line.outlet else "",
            rules=tuple(_name(rule.id, config) for rule in line.rules),
        )
        for line in _by_turns(by_story.values())
    )


def _by_turns(lines: Iterable[Line]) -> list[Line]:
    """The first of each feed, then the second of each, …: the most told first, in a feed and in a turn."""
    turns: Counter[str] = Counter()
    found: list[tuple[int, Line]] = []
    for line in sorted(lines, key=lambda line: (-line.outlets, line.alert_id)):
        found.append((turns[line.outlet], line))
        turns[line.outlet] += 1
    return [line for _, line in sorted(found, key=itemgetter(0))]


def _name(rule_id: str, config: Config) -> RuleName:
    """A rule that was taken out of the config since is shown by its id."""
    rule = config.rules.get(rule_id)
    return (
        RuleName(id=rule_id, title=rule.title, priority=rule.priority)
        if rule
        else RuleName(id=rule_id, title="")
    )


def _reports(material: Material, config: Config) -> tuple[Report, ...]:
    """The entry that caused the alert first, then the others in the order in which they were seen."""
    matches: dict[int, list[Decision]] = {}
    for decision in material.decisions:
        matches.setdefault(decision.entry_id, []).append(decision)
    ordered = sorted(material.entries, key=lambda entry: (entry.id != material.alert.entry_id, entry.id))
    return tuple(
        Report(
            entry=entry,
            outlet=_outlet(entry.feed_id, material, config),
            feed_id=entry.feed_id,
            matches=tuple(decision.match for decision in matches.get(entry.id, ())),
        )
        for entry in ordered
    )


def _outlet(feed_id: str, material: Material, config: Config) -> str:
    """The user's name for it, else its own with what bears it out, else its feed's id."""
    feed, own = config.feeds.get(feed_id), material.outlets.get(feed_id)
    if feed is None:
        return own or feed_id
    return feed.title or (outlet(own, url=feed.url) if own else feed_id)
