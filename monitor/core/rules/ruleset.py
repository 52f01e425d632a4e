"""Rules, compiled together: which of them a document matches."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from hashlib import blake2b
from typing import TYPE_CHECKING

from monitor.core.rules import tree
from monitor.core.rules.bind import Binder
from monitor.core.rules.compiled import CompiledRule, Scoring, Weighted
from monitor.core.rules.costs import Costs
from monitor.core.rules.index import Index, Key, needs
from monitor.core.rules.lexicon import Lexicon
from monitor.core.rules.nearness import terms_of, uses_pages
from monitor.core.rules.read import ReadRule, RuleReader, read_lists
from monitor.core.rules.reading import Reading
from monitor.core.rules.sought import ANY, answered, sought
from monitor.core.rules.version import version_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from monitor.core.rules.index import Needs
    from monitor.core.rules.problems import RuleProblem
    from monitor.core.text.document import Document
    from monitor.core.text.seeking import Query
    from monitor.model import ListTerms, Match, Rule


class RuleSet:
    """Compiled rules. What they match never changes after it was made."""

    def __init__(self, read: Sequence[ReadRule]) -> None:
        self._lexicon = Lexicon()
        self._rules = [_compile(rule, self._lexicon) for rule in read]
        self._by_id = {compiled.rule.id: compiled for compiled in self._rules}
        self.read = {rule.rule.id: rule for rule in read}
        """By id, the trees of each rule."""
        self.wanting_pages = tuple(
            one for one in self._rules if one.rule.fulltext != "never" and uses_pages(one)
        )
        """Those that ask for the pages of entries, and whom a page could help."""
        costs = Costs(self._lexicon)
        self._index = Index(
            ((number, _needs(compiled, costs)) for number, compiled in enumerate(self._rules)),
            beyond_body=self._lexicon.beyond_body,
        )

    @cached_property
    def key(self) -> str:
        """Equal for rules that make the same of every entry, also in another process."""
        said = "\n".join(f"{one.rule.id} {one.version} {one.rule.fulltext}" for one in self._rules)
        return blake2b(said.encode(), digest_size=16).hexdigest()

    def match(self, document: Document) -> tuple[Match, ...]:
        """The matches of all rules, in the order of the rules."""
        reading = Reading(document, self._lexicon)
        candidates = self._index.candidates(reading)
        return tuple(match for number in candidates if (match := self._rules[number].match(reading)))

    def match_every(self, document: Document) -> tuple[Match, ...]:
        """The same without the index: its oracle."""
        reading = Reading(document, self._lexicon)
        return tuple(match for compiled in self._rules if (match := compiled.match(reading)))

    def touched(self, reading: Reading) -> tuple[CompiledRule, ...]:
        """The rules of which anything may be there, in their order: no other is near (`nearness`)."""
        filed, always = self._filed_by_term
        numbers = {
            number
            for hits in (reading.hits, reading.other_hits)
            for term in hits
            for number in filed.get(term, ())
        }
        return tuple(self._rules[number] for number in sorted(numbers.union(always)))

    @cached_property
    def _filed_by_term(self) -> tuple[Mapping[int, Sequence[int]], Sequence[int]]:
        """By term the numbers of the rules that look for it, and those that need no term at all."""
        filed: defaultdict[int, list[int]] = defaultdict(list)
        always: list[int] = []
        for number, compiled in enumerate(self._rules):
            terms = terms_of(compiled)
            for term in terms or ():
                filed[term].append(number)
            if terms is None:
                always.append(number)
        return filed, always

    def rule(self, rule_id: str) -> CompiledRule:
        """The rule, for what looks into it. KeyError where it was left out or never there."""
        return self._by_id[rule_id]

    def reading(self, document: Document) -> Reading:
        """The document in the eyes of these rules."""
        return Reading(document, self._lexicon)

    def sought(self, rule_id: str, language: str | None = ANY) -> Query | None:
        """What the word index is to be asked for the rule's matches; None where it cannot say.

        `language`: of the entries that are asked for, None where it is unknown.
        """
        return sought(self._by_id[rule_id], self._lexicon, language)

    def tells_languages_apart(self, rule_id: str) -> bool:
        """Whether in entries of other languages other words are sought, or nothing at all."""
        return bool(self._lexicon.languages) or any(
            isinstance(one, tree.From) and one.kind == "lang"
            for query in self.read[rule_id].queries()
            for one in tree.walk(query)
        )

    def answered(self, rule_id: str) -> Query | None:
        """What the word index is to be asked for the rule's matches and nothing else; None where it cannot say."""
        return answered(self._by_id[rule_id], self._lexicon)

    def matches(self, rule_id: str, document: Document) -> bool:
        """Whether the rule matches the document: `match` without what it finds in it, at half of the cost."""
        return self._by_id[rule_id].holds(Reading(document, self._lexicon))

    def binder(self, rule_id: str) -> Binder:
        """What makes clauses of parts of a rule's trees."""
        return Binder(self._lexicon, self.read[rule_id].languages)


def compile_rules(
    rules: Iterable[Rule], lists: Mapping[str, ListTerms]
) -> tuple[RuleSet, tuple[RuleProblem, ...]]:
    """The rules that can be understood, and everything that is wrong or doubtful in any of them or in a list."""
    units, problems = read_lists(lists)
    reader = RuleReader(units)
    read = [one for rule in rules if (one := reader.read(rule))]
    return RuleSet([one for one in read if one.rule.enabled]), (*problems, *reader.problems)


def rule_version(rule: Rule, lists: Mapping[str, ListTerms]) -> str:
    """The hash of what the rule means. ValueError where it cannot be understood."""
    read = RuleReader(read_lists(lists)[0]).read(rule)
    if read is None:
        raise ValueError(rule.id)
    return version_of(read)


def _compile(read: ReadRule, lexicon: Lexicon) -> CompiledRule:
    binder = Binder(lexicon, read.languages)
    score = read.rule.score
    return CompiledRule(
        rule=read.rule,
        version=version_of(read),
        languages=frozenset(read.languages),
        query=binder.clause(read.query) if read.query else None,
        exclude=binder.clause(read.exclude) if read.exclude else None,
        scoring=Scoring(
            tuple(Weighted(binder.clause(query), weight) for query, weight in read.score),
            score.threshold,
            score.title_factor,
        )
        if score
        else None,
    )


def _needs(compiled: CompiledRule, costs: Costs) -> Sequence[Needs]:
    """What a document must have for the rule to match. The reader has seen to it that there is something."""
    if compiled.query is not None:
        return needs(compiled.query, costs)
    assert compiled.scoring, "a rule has a query or a score"  # noqa: S101 - an invariant of `RuleReader`
    positive = (needs(term.clause, costs) for term in compiled.scoring.terms if term.weight > 0)
    return (frozenset[Key]().union(*(keys[0] for keys in positive if keys)),)
