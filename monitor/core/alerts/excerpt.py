"""The sentence that shows why a text matched, with the matching words marked.

Channels write `Piece`s in their own way: brackets, colours, `<mark>`. They are safe to show (`plain`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from monitor.core.alerts.plain import ELLIPSIS, boundary_after, boundary_before, inline
from monitor.core.text.words import Words

Range = tuple[int, int]
"""Characters from the first to the second (exclusive)."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of an excerpt, marked or not."""

    text: str
    marked: bool = False


# Where exactly, between two words of two sentences, the first one ends: after its stops and what they close.
_STOP: Final = re.compile(r"""[^\n.!?…。！？｡؟۔।॥]*(?:\n|[.!?…。！？｡؟۔।॥]+["'”’»›)\]」』）】]*)""")


def excerpt(text: str, marks: Iterable[Range], *, longest: int) -> tuple[Piece, ...]:
    """At most `longest` characters of `text` around most of the marks; its beginning where there are none.

    Whole sentences where they fit, else whole words, else at least whole characters. Marks may come in any
    order and overlap; what lies outside the text is ignored. `longest` must be positive.
    """
    ranges = _normal(text, marks)
    core = _densest(ranges, longest) if ranges else (0, 0)
    sentence = _sentences(text, core, longest)
    shown = _fitted(text, core, sentence, longest)
    return tuple(_pieces(text, shown, sentence, ranges))


def _normal(text: str, marks: Iterable[Range]) -> list[Range]:
    """The same marks in order, inside the text, around whole characters, those that overlap joined."""
    normal: list[Range] = []
    for mark_start, mark_end in sorted((max(start, 0), min(end, len(text))) for start, end in marks):
        if mark_start >= mark_end:
            continue
        start, end = boundary_before(text, mark_start), boundary_after(text, mark_end)
        if normal and start < normal[-1][1]:
            normal[-1] = (normal[-1][0], max(end, normal[-1][1]))
        else:
            normal.append((start, end))
    return normal


def _densest(ranges: Sequence[Range], longest: int) -> Range:
    """From first to last mark of the group with most marks within `longest`; the earliest of equals."""
    best = (0, 0)
    left = 0
    for right in range(len(ranges)):
        while left < right and ranges[right][1] - ranges[left][0] > longest:
            left += 1
        if right - left > best[1] - best[0]:
            best = (left, right)
    return ranges[best[0]][0], ranges[best[1]][1]


def _fitted(text: str, core: Range, sentence: Range, longest: int) -> Range:
    """`sentence`, or as much of it around `core` as fits into `longest`."""
    start, end = sentence
    if end - start <= longest:
        return sentence
    first, last = core
    if last - first > longest:
        last = boundary_before(text, first + longest)
    # Both sides get half of what is left, and what the other does not use.
    room = longest - (last - first)
    before = min(first - start, max(room // 2, room - (end - last)))
    after = min(end - last, room - before)
    return _forward_to_word(text, first - before, first, start), _back_to_word(text, last + after, last, end)


def _sentences(text: str, core: Range, longest: int) -> Range:
    """Begin and end of the sentences that hold `core`, not looked for further away than can be shown."""
    near, far = max(core[0] - longest - 1, 0), min(core[1] + longest + 1, len(text))
    start, end = near, far
    for place in _ends_of_sentences(text[near:far]):
        if near + place <= core[0]:
            start = near + place
        elif near + place >= core[1]:
            end = near + place
            break
    while start < core[0] and text[start].isspace():
        start = boundary_after(text, start + 1)
    while end > max(core[1], start) and text[end - 1].isspace():
        end -= 1
    return start, end


def _ends_of_sentences(text: str) -> Iterator[int]:
    words = Words(text)
    for (one, (_, gap)), (other, (gap_end, _)) in pairwise(zip(words.sentences, words.spans, strict=True)):
        if one != other:
            stop = _STOP.match(text, gap, gap_end)
            yield boundary_after(text, stop.end() if stop else gap_end)


def _forward_to_word(text: str, at: int, limit: int, start: int) -> int:
    """The next beginning of a word from `at` on, not beyond `limit`; `start` where `at` is not after it."""
    if at <= start:
        return start
    blank = re.compile(r"\s+").search(text, at - 1, limit)
    if blank:
        return boundary_after(text, blank.end())
    # No blanks, as in Chinese: any whole character will do.
    return min(boundary_after(text, at), limit)


def _back_to_word(text: str, at: int, limit: int, end: int) -> int:
    """The last end of a word up to `at`, not before `limit`; `end` where `at` is not before it."""
    if at >= end:
        return end
    if text[at].isspace():
        return at
    for place in range(at - 1, limit - 1, -1):
        if text[place].isspace():
            return place
    return max(boundary_before(text, at), limit)


def _pieces(text: str, shown: Range, sentence: Range, ranges: Sequence[Range]) -> Iterable[Piece]:
    start, end = shown
    if start > sentence[0]:
        yield Piece(ELLIPSIS)
    at = start
    for mark_start, mark_end in ranges:
        first, last = max(mark_start, start), min(mark_end, end)
        if first < last:
            yield from _piece(text[at:first])
            yield from _piece(text[first:last], marked=True)
            at = last
    yield from _piece(text[at:end])
    if end < sentence[1]:
        yield Piece(ELLIPSIS)


def _piece(raw: str, *, marked: bool = False) -> Iterable[Piece]:
    shown = inline(raw)
    if shown:
        yield Piece(shown, marked)
