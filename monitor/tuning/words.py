"""Words that a rule could have, from the stored entries, by language and by the part of its query that they are near.

Pure. Three ways lead to a word: it stands in what the rule found or missed and hardly elsewhere; it begins as a word
of the rule does; and, where meanings were read, it means what the rule's words mean.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from monitor.tuning.closeness import Closeness
from monitor.tuning.rule_history import RuleHistory
from monitor.tuning.terms import terms_for
from monitor.tuning.texts import Word, having

COMMON: Final = 0.02
"""A word that more of the entries have than this share, and more than `COMMON_ENTRIES`, says nothing of a subject."""
COMMON_ENTRIES: Final = 20
NEAR: Final = 0.3
"""A word that no entry of the subject has must come so near to one of the rule's to be proposed."""
MOST_READ: Final = 1_500
"""Words of one language that are compared, those first that found and missed entries have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A word that could be added."""

    word: Word
    terms: tuple[str, ...]
    """How a list would name it."""
    list: str
    """The list of the part that it comes nearest to; empty where the query has no such parts."""
    found: int
    """Entries with it that the rule matches, and that nobody called wrong."""
    missed: int
    """Entries with it that people called missed."""
    elsewhere: int
    points: float


def candidates(history: RuleHistory, language: str) -> dict[Word, set[int]]:
    """The language's words that may be worth proposing, each with its entries; none that the rule has already."""
    texts = [text for text in history.texts if text.language == language]
    by_word = having(texts)
    most = max(COMMON_ENTRIES, COMMON * len(texts))
    ours = _ours(history)
    own = _own_words(history, by_word)
    worth = sorted(
        (word for word, ids in by_word.items() if len(ids) <= most and word not in own),
        key=lambda word: (-len(by_word[word] & ours), len(by_word[word]), word),
    )
    return {word: by_word[word] for word in worth[:MOST_READ]}


def written(history: RuleHistory, words: Iterable[Word]) -> dict[Word, str]:
    """How each word stands in the newest entry that has it."""
    wanted = set(words)
    found: dict[Word, str] = {}
    for text in history.texts:
        for word, shown in text.words.items():
            if word in wanted:
                found.setdefault(word, shown)
    return found


def proposed(
    history: RuleHistory, words: Mapping[Word, set[int]], *, closeness: Closeness, most: int
) -> list[Proposal]:
    """The likeliest first."""
    shown = written(history, words)
    forms: dict[Word, set[str]] = {word: set() for word in words}
    for text in history.texts:
        for word in text.words.keys() & words.keys():
            forms[word].add(text.words[word])
    ours, right = _ours(history), history.known.right
    found_by_rule = history.known.matched - history.known.wrong
    titles = {word for text in history.texts if text.entry_id in ours for word in text.title_words}
    proposals = []
    for word, ids in words.items():
        near, part = max(
            (
                (max((closeness(shown[word], term) for term in part.terms), default=0.0), part.name)
                for part in history.shape.parts
            ),
            default=(0.0, ""),
        )
        if near < NEAR and not ids & ours:
            continue
        elsewhere = len(ids - ours)
        usual = math.log((len(ids & ours) + 0.1) / (elsewhere + 0.5)) if ids & ours else -1.0
        proposals.append(
            Proposal(
                word=word,
                terms=tuple(terms_for(word, forms[word])),
                list=part,
                found=len(ids & found_by_rule),
                missed=len(ids & right - history.known.matched),
                elsewhere=elsewhere,
                points=2 * near
                + 0.3 * usual
                + 0.3 * (word in titles)
                - 0.2 * (len(ids & history.known.wrong)),
            )
        )
    return sorted(proposals, key=lambda one: (-one.points, one.word))[:most]


def _ours(history: RuleHistory) -> frozenset[int]:
    """Entries of the subject, as far as is known."""
    return history.known.right | (history.known.matched - history.known.wrong)


def _own_words(history: RuleHistory, by_word: Mapping[Word, set[int]]) -> set[Word]:
    """Words that the rule finds by itself already."""
    terms = [term for part in history.shape.parts for term in part.terms]
    exact = {term.strip("~").lower() for term in terms if "*" not in term}
    beginnings: Sequence[str] = [term.rstrip("*").lower() for term in terms if term.endswith("*")]
    shown = written(history, by_word)
    return {
        word
        for word in by_word
        if shown[word].lower() in exact or shown[word].lower().startswith(tuple(beginnings) or ("\0",))
    }
