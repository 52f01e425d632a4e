"""What texts are compared by: numbers that an SQL column holds and an index finds.

A key's highest bits tell what it stands for, so nothing else need be stored with it.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, MutableSequence, Sequence
from enum import IntEnum
from functools import cached_property, lru_cache
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


_HASH_BITS: Final = 59
"""The highest bits tell the kind, and whether it is prominent: keys of one kind stand together, once sorted."""
_HASH: Final = (1 << _HASH_BITS) - 1
_KIND: Final = 7
PROMINENT: Final = 1 << 62


class Keys(frozenset[int]):
    """The keys of an entry. They are compared kind by kind, so each part is made when first asked for, and kept."""

    @classmethod
    def unpacked(cls, packed: bytes) -> Keys:
        """Those that `packed` was made of."""
        ordered = array("q")
        ordered.frombytes(packed)
        keys = cls(ordered)
        keys.__dict__["_ordered"] = ordered
        return keys

    def packed(self) -> bytes:
        """Eight bytes each, in order."""
        return array("q", self._ordered).tobytes()

    @cached_property
    def _ordered(self) -> MutableSequence[int]:
        return sorted(self)

    @cached_property
    def plain(self) -> ByKind:
        """Those of each kind that are not prominent."""
        return ByKind(self._ordered, 0)

    @cached_property
    def prominent(self) -> ByKind:
        """Those of each kind that are prominent, in their plain form."""
        return ByKind(self._ordered, PROMINENT)

    @cached_property
    def said(self) -> tuple[frozenset[int], frozenset[int]]:
        """What the entry tells of, and what of it is prominent, in its plain form."""
        kinds = min(SAID), max(SAID)
        return frozenset(self.run(*kinds)), _as_plain(self.run(*kinds, mark=PROMINENT))

    def run(self, first: Kind, last: Kind, *, mark: int = 0) -> Sequence[int]:
        """Those from one kind to another, in order; of the prominent ones with their mark."""
        return _run(self._ordered, first << _HASH_BITS | mark, last << _HASH_BITS | mark)


class ByKind(dict[int, frozenset[int]]):
    """Keys of each `Kind`, in their plain form."""

    __slots__ = ("_mark", "_ordered")

    def __init__(self, ordered: MutableSequence[int], mark: int) -> None:
        self._ordered, self._mark = ordered, mark

    def __missing__(self, kind: Kind) -> frozenset[int]:
        first = kind << _HASH_BITS | self._mark
        found = _run(self._ordered, first, first)
        part = self[kind] = _as_plain(found) if self._mark else frozenset(found)
        return part


def _run(ordered: MutableSequence[int], first: int, last: int) -> Sequence[int]:
    start = bisect_left(ordered, first)
    return ordered[start : bisect_left(ordered, last + _HASH + 1, start)]


def _as_plain(prominent: Iterable[int]) -> frozenset[int]:
    return frozenset([one ^ PROMINENT for one in prominent])


def digest(text: str) -> int:
    """The same number for the same text on every machine, 0 ≤ n < 2⁶³: the sign of a column stays clear."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


word_hash = lru_cache(maxsize=1 << 15)(digest)
"""`digest` of what is met again and again."""


def key(kind: Kind, text: str) -> int:
    """The key of `text` as such a thing, 0 ≤ n < 2⁶³."""
    return key_of_hash(kind, word_hash(text))


def key_of_hash(kind: Kind, number: int) -> int:
    """The same of what hashes to `number`."""
    return kind << _HASH_BITS | number & _HASH


def hash_of(one: int) -> int:
    """What of a key is neither its kind nor its prominence."""
    return one & _HASH


def kind_of(one: int) -> int:
    """The `Kind` that a key stands for, as a number: making members of an enum costs more than comparing."""
    return one >> _HASH_BITS & _KIND


def prominent(plain: int) -> int:
    """A second key, for what stands in the title or in the first sentence of a text."""
    return plain | PROMINENT


def kept(keys: frozenset[int]) -> Keys:
    """The same, so that their parts are kept."""
    return keys if isinstance(keys, Keys) else Keys(keys)


def by_kind(keys: frozenset[int]) -> ByKind:
    """The plain keys of each kind."""
    return kept(keys).plain


def prominent_by_kind(keys: frozenset[int]) -> ByKind:
    """Those of each kind that are prominent, in their plain form."""
    return kept(keys).prominent


def said_by(keys: frozenset[int]) -> tuple[frozenset[int], frozenset[int]]:
    """The words, names, places and numbers of an entry, and those of them that are prominent, in their plain form."""
    return kept(keys).said
