"""The backtest: what rules find in the history, and what would have been told of it.

    for step in backtest(store, loaded.config, rules, since=…, now=…):
        …  # `Progress` while it is under way, `Backtest` at last

Only read from the database; nothing is sent. Whoever has enough stops.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from monitor.core.rules import RuleSet
from monitor.model import Config, Decision, Entry, Match, Verdict
from monitor.store import Store, entries
from monitor.tuning.history import History, Progress, chosen
from monitor.tuning.replay import Replay, Told

AT_ONCE = 200
"""Entries that are read at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A stored entry that rules match, and what became of it."""

    entry_id: int
    title: str
    feed_id: str
    language: str | None
    url: str | None
    published_at: datetime | None
    first_seen_at: datetime
    decisions: tuple[Decision, ...]
    """Of each rule that matches it one, in the order of their ids."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Replayed:
    """How far the replay has come."""

    played: int
    of: int
    told: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """What came of it."""

    rules: tuple[str, ...]
    stored: int
    """Entries in that time."""
    from_at: datetime | None
    """Since when was asked, or the first sight of the oldest that is stored, where that is later; None: neither."""
    until_at: datetime
    """The first sight of the newest of them; where there are none, now."""
    found: tuple[Found, ...]
    """The newest first."""
    told: tuple[Told, ...]
    """In the order of time."""

    @property
    def days(self) -> float:
        """How long that time was; a day at least."""
        if self.from_at is None:
            return 1.0
        return max((self.until_at - self.from_at) / timedelta(days=1), 1.0)

    @property
    def told_a_day(self) -> float:
        return len(self.told) / self.days

    def found_by_day(self, zone: str) -> Mapping[date, int]:
        return _by_day((one.first_seen_at for one in self.found), zone)

    def told_by_day(self, zone: str) -> Mapping[date, int]:
        return _by_day((one.at for one in self.told), zone)

    @property
    def verdicts(self) -> Mapping[Verdict, int]:
        """How many matches each became, the commonest first."""
        return dict(Counter(one.verdict for found in self.found for one in found.decisions).most_common())

    @property
    def outlets(self) -> Mapping[str, int]:
        """Entries found, by feed, the most first."""
        return dict(Counter(found.feed_id for found in self.found).most_common())

    @property
    def languages(self) -> Mapping[str, int]:
        """Entries found, by language (empty: unknown), the most first."""
        return dict(Counter(found.language or "" for found in self.found).most_common())


def backtest(
    store: Store,
    config: Config,
    rules: RuleSet,
    *,
    now: datetime,
    since: datetime | None = None,
) -> Iterator[Progress | Replayed | Backtest]:
    """What `rules` find and tell of the entries that were first seen since then: its last is a `Backtest`.

    `config` says how they are told; of its rules none counts.
    """
    history = History(store, config.feeds)
    matches: dict[int, list[Match]] = {}
    came: list[tuple[datetime, int]] = []
    for rule_id in rules.read:
        for step in history.search(chosen(rules, rule_id), since=since):
            for one in step.found:
                if one.entry.id not in matches:
                    came.append((one.entry.first_seen_at, one.entry.id))
                matches.setdefault(one.entry.id, []).append(one.match)
            yield step.progress
    with store.reading() as connection:
        stored, span = entries.count(connection, since=since), entries.span(connection, since=since)
        whole = entries.span(connection)
    own = replace(config, rules={one.id: one for one in (read.rule for read in rules.read.values())})
    came.sort()
    if came and any(rule.follow for rule in own.rules.values()):
        came = _all_since(store, came[0])
    told: list[Told] = []
    met: dict[int, Entry] = {}
    with Replay(store, own) as replay:
        for number, entry in enumerate(_read(store, [entry_id for _, entry_id in came]), 1):
            its = matches.get(entry.id, ())
            if its:
                met[entry.id] = replace(entry, summary="", content="")
            told += replay.arrive(entry, its)
            if number % AT_ONCE == 0:
                yield Replayed(played=number, of=len(came), told=len(told))
        told += replay.end(now)
        became: dict[int, list[Decision]] = {}
        for decision in replay.decisions():
            became.setdefault(decision.entry_id, []).append(decision)
    yield Backtest(
        rules=tuple(rules.read),
        stored=stored,
        from_at=max(whole[0], since or whole[0]) if whole else since,
        until_at=span[1] if span else now,
        found=tuple(_found(entry, became.get(entry.id, [])) for entry in reversed(met.values())),
        told=tuple(told),
    )


def _all_since(store: Store, first: tuple[datetime, int]) -> list[tuple[datetime, int]]:
    """The first entry that a rule matches and all since: also reports that none matches are followed."""
    with store.reading() as connection:
        return [one for one in entries.seen(connection, since=first[0]) if one >= first]


def _read(store: Store, entry_ids: Sequence[int]) -> Iterator[Entry]:
    """In that order; one that was deleted meanwhile is left out."""
    ids = iter(entry_ids)
    while some := list(islice(ids, AT_ONCE)):
        with store.reading() as connection:
            found = {entry.id: entry for entry in entries.by_ids(connection, some)}
        yield from (found[entry_id] for entry_id in some if entry_id in found)


def _found(entry: Entry, decisions: Sequence[Decision]) -> Found:
    return Found(
        entry_id=entry.id,
        title=entry.title,
        feed_id=entry.feed_id,
        language=entry.language,
        url=entry.url,
        published_at=entry.published_at,
        first_seen_at=entry.first_seen_at,
        decisions=tuple(decisions),
    )


def _by_day(moments: Iterator[datetime], zone: str) -> Mapping[date, int]:
    clock = ZoneInfo(zone)
    return dict(sorted(Counter(moment.astimezone(clock).date() for moment in moments).items()))
