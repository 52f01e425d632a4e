"""Which reports have a key: an index in memory that is small where most keys stand in one report or two."""

from __future__ import annotations

from collections.abc import Collection, Iterable, KeysView
from typing import Final

FEW: Final = 8
"""Reports up to which a tuple is smaller than a set, and as fast."""


class Postings:
    """Key → the numbers of the reports that have it."""

    def __init__(self) -> None:
        self._of: dict[str, int | tuple[int, ...] | set[int]] = {}

    def keys(self) -> KeysView[str]:
        return self._of.keys()

    def get(self, key: str) -> Collection[int]:
        """Not to be kept: it changes with the index."""
        found = self._of.get(key, ())
        return (found,) if isinstance(found, int) else found

    def add(self, number: int, keys: Iterable[str]) -> None:
        """Each key may come several times."""
        for key in keys:
            found = self._of.get(key)
            if found is None:
                self._of[key] = number
            elif isinstance(found, set):
                found.add(number)
            else:
                having = (found,) if isinstance(found, int) else found
                if number not in having:
                    self._of[key] = (*having, number) if len(having) < FEW else {*having, number}

    def remove(self, number: int, keys: Iterable[str]) -> None:
        """What was added so."""
        for key in keys:
            found = self._of.get(key)
            if isinstance(found, set):
                found.discard(number)
                if len(found) <= FEW:
                    self._of[key] = tuple(found)
            elif found == number:
                del self._of[key]
            elif isinstance(found, tuple):
                left = tuple([one for one in found if one != number])
                self._of[key] = left[0] if len(left) == 1 else left
