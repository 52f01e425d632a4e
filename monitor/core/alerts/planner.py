"""What becomes of the matches of one poll: decisions, alerts, and a delivery for each recipient.

One after the other: a story that an earlier match of the same poll told is told.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from monitor.core.alerts import threads
from monitor.core.alerts.dedup import EarlierOutcome, Question, ToldAlert, decide, why
from monitor.core.alerts.holding import Hold, Traffic, quiet
from monitor.core.alerts.outgoing import Outgoing, held_until
from monitor.core.alerts.silences import silence_of
from monitor.core.alerts.threads import Thread
from monitor.core.alerts.told_threads import ToldThreads, what_is_new
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.report import Report
from monitor.core.stories.sameness import Sameness as Judged
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


class AlertPlanner:
    """Collects `decisions`, `alerts`, `told` and `deliveries`; alerts are numbered from `next_alert_id`."""

    def __init__(
        self,
        *,
        told: Mapping[tuple[int, str], ToldAlert],
        next_alert_id: int,
        config: Config,
        now: datetime,
        traffic: Traffic | None = None,
        silences: Sequence[Silence] = (),
        threads: Mapping[int, Thread] | None = None,
        said: ToldThreads | None = None,
    ) -> None:
        """`told`, by story and rule, and `threads`, by story, are of every story that an entry may tell."""
        self._before = dict(told)
        self._said = said or ToldThreads(OpenReports(), {}, lambda _: 1.0)
        self._config = config
        self._now = now
        self._out = Outgoing(
            next_alert_id=next_alert_id, config=config, now=now, traffic=traffic or Traffic()
        )
        self._silences = silences
        self._threads_before = threads or {}
        self._updates: dict[tuple[int, datetime | None], ToldAlert] = {}
        """Made here, by story and until when they are held: what further rules say of it joins them."""
        self.entries: set[int] = set()
        """Those that were told, or are in a message that waits."""
        self.decisions: list[Decision] = []
        self.told: dict[tuple[int, str], ToldAlert] = {}
        self.updated: dict[tuple[int, str], int] = {}
        """Story and rule → the newest alert that tells it, where an earlier one began."""
        self.threads: dict[int, Thread] = {}
        """Those that changed."""

    @property
    def next_alert_id(self) -> int:
        """The next free one."""
        return self._out.next_alert_id

    @property
    def alerts(self) -> list[Alert]:
        """Those that were made."""
        return self._out.alerts

    @property
    def deliveries(self) -> dict[str, Delivery]:
        """By their ids."""
        return self._out.deliveries

    def tell(self, entry: Entry, match: Match, report: Report, *, was_there: str = "") -> None:
        """Decides what becomes of a match; `was_there` says why it is no news, where it is none."""
        rule, story_id = self._config.rules[match.rule_id], story_of(entry)
        before = self._told(story_id, rule.id)
        news = self._said.judged(report, rule.id) if before is not None else None
        silence = self._silence(entry, rule, story_id)
        holds_it = silence if silence and silence.summary else None
        answer = decide(
            Question(
                now=self._now,
                first_seen_at=entry.first_seen_at,
                published_at=entry.published_at,
                max_age=self._max_age(rule),
                was_there=was_there or self._said.no_news(report, rule.id),
                copy_of=entry.copy_of,
                story_id=story_id,
                told=before,
                updates=rule.updates,
                news=news,
                silence=None if holds_it else silence,
            )
        )
        verdict, reason, alert_id = answer.verdict, answer.reason, None
        if verdict is Verdict.ALERTED:
            holds = self._out.holds(rule, entry.feed_id, silence=holds_it)
            held = self._out.said(holds)
            whole = f"{reason}; {held}" if held else reason
            if before is None:
                alert_id = self._alert(entry, rule, whole, holds)
            else:
                alert_id = self._develop(entry, rule, news, whole, holds)
            verdict, reason = (Verdict.HELD, held) if held_until(holds) else (verdict, whole)
        elif verdict is Verdict.JOINED_ALERT and before is not None:
            alert_id = before.alert_id
            is_held = before.held_until is not None and before.held_until > self._now
            holds = self._out.holds(rule, entry.feed_id, silence=holds_it) if is_held else {}
            if holds and not held_until(holds):
                verdict = Verdict.ALERTED  # what a loud feed brought too much of hides no report of another
                reason = (
                    f"alert {alert_id} of story {story_id} is held, a report of feed {entry.feed_id} is not"
                )
                alert_id = self._develop(entry, rule, news, reason, holds)
        elif verdict is Verdict.JOINED_STORY and rule.updates != "none":
            self._gather(story_id, rule)
        if alert_id is not None:
            self.entries.add(entry.id)
        self._said.decided(entry.id, rule.id, EarlierOutcome(verdict, told=alert_id is not None))
        self.decisions.append(
            Decision(entry_id=entry.id, match=match, verdict=verdict, reason=reason, alert_id=alert_id)
        )

    def insist(self, entry: Entry, match: Match, report: Report | None, *, reason: str) -> None:
        """A person wants it told: whatever would keep it back does not, and nothing holds it.

        It is in the alert of its story that waits to be sent, where one does.
        """
        rule, story_id = self._config.rules[match.rule_id], story_of(entry)
        before, verdict = self._told(story_id, rule.id), Verdict.ALERTED
        at_once = dict.fromkeys(rule.alert or self._config.alerting.default)
        if before is None:
            alert_id = self._alert(entry, rule, reason, at_once)
        elif before.waits_until is not None and before.held_until is None:
            alert_id, verdict = before.alert_id, Verdict.JOINED_ALERT
        else:
            news = self._said.judged(report, rule.id) if report is not None else None
            alert_id = self._develop(entry, rule, news, reason, at_once)
        self.entries.add(entry.id)
        self._said.decided(entry.id, rule.id, EarlierOutcome(verdict, told=True))
        self.decisions.append(
            Decision(entry_id=entry.id, match=match, verdict=verdict, reason=reason, alert_id=alert_id)
        )

    def retell(
        self, entry: Entry, report: Report, rule_ids: Collection[str], *, before: Report | None = None
    ) -> None:
        """Of an entry that these rules found before, or that none does: what it says that their threads have not.

        `before`: what it said when they found it.
        """
        if report.story_id is None:
            return
        for rule_id in sorted(rule_ids):
            rule, told = self._config.rules.get(rule_id), self._told(report.story_id, rule_id)
            if rule is None or told is None or rule.updates == "none" or self._is_kept_back(entry, rule):
                continue
            news = self._said.judged(report, rule_id, before=before)
            if told.waits_until is not None:
                self.entries.add(entry.id)  # its message is made of what it says when it is sent
            elif not news.told:
                self.entries.add(entry.id)
                holds = self._out.holds(
                    rule, entry.feed_id, silence=self._silence(entry, rule, entry.story_id)
                )
                reason = f"an update of story {report.story_id}: {why(news)}"
                self._develop(entry, rule, news, reason, holds)
                self._said.decided(entry.id, rule_id, EarlierOutcome(Verdict.ALERTED, told=True))

    def _is_kept_back(self, entry: Entry, rule: Rule) -> bool:
        """Whether the entry is too old, or a silence holds."""
        age = self._now - (entry.published_at or entry.first_seen_at)
        silence = self._silence(entry, rule, entry.story_id)
        return (silence is not None and not silence.summary) or age > self._max_age(rule)

    def _silence(self, entry: Entry, rule: Rule, story_id: int | None) -> Silence | None:
        return silence_of(
            self._silences, rule_id=rule.id, feed_id=entry.feed_id, story_id=story_id, now=self._now
        )

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
        self._before |= moved
        self._silences = [
            replace(silence, story_id=into_id) if silence.story_id == from_id else silence
            for silence in self._silences
        ]
        if thread := self._thread(from_id):
            self.threads[into_id] = threads.merged(thread, self._thread(into_id))

    def _thread(self, story_id: int) -> Thread | None:
        return self.threads.get(story_id) or self._threads_before.get(story_id)

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

    def _develop(
        self, entry: Entry, rule: Rule, news: Judged | None, reason: str, holds: Mapping[str, Hold | None]
    ) -> int:
        """The id of an alert that says what the rule's thread has not said, after at most `group_wait`."""
        until, story_id = held_until(holds), story_of(entry)
        wait = timedelta(0) if rule.priority == "urgent" else self._config.alerting.group_wait
        send_at = until or self._now + wait
        waiting = self._updates.get((story_id, until))
        if waiting is None:
            new = what_is_new(entry, news.new if news else ())
            alert = self._out.alert(
                AlertKind.UPDATE,
                reason=reason,
                text=f"New: {new}" if new else "",
                send_at=send_at,
                story_id=story_id,
                entry_id=entry.id,
                rules=(rule.id,),
            )
            waiting = self._updates[story_id, until] = ToldAlert(
                alert_id=alert.id, waits_until=send_at, held_until=until
            )
            if until is None:
                self._say(story_id, at=send_at)
        self._before[story_id, rule.id] = waiting
        self.updated[story_id, rule.id] = waiting.alert_id
        send_at = waiting.waits_until or self._now
        self._out.send(waiting.alert_id, holds, send_at=send_at, rule=rule, feed_id=entry.feed_id)
        return waiting.alert_id

    def _told(self, story_id: int, rule_id: str) -> ToldAlert | None:
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
            telling = ToldAlert(alert_id=alert.id, waits_until=send_at, held_until=until)
            if until is None:
                self._say(about, at=send_at)
        self.told[about, rule.id] = telling
        send_at = telling.waits_until or self._now
        self._out.send(telling.alert_id, holds, send_at=send_at, rule=rule, feed_id=entry.feed_id)
        return telling.alert_id


def story_of(entry: Entry) -> int:
    """The story of an entry that a rule matches. Raises ValueError for any other."""
    if entry.story_id is None:
        raise ValueError(f"entry {entry.id} is in no story: no rule matches it")
    return entry.story_id
