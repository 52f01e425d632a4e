"""What stands in every text in which a regular expression finds something: letters that follow each other in a word.

As Russ Cox's trigrams of Google Code Search do it, <https://swtch.com/~rsc/regexp/regexp4.html>, but by words: the
word index knows those. Only letters are looked at that stand in one word whatever is around them and fold one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from monitor.core.rules.regexes import PART, composed
from monitor.core.text.fold import fold_word

if TYPE_CHECKING:
    from collections.abc import Sequence

LEAST: Final = 3
"""Letters: fewer are in too many words."""
MOST: Final = 2
"""Runs of letters of one alternative that are asked for: the longest. More find hardly less."""


@dataclass(frozen=True, slots=True)
class Both:
    """All of these."""

    parts: tuple[Needed, ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """One of these at least."""

    parts: tuple[Needed, ...]


Needed = str | Both | OneOf | None
"""Folded letters; None: nothing that is known."""


@dataclass(slots=True)
class _Group:
    """What was read so far of an open group."""

    alternatives: list[Needed] = field(default_factory=list)
    found: list[Needed] = field(default_factory=list)
    """Of the alternative that is being read."""
    run: str = ""

    def end_run(self) -> None:
        if len(self.run) >= LEAST:
            self.found.append(fold_word(self.run))
        self.run = ""

    def end_alternative(self) -> None:
        self.end_run()
        self.alternatives.append(_both(self.found))
        self.found = []

    def end(self) -> Needed:
        self.end_alternative()
        if None in self.alternatives:
            return None
        kept = tuple(dict.fromkeys(self.alternatives))
        return kept[0] if len(kept) == 1 else OneOf(kept)


def needed(pattern: str) -> Needed:
    """What a text needs for this regular expression, which can be read, to find something in it.

    Of a word of more than `words.MAX_WORD` characters, which is cut into several, it may need what stands in two.
    """
    parts = [(part.lastgroup, part[0]) for part in PART.finditer(composed(pattern))]
    groups = [_Group()]
    for at, (kind, text) in enumerate(parts):
        group = groups[-1]
        if kind == "group" and not text.endswith(")"):
            groups.append(_Group())
        elif text == ")" and len(groups) > 1:
            whole = groups.pop().end()
            groups[-1].end_run()
            if not _may_miss(parts, at + 1):
                groups[-1].found.append(whole)
        elif kind == "atom" and _is_letter(text):
            if _may_miss(parts, at + 1):
                group.end_run()
            else:
                group.run += text
                if _is_repetition(parts, at + 1):
                    group.end_run()
        elif text == "|" and kind == "same":
            group.end_alternative()
        else:
            group.end_run()
    return groups[0].end() if len(groups) == 1 else None


def _both(found: Sequence[Needed]) -> Needed:
    kept = sorted({one for one in found if one is not None}, key=_worth, reverse=True)[:MOST]
    return kept[0] if len(kept) == 1 else Both(tuple(kept)) if kept else None


def _worth(needed: Needed) -> tuple[int, str]:
    """How much it narrows: the letters that there are at least."""
    match needed:
        case str():
            return len(needed), needed
        case Both(parts):
            return max(map(_worth, parts))
        case OneOf(parts):
            return min(map(_worth, parts))
        case None:
            return 0, ""


def _is_repetition(parts: Sequence[tuple[str | None, str]], at: int) -> bool:
    return at < len(parts) and parts[at][0] == "same" and parts[at][1][0] in "*+?{"


def _may_miss(parts: Sequence[tuple[str | None, str]], at: int) -> bool:
    """Whether what stands before may stand there no time. RE2 takes no repetition of a repetition."""
    if not _is_repetition(parts, at):
        return False
    text = parts[at][1]
    return text[0] in "*?" or (text[0] == "{" and int(text[1:].rstrip("}?").split(",")[0]) == 0)


def _is_letter(text: str) -> bool:
    """Latin or Cyrillic: elsewhere words begin and end otherwise, and signs depend on their neighbours."""
    return len(text) == 1 and text.isalpha() and (text < "\u0250" or "\u0400" <= text < "\u0530")
