"""What texts are compared by: numbers that an SQL column holds and an index finds.

A key's lowest bits tell what it stands for, so nothing else need be stored with it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from enum import IntEnum
from functools import lru_cache
from hashlib import blake2b
from typing import Final


class Kind(IntEnum):
    """What a key stands for."""

    URL = 0
    TITLE_PAIR = 1
    """Two neighbouring words of the title."""
    PAIR = 2
    """Two neighbouring words of a short text, or of a long one's beginning."""
    RUN = 3
    """Four neighbouring words of a long text: one in eight of them, the same ones in every text."""
    WORD = 4
    """The beginning of a word that says something."""
    NAME = 5
    """A name's consonants: the same in every alphabet."""
    PLACE = 6
    """A country, whatever it is called, and whichever city stands for it."""
    NUMBER = 7


SAID: Final = (Kind.WORD, Kind.NAME, Kind.PLACE, Kind.NUMBER)
"""What an entry tells of, whatever its wording."""
ACROSS: Final = (Kind.NAME, Kind.PLACE, Kind.NUMBER)
"""What is the same in every language."""


_KIND: Final = 7
_PROMINENT: Final = 8
_HASH_SHIFT: Final = 4
"""Bits that tell the kind, and whether it is prominent."""


def digest(text: str) -> int:
    """The same number for the same text on every machine, 0 ≤ n < 2⁶³: the sign of a column stays clear."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def key(kind: Kind, text: str) -> int:
    """The key of `text` as such a thing, 0 ≤ n < 2⁶³."""
    return digest(text) >> _HASH_SHIFT << _HASH_SHIFT | kind


def hash_of(one: int) -> int:
    """What of a key is neither its kind nor its prominence."""
    return one >> _HASH_SHIFT


def kind_of(one: int) -> int:
    """The `Kind` that a key stands for, as a number: making members of an enum costs more than comparing."""
    return one & _KIND


def is_shingle(one: int) -> bool:
    """Whether it stands for neighbouring words of a text; those of a title are few, and do not count."""
    return one & _KIND in (Kind.PAIR, Kind.RUN)


def is_prominent(one: int) -> bool:
    """Whether it is a second key, for what stands in the title or in the first sentences."""
    return bool(one & _PROMINENT)


def prominent(plain: int) -> int:
    """A second key, for what stands in the title or in the first sentence of a text."""
    return plain | _PROMINENT


@lru_cache(maxsize=256)
def by_kind(keys: frozenset[int]) -> Mapping[Kind, frozenset[int]]:
    """The plain keys of each kind. The last answers are kept: one entry is compared with the same few."""
    return _by_kind(one for one in keys if not one & _PROMINENT)


@lru_cache(maxsize=256)
def prominent_by_kind(keys: frozenset[int]) -> Mapping[Kind, frozenset[int]]:
    """Those of each kind that are prominent, in their plain form."""
    return _by_kind(one & ~_PROMINENT for one in keys if one & _PROMINENT)


@lru_cache(maxsize=256)
def said_by(keys: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """The words, names, places and numbers of an entry, and those of them that are prominent, in their plain form."""
    plain, prominently = by_kind(keys), prominent_by_kind(keys)
    return _joined(plain[kind] for kind in SAID), _joined(prominently[kind] for kind in SAID)


def _joined(groups: Iterable[frozenset[int]]) -> frozenset[int]:
    return frozenset().union(*groups)


def _by_kind(keys: Iterable[int]) -> Mapping[Kind, frozenset[int]]:
    found: defaultdict[int, set[int]] = defaultdict(set)
    for one in keys:
        found[one & _KIND].add(one)
    return {kind: frozenset(found[kind]) for kind in Kind}
