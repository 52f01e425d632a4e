"""What must stand at the edges of words and between them, where the words alone would be another name.

Signs that belong to a name (`C++`, `AT&T`, `.NET`, `F-16`, `#tag`), and where a run of katakana ends. What a rule
writes counts; what it does not write is free: `tag` finds `#tag`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitor.core.text.words import Words

_SIGN: Final = r"+#@&$€£¥₽₹₩₺₴₪%‰§°_"
"""Signs that belong to the word that they touch. Others are punctuation."""

_BEHIND: Final = re.compile(rf"[{_SIGN}]+")
_BEFORE: Final = re.compile(rf"(?:[{_SIGN}]+|(?<!\S)[.])$")
_BETWEEN: Final = re.compile(rf"[-/.,:]*[{_SIGN}][-/.,:{_SIGN}]*|[-/.,]")
_MONEY: Final = frozenset("$€£¥₽₹₩₺₴₪%‰°§")
"""Signs that may stand apart from their number: 5 %, § 8."""
_DASH: Final = regex.compile(r"[\p{Pd}−]")
_KATAKANA: Final = regex.compile(r"[\p{Katakana}ー]")


def is_katakana(word: str) -> bool:
    """Whether a word of a script without spaces is katakana, whose runs are the words of their language."""
    return bool(_KATAKANA.match(word))


def signs_in(text: str, words: Sequence[tuple[int, int]]) -> tuple[str, ...]:
    """The signs that count in a term with words at these places: before the first, between each two, behind the last.

    Empty strings where none does; nothing at all where no sign does.
    """
    ends = [0, *(end for _, end in words)]
    starts = [*(start for start, _ in words), len(text)]
    gaps = [_tidy(text[end:start]) for end, start in zip(ends, starts, strict=True)]
    signs = [_before(gaps[0])]
    for index, gap in enumerate(gaps[1:-1]):
        left, right = words[index], words[index + 1]
        numbers = text[left[1] - 1].isdigit(), text[right[0]].isdigit()
        signs.append(_between(gap, numbers))
    signs.append(_behind(gaps[-1]))
    return tuple(signs) if any(signs) else ()


def lost_signs(text: str, words: Sequence[tuple[int, int]]) -> str:
    """Signs of an unquoted term that look as if they were meant and do not count."""
    counted = set("".join(signs_in(text, words)))
    ends = [0, *(end for _, end in words)]
    starts = [*(start for start, _ in words), len(text)]
    gaps = "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
    return "".join(dict.fromkeys(sign for sign in gaps if sign not in counted and sign not in _JOINING))


_JOINING: Final = frozenset("-‐‑–—’'‘ʼ`´.·・/:,*?~ \t\n")
"""What joins the words of a term without a meaning of its own."""


def _tidy(gap: str) -> str:
    return _DASH.sub("-", unicodedata.normalize("NFKC", gap)) if not gap.isascii() else gap


def _before(gap: str) -> str:
    found = _BEFORE.search(gap)
    return found[0] if found else ""


def _behind(gap: str) -> str:
    found = _BEHIND.match(gap)
    return found[0] if found else ""


def _between(gap: str, numbers: tuple[bool, bool]) -> str:
    """One sign where the words are glued by it; with a space in it what is behind the left and before the right."""
    if gap != gap.strip() or " " in gap:
        left, right = _behind(gap), _before(gap) if len(gap) > 1 else ""
        return f"{left} {right}" if left or right else ""
    if not _BETWEEN.fullmatch(gap):
        return ""
    if gap in {"-", "/"}:
        return gap if any(numbers) else ""
    if gap in {".", ","}:
        return "." if all(numbers) else ""
    return gap


@dataclass(frozen=True, slots=True)
class Edges:
    """What a run of words must have at its edges."""

    signs: tuple[str, ...] = ()
    closed_first: bool = False
    """It does not begin inside a run of katakana."""
    closed_last: bool = False

    def fits(self, words: Words, first: int) -> bool:
        """Whether the run of words that begins with word `first` has them."""
        last = first + max(len(self.signs) - 2, 0)
        if self.signs and not self._has_signs(words, first, last):
            return False
        return not (self.closed_first and _goes_on(words, first - 1, first))

    def fits_end(self, words: Words, last: int) -> bool:
        """Whether the run that ends with word `last` may end there."""
        return not (self.closed_last and _goes_on(words, last, last + 1))

    def _has_signs(self, words: Words, first: int, last: int) -> bool:
        gaps = [_tidy(_gap(words, index)) for index in range(first, last + 2)]
        before, *between, behind = self.signs
        if before and not _stands_before(gaps[0], before):
            return False
        if before == gaps[0] == "." and first:  # the end of an address: example.net
            return False
        if behind and not _stands_behind(gaps[-1], behind):
            return False
        return all(_stands_between(gap, sign) for gap, sign in zip(gaps[1:-1], between, strict=True) if sign)


def _gap(words: Words, index: int) -> str:
    """The text before word `index`, back to the word before it."""
    spans = words.spans
    start = spans[index - 1][1] if index else 0
    end = spans[index][0] if index < len(spans) else len(words.text)
    return words.text[start:end] if end - start < _FAR else ""


_FAR: Final = 100


def _goes_on(words: Words, left: int, right: int) -> bool:
    """Whether two words of katakana touch."""
    if left < 0 or right >= len(words):
        return False
    touching = words.spans[left][1] == words.spans[right][0]
    return touching and is_katakana(words.shown[left]) and is_katakana(words.shown[right])


def _stands_before(gap: str, sign: str) -> bool:
    gap = gap.rstrip() if _MONEY.issuperset(sign) else gap
    return gap.endswith(sign) and _BEHIND.fullmatch(gap[: -len(sign)][-1:]) is None


def _stands_behind(gap: str, sign: str) -> bool:
    gap = gap.lstrip() if _MONEY.issuperset(sign) else gap
    return gap.startswith(sign) and _BEHIND.fullmatch(gap[len(sign) :][:1]) is None


def _stands_between(gap: str, sign: str) -> bool:
    if " " in sign:
        behind, before = sign.split(" ", maxsplit=1)
        return (not behind or _stands_behind(gap, behind)) and (not before or _stands_before(gap, before))
    if sign == ".":
        return gap in {".", ","}
    return gap == sign or (not set("-/").intersection(sign) and "".join(gap.split()) == sign)
