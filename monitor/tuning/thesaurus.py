"""Words of the news in many languages, by what they mean: what a rule's words are called elsewhere.

`thesaurus.txt` has a block for each concept and in it a line for each language, with terms as lists of rules have.
They are broad on purpose: a rule joins two or three concepts, and only together they say something. No rule asks for
them by itself: they are proposed. Pure but for reading that file once.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Final

import re2

from monitor.core.text.document import BODY, Document
from monitor.core.text.fold import fold
from monitor.core.text.words import is_unspaced
from monitor.tuning.closeness import without_signs

Concept = str
"""The name of what words mean: strike, port."""

READ: Final = 600
"""Words of a title, a summary, a content that are looked at: what an entry is about stands at its beginning."""
FEW: Final = 0.15
"""Share of the terms of a rule's part that name a concept at least; fewer name it by chance."""
MOST: Final = 0.6
"""Share of the letters of a rule's term that another language's term has at least: Halden begins like hall."""
_KATAKANA: Final = "ァ-ヺー"
MEMORY: Final = 64 << 20
"""Bytes for all patterns of a language."""


@lru_cache(maxsize=1)
def _blocks() -> Mapping[Concept, Mapping[str, tuple[str, ...]]]:
    """By concept and language, the terms."""
    found: dict[Concept, dict[str, tuple[str, ...]]] = {}
    rows: dict[str, tuple[str, ...]] = {}
    for line in files("monitor.tuning").joinpath("thesaurus.txt").read_text("utf-8").splitlines():
        if line.startswith("["):
            rows = found.setdefault(line.strip("[]"), {})
        elif ":" in line and not line.startswith("#"):
            language, terms = line.split(":", 1)
            rows[language] = tuple(dict.fromkeys(term.strip() for term in terms.split(",")))
    return found


def concepts() -> Collection[Concept]:
    """All of them, in the order of the file."""
    return _blocks().keys()


def languages() -> frozenset[str]:
    """Those that it has words in."""
    return frozenset(language for rows in _blocks().values() for language in rows)


def terms(concept: Concept, language: str) -> tuple[str, ...]:
    """How a list names it in a language; nothing where it is not known."""
    return _blocks().get(concept, {}).get(language, ())


def named(rule_terms: Collection[str]) -> Mapping[Concept, int]:
    """The concepts that these terms of a rule name in any language, by how many of them do; the most first.

    What few of many terms name is chance: a harbour has a terminal, and so has a computer.
    """
    found: dict[Concept, int] = {}
    for term in rule_terms:
        for concept in _of_term(without_signs(term)):
            found[concept] = found.get(concept, 0) + 1
    least = FEW * len(rule_terms)
    return dict(sorted(((c, n) for c, n in found.items() if n >= least), key=lambda one: (-one[1], one[0])))


@lru_cache(maxsize=1 << 12)
def _of_term(term: str) -> tuple[Concept, ...]:
    """English first, since most rules begin in it: `fine` is no end of anything, as it is in Italian."""
    text = fold(term.lower())
    if text.isascii() and (english := tuple(_names("en", text))):
        return english
    return tuple(dict.fromkeys(concept for one in sorted(languages()) for concept in _names(one, text, MOST)))


@lru_cache(maxsize=1 << 14)
def named_in(word: str, language: str) -> frozenset[Concept]:
    """The concepts that a word of an entry names in its language."""
    return frozenset(_names(language, fold(word.lower())))


def _names(language: str, text: str, share: float = 0.0) -> Iterator[Concept]:
    """`share`: so much of the text its term must be."""
    for concept, rows in _blocks().items():
        for term in rows.get(language, ()):
            if len(term.strip("*")) >= share * len(text) and _pattern_of(term).fullmatch(f" {text} "):
                yield concept
                break


def of_document(document: Document) -> frozenset[Concept]:
    """The concepts that its words name, in its language; of each its title, summary and content."""
    if document.language is None or document.language not in languages():
        return frozenset()
    patterns, names = _set(document.language)
    found: set[int] = set()
    for segment in document.segments[:BODY]:
        words = segment.words
        parts = [" "]
        behind = -1
        for folded, shown, (start, end) in islice(
            zip(words.folded, words.shown, words.spans, strict=True), READ
        ):
            if start != behind or not is_unspaced(shown[0]):
                parts.append(" ")
            parts.append(folded)
            behind = end
        parts.append(" ")
        found.update(patterns.Match("".join(parts)) or ())
    return frozenset(names[number] for number in found)


@lru_cache(maxsize=1 << 15)
def _pattern_of(term: str) -> re.Pattern[str]:
    return re.compile(f" *{_pattern(term)} *")


@lru_cache(maxsize=64)
def _set(language: str) -> tuple[re2.Set, list[Concept]]:
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    patterns = re2.Set.SearchSet(options)
    names = [concept for concept, rows in _blocks().items() if language in rows]
    for concept in names:
        patterns.Add("|".join(_pattern(term) for term in terms(concept, language)))
    patterns.Compile()
    return patterns, names


def _pattern(term: str) -> str:
    """What finds it in folded words with a space before and after each."""
    if is_unspaced(term[0]):
        before = f"(?:^|[^{_KATAKANA}])" if re.match(f"[{_KATAKANA}]", term) else ""
        after = f"(?:[^{_KATAKANA}]|$)" if before else ""
        return before + re.escape(fold(term)) + after
    words = [re.escape(fold(word.strip("*").lower())) for word in re.split(r"[\s\-'’]+", term)]
    signs = re.split(r"[\s\-'’]+", term)
    return (
        " "
        + " ".join(
            (r"\S*" if sign.startswith("*") else "") + word + (r"\S*" if sign.endswith("*") else "")
            for sign, word in zip(signs, words, strict=True)
        )
        + " "
    )
