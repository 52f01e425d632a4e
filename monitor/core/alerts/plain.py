"""Hostile text → text that is safe to show: it steers no terminal, ends no line, turns no neighbour around.

Markup is not its business: that is escaped where markup is written.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

import regex

ELLIPSIS: Final = "…"

# Whatever somebody's renderer may take for the end of a line, and every run of blanks.
_BLANKS = re.compile(r"[\s\x1c-\x1f\x85\u2028\u2029]+")
# Controls C0 and C1 (U+009B alone begins an escape sequence too), embeddings, overrides and isolates of UAX #9,
# interlinear annotation, noncharacters and tags, which hide text. Kept are the marks U+200E, U+200F and U+061C
# and the joiners: Arabic, Persian and Indic writing and emoji need them.
_STEERING = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u206f\ufff9-\ufffb\ufffe\uffff\U000e0000-\U000e0fff]"
)
# What chats take for a call of somebody, a command or an emoji: Slack, Discord, Telegram, Mattermost, Matrix, Teams.
_CALLS = re.compile(
    r"(?P<address>https?://\S+)|@(?=[\w<{!])|(?<![\w/])/(?=[A-Za-z])|<(?=[@!#&])|:(?=[\w+-]+:)"
)
_WORD_JOINER: Final = "\u2060"
_SURROGATES = re.compile("[\ud800-\udfff]")
_CHARACTER: Final = regex.compile(r"\X")
_REACH: Final = 64
"""Code points around a cut that are looked at; a family of emoji has 11, a Tibetan stack 8."""
_FIRST_STRONG_ISOLATE, _POP_ISOLATE = "\u2068", "\u2069"


def inline(text: str) -> str:
    """`text` for the middle of a line: blanks at its ends are kept, as one space."""
    return _SURROGATES.sub("\ufffd", _BLANKS.sub(" ", _STEERING.sub("", text)))


def is_visible(line: str) -> bool:
    """Whether there is anything to read in it."""
    return any(char.isprintable() and not char.isspace() for char in line)


def one_line(text: str, *, longest: int) -> str:
    """`text` on one line of at most `longest` characters."""
    # What cannot matter any more is not looked at: a title may have megabytes.
    line = inline(text[: longest * 8]).strip()
    return line if len(line) <= longest and len(text) <= longest * 8 else cut(line, longest)


def cut(text: str, longest: int) -> str:
    """At most `longest` characters of `text` with an ellipsis, after a whole word where there are any."""
    end = boundary_before(text, longest - 1) or longest - 1  # or: one giant, which is cut
    word = text.rfind(" ", end * 2 // 3, end + 1)
    return text[: word if word > 0 else end].rstrip() + ELLIPSIS


def uncalled(text: str) -> str:
    """`text` in which nobody is called, whichever chat shows it; it reads as before.

    No backslash takes a mention away everywhere; a word joiner, which nobody sees, behind what begins it does. In an
    address, which must lead where it led, the sign is written in its percent form.
    """
    return _CALLS.sub(_uncalled, text)


def _uncalled(found: re.Match[str]) -> str:
    if found["address"]:
        return found["address"].replace("@", "%40")
    return found[0] + _WORD_JOINER


def isolated(line: str) -> str:
    """`line`, kept from turning the text around it; unchanged where it is all left to right."""
    before, after = isolation(line)
    return f"{before}{line}{after}"


def isolation(line: str) -> tuple[str, str]:
    """What to put before and behind `line` so that its direction stays its own (UAX #9, 2.7)."""
    if any(unicodedata.bidirectional(char) in {"R", "AL"} for char in line):
        return _FIRST_STRONG_ISOLATE, _POP_ISOLATE
    return "", ""


def boundary_before(text: str, at: int) -> int:
    """The last place up to `at` that is not inside what a reader takes for one character (UAX #29).

    Such a "character" may be a letter under a thousand accents, piled up to break layouts: it is broken itself.
    """
    return max((end for end in _boundaries(text, at) if end <= at), default=at)


def boundary_after(text: str, at: int) -> int:
    """The first such place from `at` on."""
    return min((end for end in _boundaries(text, at) if end >= at), default=at)


def _boundaries(text: str, at: int) -> Iterator[int]:
    start, stop = max(at - _REACH, 0), min(at + _REACH, len(text))
    if start == 0:
        yield 0
    for character in _CHARACTER.finditer(text, start, stop):
        if character.end() < stop or stop == len(text):
            yield character.end()
