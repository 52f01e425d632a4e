"""What a rule says and its author probably did not mean: warnings, each with its place.

Lower-case operators and the like are hints of the parser and come with `compile_rules`.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

from monitor.core.rules import tree
from monitor.core.rules.examples import example_document
from monitor.core.rules.implies import implies
from monitor.core.rules.lexicon import wildcard
from monitor.core.rules.nearness import can_be_near, uses_pages
from monitor.core.rules.problems import RuleProblem
from monitor.core.text.fold import fold_word
from monitor.core.text.inflections import INFLECTED
from monitor.core.text.stems import SNOWBALL, stem
from monitor.core.text.words import is_unspaced
from monitor.errors import Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from monitor.core.rules.problems import Part
    from monitor.core.rules.read import ReadRule
    from monitor.core.rules.ruleset import RuleSet

MAX_COMPARED: Final = 300
"""Rules that are compared each with each: 90 000 pairs take a second."""

WIDE_WILDCARD: Final = 200
"""Different words that a wildcard may match before it is doubtful."""

BUSY: Final = 50.0
"""Entries a day that a rule may match before it is doubtful."""

LEAST_WORDLESS: Final = 0.05
"""The share of the stored entries that must be in languages without a word of the rule before that is said."""


def lint(
    rules: RuleSet,
    *,
    vocabulary: Mapping[str, int] | None = None,
    per_day: Mapping[str, float] | None = None,
    wordless: Mapping[str, Mapping[str, float]] | None = None,
) -> tuple[RuleProblem, ...]:
    """Warnings about the rules of a set.

    Where there is a stored history: `vocabulary`, how often each folded word is in it; `per_day`, by rule id, how
    many of its entries a day the rule matches; `wordless`, by rule id, languages in which no word of the rule ever
    occurred, with their share of the entries.
    """
    problems: list[RuleProblem] = []
    for read in rules.read.values():
        problems += _never(read)
        problems += _untested(read)
        problems += _one_clause(read, rules)
        problems += _wide_wildcards(read, vocabulary or {})
        problems += _busy(read, per_day or {})
        problems += _wordless(read, (wordless or {}).get(read.rule.id, {}))
        problems += _everywhere(read)
        problems += _without_forms(read)
        problems += _one_form(read, vocabulary or {})
        problems += _useless_pages(read, rules)
    problems += _included(list(rules.read.values()))
    return tuple(problems)


def _warning(
    read: ReadRule,
    message: str,
    cure: str,
    *,
    at: tree.Query | None = None,
    part: Part = "query",
    key: str | None = None,
) -> RuleProblem:
    place = at.place if at is not None else tree.NOWHERE
    return RuleProblem(
        rule_id=read.rule.id,
        part=part,
        key=key,
        message=message,
        cure=cure,
        offset=place.offset,
        length=max(place.length, 1),
        severity=Severity.WARNING,
    )


# ── What can never be ────────────────────────────────────────────────────────────────────────────


def _never(read: ReadRule) -> Iterator[RuleProblem]:
    for part, key, query in _queries(read):
        for node in tree.walk(query):
            if isinstance(node, tree.And):
                yield from _contradictions(read, node, part=part, key=key)
    if read.query is not None and read.exclude is not None and implies(read.query, read.exclude):
        yield _warning(
            read,
            "exclude shuts out everything that the query finds",
            "narrow exclude: the rule can never match",
            at=read.exclude,
            part="exclude",
        )
    score = read.rule.score
    if score and sum(max(w, w * score.title_factor) for _, w in read.score if w > 0) < score.threshold:
        yield _warning(
            read,
            "all positive terms of the score together do not reach its threshold",
            "lower the threshold, or raise the weights",
            part="score",
        )


def _queries(read: ReadRule) -> Iterator[tuple[Part, str | None, tree.Query]]:
    if read.query is not None:
        yield "query", None, read.query
    if read.exclude is not None:
        yield "exclude", None, read.exclude
    for (query, _), (text, _) in zip(
        read.score, read.rule.score.terms if read.rule.score else (), strict=True
    ):
        yield "score", text, query


def _contradictions(read: ReadRule, query: tree.And, *, part: Part, key: str | None) -> Iterator[RuleProblem]:
    """Parts that a NOT beside them makes impossible, and languages that no entry has together."""
    wanted = [clause for clause in query.parts if not isinstance(clause, tree.Not)]
    for negation in (clause for clause in query.parts if isinstance(clause, tree.Not)):
        for clause in wanted:
            branches = clause.parts if isinstance(clause, tree.Or) else (clause,)
            for branch in branches:
                if implies(branch, negation.part):
                    yield _warning(
                        read,
                        f"NOT {negation.part} shuts out all that {branch} finds",
                        "narrow what stands behind the NOT: this clause can never match",
                        at=branch,
                        part=part,
                        key=key,
                    )
    spoken = [clause for clause in wanted if isinstance(clause, tree.From) and clause.kind == "lang"]
    for clause in spoken:
        if clause.value != spoken[0].value or (read.languages and clause.value not in read.languages):
            yield _warning(
                read,
                f"{clause} never holds here",
                "an entry has one language, and the rule's languages say which",
                at=clause,
                part=part,
                key=key,
            )


# ── Tests ────────────────────────────────────────────────────────────────────────────────────────


def _untested(read: ReadRule) -> Iterator[RuleProblem]:
    if not read.rule.must_match and not read.rule.must_not_match:
        cure = "add must_match = […] with a headline that it must find, and must_not_match with one that it must not"
        yield _warning(read, "the rule has no tests", cure)


def _one_clause(read: ReadRule, rules: RuleSet) -> Iterator[RuleProblem]:
    """Where all tests of an OR go through the same of its clauses."""
    if not isinstance(read.query, tree.Or) or not read.rule.must_match:
        return
    readings = [rules.reading(example_document(example, read.rule)) for example in read.rule.must_match]
    binder = rules.binder(read.rule.id)
    used = {
        clause
        for clause in dict.fromkeys(read.query.parts)
        if any(binder.clause(clause).holds(reading) for reading in readings)
    }
    if len(used) == 1:
        (only,) = used
        yield _warning(
            read,
            f"the must_match texts match only through {only}",
            "add a text for each other clause of the OR, or take the clauses out",
            at=only,
        )


# ── Against the stored history ───────────────────────────────────────────────────────────────────


def _wide_wildcards(read: ReadRule, vocabulary: Mapping[str, int]) -> Iterator[RuleProblem]:
    if not vocabulary:
        return
    for part, key, query in _queries(read):
        for node in tree.walk(query):
            for term in node.words if isinstance(node, tree.Phrase) else (node,):
                if isinstance(term, tree.Wild):
                    yield from _wide(read, term, vocabulary, part=part, key=key)


def _wide(
    read: ReadRule, term: tree.Wild, vocabulary: Mapping[str, int], *, part: Part, key: str | None
) -> Iterator[RuleProblem]:
    matches = wildcard(term.pattern).fullmatch
    words = [word for word in vocabulary if matches(word)]
    if len(words) > WIDE_WILDCARD:
        often = sorted(words, key=lambda word: (-vocabulary[word], word))[:10]
        yield _warning(
            read,
            f"{term} matches {len(words)} different words of the stored entries",
            f"the most frequent: {', '.join(often)}. Write more of the word",
            at=term,
            part=part,
            key=key,
        )


def _busy(read: ReadRule, per_day: Mapping[str, float]) -> Iterator[RuleProblem]:
    if (number := per_day.get(read.rule.id, 0)) > BUSY:
        yield _warning(
            read, f"on the stored entries the rule would have matched {number:.0f} times a day", "narrow it"
        )


def _wordless(read: ReadRule, languages: Mapping[str, float]) -> Iterator[RuleProblem]:
    """Languages that the rule may match and that it has no word of."""
    meant = {one: share for one, share in languages.items() if not read.languages or one in read.languages}
    if (share := sum(meant.values())) >= LEAST_WORDLESS:
        yield _warning(
            read,
            f"{share:.0%} of the stored entries are in {', '.join(meant)}: no word of the rule ever occurred there",
            f"`monitor rules words {read.rule.id}` proposes some; or say which languages it is for: languages = […]",
        )


# ── Words ────────────────────────────────────────────────────────────────────────────────────────


def _everywhere(read: ReadRule) -> Iterator[RuleProblem]:
    """Where all that the query needs is a word that nearly every text has."""
    if read.query is None or read.score:
        return
    parts = read.query.parts if isinstance(read.query, tree.Or) else (read.query,)
    spoken = read.languages or ("en",)
    for part in parts:
        if isinstance(part, tree.Plain) and any(part.word in _function_words(one) for one in spoken):
            yield _warning(
                read,
                f"{part} is in nearly every text: the rule would match most entries",
                f"put more beside it; for a name write it as it is spelt: ={part.word.upper()}",
                at=part,
            )


@cache
def _function_words(language: str) -> frozenset[str]:
    """The short ones of the words that say nothing: among the longer of the list are state, system, home."""
    from stopwordsiso import has_lang, stopwords  # noqa: PLC0415 - 2 MiB of words, for who asks

    words = stopwords(language) if has_lang(language) else ()
    return frozenset(folded for word in words if 1 < len(folded := fold_word(word)) <= _SHORT)


_SHORT: Final = 4


def _without_forms(read: ReadRule) -> Iterator[RuleProblem]:
    """Where a `~` can do nothing: no forms are known in a language of the rule, or of the word's script."""
    for part, key, query in _queries(read):
        for term in _terms_of(query):
            if not isinstance(term, tree.Inflected):
                continue
            unknown = [one for one in read.languages if one not in INFLECTED]
            if not unknown and is_unspaced(term.word[:1]):
                unknown = ["its language"]
            if unknown:
                yield _warning(
                    read,
                    f"{term} finds only {term.word} in {', '.join(unknown)}: no forms of words are known there",
                    f"write the forms: ({term.word} OR …), or {term.word[: max(2, len(term.word) - 2)]}*",
                    at=term,
                    part=part,
                    key=key,
                )


def _one_form(read: ReadRule, vocabulary: Mapping[str, int]) -> Iterator[RuleProblem]:
    """Where a word stands in one form and the stored entries have others."""
    if not vocabulary or read.query is None:
        return
    words = {
        term.word: term
        for term in _terms_of(read.query)
        if isinstance(term, tree.Plain) and len(term.word) > _SHORT
    }
    languages = [one for one in read.languages or ("en",) if one in SNOWBALL]
    others: dict[str, dict[str, int]] = {}
    for language in languages:
        stems = {stem(word, language): word for word in words}
        for word, count in vocabulary.items():
            meant = stems.get(stem(word, language))
            if meant is not None and word not in words:
                others.setdefault(meant, {})[word] = count
    if others:
        often = sorted(others, key=lambda word: -max(others[word].values()))[:_SHOWN]
        said = "; ".join(f"{word}: {_most(others[word])}" for word in often)
        yield _warning(
            read,
            f"the stored entries have other forms of its words ({said})",
            f"for all forms write {often[0]}~",
            at=words[often[0]],
        )


def _most(forms: Mapping[str, int]) -> str:
    return ", ".join(sorted(forms, key=lambda word: (-forms[word], word))[:3])


def _terms_of(query: tree.Query) -> Iterator[tree.Term]:
    """The words of a query, in phrases too; not those of its lists, whose rows say more of them."""
    for node in tree.walk(query):
        match node:
            case tree.Phrase():
                yield from node.words
            case tree.Plain() | tree.Wild() | tree.Inflected() | tree.Exact():
                yield node


# ── Pages ────────────────────────────────────────────────────────────────────────────────────────


def _useless_pages(read: ReadRule, rules: RuleSet) -> Iterator[RuleProblem]:
    """Where the pages of entries, which the rule asks for, can change nothing."""
    rule = rules.rule(read.rule.id)
    if read.rule.fulltext == "never":
        return
    if not uses_pages(rule):
        message = "fulltext has no effect: the rule looks nowhere where a page's words are found"
        yield _warning(read, message, "take fulltext out, or search the text too", part="fulltext")
    elif read.rule.fulltext == "near" and not can_be_near(rule):
        message = 'fulltext = "near" reads the pages of matching entries only: this query cannot hold by half'
        cure = 'write "always", which reads every page, or a query of several parts'
        yield _warning(read, message, cure, part="fulltext")


# ── Rules beside each other ──────────────────────────────────────────────────────────────────────


def _included(rules: list[ReadRule]) -> Iterator[RuleProblem]:
    if len(rules) > MAX_COMPARED:
        return
    wider = {
        read.rule.id: [other for other in rules if other is not read and _includes(other, read)]
        for read in rules
    }
    told: set[str] = set()
    for read in rules:
        name = read.rule.id
        same = [other for other in wider[name] if read in wider[other.rule.id]]
        if same and name not in told:
            told.update([name, *(other.rule.id for other in same)])
            yield _warning(
                read,
                f"{_names(same)} {'match' if len(same) > 1 else 'matches'} exactly what this rule matches",
                "where they tell the same people, one of them is enough",
            )
        mutual = {other.rule.id for other in same}
        for other in wider[name]:
            if other.rule.id not in mutual:
                yield _warning(
                    read,
                    f"everything that this rule matches, {other.rule.id} matches too",
                    "where both tell the same people, one of them is enough",
                )
                break


def _names(rules: list[ReadRule]) -> str:
    names = [one.rule.id for one in rules]
    shown = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"] if len(names) > _SHOWN else names
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1])))


_SHOWN: Final = 5
"""Rules, or words, that one line names."""


def _includes(wide: ReadRule, narrow: ReadRule) -> bool:
    if wide.query is None or narrow.query is None or wide.score or not implies(narrow.query, wide.query):
        return False
    if wide.languages and not (narrow.languages and set(narrow.languages) <= set(wide.languages)):
        return False
    if "~" in str(wide.query) and wide.languages != narrow.languages:  # it reads unknown languages by them
        return False
    if wide.rule.feeds and not (narrow.rule.feeds and set(narrow.rule.feeds) <= set(wide.rule.feeds)):
        return False
    return wide.exclude is None or (narrow.exclude is not None and implies(wide.exclude, narrow.exclude))
