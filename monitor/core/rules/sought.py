"""Where a rule is worth asking at all: what the word index is to be asked so that it misses no match.

What is sought is more than what matches, never less: distances, signs, case and places are for the rule itself. Of
other forms of a word it is known how they begin, in most languages; of a regular expression, which letters stand in
what it finds. A property test holds it against asking of every entry.
"""

from __future__ import annotations

import re
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final

from monitor.core.rules.needed import Both, OneOf, needed
from monitor.core.rules.nodes import (
    All,
    Any,
    Apart,
    Close,
    Expression,
    Origin,
    PlacedAny,
    Repeated,
    Run,
    Some,
    Without,
    Word,
)
from monitor.core.rules.tree import Exact, Inflected, Plain, Wild
from monitor.core.text import seeking
from monitor.core.text.fold import fold_word
from monitor.core.text.inflections import INFLECTED, beginnings, forms, particles
from monitor.core.text.seeking import NOTHING, TEXT, Either, Every, Infix, Phrase
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.core.rules.compiled import CompiledRule, Scoring
    from monitor.core.rules.lexicon import Lexicon
    from monitor.core.rules.needed import Needed
    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Within
    from monitor.core.text.seeking import Query

MOST_WAYS: Final = 36
"""Ways of choosing some of several clauses that are written out: 2 of 9, 3 of 7. Of more, one is asked for."""

ROUNDING: Final = 1e-5
"""Points by which a score may be off, which is rounded to six places."""

_ONE_WORD: Final = re.compile(r"[0-9a-z\x80-\U0010ffff]{1,100}")
"""What both indexes keep as it is, and as one."""

_COLUMNS: Final[dict[Within, str]] = {
    "body": TEXT, "lead": TEXT, Field.TITLE: "title", Field.SUMMARY: "body", Field.CONTENT: "body",
    Field.AUTHOR: "author", Field.CATEGORY: "category", Field.URL: "url",
}  # fmt: skip


ANY: Final = "any"
"""Entries of whichever language: what they have in common."""


def sought(compiled: CompiledRule, lexicon: Lexicon, language: str | None = ANY) -> Query | None:
    """What every entry has that the rule matches; None where the word index cannot say.

    `language`: of the entries that are asked for, None where it is unknown.
    """
    if language not in {ANY, None} and compiled.languages and language not in compiled.languages:
        return NOTHING
    seeker = _Seeker(lexicon, language)
    parts = [seeker.clause(compiled.query)] if compiled.query is not None else []
    if compiled.scoring is not None:
        parts.append(seeker.either(_needed(compiled.scoring, seeker)))
    return _every([part for part in parts if part is not None])


def _needed(scoring: Scoring, seeker: _Seeker) -> list[Clause]:
    """Lines of a score without which the threshold is out of reach, those that say most of the index's kind."""
    factor = max(scoring.title_factor, 1.0)
    lines = [(term.weight * factor, term.clause) for term in scoring.terms if term.weight > 0]
    lines.sort(key=lambda line: (seeker.clause(line[1]) is not None, line[0]))
    spare = scoring.threshold - ROUNDING
    needed = []
    for points, clause in lines:
        if points < spare:
            spare -= points
        else:
            needed.append(clause)
    return needed


def answered(compiled: CompiledRule, lexicon: Lexicon) -> Query | None:
    """What finds the rule's matches and nothing else, so that no entry need be read; None where nothing is sure to.

    That is so for whole words and beginnings of words in title and text, and what AND, OR, NOT and OF make of them.
    """
    rule = compiled.rule
    if (
        compiled.query is None
        or compiled.scoring
        or compiled.languages
        or rule.feeds
        or rule.since
        or rule.until
    ):
        return None
    query = compiled.query if compiled.exclude is None else All((compiled.query, Without(compiled.exclude)))
    return _answer(query, lexicon)


def _answer(clause: Clause, lexicon: Lexicon) -> Query | None:
    match clause:
        case Word():
            return _answer_word(clause, lexicon)
        case All(parts):
            unwanted = [part.part for part in parts if isinstance(part, Without)]
            wanted = _all_answers([part for part in parts if not isinstance(part, Without)], lexicon)
            return _without(_every(wanted or ()), _all_answers(unwanted, lexicon))
        case Any(parts) | PlacedAny(parts):
            found = _all_answers(parts, lexicon)
            return _either(found) if found else None
        case Some(parts, count=count) if comb(len(parts), count) <= MOST_WAYS:
            ways = _all_answers([All(chosen) for chosen in combinations(parts, count)], lexicon)
            return _either(ways) if ways else None
        case _:
            return None


def _without(wanted: Query | None, unwanted: Sequence[Query] | None) -> Query | None:
    if wanted is None or unwanted is None:
        return None
    without = _either(unwanted)
    return seeking.Without(wanted, without) if without is not None else wanted


def _all_answers(clauses: Iterable[Clause], lexicon: Lexicon) -> list[Query] | None:
    """Empty where there is no clause, None where one of them has no answer."""
    found = []
    for clause in clauses:
        answer = _answer(clause, lexicon)
        if answer is None:
            return None
        found.append(answer)
    return found


def _answer_word(clause: Word, lexicon: Lexicon) -> Query | None:
    """In other fields more words may stand than the engine looks at; a row's words are asked of one language."""
    if clause.within not in {"body", Field.TITLE} or lexicon.is_spoken(clause.term):
        return None
    match lexicon.terms[clause.term]:
        case Plain(word) if _ONE_WORD.fullmatch(word):
            return Phrase(word, field=_COLUMNS[clause.within])
        case Wild(pattern) if pattern.endswith("*") and _ONE_WORD.fullmatch(pattern[:-1]):
            return Phrase(pattern[:-1], begins=True, field=_COLUMNS[clause.within])
        case _:
            return None


class _Seeker:
    def __init__(self, lexicon: Lexicon, language: str | None) -> None:
        self._lexicon, self._language = lexicon, language
        self._is_told = language not in {ANY, None}
        """Whether the language is known."""

    def clause(self, clause: Clause) -> Query | None:
        match clause:
            case Word():
                return self._run((clause.term,), clause.within)
            case Run():
                return self._run(clause.terms, clause.within)
            case Apart() | Repeated():
                return self.clause(clause.part)
            case All() | Close():
                return self.every(clause.parts)
            case Any() | PlacedAny():
                return self.either(clause.parts)
            case Some():
                return self._some(clause)
            case Expression():
                return _letters(needed(clause.regex.pattern), _COLUMNS[clause.within])
            case Without() | Origin():
                return self._origin(clause)
            case _:  # pragma: no cover - one more kind of clause, and nobody has told it here
                raise TypeError(clause)

    def _origin(self, clause: Without | Origin) -> Query | None:
        """Of another language nothing matches; whatever else is said narrows nothing."""
        match clause:
            case Origin("lang", value) if self._language not in {ANY, value}:
                return NOTHING
            case Without(Origin("lang", value)) if value == self._language:
                return NOTHING
            case _:
                return None

    def every(self, parts: Iterable[Clause]) -> Query | None:
        """What entries have for which all of these hold: what one of them says narrows it already."""
        return _every([found for part in parts if (found := self.clause(part)) is not None])

    def either(self, parts: Iterable[Clause]) -> Query | None:
        """What entries have for which one of these holds: nothing narrows it where one of them says nothing."""
        found = [self.clause(part) for part in parts]
        said = [one for one in found if one is not None]
        return _either(said) if len(said) == len(found) else None

    def _some(self, clause: Some) -> Query | None:
        if comb(len(clause.parts), clause.count) > MOST_WAYS:
            # Where `count` of the parts hold, one of any `len - count + 1` does.
            saying = [part for part in clause.parts if self.clause(part) is not None]
            enough = len(clause.parts) - clause.count + 1
            return self.either(saying[:enough]) if len(saying) >= enough else None
        ways = [self.every(chosen) for chosen in combinations(clause.parts, clause.count)]
        said = [way for way in ways if way is not None]
        return _either(said) if len(said) == len(ways) else None

    def _run(self, terms: Sequence[int], within: Within) -> Query | None:
        """Words that follow each other, as far as it is known which they are."""
        if self._is_told and not all(self._lexicon.is_asked(term, self._language) for term in terms):
            return NOTHING
        column = _COLUMNS[within]
        phrases: list[Query | None] = []
        words: list[str] = []
        for number in terms:
            match self._lexicon.terms[number]:
                case Plain(word):
                    words.append(word)
                    continue
                case Exact(word):
                    words.append(fold_word(word))
                    continue
                case Wild(pattern) if beginning := re.split("[*?]", pattern, maxsplit=1)[0]:
                    phrases.append(Phrase(" ".join([*words, beginning]), begins=True, field=column))
                    words = []
                    continue
                case Wild(pattern):
                    phrases.append(Infix(max(re.split("[*?]", pattern), key=len), field=column))
                case Inflected(word):
                    phrases.append(self._forms(word, number, column))
            if words:
                phrases.append(Phrase(" ".join(words), field=column))
                words = []
        if words:
            phrases.append(Phrase(" ".join(words), field=column))
        return _every([phrase for phrase in phrases if phrase is not None])

    def _forms(self, word: str, number: int, column: str) -> Query | None:
        """All words that are a form of the term in texts of this language, and some more."""
        if self._language == ANY:
            return None
        languages = (self._language,) if self._language else self._lexicon.languages[number]
        found: list[Query] = [Phrase(fold_word(word), field=column)]
        for language in languages:
            if language in INFLECTED:
                own = _forms_in(word, language, column)
                if own is None:
                    return None
                found += own
        return _either(found)


def _forms_in(word: str, language: str, column: str) -> list[Query] | None:
    began = beginnings(word, language)
    if began is None:
        return None
    known = forms([word], language)[word]
    return [
        Phrase(f"{before}{one}", begins=begins, field=column)
        for before in particles(language)
        for begins, them in ((True, began), (False, sorted(known)))
        for one in them
        if begins or not one.startswith(began)
    ]


def _letters(wanted: Needed, column: str) -> Query | None:
    """What has the letters in its words that a regular expression needs."""
    match wanted:
        case str():
            return Infix(wanted, field=column)
        case Both(parts):
            return _every([found for part in parts if (found := _letters(part, column)) is not None])
        case OneOf(parts):
            said = [found for part in parts if (found := _letters(part, column)) is not None]
            return _either(said) if len(said) == len(parts) else None
        case None:
            return None


def _every(parts: Sequence[Query]) -> Query | None:
    if NOTHING in parts:
        return NOTHING
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else None


def _either(parts: Sequence[Query]) -> Query | None:
    if not parts:
        return None
    parts = list(dict.fromkeys(part for part in parts if part != NOTHING))
    return parts[0] if len(parts) == 1 else Either(tuple(parts))
