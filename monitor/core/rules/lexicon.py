"""Every term of every rule, once, and which of them a text has where.

The cost of a text is a look-up for each of its words: what a word means to all the terms together is found out
when it is first met, and kept.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from monitor.core.rules.tree import Exact, Inflected, Plain, Wild
from monitor.core.text.document import SEGMENT_BITS
from monitor.core.text.fold import exact_word, fold_word
from monitor.core.text.inflections import INFLECTED, bases, forms, root

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.core.rules.tree import Term
    from monitor.core.text.document import Segment

MEMO: Final = 1 << 17
"""Words of one language whose terms are remembered: more than a newspaper uses in a year. Then it starts anew."""

MIN_INFIX: Final = 4
"""Letters by which a wildcard that begins a word is found: so many look-ups a letter of a new word."""

MAX_POSITIONS: Final = 4096
"""Places of one term in one entry that are looked at. The commonest word of an article of 20 000 has a quarter."""

Hits = dict[int, list[int]]
"""Term → its positions, in order."""


class Lexicon:
    """The terms of a set of rules by number."""

    def __init__(self) -> None:
        self.terms: list[Term] = []
        """By number."""
        self.uses: list[int] = []
        """By number: how often rules name the term."""
        self.beyond_body: set[int] = set()
        """The terms that are looked for in author, category or address."""
        self._numbers: dict[tuple[Term, tuple[str, ...], str | None], int] = {}
        self._plain: dict[str, list[int]] = {}
        self._exact: dict[str, list[int]] = {}
        self._begun: dict[str, list[int]] = {}
        """By the letters before the `*` that ends them."""
        self._wild: dict[str, list[tuple[str, int]]] = {}
        """By the letters before the first wildcard, which is not the end."""
        self._prefixes: dict[int, None] = {}
        """How many letters those before a wildcard are, each number once."""
        self._infixes: dict[str, list[tuple[str, int]]] = {}
        """By the first letters behind a leading `*`."""
        self._inflected: list[tuple[str, tuple[str, ...], int]] = []
        self.languages: dict[int, tuple[str, ...]] = {}
        """Of the inflected terms by number: those in which texts of unknown language are asked for their forms."""
        self._spoken: dict[int, str] = {}
        """The terms that texts of one language are asked for."""
        self._families: dict[str | None, dict[str, _Families]] = {}
        self._memos: dict[str | None, _Memo] = {}

    def number(self, term: Term, languages: tuple[str, ...], spoken: str | None = None) -> int:
        """The term's number.

        `languages`: those of its rule, for texts of unknown language; `spoken`: the only one that a text may be in
        where its language is known.
        """
        languages = (spoken,) if spoken else languages
        key = (term, languages if isinstance(term, Inflected) else (), spoken)
        number = self._numbers.get(key)
        if number is None:
            number = self._numbers[key] = len(self.terms)
            self.terms.append(term)
            self.uses.append(0)
            if spoken:
                self._spoken[number] = spoken
            self._enter(term, languages, number)
        self.uses[number] += 1
        return number

    def is_spoken(self, number: int) -> bool:
        """Whether texts of one language alone are asked for the term."""
        return number in self._spoken

    def is_asked(self, number: int, language: str | None) -> bool:
        """Whether texts of this language are asked for the term; those of an unknown one always are."""
        return language is None or self._spoken.get(number, language) == language

    def _enter(self, term: Term, languages: tuple[str, ...], number: int) -> None:
        match term:
            case Plain():
                self._plain.setdefault(term.word, []).append(number)
            case Exact():
                self._exact.setdefault(term.word, []).append(number)
            case Wild(pattern) if pattern.startswith("*"):
                first = re.split("[*?]", pattern)[1][:MIN_INFIX]
                self._infixes.setdefault(first, []).append((pattern, number))
            case Wild(pattern):
                prefix = re.split("[*?]", pattern, maxsplit=1)[0]
                self._prefixes[len(prefix)] = None
                if pattern == f"{prefix}*":
                    self._begun.setdefault(prefix, []).append(number)
                else:
                    self._wild.setdefault(prefix, []).append((pattern, number))
            case Inflected():
                self._plain.setdefault(fold_word(term.word), []).append(number)
                self._inflected.append((term.word, languages, number))
                self.languages[number] = languages

    def hits(self, segments: Iterable[tuple[int, Segment]], language: str | None) -> Hits:
        """Which terms these segments (with their numbers) have, and where."""
        if not self.terms:
            return {}
        language = language if self._inflected or self._spoken else None
        memo = self._memos.get(language)
        if memo is None or len(memo.terms) > MEMO:
            memo = self._memos[language] = _Memo(self, language)
        hits: Hits = {}
        for number, segment in segments:
            shown = segment.words.shown
            wanted = memo.wanted(shown)
            if not wanted:
                continue
            terms_of = memo.terms
            for position, word in enumerate(shown, number << SEGMENT_BITS):
                if word in wanted:
                    for term in terms_of[word]:
                        if term in hits:
                            hits[term].append(position)
                        else:
                            hits[term] = [position]
        for positions in hits.values():
            del positions[MAX_POSITIONS:]
        return hits

    def terms_of(self, word: str, language: str | None) -> tuple[int, ...]:
        """The terms that a word of a text, as it is shown, is an occurrence of."""
        folded = fold_word(word)
        terms = [*self._plain.get(folded, ())]
        if self._exact:
            terms += self._exact.get(exact_word(word), ())
        for length in self._prefixes:
            begin = folded[:length]
            terms += self._begun.get(begin, ())
            if begin in self._wild:
                terms += [n for pattern, n in self._wild[begin] if wildcard(pattern).fullmatch(folded)]
        if self._infixes:
            for start in range(len(folded) - MIN_INFIX + 1):
                found = self._infixes.get(folded[start : start + MIN_INFIX], ())
                terms += [n for pattern, n in found if wildcard(pattern).fullmatch(folded)]
        if self._inflected:
            terms += self._inflections(word, folded, language)
        if self._spoken and language:
            terms = [n for n in terms if self.is_asked(n, language)]
        return tuple(dict.fromkeys(terms))

    def _inflections(self, word: str, folded: str, language: str | None) -> list[int]:
        if language not in self._families:
            self._families[language] = self._families_in(language)
        lowered = lower(word)
        return [
            number
            for spoken, families in self._families[language].items()
            for number in families.of(lowered, folded, spoken)
        ]

    def _families_in(self, language: str | None) -> dict[str, _Families]:
        """The inflected terms by language: the text's, or where it is unknown those of each term's rule."""
        sought: dict[str, dict[str, list[int]]] = {}
        for word, languages, number in self._inflected:
            if not self.is_asked(number, language):
                continue
            for spoken in (language,) if language else languages:
                if spoken in INFLECTED:
                    sought.setdefault(spoken, {}).setdefault(word, []).append(number)
        return {spoken: _Families.made(numbers, spoken) for spoken, numbers in sought.items()}


@dataclass(frozen=True, slots=True)
class _Families:
    """The inflected terms of one language, by what their forms have in common."""

    forms: dict[str, list[int]] = field(default_factory=dict)
    stems: dict[str, list[int]] = field(default_factory=dict)

    @classmethod
    def made(cls, numbers: dict[str, list[int]], language: str) -> _Families:
        families = cls()
        for word, forms_of_it in forms(numbers, language).items():
            for form in forms_of_it:
                families.forms.setdefault(form, []).extend(numbers[word])
            if common := root(word, language):
                families.stems.setdefault(common, []).extend(numbers[word])
        return families

    def of(self, lowered: str, folded: str, language: str) -> list[int]:
        """The terms that a word, in lower case and folded, is a form of."""
        found = [*self.forms.get(folded, ()), *self.stems.get(root(lowered, language), ())]
        for base in bases(folded, language):
            found += self.forms.get(base, ())
            found += self.stems.get(root(base, language), ())
        return found


class _Memo:
    """What words, as they are shown, mean to the terms, in texts of one language."""

    __slots__ = ("_language", "_lexicon", "_wanted", "terms")

    def __init__(self, lexicon: Lexicon, language: str | None) -> None:
        self._lexicon, self._language = lexicon, language
        self.terms: dict[str, tuple[int, ...]] = {}
        """Of every word that was met, most of which are no term's."""
        self._wanted: set[str] = set()
        """Those that are a term's."""

    def wanted(self, shown: Sequence[str]) -> set[str]:
        """Those of the words that are a term's: by sets, in a fifth of the time of a look at each word."""
        distinct = set(shown)
        for word in distinct.difference(self.terms):
            terms = self.terms[word] = self._lexicon.terms_of(word, self._language)
            if terms:
                self._wanted.add(word)
        return distinct & self._wanted


def lower(word: str) -> str:
    """A word as stemmers want it: lower case, accents composed."""
    return unicodedata.normalize("NFC", exact_word(word).lower())


@lru_cache(maxsize=4096)
def wildcard(pattern: str) -> re.Pattern[str]:
    """A regular expression for a whole folded word. Linear: what a `*` has taken is never reconsidered.

    Made when a word comes that may be meant: most never come, and thousands of them are a tenth of a second.
    """
    head, *tails = pattern.split("*")  # the head of `*streik` is empty
    expression = _letters(head)
    if tails:
        *middle, end = tails
        expression += "".join(f"(?>.*?{_letters(part)})" for part in middle if part) + f".*{_letters(end)}"
    return re.compile(expression, re.DOTALL)


def _letters(part: str) -> str:
    return "".join("." if letter == "?" else re.escape(letter) for letter in part)
