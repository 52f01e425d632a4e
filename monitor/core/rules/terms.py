"""What is written as one term → a word or a phrase, by the same splitting and folding as the texts."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING, Final

from monitor.core.rules.lexicon import MIN_INFIX
from monitor.core.rules.signs import is_katakana, lost_signs, signs_in
from monitor.core.rules.tree import At, Exact, Inflected, Phrase, Plain, Wild
from monitor.core.text.fold import exact_word, fold_word
from monitor.core.text.words import Words, is_unspaced
from monitor.errors import RuleError

if TYPE_CHECKING:
    from monitor.core.rules.tree import Term, Unit

_PIECE: Final = re.compile(r"[*?]+|~+|\s+")

MIN_PREFIX: Final = 2
"""Letters before the first wildcard: `a*` would be a twentieth of all words."""


def read_term(text: str, *, offset: int) -> Unit:
    """The word or phrase that `text` is, as an unquoted term or the inside of a quoted one.

    RuleError, with places counted from `offset`, where it holds no word or a wildcard stands wrong.
    """
    pieces = _pieces(text)
    words = [_word(piece, offset=offset + start) for start, piece in pieces]
    return _unit(words, text, [(start, start + len(piece)) for start, piece in pieces], offset=offset)


def read_exact(text: str, *, offset: int) -> Unit:
    """The same behind `=`, where no wildcard may stand."""
    if wildcard := re.search(r"[*?~]", text):
        raise RuleError(
            f"= takes no {wildcard[0]}",
            offset=offset + wildcard.start(),
            cure="leave one of the two out: = is the exact spelling",
        )
    words = Words(text)
    exact: list[Term] = [
        Exact(exact_word(word), place=At(offset + start, end - start))
        for word, (start, end) in zip(words.shown, words.spans, strict=True)
    ]
    return _unit(exact, text, words.spans, offset=offset)


def signs_lost(text: str) -> str:
    """Signs of an unquoted term that are not searched and may have been meant."""
    return lost_signs(text, [(start, start + len(piece)) for start, piece in _pieces(text)])


def ends_in_question(text: str) -> bool:
    """Whether the last word of a quoted phrase ends in a `?` that is punctuation."""
    return bool(re.search(r"\w[?]\s*$", text))


def without_final_question(text: str) -> str:
    """The text without the question mark that ends it."""
    return text.rstrip().removesuffix("?")


def _unit(words: list[Term], text: str, places: list[tuple[int, int]], *, offset: int) -> Unit:
    if not words:
        raise RuleError(
            "a term without a word in it",
            offset=offset,
            length=max(len(text), 1),
            cure="signs are not searched: write a word, or a regular expression like /€ ?\\d+/",
        )
    signs = signs_in(text, places)
    if len(words) == 1 and not signs:
        return words[0]
    return Phrase(tuple(words), signs, place=At(offset, len(text)))


def _pieces(text: str) -> list[tuple[int, str]]:
    """Words with the wildcards and `~` that touch them, and where each begins."""
    words = Words(text)
    parts = [(start, end) for start, end in words.spans]
    parts += [match.span() for match in _PIECE.finditer(text) if not match[0].isspace()]
    pieces: list[tuple[int, str]] = []
    for start, end in sorted(parts):
        glued = pieces and pieces[-1][0] + len(pieces[-1][1]) == start
        if glued and (text[start] in "*?~" or pieces[-1][1][-1] in "*?"):
            at, piece = pieces[-1]
            pieces[-1] = (at, piece + text[start:end])
        else:
            pieces.append((start, text[start:end]))
    return pieces


def _word(piece: str, *, offset: int) -> Term:
    place = At(offset, len(piece))
    if piece.endswith("~"):
        return _inflected(piece, place=place)
    if "*" not in piece and "?" not in piece:
        return Plain(fold_word(piece), place=place)
    return _wild(piece, place=place)


def _inflected(piece: str, *, place: At) -> Term:
    word = piece.rstrip("~")
    if not word or "~" in word:
        raise RuleError(
            "~ stands behind a word", offset=place.offset, length=place.length, cure="write sanction~"
        )
    if "*" in word or "?" in word:
        raise RuleError(
            "~ and a wildcard do not go together",
            offset=place.offset,
            length=place.length,
            cure=f"write {word} or {re.split('[*?]', word)[0]}~",
        )
    return Inflected(unicodedata.normalize("NFC", exact_word(word).lower()), place=place)


def _wild(piece: str, *, place: At) -> Term:
    letters = re.split(r"([*?]+)", piece)
    if not any(letters[::2]):
        raise RuleError(
            f"a lone {piece} is no word",
            offset=place.offset,
            length=place.length,
            cure="for any word in between write a BEFORE/1 b",
        )
    if is_unspaced(next(part for part in letters[::2] if part)[-1]):
        return _wild_unspaced(piece, place=place)
    pattern = "".join(fold_word(part) if part and part[0] not in "*?" else _tidy(part) for part in letters)
    if not letters[0]:
        _require_infix(pattern, place=place)
    elif min(pattern.find(c) for c in "*?" if c in pattern) < MIN_PREFIX:
        raise RuleError(
            f"a wildcard needs {MIN_PREFIX} letters before it",
            offset=place.offset,
            length=place.length,
            cure="write more of the word, or the words you mean: (un OR une)",
        )
    return Wild(pattern, place=place)


def _require_infix(pattern: str, *, place: At) -> None:
    """RuleError where a word begins with a wildcard that would be looked for everywhere."""
    if not pattern.startswith("*"):
        raise RuleError(
            "? cannot begin a word",
            offset=place.offset,
            length=place.length,
            cure="write the word's first letters before it",
        )
    if len(re.split("[*?]", pattern)[1]) < MIN_INFIX:
        raise RuleError(
            f"a wildcard that begins a word needs {MIN_INFIX} letters behind it",
            offset=place.offset,
            length=place.length,
            cure="write more of the word, or its first letters before the wildcard",
        )


def _wild_unspaced(piece: str, *, place: At) -> Term:
    """Where every character is a word, a `*` says that a run of katakana may go on; other wildcards mean nothing."""
    word = piece.strip("*")
    if "?" not in piece and "*" not in word and len(_pieces(word)) == 1:
        folded = fold_word(word)
        if not is_katakana(folded):
            return Plain(folded, place=place)
        return Wild(f"{'*' * piece.startswith('*')}{folded}{'*' * piece.endswith('*')}", place=place)
    raise RuleError(
        "a wildcard inside a script without spaces",
        offset=place.offset,
        length=place.length,
        cure="every character is a word there: write a BEFORE/1 b",
    )


def _tidy(wildcards: str) -> str:
    """The same wildcards in one order, so that equal patterns are equal: `?`s first, then one `*`."""
    return "?" * wildcards.count("?") + ("*" if "*" in wildcards else "")
