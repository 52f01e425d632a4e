"""A file with a slip in its TOML → what is wrong with it, part by part, and what can be read of it all the same.

A part is a table of the first level with the tables inside it: a rule with its score, a feed with its headers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass

_HEAD = re.compile(r"^[ \t]*\[\[?[ \t]*[\w-]+[ \t]*(?=[\]\r\n]|$)", re.MULTILINE)
"""The head of a table of the first level, also one whose brackets are wrong. Elements of lists have quotes."""
_ID = re.compile(r"""^[ \t]*id[ \t]*=[ \t]*["']([^"'\r\n]+)""", re.MULTILINE)
_RULE = re.compile(r"[ \t]*\[\[[ \t]*rule\b")


@dataclass(frozen=True, slots=True)
class Slip:
    """A part that is not TOML."""

    text: str
    """The file up to the part's end, what stands before the part blank: places in it are places in the file."""
    complaint: str
    """In the words of tomllib."""
    rule: str | None
    """The rule that it is; None: it is none, or does not say which."""


def slips(text: str) -> tuple[tuple[Slip, ...], str]:
    """Every part of a text that is not TOML, and the text with those parts blank, line for line.

    No slips where its parts are TOML, each for itself, and only the whole is not.
    """
    found: list[Slip] = []
    rest: list[str] = []
    for start, part in _parts(text):
        try:
            tomllib.loads(part)
        except (ValueError, RecursionError):
            found.append(_slip(text[:start].count("\n"), part))
            rest.append("\n" * part.count("\n"))
        else:
            rest.append(part)
    return tuple(found), "".join(rest)


def _parts(text: str) -> Iterator[tuple[int, str]]:
    starts = [0, *(head.start() for head in _HEAD.finditer(text) if head.start())]
    for start, end in zip(starts, [*starts[1:], len(text)], strict=True):
        yield start, text[start:end]


def _slip(lines_before: int, part: str) -> Slip:
    text = "\n" * lines_before + part.rstrip()
    try:
        tomllib.loads(text)
        complaint = ""
    except (ValueError, RecursionError) as error:
        complaint = str(error)
    named = _ID.search(part) if _RULE.match(part) else None
    return Slip(text, complaint, named[1] if named else None)
