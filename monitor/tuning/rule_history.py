"""What is known of one rule: the entries that are stored, which of them it matches, and what people said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from monitor.core.rules import RuleSet, compile_rules, tree
from monitor.model import Feed, ListTerms, Mark, Rule
from monitor.store import Store, entries, labels
from monitor.tuning import thesaurus
from monitor.tuning.drafts import Shape, shape_of
from monitor.tuning.history import History, PastEntry
from monitor.tuning.misses import SHUT_OUT, Known, Subject
from monitor.tuning.texts import Text

NEWEST: Final = 5_000
"""Entries that are compared; those that people judged come to it. They take some seconds."""
ONE_IN: Final = 16
"""Of so many labels one is kept from `suggest`, from the first on, to see how its words do with what they were not
made from. What is kept back is not learned: more would leave too much of what people call missed unfound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleHistory:
    """One rule among stored entries."""

    rule: Rule
    lists: Mapping[str, ListTerms]
    rules: RuleSet
    """The rule alone, compiled."""
    past: Mapping[int, PastEntry]
    """By id, those that `texts` were made from."""
    texts: tuple[Text, ...]
    """The newest first."""
    known: Known
    shape: Shape

    @property
    def subject(self) -> Subject:
        read = self.rules.read[self.rule.id]
        words = _words_of(read.query) if read.query else ""
        right = [self.rule.title, words, *(f"{one.title} {one.summary}" for one in self.rule.must_match)]
        wrong = [f"{one.title} {one.summary}" for one in self.rule.must_not_match]
        if read.exclude is not None:
            wrong.append(_words_of(read.exclude))
        return Subject(right=tuple(text for text in right if text.strip()), wrong=tuple(wrong))


def read_history(
    store: Store,
    feeds: Mapping[str, Feed],
    rule: Rule,
    lists: Mapping[str, ListTerms],
    *,
    newest: int = NEWEST,
) -> RuleHistory:
    """The newest entries, and all that people judged, in the eyes of one rule that can be read."""
    history = History(store, feeds)
    past = {one.entry.id: one for one in history.entries(limit=newest)}
    with store.reading() as connection:
        said = labels.listed(connection, rule_id=rule.id)
        older = entries.by_ids(connection, {one.entry_id for one in said} - past.keys())
    past |= {entry.id: history.read(entry) for entry in older}
    right = {one.entry_id for one in said if one.mark in {Mark.RIGHT, Mark.MISSED}}
    wrong = {one.entry_id for one in said if one.mark is Mark.WRONG}
    return of_texts(rule, lists, past, right=frozenset(right), wrong=frozenset(wrong))


def of_texts(
    rule: Rule,
    lists: Mapping[str, ListTerms],
    past: Mapping[int, PastEntry],
    *,
    right: frozenset[int],
    wrong: frozenset[int],
) -> RuleHistory:
    """The same of entries that somebody else read."""
    rules, _ = compile_rules([rule], lists)
    texts = tuple(
        Text(one.entry.id, one.entry.title, one.document, one.entry.story_id) for one in past.values()
    )
    shape = shape_of(rule, rules)
    matched = frozenset(text.entry_id for text in texts if rules.match_every(text.document))
    known = Known(
        right=right & past.keys(),
        wrong=wrong & past.keys(),
        matched=matched,
        held=_held(rules, rule, shape, texts),
    )
    return RuleHistory(rule=rule, lists=lists, rules=rules, past=past, texts=texts, known=known, shape=shape)


def _words_of(query: tree.Query) -> str:
    kinds = tree.Plain | tree.Phrase | tree.Inflected | tree.Wild
    return " ".join(str(one) for one in tree.walk(query) if isinstance(one, kinds))


def _held(rules: RuleSet, rule: Rule, shape: Shape, texts: Sequence[Text]) -> dict[int, float]:
    """By entry, the share of the query's parts that hold; `SHUT_OUT` where the rule's own exclude holds."""
    binder = rules.binder(rule.id)
    exclude = rules.rule(rule.id).exclude
    clauses = [(binder.clause(part.query), thesaurus.named(part.own).keys()) for part in shape.parts]
    found = {}
    for text in texts:
        reading = rules.reading(text.document)
        if exclude is not None and exclude.holds(reading):
            found[text.entry_id] = SHUT_OUT
        elif clauses:
            found[text.entry_id] = sum(
                clause.holds(reading) or bool(meant & text.concepts) for clause, meant in clauses
            ) / len(clauses)
    return found


def kept_back(known: Known) -> frozenset[int]:
    """The entries whose labels `suggest` does not see: always the same ones, however many come to them."""
    return frozenset(
        i for i in known.said if blake2b(f"label {i}".encode(), digest_size=2).digest()[0] % ONE_IN == 0
    )
