"""What a rule's words do in the history: languages without any, what each finds, what exclusions take away.

Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.core.rules import tree
from monitor.tuning.rule_history import RuleHistory

if TYPE_CHECKING:
    from monitor.core.rules.nodes import Clause

FEW: Final = 5
"""Entries of a language: with fewer it says nothing that no word of the rule occurred in them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TermHits:
    """One term of a rule, and the entries that have it."""

    term: str
    language: str
    """The row of a list that it stands in; empty: asked everywhere."""
    entries: int
    matched: int
    """Of those, by the rule."""
    right: int
    wrong: int
    """Of those, as people said."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What an exclusion, or a NOT of the query, keeps the rule from."""

    clause: str
    entries: int
    right: int
    wrong: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    entries: int
    spoken: tuple[tuple[str, int], ...]
    """Languages of the entries that the rule may match, by their number."""
    without: tuple[str, ...]
    """Those of them, of `FEW` entries and more, in which no word of the rule ever occurred."""
    terms: tuple[TermHits, ...]
    taken: tuple[Taken, ...]

    @property
    def share_without(self) -> float:
        """The share of the entries that are in one of these languages."""
        return sum(number for language, number in self.spoken if language in self.without) / max(
            self.entries, 1
        )


def coverage(history: RuleHistory) -> Coverage:
    """Of one rule, as far as its history reaches."""
    terms = dict.fromkeys(_terms(history))
    binder = history.rules.binder(history.rule.id)
    compiled = history.rules.rule(history.rule.id)
    clauses = {term: binder.clause(term) for term in terms}
    having: dict[tree.Query, set[int]] = {term: set() for term in terms}
    shutting = dict(_shutting(history))
    taken: dict[str, set[int]] = {text: set() for text in shutting}
    spoken: Counter[str] = Counter()
    spoken_with: set[str] = set()
    for text in history.texts:
        if not compiled.concerns(text.document):
            continue
        language = text.language or "unknown"
        spoken[language] += 1
        reading = history.rules.reading(text.document)
        for term, clause in clauses.items():
            if clause.holds(reading):
                having[term].add(text.entry_id)
                spoken_with.add(language)
        for name, (clause, rest) in shutting.items():
            if clause.holds(reading) and all(part.holds(reading) for part in rest):
                taken[name].add(text.entry_id)
    known = history.known
    return Coverage(
        entries=sum(spoken.values()),
        spoken=tuple(spoken.most_common()),
        without=tuple(
            language
            for language, number in spoken.most_common()
            if number >= FEW and language not in spoken_with and language != "unknown"
        ),
        terms=tuple(
            TermHits(
                term=str(term.unit if isinstance(term, tree.Spoken) else term),
                language=term.language if isinstance(term, tree.Spoken) else "",
                entries=len(ids),
                matched=len(ids & known.matched),
                right=len(ids & known.right),
                wrong=len(ids & known.wrong),
            )
            for term, ids in having.items()
        ),
        taken=tuple(
            Taken(clause=name, entries=len(ids), right=len(ids & known.right), wrong=len(ids & known.wrong))
            for name, ids in taken.items()
        ),
    )


def _terms(history: RuleHistory) -> Iterator[tree.Query]:
    """All terms that speak for an entry."""
    read = history.rules.read[history.rule.id]
    queries = [read.query, *(query for query, weight in read.score if weight > 0)]
    for query in queries:
        if query is not None:
            yield from _speaking_for(query)


def _speaking_for(query: tree.Query) -> Iterator[tree.Query]:
    if isinstance(query, tree.Not):
        return
    if isinstance(query, tree.NotNear):
        yield from _speaking_for(query.part)
        return
    if isinstance(query, tree.ListOf):
        yield from query.units
        return
    if isinstance(query, tree.Term | tree.Phrase | tree.Regex):
        yield query
        return
    for part in _parts(query):
        yield from _speaking_for(part)


def _parts(query: tree.Query) -> tuple[tree.Query, ...]:
    match query:
        case tree.Near() | tree.Before() | tree.And() | tree.Or() | tree.Of():
            return query.parts
        case tree.AtLeast() | tree.In():
            return (query.part,)
        case tree.OfList():
            return (query.listed,)
        case _:
            return ()


def _shutting(history: RuleHistory) -> Iterator[tuple[str, tuple[Clause, list[Clause]]]]:
    """By its text, each exclusion with what must hold besides for it to take something away."""
    read = history.rules.read[history.rule.id]
    binder = history.rules.binder(history.rule.id)
    rest = [binder.clause(read.query)] if read.query else []
    if read.exclude is not None:
        parts = read.exclude.parts if isinstance(read.exclude, tree.Or) else (read.exclude,)
        for part in parts:
            for each in part.units if isinstance(part, tree.ListOf) else (part,):
                yield f"exclude {each}", (binder.clause(each), rest)
    if isinstance(read.query, tree.And):
        for part in read.query.parts:
            if isinstance(part, tree.Not):
                others = [binder.clause(other) for other in read.query.parts if other is not part]
                yield f"NOT {part.part}", (binder.clause(part.part), others)


def in_words(found: Coverage) -> str:
    """In which languages it has no word, and how much of the entries that is; empty where there are none."""
    if not found.without:
        return ""
    languages = ", ".join(found.without)
    share = found.share_without
    return f"{share:.0%} of the entries are in {languages}: no word of the rule ever occurred there"
