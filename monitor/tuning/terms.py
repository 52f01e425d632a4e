"""How a list names a word, and which entries its term would find. Pure."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Mapping
from typing import Final

from monitor.core.text.fold import fold
from monitor.core.text.words import is_unspaced
from monitor.tuning.texts import Word

SAFE_BEGINNING: Final = 5
"""Letters: fewer begin too many other words."""


def terms_for(word: Word, forms: Iterable[str]) -> list[str]:
    """How a list names the word: by its beginning, where that is long enough to mean nothing else, else its forms.

    Not by a `~`: that reads a dictionary at each start, a second for a language.
    """
    written = sorted({form if is_unspaced(form[0]) else form.lower() for form in forms})
    if not word.language or not (start := beginning(word, written[0])):
        return written
    shown = written[0][: len(start)]
    return [f"{shown if fold(shown) == start else start}*"]


def beginning(word: Word, shown: str) -> str:
    """What all forms of the word begin with; empty where that is too short, or not how it is written."""
    if is_unspaced(shown[0]) or len(word.root) < SAFE_BEGINNING:
        return ""
    return word.root if fold(shown.lower()).startswith(word.root) else ""


def with_forms(words: Mapping[Word, set[int]], written: Mapping[Word, str]) -> dict[Word, set[int]]:
    """By word, the entries that its term would find: those of longer words that begin with it, too."""
    spoken: dict[str, list[tuple[str, Word]]] = {}
    for word in words:
        spoken.setdefault(word.language, []).append((fold(written[word].lower()), word))
    found = {}
    for forms in spoken.values():
        forms.sort()
        for form, word in forms:
            ids = set(words[word])
            if start := beginning(word, form):
                at = bisect_left(forms, (start,))
                while at < len(forms) and forms[at][0].startswith(start):
                    ids |= words[forms[at][1]]
                    at += 1
            found[word] = ids
    return found
