"""Folding: what two words must have in common to be the same word to a rule.

NFKC and case first, then accents off where they are accents: in other scripts marks are vowels and stay.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

INVISIBLE: Final = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
"""Characters that a reader does not see: hyphens that may be, joiners, marks of direction, fillers."""

JOINERS: Final = "[\u200c\u200d]"
"""Those of them that change what a reader sees: they are shown, and do not count."""

_VARIATION = "\ufe00-\ufe0f\U000e0100-\U000e01ef"
"""Selectors of a glyph: ❤ and ❤️ are one character to a reader's search, but not to his eyes."""

_ACCENTS: Final = re.compile(
    f"[\u0300-\u036f\u0483-\u0487\u1dc0-\u1dff{_VARIATION}"  # Latin, Greek, Cyrillic
    "\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7"  # Hebrew points
    "\u0610-\u061a\u0640\u064b-\u065f\u0670"  # Arabic, and its tatweel
    "\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]"
)

_LETTERS: Final = str.maketrans(
    {
        "ø": "o",
        "œ": "oe",
        "æ": "ae",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ı": "i",
        "ħ": "h",
        "ŧ": "t",
        "ŋ": "n",
    }
    # One letter on three keyboards: the yeh of Persian, of Egypt and of the rest; two kafs; the joining alef.
    | {"ى": "ي", "ی": "ي", "ک": "ك", "ٱ": "ا"}
    | {chr(c): str(unicodedata.decimal(chr(c))) for c in range(0x80, 0x20000) if chr(c).isdecimal()}
)
"""Letters that do not decompose, and the digits of every script. Case folding does ß and ς."""

WORD_CACHE = 1 << 16
"""Words whose folded form is kept: news of many languages uses some 50 000. Each is short."""


def fold(text: str) -> str:
    """`text` as rules compare it; folding it again changes nothing."""
    if text.isascii():
        return text.lower()
    for _ in range(4):  # two do for all but a few compatibility characters
        folded = _fold_once(text)
        if folded == text:
            break
        text = folded
    return text


def _fold_once(text: str) -> str:
    text = unicodedata.normalize("NFKC", INVISIBLE.sub("", text)).casefold()
    text = _ACCENTS.sub("", unicodedata.normalize("NFD", text))
    return unicodedata.normalize("NFC", text.translate(_LETTERS))


@lru_cache(maxsize=WORD_CACHE)
def fold_word(word: str) -> str:
    """One word as rules compare it: `fold`, and only letters, marks and digits of it (`U.S.` is `us`)."""
    folded = fold(word)
    return folded if folded.isalnum() else "".join(c for c in folded if unicodedata.category(c)[0] in "LMN")


@lru_cache(maxsize=WORD_CACHE)
def exact_word(word: str) -> str:
    """One word with its case and accents, for `=Word`: composed, without what is invisible or dots."""
    return unicodedata.normalize("NFC", INVISIBLE.sub("", word)).replace(".", "")
