"""What copies are found by: neighbouring words, as keys.

Pairs of words find short texts, edited and cut; of long ones the beginning's pairs are kept and runs of four
words, one in eight, the same ones in every text. Order matters to them, which tells a copy from a report of
the same event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.core.stories.keys import Kind, key, prominent

LEAD: Final = 15
"""Words of a text's first sentence: two takes of one day share background, but not these."""
FEED_TEXT: Final = 120
"""Words of which all pairs are kept; of a longer text the beginning only, and runs of the whole."""

_SAMPLE_SHIFT: Final = 40
_SAMPLE_MASK: Final = 7
"""One run in eight, by any three bits of its hash."""


def shingles(title: Sequence[str], body: Sequence[str]) -> Iterator[int]:
    """The keys of folded words; an empty text has none."""
    yield from _runs(Kind.TITLE_PAIR, title, 2)
    yield from _runs(Kind.PAIR, body[:FEED_TEXT], 2)
    yield from map(prominent, _runs(Kind.PAIR, body[:LEAD], 2))
    if len(body) > FEED_TEXT:
        yield from (run for run in _runs(Kind.RUN, body, 4) if run >> _SAMPLE_SHIFT & _SAMPLE_MASK == 0)


def _runs(kind: Kind, words: Sequence[str], length: int) -> Iterator[int]:
    for start in range(len(words) - length + 1):
        yield key(kind, " ".join(words[start : start + length]))
