"""What an edit of a rule would change of what is stored: gained, lost and kept, newest first, while there is time."""

from __future__ import annotations

import threading
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from monitor.core.rules import RuleProblem, RuleSet, check_examples, lint
from monitor.core.text.document import Document
from monitor.model import Entry, ListTerms, Match, Rule
from monitor.tuning.history import History, PastEntry, alone

KEPT_TEXTS: Final = 2000
"""Entries as rules read them, kept between two previews: somebody who types asks for the same ones again."""
KEPT_MATCHES: Final = 20_000
"""What rules made of entries, kept likewise: the running version is the same at every key that is pressed."""
SHOWN: Final = 12
"""Of those that are gained, and of those that are lost."""


@dataclass(frozen=True, slots=True)
class Change:
    """An entry that only one of the two versions matches, and what that one finds in it."""

    entry: Entry
    document: Document
    match: Match


@dataclass(slots=True, kw_only=True)
class Preview:
    """What came of it. Where something is wrong with the draft there is no more than `problems`."""

    problems: tuple[RuleProblem, ...] = ()
    wrong: bool = False
    looked_at: int = 0
    of: int = 0
    """Entries that either version may match."""
    kept: int = 0
    gained: int = 0
    lost: int = 0
    first_gained: list[Change] = field(default_factory=list)
    first_lost: list[Change] = field(default_factory=list)
    draft_days: Counter[date] = field(default_factory=Counter)
    running_days: Counter[date] = field(default_factory=Counter)

    @property
    def whole(self) -> bool:
        """Whether all was looked at."""
        return self.looked_at >= self.of


class Previewer:
    """Reads the history for previews. Threads may share it."""

    def __init__(self) -> None:
        self._texts: OrderedDict[int, PastEntry] = OrderedDict()
        self._matches: OrderedDict[tuple[str, int], Match | None] = OrderedDict()
        self._turn = threading.Lock()

    def preview(
        self,
        history: History,
        draft: Rule,
        running: RuleSet | None,
        lists: Mapping[str, ListTerms],
        *,
        since: datetime,
        goes_on: Callable[[], bool],
    ) -> Preview:
        """`running` has the rule as it runs, alone; None: there is none yet. Ends where `goes_on` says no more."""
        rules, problems = alone(draft, lists)
        if rules is None:
            return Preview(problems=tuple(problems), wrong=True)
        found = Preview(problems=(*problems, *check_examples(rules), *lint(rules)))
        ids = _ids(history, [one for one in (rules, running) if one is not None], since=since)
        found.of = len(ids)
        for past in self._read(history, ids, goes_on):
            found.looked_at += 1
            old = self._match(running, past) if running else None
            _judge(found, past, new=self._match(rules, past), old=old)
        return found

    def _match(self, rules: RuleSet, past: PastEntry) -> Match | None:
        """What the only rule of `rules` finds in the entry."""
        key = (rules.key, past.entry.id)
        with self._turn:
            if key in self._matches:
                return self._matches[key]
        found = next(iter(rules.match(past.document)), None)
        with self._turn:
            self._matches[key] = found
            while len(self._matches) > KEPT_MATCHES:
                self._matches.popitem(last=False)
        return found

    def _read(self, history: History, ids: Sequence[int], goes_on: Callable[[], bool]) -> Iterator[PastEntry]:
        size = 20
        start = 0
        while start < len(ids) and goes_on():
            batch = ids[start : start + size]
            start, size = start + size, min(2 * size, 200)
            with self._turn:
                known = {one: self._texts[one] for one in batch if one in self._texts}
            read = {one.id: one for one in history.by_ids([one for one in batch if one not in known])}
            for one in batch:
                past = known.get(one) or (history.read(read[one]) if one in read else None)
                if past is None:
                    continue  # it was pruned meanwhile
                if one not in known:
                    self._keep(past)
                yield past
                if not goes_on():
                    return

    def _keep(self, past: PastEntry) -> None:
        with self._turn:
            self._texts[past.entry.id] = past
            while len(self._texts) > KEPT_TEXTS:
                self._texts.popitem(last=False)


def _ids(history: History, rules: Sequence[RuleSet], *, since: datetime) -> list[int]:
    """Those that any of them may match, the newest first."""
    found: set[int] = set()
    for one in rules:
        candidates = history.candidates(one, since=since)
        if candidates is None:
            return history.every_id(since=since)
        found.update(candidates)
    return sorted(found, reverse=True)


def _judge(found: Preview, past: PastEntry, *, new: Match | None, old: Match | None) -> None:
    day = past.entry.first_seen_at.date()
    if new:
        found.draft_days[day] += 1
    if old:
        found.running_days[day] += 1
    match new, old:
        case Match(), Match():
            found.kept += 1
        case Match(), None:
            found.gained += 1
            if len(found.first_gained) < SHOWN:
                found.first_gained.append(Change(past.entry, past.document, new))
        case None, Match():
            found.lost += 1
            if len(found.first_lost) < SHOWN:
                found.first_lost.append(Change(past.entry, past.document, old))
