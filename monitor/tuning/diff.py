"""Two versions of a rule on the history: what the newer gains and loses, by which clause, and what it would tell.

for step in difference(store, "paris", before=Version(config, rules), after=…, now=…):
…  # `Progress` and `Replayed` while it is under way, `Difference` at last
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from monitor.core.rules import RuleSet, explain
from monitor.core.rules.deciding import Deciding, deciding
from monitor.model import OF_RULES, Config, Entry, Mark
from monitor.store import Store, entries, labels
from monitor.tuning.backtest import AT_ONCE, Backtest, Replayed, backtest
from monitor.tuning.history import History, PastEntry, Progress
from monitor.tuning.score import Figures


@dataclass(frozen=True, slots=True)
class Version:
    """One rule alone, compiled, and the config that tells what it finds."""

    config: Config
    rules: RuleSet

    @property
    def rule_id(self) -> str:
        (rule_id,) = self.rules.read
        return rule_id


@dataclass(frozen=True, slots=True)
class Turned:
    """An entry that one of the versions matches."""

    entry: Entry
    """Without its texts."""
    by: Deciding


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Between the older version and the newer; None where there is no such rule."""

    rule_id: str
    gained: tuple[Turned, ...]
    """The newest first, as all of these."""
    lost: tuple[Turned, ...]
    kept: int
    """Entries that both match."""
    before: Backtest | None
    after: Backtest | None
    labelled_before: Figures
    labelled_after: Figures


def difference(
    store: Store,
    rule_id: str,
    *,
    before: Version | None,
    after: Version | None,
    now: datetime,
    since: datetime | None = None,
) -> Iterator[Progress | Replayed | Difference]:
    """What the newer version of a rule changes, of the entries that were first seen since then."""
    found: list[Backtest | None] = []
    for version in (before, after):
        came: Backtest | None = None
        if version is not None:
            for step in backtest(store, version.config, version.rules, now=now, since=since):
                match step:
                    case Backtest():
                        came = step
                    case _:
                        yield step
        found.append(came)
    older, newer = (frozenset(one.entry_id for one in each.found) if each else frozenset() for each in found)
    said = _said(store, rule_id, since=since)
    yield Difference(
        rule_id=rule_id,
        gained=tuple(turned(store, newer - older, matched=after, missed=before)),
        lost=tuple(turned(store, older - newer, matched=before, missed=after)),
        kept=len(older & newer),
        before=found[0],
        after=found[1],
        labelled_before=_figures(said, older),
        labelled_after=_figures(said, newer),
    )


def turned(
    store: Store, entry_ids: Collection[int], *, matched: Version | None, missed: Version | None
) -> Iterator[Turned]:
    """These entries, which the one version matches and the other does not, with why; the newest first."""
    if matched is None:
        return
    history = History(store, matched.config.feeds)
    for one in _read(store, sorted(entry_ids, reverse=True)):
        read = history.read(one)
        yield Turned(entry=replace(one, summary="", content=""), by=_by(read, matched, missed))


def _by(read: PastEntry, matched: Version, missed: Version | None) -> Deciding:
    found = explain(matched.rules, matched.rule_id, read.document)
    return deciding(found, explain(missed.rules, missed.rule_id, read.document) if missed else None)


def _read(store: Store, entry_ids: list[int]) -> Iterator[Entry]:
    for start in range(0, len(entry_ids), AT_ONCE):
        with store.reading() as connection:
            found = entries.by_ids(connection, entry_ids[start : start + AT_ONCE])
        yield from reversed(found)


def _said(store: Store, rule_id: str, *, since: datetime | None) -> Mapping[int, Mark]:
    """What people said of the rule, by entry, of those that were first seen since then."""
    with store.reading() as connection:
        said = {
            one.entry_id: one.mark
            for one in labels.listed(connection, rule_id=rule_id)
            if one.mark in OF_RULES
        }
        known = entries.by_ids(connection, said)
    return {one.id: said[one.id] for one in known if since is None or one.first_seen_at >= since}


def _figures(said: Mapping[int, Mark], found: Collection[int]) -> Figures:
    wrong = {entry_id for entry_id, mark in said.items() if mark is Mark.WRONG}
    right = said.keys() - wrong
    return Figures(len(right), len(right.intersection(found)), len(wrong.intersection(found)), len(said))
