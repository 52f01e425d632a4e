"""A query's text → tokens, each with its place. What stands where is the parser's business.

Regular, but for one thing: `-` negates only after a space or a bracket, so that `cessez-le-feu` is a term.
What people write for NOT elsewhere (`!a`, `−a`, `¬a`) is read as NOT; other operators of other languages are refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from enum import Enum, auto
from typing import TYPE_CHECKING, Final

from monitor.core.rules.tree import At
from monitor.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.core.rules.tree import Distance


class Kind(Enum):
    """What sort of token."""

    WORD = auto()  # unquoted; its text may make several words
    QUOTED = auto()
    EXACT = auto()  # =word or ="…"
    LIST = auto()
    REGEX = auto()
    FIELD = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    OF = auto()
    NEAR = auto()
    BEFORE = auto()
    NOTNEAR = auto()
    ATLEAST = auto()
    OPEN = auto()
    CLOSE = auto()
    COMMA = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a query, with its place."""

    kind: Kind
    text: str
    """The bare content: without quotes, slashes, `@`, `=`, colon."""
    place: At
    """All of it, with quotes and the rest."""
    inner: int = 0
    """Where `text` begins in the query."""
    number: Distance | None = None
    """What stands behind an operator's slash."""


FIELDS: Final = ("title", "lead", "summary", "content", "author", "category", "url")
ORIGINS: Final = ("site", "feed", "tag", "lang")

DEFAULT_DISTANCE: Final = 5
MAX_DISTANCE: Final = 1000
"""Words. Farther apart is no proximity; segments of a text lie 500 000 positions apart (`text.document`)."""

MAX_COUNT: Final = 10_000

_QUOTES: Final = '"“”„‟«»″「」『』〝〞＂'
_BRACKETS: Final = {"(": Kind.OPEN, ")": Kind.CLOSE, "（": Kind.OPEN, "）": Kind.CLOSE}
_NEGATIONS: Final = frozenset("-−–—－﹣‐‑‒⁃¬!！")
_SINGLE: Final = re.compile(r"['‘‚‛‹`]([^'‘‚‛‹`\"“”\n]*[^\s'‘‚‛‹`\"“”\n])['’‘›`´](?=[\s(),]|$)")
"""A phrase in single quotes; an apostrophe has no space before it or none behind the next one."""
_CHUNK: Final = re.compile(rf"(?:[^\s(){_QUOTES}（）,]|(?<=\d),(?=\d))+")
_FIELD: Final = re.compile(r"([^\W\d_]+):")
_LIST_NAME: Final = re.compile(r"[\w-]+")
_REGEX: Final = re.compile(r"/((?:[^/\\\n]|\\.)+)/")

_WORDS: Final = {"AND": Kind.AND, "OR": Kind.OR, "NOT": Kind.NOT, "OF": Kind.OF}
_NUMBERED: Final = {
    "NEAR": Kind.NEAR,
    "BEFORE": Kind.BEFORE,
    "ONEAR": Kind.BEFORE,
    "NOTNEAR": Kind.NOTNEAR,
    "ATLEAST": Kind.ATLEAST,
}
_OPERATOR: Final = re.compile(r"([A-Z]+)(?:([/:~]?)(\w*))")
_NUMBER_IN_BRACKETS: Final = re.compile(r"\((\d{1,4})\)")
_FOREIGN: Final = {
    "&&": "AND", "&": "AND", "+": "AND", "||": "OR", "|": "OR", "!": "NOT",
    "ANDNOT": "AND NOT", "AND-NOT": "AND NOT", "MINUS": "AND NOT", "EXCEPT": "AND NOT", "WITHOUT": "AND NOT",
    "BUTNOT": "AND NOT", "XOR": "(a OR b) AND NOT (a AND b)",
    "W": "NEAR/{}", "WITHIN": "NEAR/{}", "ADJ": "BEFORE/{}", "PRE": "BEFORE/{}", "AROUND": "NEAR/{}",
}  # fmt: skip
"""Operators of other query languages, and ours for them."""
_FOREIGN_FIELDS: Final = {
    "raw": "=Word", "exact": "=Word", "intitle": "title:word", "headline": "title:word", "ingress": "lead:word",
    "inurl": "url:word", "domain": "site:lemonde.fr", "source": "site:lemonde.fr", "language": "lang:fr",
}  # fmt: skip


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a query, the last of kind END. RuleError where a token cannot be one."""
    at = 0
    while at < len(text):
        character = text[at]
        if character.isspace():
            at += 1
            continue
        token = _token(text, at)
        yield token
        at = token.place.offset + token.place.length
        if token.kind is Kind.FIELD and token.text in ORIGINS and (value := _CHUNK.match(text, at)):
            yield Token(Kind.WORD, value[0], At(at, len(value[0])), at)  # whatever it is, it is no term
            at = value.end()
    yield Token(Kind.END, "", At(len(text), 0), len(text))


def _token(text: str, at: int) -> Token:
    character = text[at]
    if character in _BRACKETS:
        return Token(_BRACKETS[character], character, At(at, 1), at)
    if character in _QUOTES:
        return _quoted(text, at)
    if character == ",":
        return Token(Kind.COMMA, ",", At(at, 1), at)
    if character == "/":
        return _regex(text, at)
    if character == "@":
        return _list(text, at)
    if character == "=":
        return _exact(text, at)
    if character in _NEGATIONS and _negates(text, at):
        return Token(Kind.NOT, character, At(at, 1), at)
    if single := _SINGLE.match(text, at):
        return Token(Kind.QUOTED, single[1], At(at, single.end() - at), at + 1)
    return _chunk(text, at)


def _negates(text: str, at: int) -> bool:
    before, behind = text[at - 1 : at], text[at + 1 : at + 2]
    begins = not before or before.isspace() or before in _BRACKETS or before in _NEGATIONS or before == ","
    return begins and not (not behind or behind.isspace())


def _quoted(text: str, at: int) -> Token:
    end = next((i for i in range(at + 1, len(text)) if text[i] in _QUOTES), None)
    if end is None:
        raise RuleError("this quote is never closed", offset=at, cure='write the closing "')
    place = At(at, end + 1 - at)
    if text[end + 1 : end + 2] == "~":
        distance = re.match(r"\d*", text[end + 2 :])
        number = distance[0] if distance else ""
        raise RuleError(
            "~ stands behind a word, not behind a phrase",
            offset=end + 1,
            cure=f"for words up to {number} apart write a NEAR/{number} b"
            if number
            else 'write it inside the quotes: "garanties~ sécurité~"',
        )
    return Token(Kind.QUOTED, text[at + 1 : end], place, at + 1)


def _regex(text: str, at: int) -> Token:
    match = _REGEX.match(text, at)
    if match is None:
        raise RuleError(
            "this regular expression is never closed"
            if text.find("/", at + 1) < 0
            else "an empty regular expression",
            offset=at,
            cure="write it between slashes: /sommet.{0,20}paris/",
        )
    end = match.end()
    if end < len(text) and not (text[end].isspace() or text[end] in _BRACKETS or text[end] == ","):
        raise RuleError(
            "something stands right behind a regular expression",
            offset=end,
            cure="a slash inside it is written \\/, flags are not needed: case never counts",
        )
    return Token(Kind.REGEX, match[1], At(at, end - at), at + 1)


def _list(text: str, at: int) -> Token:
    match = _LIST_NAME.match(text, at + 1)
    if match is None:
        raise RuleError("@ needs the name of a list behind it", offset=at, cure="write @leaders")
    return Token(Kind.LIST, match[0], At(at, match.end() - at), at + 1)


def _exact(text: str, at: int) -> Token:
    if text[at + 1 : at + 2] and text[at + 1] in _QUOTES:
        quoted = _quoted(text, at + 1)
        return Token(Kind.EXACT, quoted.text, At(at, quoted.place.length + 1), at + 2)
    match = _CHUNK.match(text, at + 1)
    if match is None:
        raise RuleError("= needs a word behind it", offset=at, cure='write =US or ="Paris Declaration"')
    return Token(Kind.EXACT, match[0], At(at, match.end() - at), at + 1)


def _chunk(text: str, at: int) -> Token:
    match = _CHUNK.match(text, at)
    assert match, "every other character was dealt with"  # noqa: S101 - an invariant of `_token`
    chunk = match[0]
    place = At(at, len(chunk))
    if chunk in _WORDS:
        return Token(_WORDS[chunk], chunk, place, at)
    if operator := _OPERATOR.fullmatch(chunk):
        name, mark, number = operator.groups()
        if in_brackets := _NUMBER_IN_BRACKETS.match(text, at + len(name)):
            _refuse_misspelt(name, "(", in_brackets[1], place=At(at, in_brackets.end() - at))
        if name in _NUMBERED and (mark == "/" or not number):
            return Token(_NUMBERED[name], chunk, place, at, _number(name, number, place, bare=not mark))
        _refuse_misspelt(name, mark, number, place=place)
    if chunk in _FOREIGN and "{}" not in _FOREIGN[chunk]:
        raise _foreign(chunk, _FOREIGN[chunk], place)
    if sign := _FOREIGN_SIGN.search(chunk):
        _refuse_sign(sign, place)
    if field := _FIELD.match(chunk):
        return _field(field[1], At(at, field.end()))
    return Token(Kind.WORD, chunk, place, at)


_FOREIGN_SIGN: Final = re.compile(r"&&|\|\|?|^\+(?=[\w\"“(])|(?<=\w)\^|[\[\]{}]|^~")


def _refuse_sign(sign: re.Match[str], place: At) -> None:
    """RuleError for what is an operator elsewhere and would be lost between words here."""
    cures = {
        "&": "write a AND b",
        "|": "write a OR b",
        "+": "leave the + out: words side by side must all be there",
        "^": "leave it out: words have no weights here, the lines of a score have",
        "~": "write the ~ behind the word: sanction~",
    }
    raise RuleError(
        f"{sign[0]} is an operator of another query language",
        offset=place.offset + sign.start(),
        length=len(sign[0]),
        cure=f"{cures.get(sign[0][0], 'write round brackets: (a OR b)')}; as a sign, put it in quotes",
    )


def _field(name: str, place: At) -> Token:
    lowered = name.lower()
    if lowered in FIELDS or lowered in ORIGINS:
        return Token(Kind.FIELD, lowered, place, place.offset)
    if ours := _FOREIGN_FIELDS.get(lowered):
        cure = f"write {ours}."
    elif close := get_close_matches(lowered, FIELDS + ORIGINS, n=1):
        cure = f"did you mean {close[0]}:?"
    else:
        cure = f"fields are {', '.join(f + ':' for f in FIELDS + ORIGINS)}."
    raise RuleError(
        f"there is no field {name}:",
        offset=place.offset,
        length=place.length,
        cure=cure + " To search for the word, put it in quotes",
    )


def _number(name: str, number: str, place: At, *, bare: bool) -> Distance:
    if name == "ATLEAST":
        if number.isdecimal() and 0 < int(number) <= MAX_COUNT:
            return int(number)
        raise RuleError(
            "ATLEAST needs a number", offset=place.offset, length=place.length, cure="write ATLEAST/3 word"
        )
    if bare:
        return DEFAULT_DISTANCE
    if number.lower() in {"s", "p"}:
        return "s" if number.lower() == "s" else "p"
    if not number.isdecimal():
        raise RuleError(
            f"{name}/ needs a number of words, s (sentence) or p (paragraph)",
            offset=place.offset,
            length=place.length,
            cure=_distance_meant(name, number),
        )
    if len(number) > 4 or int(number) > MAX_DISTANCE:
        raise RuleError(
            f"{name} reaches at most {MAX_DISTANCE} words",
            offset=place.offset,
            length=place.length,
            cure=f"{name}/p is the whole paragraph, AND the whole entry",
        )
    return int(number)


def _distance_meant(name: str, number: str) -> str:
    count, unit = number[:-1], number[-1:].lower()
    if count.isdecimal() and unit == "f" and name == "NEAR":
        return f"write BEFORE/{count}"
    if count.isdecimal() and unit in {"s", "p"}:
        one = "sentence" if unit == "s" else "paragraph"
        return f"write {name}/{unit} for one {one}, or {name}/{count} for {count} words"
    return f"write {name}/4, without a space"


def _refuse_misspelt(name: str, mark: str, number: str, *, place: At) -> None:
    """RuleError for what is an operator of ours or of another language, almost."""
    written = f"{name}{mark}{number}{')' if mark == '(' else ''}"
    if name in _NUMBERED and number.isdecimal():
        raise RuleError(
            f"{written} is no operator",
            offset=place.offset,
            length=place.length,
            cure=f"write {name}/{number}",
        )
    if name in _FOREIGN and mark in {"/", "("} and number.isdecimal():
        raise _foreign(written, _FOREIGN[name].format(number), place)


def _foreign(written: str, ours: str, place: At) -> RuleError:
    return RuleError(
        f"{written} is an operator of another query language",
        offset=place.offset,
        length=place.length,
        cure=f"write {ours}",
    )
