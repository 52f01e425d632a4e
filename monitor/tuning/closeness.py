"""How near one word comes to another, in letters: across languages, strike and strejk are not far apart."""

from __future__ import annotations

from collections.abc import Callable
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Final

from anyascii import anyascii

LEAST: Final = 4
"""Letters in common at the beginning; fewer are chance."""
ALIKE: Final = 0.75
"""Of the sounds of two words in different scripts; less is chance."""
_ONE_SOUND: Final = str.maketrans(
    {"r": "l", "v": "b", "w": "b", "f": "b", "p": "b", "z": "s", "c": "k", "q": "k"}
)
"""Sounds that one script tells apart and another does not."""
_ONE_LETTER: Final = str.maketrans({"c": "k", "q": "k", "z": "s"})
"""Letters that languages of one script write for another: declaration, deklaracja."""
_SIGNS: Final = '*~="?'

Closeness = Callable[[str, str], float]
"""How near a word comes to a term in meaning or in letters: 1 the same, 0 nothing in common."""


def without_signs(term: str) -> str:
    """The term's letters, without what a rule writes around them."""
    return term.strip(_SIGNS)


def in_letters(word: str, term: str) -> float:
    """1 where they are the same, 0 where they begin otherwise and, in different scripts, sound otherwise."""
    first, second = _latin(word), _latin(term)
    if first == second:
        return 1.0
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    if shared >= LEAST:
        return shared / max(len(first), len(second))
    return _in_sounds(first, second) if word.isascii() != term.isascii() else 0.0


def _in_sounds(first: str, second: str) -> float:
    """How alike they sound, where scripts differ: Halden is Халден, هالدن and ハルデン."""
    if min(len(first), len(second)) < LEAST or abs(len(first) - len(second)) > LEAST:
        return 0.0
    alike = SequenceMatcher(None, _sounds(first), _sounds(second), autojunk=False).ratio()
    return alike if alike >= ALIKE else 0.0


def _sounds(latin: str) -> str:
    return latin.translate(_ONE_SOUND).replace("kh", "h").replace("ch", "h")


@lru_cache(maxsize=1 << 15)
def _latin(word: str) -> str:
    return anyascii(without_signs(word)).lower().translate(_ONE_LETTER)
