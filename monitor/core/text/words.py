"""Words with their places in the text as shown.

A word is a run of letters, marks and digits, at most `MAX_WORD` characters of it. In scripts without spaces
every character with its marks is a word, so that a run of them is a phrase. `U.S.` is one word. Marks of footnotes
(`¹`, `[1]`) are no words; letters that stand for an apostrophe (`lʼÉlysée`) divide words as it does.
"""

from __future__ import annotations

import re
from functools import cached_property
from itertools import accumulate
from typing import Final

import regex

from monitor.core.text.fold import INVISIBLE, fold_word
from monitor.core.text.sentences import number_sentences

MAX_WORD: Final = 255
"""Characters; Lucene's limit too. A longer run is several words, which bounds what one word can cost."""

_UNSPACED = r"[[\p{Han}\p{Hiragana}\p{Katakana}ー\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]&&\p{L}]"
_APOSTROPHES = "ʹʺʻʼʽʾʿˈˮꞋꞌߴߵ"
"""Letters by category, used as apostrophes. Uzbek and Ukrainian words that have them are two words: as with ’."""
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹"
_NOT_INSIDE = rf"[{_UNSPACED}{_APOSTROPHES}{_RAISED}]"
_LETTER = rf"[\p{{L}}--{_NOT_INSIDE}]"
_START = rf"[[\p{{L}}\p{{N}}]--{_NOT_INSIDE}]"
_INSIDE = rf"[[\p{{L}}\p{{M}}\p{{N}}{INVISIBLE.pattern[1:-1]}]--{_NOT_INSIDE}]"
_NO_NOTE = r"(?!(?<=\S\[)\d{1,3}\])(?!(?<=\S\[\d)\d{1,2}\])(?!(?<=\S\[\d\d)\d\])"
"""Where no number of a footnote begins or goes on."""
_DETACHED_VOWELS = "ำຳﾞﾟ"  # letters by category, marks by use: sara am, and the voicing of narrow Kana

# Each of the three patterns is one group, so that a split keeps the words.
_WORD: Final = regex.compile(
    rf"(?V1)((?:{_LETTER}\p{{M}}{{0,3}}+\.)+{_LETTER}\p{{M}}{{0,3}}+(?!{_INSIDE})"
    rf"|\p{{Latin}}{{1,2}}[²³](?!{_INSIDE})"  # m², km³
    rf"|{_NO_NOTE}{_START}{_INSIDE}{{0,{MAX_WORD - 1}}}+"
    rf"|{_UNSPACED}[\p{{M}}{_DETACHED_VOWELS}]{{0,31}}+)"
)

_PLAIN: Final = re.compile(
    "[\0-\xac\xae-\xb1\xb4-\xb8\xba\xbb\xbf-\u02af\u0370-\u0373\u0376-\u0482\u048a-\u0530\u2010-\u2027\u2030-\u205e\u20a0-\u20bf]*+"
)
_NOTE: Final = re.compile(r"[^ ]\[\d{1,3}\]")
"""May be one: the two libraries do not agree on which control characters are spaces, and `_WORD` decides."""
_DOTTED: Final = re.compile(r"\.[^\W\d_](?![^\W_])")
_PLAIN_WORD: Final = re.compile(rf"([^\W_]{{1,{MAX_WORD}}})")
_PLAIN_OR_DOTTED: Final = re.compile(rf"((?:[^\W\d_]\.)+[^\W\d_](?![^\W_])|[^\W_]{{1,{MAX_WORD}}})")
"""The same words by the standard library, faster, in texts of spaced alphabets without loose marks."""


_BETWEEN: Final = {code: " " for code in range(0x80) if not chr(code).isalnum()}
"""What stands between the words of ASCII."""


def _pattern_for(text: str) -> re.Pattern[str] | regex.Pattern[str]:
    """The cheapest pattern that finds the words of this text: 90, 170 or 600 µs for 400 words."""
    if not _PLAIN.fullmatch(text) or ("[" in text and _NOTE.search(text)):
        return _WORD
    return _PLAIN_OR_DOTTED if _DOTTED.search(text) else _PLAIN_WORD


class Words:
    """The words of one text. What is derived from them is made when first asked for, and kept."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def shown(self) -> list[str]:
        """Each word as it stands in the text."""
        return self._split_ascii or self._pieces[1::2]

    @cached_property
    def _pattern(self) -> re.Pattern[str] | regex.Pattern[str]:
        return _pattern_for(self.text)

    @cached_property
    def _split_ascii(self) -> list[str]:
        """The words in half the time, where nothing but what `str.split` can do divides them; else none."""
        if self._pattern is not _PLAIN_WORD or not self.text.isascii():
            return []
        words = self.text.translate(_BETWEEN).split()
        return words if max(map(len, words), default=0) <= MAX_WORD else []

    @cached_property
    def _pieces(self) -> list[str]:
        """What stands between words, and the words, in turn: one pass for both."""
        return self._pattern.split(self.text)

    def __len__(self) -> int:
        return len(self.shown)

    @cached_property
    def folded(self) -> list[str]:
        """Each word as rules compare it."""
        if self._split_ascii:  # as `fold_word` would, in a third of the time
            return " ".join(self._split_ascii).lower().split(" ")
        return list(map(fold_word, self.shown))

    @cached_property
    def spans(self) -> list[tuple[int, int]]:
        """Each word's start and end (exclusive) in `text`."""
        ends = list(accumulate(map(len, self._pieces)))
        return list(zip(ends[::2], ends[1::2], strict=False))

    @cached_property
    def sentences(self) -> list[int]:
        """Each word's sentence, counted from 0 through the text; a paragraph ends a sentence."""
        return number_sentences(self.text, self.shown, self.spans)

    @cached_property
    def paragraphs(self) -> list[int]:
        """Each word's paragraph, counted from 0: paragraphs are divided by newlines."""
        numbers, number, last = [], 0, 0
        for start, end in self.spans:
            number += self.text.count("\n", last, start)
            numbers.append(number)
            last = end
        return numbers


def folded_words(text: str) -> list[str]:
    """The words of `text` as rules compare them, in order."""
    return Words(text).folded


def is_unspaced(character: str) -> bool:
    """Whether a character is of a script that puts no spaces between words."""
    return bool(_UNSPACED_LETTER.match(character))


_UNSPACED_LETTER: Final = regex.compile(f"(?V1){_UNSPACED}")
