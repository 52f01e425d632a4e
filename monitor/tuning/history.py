"""The history: the stored entries of a database, read as rules read them, and what a query finds among them.

    history = History(store, loaded.config.feeds)
    for one in history.entries(since=…, feed_id=…):            # newest first: `one.entry`, `one.document`
    for step in history.search(chosen(loaded.rules, "rule-id")):  # newest first: `step.found`, `step.progress`
    for one in history.matches(…):                            # the same without the progress

The rule engine decides, exactly as when an entry came; the word index finds what is worth asking about, and answers
alone where that is the same (`core.rules.sought`). All of it is generators of plain records: what is not asked for is
not read, and whoever has enough stops. Between two records no transaction is open, so a slow reader holds nothing up,
and an entry that comes meanwhile is not in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Final

from sqlalchemy import Connection

from monitor.core.examine import document_of
from monitor.core.rules import RuleProblem, RuleSet, compile_rules
from monitor.core.text.document import Document, spoken
from monitor.core.text.seeking import NOTHING, Either
from monitor.errors import Severity
from monitor.model import Entry, Feed, ListTerms, Match, Rule
from monitor.store import Store, entries, words

FIRST: Final = 20
"""Entries that are read first, so that the first results come at once; then twice as many each time."""
MOST: Final = 640
AT_FIRST: Final = 3
"""Batches of the newest that are asked before the index, where that takes long: 140 entries, a twentieth of a second.
"""
FEW: Final = 500
"""Words and phrases that the index is asked for in a tenth of a second, of 100 000 entries."""
TYPED: Final = "query"
"""The id of the rule that a typed query is."""


@dataclass(frozen=True, slots=True)
class PastEntry:
    """A stored entry, and as rules read it."""

    entry: Entry
    document: Document


class PastMatch:
    """A stored entry that a rule matches. What is not asked for is not made: the document, the match's places."""

    def __init__(
        self, entry: Entry, history: History, rules: RuleSet, document: Document | None = None
    ) -> None:
        self.entry = entry
        self._history = history
        self._rules = rules
        if document is not None:  # it was evaluated
            self.__dict__["document"] = document

    @cached_property
    def document(self) -> Document:
        """The entry as rules read it."""
        return self._history.read(self.entry).document

    @cached_property
    def match(self) -> Match:
        """What the rule found in it."""
        for found in self._rules.match(self.document):
            return found
        (rule,) = self._rules.read  # it was changed after the index had named it
        return Match(rule_id=rule, rule_version=self._rules.rule(rule).version)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a search has come."""

    asked: int
    """Entries that the rule was asked about."""
    of: int
    """Entries that it is to be asked about, in all."""
    found: int

    @property
    def estimate(self) -> int:
        """How many will be found in all, as far as can be said now."""
        return round(self.found * self.of / self.asked) if self.asked else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What a few more entries brought; nothing, maybe."""

    found: tuple[PastMatch, ...]
    progress: Progress


class History:
    """The stored entries of a database. Threads may share it; the store stays its owner's to close."""

    def __init__(self, store: Store, feeds: Mapping[str, Feed]) -> None:
        """`feeds`: those of the config, by id. An entry of another one is read as of a feed without tags."""
        self._store = store
        self._feeds = feeds

    def entries(
        self, *, since: datetime | None = None, feed_id: str | None = None, limit: int | None = None
    ) -> Iterator[PastEntry]:
        """All stored entries, the newest first. `since`: first seen at or after."""
        number = 0
        for batch in self._everything(since=since, feed_id=feed_id):
            for entry in batch:
                if limit is not None and number >= limit:
                    return
                number += 1
                yield self.read(entry)

    def read(self, entry: Entry) -> PastEntry:
        """A stored entry as rules read it."""
        feed = self._feeds.get(entry.feed_id) or Feed(id=entry.feed_id, url="")
        return PastEntry(entry, document_of(entry, entry.language, feed))

    def matches(
        self, rules: RuleSet, *, since: datetime | None = None, feed_id: str | None = None
    ) -> Iterator[PastMatch]:
        """What the only rule of `rules` matches, the newest first."""
        for step in self.search(rules, since=since, feed_id=feed_id):
            yield from step.found

    def search(
        self,
        rules: RuleSet,
        *,
        since: datetime | None = None,
        feed_id: str | None = None,
        with_index: bool = True,
    ) -> Iterator[Step]:
        """What the only rule of `rules` (`chosen`, `typed`) matches, the newest first, as it is found.

        `with_index` False asks of every entry: the oracle of the index.
        """
        (rule_id,) = rules.read
        asked = found = 0
        before: int | None = None
        if with_index and _takes_long(rules, rule_id):
            # The newest come at once, whatever the index has to do.
            of = self.count(since=since, feed_id=feed_id)
            for batch in islice(self._everything(since=since, feed_id=feed_id), AT_FIRST):
                matched = tuple(self._matched(rules, rule_id, batch))
                asked, found, before = asked + len(batch), found + len(matched), batch[-1].id
                yield Step(found=matched, progress=Progress(asked=asked, of=max(of, asked), found=found))
        ids, is_sure = self._asked_of(rules, rule_id, since=since) if with_index else (None, False)
        if ids is None:
            of = self.count(since=since, feed_id=feed_id)
            batches = self._everything(since=since, feed_id=feed_id, before=before)
        else:
            ids = [entry_id for entry_id in ids if before is None or entry_id < before]
            of, batches = asked + len(ids), self._those(ids, since=since, feed_id=feed_id)
        for batch in batches:
            if is_sure:
                matched = tuple(PastMatch(entry, self, rules) for entry in batch)
            else:
                matched = tuple(self._matched(rules, rule_id, batch))
            asked, found = asked + len(batch), found + len(matched)
            yield Step(found=matched, progress=Progress(asked=asked, of=max(of, asked), found=found))
        if not asked or asked < of:  # others may have been deleted, or are of another feed
            yield Step(found=(), progress=Progress(asked=asked, of=asked, found=found))

    def candidates(self, rules: RuleSet, *, since: datetime | None = None) -> list[int] | None:
        """The ids of the entries that the only rule of `rules` may match, the newest first; None: any may."""
        (rule_id,) = rules.read
        return self._asked_of(rules, rule_id, since=since)[0]

    def _asked_of(
        self, rules: RuleSet, rule_id: str, *, since: datetime | None
    ) -> tuple[list[int] | None, bool]:
        """The ids that the index finds for a rule, None where it cannot say, and whether it matches them for sure."""
        answer = rules.answered(rule_id)
        query = answer or rules.sought(rule_id)
        with self._store.reading() as connection:
            first = entries.least_since(connection, since) if since else 0
            if first is None:
                return [], False
            if query is None or (answer is None and rules.tells_languages_apart(rule_id)):
                found, is_sure = _by_language(connection, rules, rule_id), False
            else:
                spelled = words.spelled(connection, query)
                found = words.find(connection, spelled) if spelled is not None else None
                is_sure = spelled == answer
        if found is None:
            return None, False
        return [entry_id for entry_id in found if entry_id >= first], is_sure

    def by_ids(self, ids: Sequence[int]) -> list[Entry]:
        """Those that are stored, in the order of their ids."""
        with self._store.reading() as connection:
            return entries.by_ids(connection, ids)

    def every_id(self, *, since: datetime) -> list[int]:
        """Of all that was first seen since, the newest first."""
        with self._store.reading() as connection:
            return entries.ids_since(connection, since)

    def count(self, *, since: datetime | None = None, feed_id: str | None = None) -> int:
        """How many entries are stored."""
        with self._store.reading() as connection:
            return entries.count(connection, since=since, feed_id=feed_id)

    def _matched(self, rules: RuleSet, rule_id: str, batch: Sequence[Entry]) -> Iterator[PastMatch]:
        for entry in batch:
            document = self.read(entry).document
            if rules.matches(rule_id, document):
                yield PastMatch(entry, self, rules, document)

    def _everything(
        self, *, since: datetime | None, feed_id: str | None, before: int | None = None
    ) -> Iterator[Sequence[Entry]]:
        for size in _sizes():
            with self._store.reading() as connection:
                batch = entries.before(connection, before, most=size, since=since, feed_id=feed_id)
            if not batch:
                return
            yield batch
            before = batch[-1].id

    def _those(
        self, ids: Sequence[int], *, since: datetime | None, feed_id: str | None
    ) -> Iterator[Sequence[Entry]]:
        start = 0
        for size in _sizes():
            if start >= len(ids):
                return
            with self._store.reading() as connection:
                batch = entries.by_ids(connection, ids[start : start + size])
            start += size
            yield [
                entry
                for entry in reversed(batch)
                if (since is None or entry.first_seen_at >= since)
                and (feed_id is None or entry.feed_id == feed_id)
            ]


def _takes_long(rules: RuleSet, rule_id: str) -> bool:
    """Whether the index may take longer than a look at the newest entries."""
    if rules.answered(rule_id) is not None:
        return False
    query = rules.sought(rule_id)
    if query is None or rules.tells_languages_apart(rule_id):
        return True
    return words.looks_inside(query) or words.size(query) > FEW


def _by_language(connection: Connection, rules: RuleSet, rule_id: str) -> list[int] | None:
    """The ids that the index finds, a language at a time, and all of those languages of which it cannot say.

    None where it cannot say of any.
    """
    stored = entries.languages(connection)
    codes = list(dict.fromkeys(map(spoken, stored)))
    queries = [rules.sought(rule_id, code) for code in codes]
    known = list(dict.fromkeys(query for query in queries if query is not None))
    if not known:
        return None
    spelled = dict(zip(known, words.spelled_each(connection, known), strict=True))
    of_code = {code: query and spelled[query] for code, query in zip(codes, queries, strict=True)}
    whole = [language for language in stored if of_code[spoken(language)] is None]
    asked = Either(tuple(dict.fromkeys(query for query in spelled.values() if query not in {None, NOTHING})))
    found = words.find(connection, asked)
    return sorted({*found, *entries.ids_in(connection, whole)}, reverse=True) if whole else found


def chosen(rules: RuleSet, rule_id: str) -> RuleSet:
    """One rule of them alone, as it stands in the config. KeyError where there is none."""
    return RuleSet([rules.read[rule_id]])


def typed(query: str, lists: Mapping[str, ListTerms]) -> tuple[RuleSet | None, Sequence[RuleProblem]]:
    """A query that was typed, as a rule of the id `TYPED`, and what is wrong or doubtful in it; None: an error is."""
    return alone(Rule(id=TYPED, query=query), lists)


def alone(rule: Rule, lists: Mapping[str, ListTerms]) -> tuple[RuleSet | None, Sequence[RuleProblem]]:
    """One rule, compiled by itself, and what is wrong or doubtful in it; None: an error is."""
    rules, problems = compile_rules([rule], lists)
    own = [one for one in problems if one.rule_id == rule.id]
    broken = any(one.severity is Severity.ERROR for one in own)
    return (None if broken else rules), own


def _sizes() -> Iterable[int]:
    size = FIRST
    while True:
        yield size
        size = min(2 * size, MOST)
