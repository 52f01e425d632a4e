"""How near one word comes to another, in letters: across languages, strike and strejk are not far apart."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from anyascii import anyascii

LEAST: Final = 4
"""Letters in common at the beginning; fewer are chance."""
_SIGNS: Final = '*~="?'


def in_letters(word: str, term: str) -> float:
    """1 where they are the same, 0 where they begin otherwise."""
    first, second = _latin(word), _latin(term)
    if first == second:
        return 1.0
    shared = 0
    for one, other in zip(first, second, strict=False):
        if one != other:
            break
        shared += 1
    return shared / max(len(first), len(second)) if shared >= LEAST else 0.0


@lru_cache(maxsize=1 << 15)
def _latin(word: str) -> str:
    return anyascii(word.strip(_SIGNS)).lower()
