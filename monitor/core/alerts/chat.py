"""A message as lines for chats: what is said, where it leads and how loud; each channel writes its own markup.

What does not fit a service's limit is left out from the end, at the end of a word, never in the middle of markup.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Final

from monitor.core.alerts.excerpt import Piece
from monitor.core.alerts.plain import ELLIPSIS, cut, isolated, isolation
from monitor.core.alerts.render import LineView, ReportView, View

_SHORTEST: Final = 16
"""Characters: what would be cut to fewer says nothing any more."""


class Tone(Enum):
    """How loud a line is."""

    TITLE = auto()
    """A report's title; leads to it."""
    QUOTE = auto()
    """The sentence that matched."""
    SMALL = auto()
    """What is read last: outlet, times, rules."""
    PLAIN = auto()


@dataclass(frozen=True, slots=True)
class ChatLine:
    """A line of a message in a chat."""

    tone: Tone
    pieces: tuple[Piece, ...]
    """Not escaped; each has some text."""
    url: str | None = None


def lines(view: View) -> tuple[ChatLine, ...]:
    """All of a message, the most important first; writing from right to left turns no neighbour around."""
    return tuple(_isolated(line) for line in _lines(view) if any(piece.text for piece in line.pieces))


def fitting(
    written: Sequence[ChatLine], *, longest: int, size: Callable[[ChatLine], int]
) -> tuple[ChatLine, ...]:
    """As many of the lines as together have a `size` of at most `longest`, the last of them shortened.

    A title's link is kept as long as there is room for it and some words.
    """
    kept: list[ChatLine] = []
    left = longest
    for line in written:
        if size(line) <= left:
            kept.append(line)
            left -= size(line)
            continue
        # A few words that lead somewhere are better than all of them that lead nowhere.
        short = _shortened(line, left, size) or _shortened(replace(line, url=None), left, size)
        return (*kept, short) if short else tuple(kept)
    return tuple(kept)


def _lines(view: View) -> Iterator[ChatLine]:
    if view.heading:
        yield _line(Tone.SMALL, view.heading)
    for said in view.note:
        yield _line(Tone.PLAIN, said)
    if view.report:
        yield from _report(view.report)
    for told in view.lines:
        yield from _story(told)
    yield from _about(view)
    if view.story_url:
        yield ChatLine(Tone.SMALL, (Piece("The whole story"),), view.story_url)
    if view.further:
        yield _line(Tone.PLAIN, "Also in this message:")
    for report in view.further:
        yield from _report(report)
    if view.unlisted:
        where = f" See `{view.more}`." if view.lines else ""
        whose = f": {_names(view.unlisted_of)}" if view.unlisted_of else ""
        yield _line(Tone.PLAIN, f"{ELLIPSIS} and {view.unlisted} more{whose}.{where}")


def _about(view: View) -> Iterator[ChatLine]:
    if view.rules:
        rules = f"{'Urgent' if view.urgent else 'Rule'}: {_names(view.rules)}"
        yield _line(Tone.SMALL, f"{rules} · told by {view.spread}" if view.spread else rules)
    if view.report or view.lines:
        yield _line(Tone.SMALL, view.numbers)


def _story(told: LineView) -> Iterator[ChatLine]:
    """One story of a summary."""
    yield ChatLine(Tone.TITLE, (Piece(told.title),), told.url)
    rules = f"urgent: {_names(told.rules)}" if told.urgent else _names(told.rules)
    about = (isolated(told.outlet), told.spread, rules, isolated(told.new))
    yield _line(Tone.SMALL, " · ".join(one for one in about if one))


def _names(rules: Sequence[str]) -> str:
    return ", ".join(isolated(rule) for rule in rules)


def _report(report: ReportView) -> Iterator[ChatLine]:
    yield ChatLine(Tone.TITLE, report.title, report.url)
    yield _line(Tone.SMALL, f"{isolated(report.outlet)} · {report.times}")
    if report.lead:
        yield _line(Tone.PLAIN, report.lead)
    if report.why:
        where = (Piece(f"Matched in its {report.why_in}: "),) if report.why_in else ()
        yield ChatLine(Tone.QUOTE, (*where, *report.why))


def _line(tone: Tone, said: str) -> ChatLine:
    return ChatLine(tone, (Piece(said),))


def _isolated(line: ChatLine) -> ChatLine:
    """What strangers wrote, and all of it at once; a line of several things has them isolated one by one."""
    if line.tone is Tone.SMALL:
        return line
    before, after = isolation("".join(piece.text for piece in line.pieces))
    pieces = (Piece(before), *line.pieces, Piece(after))
    return replace(line, pieces=tuple(piece for piece in pieces if piece.text))


def _shortened(line: ChatLine, longest: int, size: Callable[[ChatLine], int]) -> ChatLine | None:
    """`line`, or the longest beginning of it that fits, with an ellipsis; None where hardly anything would."""
    if size(line) <= longest:
        return line
    low, high = _SHORTEST, sum(len(piece.text) for piece in line.pieces)
    best = None
    while low <= high:
        middle = (low + high) // 2
        tried = _cut(line, middle)
        if size(tried) <= longest:
            best, low = tried, middle + 1
        else:
            high = middle - 1
    return best


def _cut(line: ChatLine, longest: int) -> ChatLine:
    whole = "".join(piece.text for piece in line.pieces)
    left = len(cut(whole, longest)) - len(ELLIPSIS)
    pieces: list[Piece] = []
    for piece in line.pieces:
        pieces.append(replace(piece, text=piece.text[:left]))
        left = max(left - len(piece.text), 0)
    _, after = isolation(whole)
    return replace(line, pieces=tuple(piece for piece in (*pieces, Piece(ELLIPSIS + after)) if piece.text))
