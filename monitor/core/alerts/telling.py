"""What becomes of the matches of one poll: decisions, alerts, and a delivery for each recipient.

One after the other: a story that an earlier match of the same poll told is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts import threads
from monitor.core.alerts.holding import Hold, Traffic, quiet
from monitor.core.alerts.outgoing import Outgoing, held_until
from monitor.core.alerts.silences import silence_of
from monitor.core.alerts.threads import Thread
from monitor.core.alerts.when import Question, Told, decide
from monitor.core.text.words import folded_words
from monitor.model import (
    Alert,
    AlertKind,
    Config,
    Decision,
    Delivery,
    Entry,
    Match,
    Rule,
    Silence,
    Verdict,
)


class Telling:
    """Collects `decisions`, `alerts`, `told` and `deliveries`; alerts are numbered from `next_alert_id`."""

    def __init__(
        self,
        *,
        told: Mapping[tuple[int, str], Told],
        next_alert_id: int,
        config: Config,
        now: datetime,
        traffic: Traffic | None = None,
        silences: Sequence[Silence] = (),
        said: Mapping[int, Thread] | None = None,
    ) -> None:
        """`told`, by story and rule, and `said`, by story, are of every story that an entry may tell."""
        self._before = told
        self._config = config
        self._now = now
        self._out = Outgoing(
            next_alert_id=next_alert_id, config=config, now=now, traffic=traffic or Traffic()
        )
        self._silences = silences
        self._said_before = said or {}
        self.decisions: list[Decision] = []
        self.told: dict[tuple[int, str], Told] = {}
        self.threads: dict[int, Thread] = {}
        """Those that changed."""

    @property
    def next_alert_id(self) -> int:
        return self._out.next_alert_id

    @property
    def alerts(self) -> list[Alert]:
        return self._out.alerts

    @property
    def deliveries(self) -> dict[str, Delivery]:
        """By their ids."""
        return self._out.deliveries

    def tell(self, entry: Entry, match: Match, *, was_there: str = "") -> None:
        """Decides what becomes of a match; `was_there` says why it is no news, where it is none."""
        rule, story_id = self._config.rules[match.rule_id], story_of(entry)
        before = self._told(story_id, rule.id)
        answer = decide(
            Question(
                now=self._now,
                first_seen_at=entry.first_seen_at,
                published_at=entry.published_at,
                max_age=self._max_age(rule),
                was_there=was_there,
                copy_of=entry.copy_of,
                story_id=story_id,
                told=before,
                silence=silence_of(
                    self._silences,
                    rule_id=rule.id,
                    feed_id=entry.feed_id,
                    story_id=story_id,
                    now=self._now,
                ),
            )
        )
        verdict, reason, alert_id = answer.verdict, answer.reason, None
        if verdict is Verdict.ALERTED:
            holds = self._out.holds(rule)
            held = self._out.said(holds)
            whole = f"{reason}; {held}" if held else reason
            alert_id = self._alert(entry, rule, whole, holds)
            verdict, reason = (Verdict.HELD, held) if held_until(holds) else (verdict, whole)
        elif verdict is Verdict.JOINED_ALERT and before is not None:
            alert_id = before.alert_id
        elif verdict is Verdict.JOINED_STORY:
            self._gather(story_id, rule)
        self.decisions.append(
            Decision(entry_id=entry.id, match=match, verdict=verdict, reason=reason, alert_id=alert_id)
        )

    def correct(self, entry: Entry, earlier: Entry, rule_ids: Collection[str]) -> None:
        """A changed entry that these rules found before: another headline of a told one is news of its story."""
        if (story_id := entry.story_id) is None:
            return
        rules = [
            self._config.rules[rule_id]
            for rule_id in sorted(rule_ids)
            if rule_id in self._config.rules and self._told(story_id, rule_id)
        ]
        thread = self._thread(story_id)
        if rules and thread and folded_words(entry.title) != folded_words(earlier.title):
            self.threads[story_id] = threads.corrected(thread, earlier, entry)
            for rule in rules:
                self._gather(story_id, rule)

    def update(self, story_id: int, entry_id: int, rule_ids: Sequence[str], *, text: str) -> dict[str, int]:
        """An alert that says what is new, for those of the rules that there are; its id by rule."""
        groups: dict[datetime | None, list[tuple[Rule, Mapping[str, Hold | None]]]] = {}
        for rule in (self._config.rules[one] for one in rule_ids if one in self._config.rules):
            holds = self._out.holds(rule)
            groups.setdefault(held_until(holds), []).append((rule, holds))
        by_rule: dict[str, int] = {}
        for until, group in groups.items():
            alert = self._out.alert(
                AlertKind.UPDATE,
                reason=text,
                text=text,
                send_at=until or self._now,
                story_id=story_id,
                entry_id=entry_id,
                rules=tuple(rule.id for rule, _ in group),
            )
            for rule, its_holds in group:
                by_rule[rule.id] = alert.id
                self._out.send(alert.id, its_holds, send_at=self._now, rule=rule)
        if groups:
            self._say(story_id, at=self._now)
        return by_rule

    def note(self, text: str, *, key: str, except_channel: str = "") -> None:
        """A note to the operator's channels, where the config names any; `key` is what it is about."""
        channels = [one for one in self._config.alerting.operator if one != except_channel]
        if channels:
            held = quiet(self._config, now=self._now)
            alert = self._out.alert(
                AlertKind.NOTE,
                reason="for the operator",
                send_at=held.until if held else self._now,
                text=text,
                note_key=key,
            )
            self._out.send(alert.id, dict.fromkeys(channels, held), send_at=self._now)

    def merge(self, from_id: int, into_id: int) -> None:
        """What was told of the one story was told of the other, which lives on; what silenced it silences that."""
        tellings = {**self._before, **self.told}
        moved = {
            (into_id, rule_id): told
            for (story_id, rule_id), told in tellings.items()
            if story_id == from_id and (into_id, rule_id) not in tellings
        }
        self._before = {**self._before, **moved}
        self._silences = [
            replace(silence, story_id=into_id) if silence.story_id == from_id else silence
            for silence in self._silences
        ]
        if thread := self._thread(from_id):
            self.threads[into_id] = threads.merged(thread, self._thread(into_id))

    def _thread(self, story_id: int) -> Thread | None:
        return self.threads.get(story_id) or self._said_before.get(story_id)

    def _say(self, story_id: int, *, at: datetime) -> None:
        thread = self._thread(story_id)
        self.threads[story_id] = threads.told(thread, at=at, settings=self._config.alerting)

    def _gather(self, story_id: int, rule: Rule) -> None:
        settings = self._config.alerting
        thread = self._thread(story_id) or Thread(told_at=self._now)
        self.threads[story_id] = threads.gathered(
            thread, priority=rule.priority, now=self._now, settings=settings
        )

    def of_pace(self, kind: AlertKind, rule: Rule, text: str, *, reason: str) -> None:
        """An alert about no story: a burst or a lull of the rule, for its recipients, held as its others are."""
        holds = self._out.holds(rule)
        alert = self._out.alert(
            kind, reason=reason, send_at=held_until(holds) or self._now, rules=(rule.id,), text=text
        )
        self._out.send(alert.id, holds, send_at=self._now, rule=rule)

    def _told(self, story_id: int, rule_id: str) -> Told | None:
        key = story_id, rule_id
        return self.told.get(key) or self._before.get(key)

    def _max_age(self, rule: Rule) -> timedelta:
        limit = self._config.alerting.max_age
        return limit if rule.max_age is None else min(limit, rule.max_age)

    def _alert(self, entry: Entry, rule: Rule, reason: str, holds: Mapping[str, Hold | None]) -> int:
        """The id of the story's alert that waits alike, else of a new one; the rule's recipients get it."""
        until, about = held_until(holds), story_of(entry)
        tellings = [
            one
            for tellings in (self._before, self.told)
            for (story_id, _), one in tellings.items()
            if story_id == about
        ]
        waiting = [one for one in tellings if one.waits_until and one.held_until == until]
        if waiting:
            telling = max(waiting, key=lambda one: one.alert_id)
        else:
            begun = any(one.held_until is None for one in tellings)
            send_at = until or self._now + self._config.alerting.group_wait
            kind = AlertKind.UPDATE if begun else AlertKind.NEW
            alert = self._out.alert(
                kind,
                reason=reason,
                send_at=send_at,
                story_id=about,
                entry_id=entry.id,
                rules=(rule.id,),
            )
            telling = Told(alert_id=alert.id, waits_until=send_at, held_until=until)
            if until is None:
                self._say(about, at=send_at)
        self.told[about, rule.id] = telling
        self._out.send(telling.alert_id, holds, send_at=telling.waits_until or self._now, rule=rule)
        return telling.alert_id


def story_of(entry: Entry) -> int:
    """The story of an entry that a rule matches. Raises ValueError for any other."""
    if entry.story_id is None:
        raise ValueError(f"entry {entry.id} is in no story: no rule matches it")
    return entry.story_id
