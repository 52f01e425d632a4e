"""What a rule as it is typed would send: messages a day by the replay, and what each term of its score adds.

Takes seconds: for a process of its own (`web.apart`). Asked for the newest days alone, as many as fit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from monitor.core.alerts.render import subject
from monitor.core.rules import RuleSet
from monitor.core.rules.compiled import total
from monitor.model import Config, ListTerms, Rule, Verdict
from monitor.store import Store
from monitor.tuning.backtest import Backtest, backtest
from monitor.tuning.history import History, alone

MOST: Final = 200
"""Entries that are replayed of each version: each takes some ten milliseconds."""
LINES: Final = 12
"""Messages that are shown of each version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What a version would have sent."""

    found: int
    told: int
    a_day: float
    verdicts: Mapping[Verdict, int]
    newest: tuple[tuple[datetime, str], ...]
    """Its last messages: when, and their subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermShare:
    """What a term of the score did among the entries that the draft finds."""

    term: str
    weight: float
    held: int
    needed: int
    """Entries that it would not find without this term."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    days: int
    draft: Sent
    running: Sent | None
    """None: no version runs yet."""
    terms: tuple[TermShare, ...]


def days_that_fit(*hits: Mapping[date, int], today: date, most_days: int) -> int:
    """So many days back from today no version has more than `MOST` hits; a day at least."""
    counts = [0] * len(hits)
    for back in range(most_days):
        day = today - timedelta(days=back)
        counts = [count + found.get(day, 0) for count, found in zip(counts, hits, strict=True)]
        if max(counts, default=0) > MOST:
            return max(back, 1)
    return most_days


def outlook(
    store: Store,
    config: Config,
    draft: Rule,
    running: Rule | None,
    lists: Mapping[str, ListTerms],
    *,
    now: datetime,
    days: int,
) -> Outlook:
    """Of the last `days`. `lists`: as the draft reads them; the running version reads the config's.

    ValueError where the draft cannot be read.
    """
    since = now - timedelta(days=days)
    rules = _readable(draft, lists)
    new = _replayed(store, config, rules, now=now, since=since)
    old = (
        _replayed(store, config, _readable(running, config.lists), now=now, since=since) if running else None
    )
    return Outlook(
        days=days,
        draft=_sent(new),
        running=_sent(old) if old is not None else None,
        terms=_terms(store, config, rules, new),
    )


def _readable(rule: Rule, lists: Mapping[str, ListTerms]) -> RuleSet:
    rules, problems = alone(rule, lists)
    if rules is None:
        raise ValueError("; ".join(one.message for one in problems))
    return rules


def _replayed(store: Store, config: Config, rules: RuleSet, *, now: datetime, since: datetime) -> Backtest:
    for step in backtest(store, config, rules, now=now, since=since):
        if isinstance(step, Backtest):
            return step
    raise AssertionError("a backtest ends with what it found")


def _sent(found: Backtest) -> Sent:
    newest = sorted(((one.at, subject(one.message)) for one in found.told), reverse=True)
    return Sent(
        found=len(found.found),
        told=len(found.told),
        a_day=found.told_a_day,
        verdicts=found.verdicts,
        newest=tuple(newest[:LINES]),
    )


def _terms(store: Store, config: Config, rules: RuleSet, found: Backtest) -> tuple[TermShare, ...]:
    (rule_id,) = found.rules
    compiled = rules.rule(rule_id)
    scoring, score = compiled.scoring, compiled.rule.score
    if scoring is None or score is None:
        return ()
    history = History(store, config.feeds)
    held, needed = [0] * len(scoring.terms), [0] * len(scoring.terms)
    for entry in history.by_ids([one.entry_id for one in found.found]):
        points = scoring.points(rules.reading(history.read(entry).document))
        for place, added in enumerate(points):
            held[place] += added != 0
            needed[place] += added > 0 and total([*points, -added]) < scoring.threshold
    return tuple(
        TermShare(term=term, weight=weight, held=held[place], needed=needed[place])
        for place, (term, weight) in enumerate(score.terms)
    )
