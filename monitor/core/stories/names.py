"""Names across alphabets: Зеленський, Ζελένσκι, Selenskyj, زيلينسكي and Zelensky have one skeleton.

Transliterated by `anyascii`, then what spellings differ in is dropped: vowels, and consonants' variants.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

import regex
from anyascii import anyascii

LENGTH: Final = 5
"""Consonants that are kept: endings of declension come after."""
ENOUGH: Final = 3
"""Consonants below which a skeleton is anybody's."""

_CLUSTERS: Final = re.compile("shch|tsch|sch|tch|sh|zh|ts|tz|ch|kh|cz|ck|qu|ph|x")
_CLUSTER_CLASS: Final = {
    **dict.fromkeys(("shch", "tsch", "sch", "sh", "zh", "ts", "tz"), "s"),
    **dict.fromkeys(("tch", "ch", "kh", "cz", "ck", "qu"), "k"),
    "ph": "v",
    "x": "ks",
}
_LETTER_CLASS: Final = str.maketrans("cqzwf", "kksvv", "aeiouyhj")
_DOUBLED: Final = re.compile(r"(.)\1+")
_NO_LATIN_LETTER: Final = re.compile("[^a-z]+")
_PREFIX: Final = re.compile("^(?:وال|بال|كال|فال|لل|ال|و|ب|ה|ו|ב|ל)(?=...)")
"""Articles and prepositions that Arabic and Hebrew write onto the word."""
_WAW_INSIDE: Final = re.compile("(?<=.)و")
"""A long vowel there, as the o of Macron."""

KATAKANA: Final = regex.compile(r"[\p{Katakana}ー]{3,}")
"""Japanese writes foreign names in it, among words that have no spaces."""


@lru_cache(maxsize=1 << 16)
def skeleton(word: str) -> str:
    """The first consonants of a folded word in any script; empty where too few to know a name by."""
    latin = _NO_LATIN_LETTER.sub("", anyascii(_WAW_INSIDE.sub("", without_prefix(word))).lower())
    vowel = "a" if latin[:1] and latin[0] in "aeiouy" else ""
    consonants = _CLUSTERS.sub(lambda found: _CLUSTER_CLASS[found[0]], latin).translate(_LETTER_CLASS)
    bones = (vowel + _DOUBLED.sub(r"\1", consonants))[:LENGTH]
    return bones if len(bones) >= ENOUGH else ""


def may_be_name(word: str) -> bool:
    """Whether a word as shown is written like a name; scripts without capitals leave it open."""
    return word[:1].upper() == word[:1]


def without_prefix(word: str) -> str:
    """The word without what Arabic and Hebrew write onto it."""
    return _PREFIX.sub("", word)
