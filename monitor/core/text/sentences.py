"""Where sentences end: by their stops, the case of what follows, and what is an abbreviation.

A guess in doubt joins: `NEAR/s` then finds a little too much instead of silently nothing.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import regex

from monitor.core.text.fold import fold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

_HARD_STOP: Final = regex.compile(r"(?V1)[\n[\p{Sentence_Terminal}--[.․!?‼‽⁇⁈⁉．]]།༎]|．(?!\d)")
"""Unicode's Sentence_Terminal: the stops of every script; those that Latin uses are looked at more closely.
Beside it Tibetan's."""
_GREEK_QUESTION: Final = regex.compile(r"\p{Greek}$")
"""Behind such a letter a semicolon is a question mark."""
_SOFT_STOP: Final = re.compile(r"[!?…‼‽⁇⁈⁉]")
_DOT: Final = re.compile(
    r"[\"'”’“»›)\]]*[.․][\"'”’“»›)\]]*(?:[⁰¹²³⁴-⁹*†‡]+|(?:\[\d{1,3}\])+)?[\"'”’“»›)\]]*\s"
)

# Those that stand before a name or a number; those that end sentences as often as not are left out.
_ABBREVIATIONS: Final = frozenset({
    "г", "р", "с", "p", "s",
    "abs", "al", "approx", "apr", "arch", "art", "atd", "aug", "avv", "bl", "bzw", "ca", "capt", "cf",
    "col", "dec", "dez", "dhr", "dl", "dott", "dr", "dra", "drs", "dvs", "ed", "eds", "esim", "evtl",
    "exc", "f", "feb", "febr", "fig", "fl", "fr", "gen", "ggf", "godz", "gov", "hab", "hon", "hr", "im",
    "ing", "inkl", "inz", "ir", "jan", "jf", "jr", "kl", "kpt", "lic", "lt", "maj", "mgr", "mj", "mlle",
    "mm", "mme", "mons", "mr", "mrs", "ms", "mw", "napr", "ndr", "nov", "np", "nr", "o", "oct", "ok",
    "okt", "on", "osv", "pl", "pp", "pres", "prof", "płk", "red", "rep", "resp", "rev", "sen", "sept",
    "sgt", "sig", "sr", "sra", "srta", "st", "ste", "str", "tel", "tj", "tzn", "tzv", "ud", "uds", "ul",
    "usw", "vgl", "vol", "vs", "ym", "zb", "αρ", "κ", "κα", "σελ", "акад", "вул", "гг", "ген", "грн", "им",
    "млн", "млрд", "обл", "пл", "полк", "просп", "проф", "руб", "стр", "тыс", "ул", "ім",
})  # fmt: skip

_ORDINAL_DIGITS = 2
"""`6. Januar`, `6. ledna`: a dot after so few digits is an ordinal's in half of Europe."""


def number_sentences(text: str, words: Sequence[str], spans: Sequence[tuple[int, int]]) -> list[int]:
    """The sentence of each word, counted from 0."""
    numbers: list[int] = []
    number = last = 0
    for index, (start, end) in enumerate(spans):
        if (
            index
            and start > last
            and text[last:start] != " "
            and _ends(text[last : min(start + 1, last + _FAR)], words, index)
        ):
            number += 1
        numbers.append(number)
        last = end
    return numbers


_FAR = 200
"""Characters between two words that are looked at; what is longer is a line of dashes: an end."""


def _ends(between: str, words: Sequence[str], index: int) -> bool:
    """Whether a sentence ends before word `index`; `between` is what stands before it."""
    if len(between) >= _FAR or _HARD_STOP.search(between):
        return True
    if words[index][0].islower():
        return False
    if _SOFT_STOP.search(between):
        return True
    if between[0] in ";\u037e" and _GREEK_QUESTION.search(words[index - 1]):
        return True
    return bool(_DOT.match(between)) and not (between[0] in ".․" and _abbreviates(words[index - 1]))


def _abbreviates(word: str) -> bool:
    if word.isdigit():
        return len(word) <= _ORDINAL_DIGITS
    initial = len(word) == 1 and word.isupper()
    return initial or "." in word or fold_word(word) in _ABBREVIATIONS
