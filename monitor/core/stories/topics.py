"""What stories are found by: the words, names, places and numbers of a report, as keys.

Words serve within a language; names, places and numbers across languages and scripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

import regex
from anyascii import anyascii

from monitor.core.stories.keys import Kind, key, prominent
from monitor.core.stories.names import KATAKANA, may_be_name, skeleton
from monitor.core.stories.places import places
from monitor.core.text.fold import fold
from monitor.core.text.words import Words

BEGINNING: Final = 1000
"""Characters in which a report says what it is about."""
STEM: Final = 6
"""Letters of a word that are compared: endings come after, in most languages."""

_UNSPACED: Final = regex.compile(
    r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}]\p{M}*"
)
_NUMBER: Final = re.compile(r"(?<![\d.,])\d{1,3}(?:[ .,'’]\d{3})+(?!\d)|\d{2,}")
_SEPARATOR: Final = re.compile(r"\D")


def topics(title: str, body: str, language: str | None) -> Iterator[int]:
    """The keys of a report; what the title says is in it twice, plain and prominent."""
    for found, _ in _about(title, language):
        yield found
        yield prominent(found)
    for found, _ in _about(body[:BEGINNING], language):
        yield found


def wording(title: str, body: str, language: str | None) -> dict[int, str]:
    """The same keys, but for the prominent ones, each with a word of the report that it stands for."""
    return dict(_about(body[:BEGINNING], language)) | dict(_about(title, language))


def _about(text: str, language: str | None) -> Iterator[tuple[int, str]]:
    words = Words(text)
    yield from _words(words, language)
    for place, name in places(words, language).items():
        yield key(Kind.PLACE, place), name
    for number, shown in numbers(text):
        yield key(Kind.NUMBER, number), shown


def _words(words: Words, language: str | None) -> Iterator[tuple[int, str]]:
    stop = stop_words(language)
    before = ""
    for shown, folded in zip(words.shown, words.folded, strict=True):
        if not folded.isascii() and _UNSPACED.fullmatch(folded):
            if before:
                yield key(Kind.WORD, before + folded), before + folded
            before = folded
            continue
        before = ""
        if len(folded) > 1 and folded not in stop and not folded[0].isdigit():
            for one in _told_by(shown, folded):
                yield one, shown
    for name in KATAKANA.findall(words.text):
        if (bones := _name(name, name)) is not None:
            yield bones, name


@lru_cache(maxsize=1 << 14)
def _told_by(shown: str, folded: str) -> tuple[int, ...]:
    """The keys of a word, its own and its name's. Kept: half of a day's news are a few thousand words."""
    word, name = key(Kind.WORD, anyascii(folded)[:STEM]), _name(shown, folded)
    return (word,) if name is None else (word, name)


def _name(shown: str, folded: str) -> int | None:
    return key(Kind.NAME, bones) if may_be_name(shown) and (bones := skeleton(folded)) else None


def numbers(text: str) -> Iterator[tuple[str, str]]:
    """Those of two digits and more, without what groups the digits, and as shown; digits of any script."""
    for number in _NUMBER.findall(fold(text)):
        yield _SEPARATOR.sub("", number), number


@cache
def stop_words(language: str | None) -> frozenset[str]:
    """Folded; the English ones where there is no list for a language: foreign texts quote them."""
    import stopwordsiso  # noqa: PLC0415 - 2 MiB of words, where stories are compared

    known = language if language and stopwordsiso.has_lang(language) else "en"
    return frozenset(map(fold, stopwordsiso.stopwords(known)))
