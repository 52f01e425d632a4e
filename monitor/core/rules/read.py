"""Rules as the config says them → trees, with everything that is wrong or doubtful in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from monitor.core.rules.bind import Binder
from monitor.core.rules.index import needs
from monitor.core.rules.lexicon import Lexicon
from monitor.core.rules.origins import meant_language
from monitor.core.rules.parser import parse
from monitor.core.rules.problems import Part, RuleProblem, error_in
from monitor.core.rules.terms import read_exact, read_term
from monitor.core.rules.tree import Spoken
from monitor.core.text.languages import LANGUAGES, canonical
from monitor.errors import RuleError, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.core.rules.tree import Query, Unit
    from monitor.model import ListTerms, Rule


@dataclass(frozen=True, slots=True)
class ReadRule:
    """A rule and the trees of its queries."""

    rule: Rule
    languages: tuple[str, ...]
    """Canonical codes, in order."""
    query: Query | None
    exclude: Query | None
    score: tuple[tuple[Query, float], ...]

    def queries(self) -> Iterator[Query]:
        """Every tree of it."""
        yield from (query for query in (self.query, self.exclude) if query is not None)
        yield from (query for query, _ in self.score)


Lists = dict[str, tuple["Unit | Spoken", ...]]

ANY: Final = "any"
"""The row of a list that is asked in every language."""


def read_lists(lists: Mapping[str, ListTerms]) -> tuple[Lists, list[RuleProblem]]:
    """The lists' terms. A term that is none is left out of its list."""
    read: Lists = {}
    problems: list[RuleProblem] = []
    for name, terms in lists.items():
        rows = terms.items() if isinstance(terms, Mapping) else ((None, terms),)
        units: dict[Unit | Spoken, None] = {}
        for row, row_terms in rows:
            if row not in {None, ANY} and canonical(str(row)) not in LANGUAGES:
                problems.append(_no_such_row(name, str(row)))
                continue
            for item, term in enumerate(row_terms):
                try:
                    unit = read_list_term(term)
                except RuleError as error:
                    problems.append(error_in(error, rule_id=None, part="list", key=name, item=item, row=row))
                else:
                    units[unit if row in {None, ANY} else Spoken(unit, canonical(str(row)))] = None
        if units:
            read[name] = tuple(units)
        elif not any(len(row_terms) for _, row_terms in rows):
            problems.append(
                RuleProblem(
                    rule_id=None,
                    part="list",
                    key=name,
                    message=f"the list {name} is empty",
                    cure="write its terms",
                )
            )
    return read, problems


def _no_such_row(name: str, row: str) -> RuleProblem:
    cure = f"{meant_language(row)}Rows are named by two-letter codes: en = […]; for all languages: any = […]"
    message = f"there is no language {row}"
    return RuleProblem(rule_id=None, part="list", key=name, row=row, message=message, cure=cure)


def read_list_term(term: str) -> Unit:
    """One term of a list: a word or, of several words, a phrase. RuleError where it is none."""
    bare = term.strip()
    offset = term.find(bare)
    for word in ("AND", "OR", "NOT"):
        if word in bare.split():
            raise RuleError(
                f"{word} in a list: a list holds terms, no operators",
                offset=term.find(word),
                length=len(word),
                cure="write each term of the list as a string of its own",
            )
    if bare[:1] in {"-", "!"} and bare[1:2].strip():
        raise RuleError(
            f"{bare[0]} in a list: a list holds terms, no operators",
            offset=offset,
            cure="leave it out, and write NOT in the query",
        )
    if bare.startswith("="):
        return read_exact(bare[1:].strip('"'), offset=offset + 1)
    if " " in bare and bare.endswith("?"):
        bare = bare.removesuffix("?")
    return read_term(bare, offset=offset)


class RuleReader:
    """Reads one rule after the other, and collects the problems."""

    def __init__(self, lists: Lists) -> None:
        self._lists = lists
        self.problems: list[RuleProblem] = []

    def read(self, rule: Rule) -> ReadRule | None:
        """The rule's trees; None where any of them has an error."""
        before = len(self.problems)
        query = self._query(rule, rule.query, "query") if rule.query.strip() or rule.score is None else None
        exclude = self._query(rule, rule.exclude, "exclude") if rule.exclude.strip() else None
        score = self._score(rule)
        languages = self._languages(rule)
        if any(problem.severity is Severity.ERROR for problem in self.problems[before:]):
            return None
        return ReadRule(rule, languages, query, exclude, score)

    def _query(self, rule: Rule, text: str, part: Part, key: str | None = None) -> Query | None:
        try:
            parsed = parse(text, self._lists)
            _require_presence(parsed.tree, text)
        except RuleError as error:
            self.problems.append(error_in(error, rule_id=rule.id, part=part, key=key))
            return None
        self.problems += [
            RuleProblem(
                rule_id=rule.id,
                part=part,
                key=key,
                message=hint.message,
                cure=hint.cure,
                offset=hint.place.offset,
                length=hint.place.length,
                severity=Severity.WARNING,
            )
            for hint in parsed.hints
        ]
        return parsed.tree

    def _score(self, rule: Rule) -> tuple[tuple[Query, float], ...]:
        if rule.score is None:
            return ()
        read = [(self._query(rule, text, "score", text), weight) for text, weight in rule.score.terms]
        if rule.score.threshold <= 0:
            self._refuse_score(
                rule, "the threshold is not positive", "every entry would reach it: write threshold = 30"
            )
        elif not any(weight > 0 for _, weight in rule.score.terms):
            self._refuse_score(rule, "no term of the score is positive", "nothing could reach the threshold")
        return tuple((query, weight) for query, weight in read if query is not None)

    def _refuse_score(self, rule: Rule, message: str, cure: str) -> None:
        self.problems.append(RuleProblem(rule_id=rule.id, part="score", message=message, cure=cure))

    def _languages(self, rule: Rule) -> tuple[str, ...]:
        codes = {code: canonical(code) for code in sorted(rule.languages)}
        for code, known in codes.items():
            if known not in LANGUAGES:
                self.problems.append(
                    RuleProblem(
                        rule_id=rule.id,
                        part="languages",
                        message=f"there is no language {code}",
                        cure=f'{meant_language(code)}Languages are two letters: "fr"',
                    )
                )
        return tuple(sorted(set(codes.values())))


def _require_presence(query: Query, text: str) -> None:
    """RuleError where the query could hold for an entry that has nothing of it."""
    clause = Binder(Lexicon(), ()).clause(query)
    if not needs(clause, lambda _key: 1.0):
        raise RuleError(
            "this query needs nothing to be present: it would hold for almost every entry",
            offset=len(text) - len(text.lstrip()),
            length=len(text.strip()),
            cure="say what must be there, and beside it what must not: a AND NOT b",
        )
