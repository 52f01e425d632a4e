"""What an entry's new text says otherwise than the stored one: small enough to keep, readable as a diff."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from typing import Final

from monitor.model import Edit, Entry, Field

KEPT: Final = 10
"""Changes of one entry that are kept, the newest."""
KEPT_A_DAY: Final = 5
"""Of one entry: where an advertisement rotates in a text, the rest of the day would say the same."""
EDITS: Final = 12
"""Of one change that are kept, the first."""
CHARACTERS: Final = 300
"""Of what was taken out at one place, and of what was put in, that are kept."""
CONTEXT: Final = 4
"""Words on either side that show where it was."""
COMPARED: Final = 200
"""Words on either side that are compared one by one; of longer rewritten passages all is taken to be new."""
_APART: Final = 2
"""Words that stayed the same, up to which two edits read better as one."""
_WORD: Final = re.compile(r"\S+")

_Cut = tuple[int, int, int, int]
"""The words of the old text, start and end, in whose place stand those of the new one."""


def is_kept(kept_at: Sequence[datetime], now: datetime) -> bool:
    """Whether a further change of an entry is worth keeping; `kept_at` are those of its changes that are kept."""
    return sum(now - at < timedelta(days=1) for at in kept_at) < KEPT_A_DAY


def edits(before: Entry, after: Entry) -> tuple[Edit, ...]:
    """The places where they differ, in the order of the fields and of the text; at most `EDITS`."""
    found: list[Edit] = []
    for field, old, new in _fields(before, after):
        if old != new:
            found += _edits(field, _WORD.findall(old), _WORD.findall(new))
    return tuple(found[:EDITS])


def _fields(before: Entry, after: Entry) -> Iterator[tuple[Field, str, str]]:
    yield Field.TITLE, before.title, after.title
    yield Field.SUMMARY, before.summary, after.summary
    yield Field.CONTENT, before.content, after.content
    yield Field.AUTHOR, before.author, after.author
    yield Field.CATEGORY, " ".join(sorted(before.categories)), " ".join(sorted(after.categories))
    yield Field.URL, before.url or "", after.url or ""


def _edits(field: Field, old: Sequence[str], new: Sequence[str]) -> list[Edit]:
    return [
        Edit(
            field=field,
            before=_shown(old[max(start - CONTEXT, 0) : start]),
            removed=_shown(old[start:end]),
            added=_shown(new[new_start:new_end]),
            after=_shown(old[end : end + CONTEXT]),
        )
        for start, end, new_start, new_end in _cuts(old, new)[:EDITS]
    ]


def _shown(words: Sequence[str]) -> str:
    text = " ".join(words[:CHARACTERS])
    return text if len(text) <= CHARACTERS else text[: CHARACTERS - 1] + "…"


def _cuts(old: Sequence[str], new: Sequence[str]) -> list[_Cut]:
    """Without what both begin and end with, which is most of an edited text, and costs nothing to compare."""
    shorter = min(len(old), len(new))
    start = next((n for n in range(shorter) if old[n] != new[n]), shorter)
    rest = shorter - start
    tail = next((n for n in range(rest) if old[-1 - n] != new[-1 - n]), rest)
    end, new_end = len(old) - tail, len(new) - tail
    if start == end and start == new_end:
        return []
    if max(end, new_end) - start > COMPARED:
        return [(start, end, start, new_end)]
    matcher = SequenceMatcher(None, old[start:end], new[start:new_end], autojunk=False)
    cuts = [
        (start + i, start + j, start + k, start + m)
        for tag, i, j, k, m in matcher.get_opcodes()
        if tag != "equal"
    ]
    return _joined(cuts)


def _joined(cuts: Sequence[_Cut]) -> list[_Cut]:
    joined: list[_Cut] = []
    for cut in cuts:
        if joined and cut[0] - joined[-1][1] <= _APART:
            joined[-1] = (joined[-1][0], cut[1], joined[-1][2], cut[3])
        else:
            joined.append(cut)
    return joined
