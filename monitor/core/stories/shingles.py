"""What copies are found by: neighbouring words, as keys.

Pairs of words find short texts, edited and cut; of long ones the beginning's pairs are kept and runs of four
words, one in eight, the same ones in every text. Order matters to them, which tells a copy from a report of
the same event.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from monitor.core.stories.keys import Kind, key_of_hash, prominent, word_hash

LEAD: Final = 15
"""Words of a text's first sentence: two takes of one day share background, but not these."""
FEED_TEXT: Final = 120
"""Words of which all pairs are kept; of a longer text the beginning only, and runs of the whole."""

_SAMPLE_SHIFT: Final = 40
_SAMPLE_MASK: Final = 7
"""One run in eight, by three bits of its hash that say nothing else."""
_MASK: Final = (1 << 64) - 1
_FACTOR: Final = 0x9E3779B97F4A7C15
"""Odd and without a pattern (2⁶⁴ by the golden ratio): makes two hashes one that depends on their order."""


def shingles(title: Sequence[str], body: Sequence[str]) -> Iterator[int]:
    """The keys of folded words; an empty text has none."""
    for number in _pairs([word_hash(word) for word in title]):
        yield key_of_hash(Kind.TITLE_PAIR, number)
    hashes = [word_hash(word) for word in body]
    pairs = _pairs(hashes)
    for position, number in enumerate(pairs[: FEED_TEXT - 1]):
        pair = key_of_hash(Kind.PAIR, number)
        yield pair
        if position < LEAD - 1:
            yield prominent(pair)
    if len(body) > FEED_TEXT:
        for number in _joined(pairs, pairs[2:]):
            if number >> _SAMPLE_SHIFT & _SAMPLE_MASK == 0:
                yield key_of_hash(Kind.RUN, number)


def _pairs(hashes: Sequence[int]) -> list[int]:
    return _joined(hashes, hashes[1:])


def _joined(ones: Sequence[int], others: Sequence[int]) -> list[int]:
    """A hash for each of the ones with the other beside it."""
    factor, mask = _FACTOR, _MASK
    return [
        number ^ number >> 29
        for one, other in zip(ones, others, strict=False)
        for number in [one * factor + other & mask]
    ]
