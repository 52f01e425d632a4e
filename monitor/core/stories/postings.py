"""Which reports have a key: an index in memory that is small, for it holds hundreds of keys of every open report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence


class Postings:
    """Key → the numbers of the reports that have it."""

    def __init__(self) -> None:
        self._of: dict[str, int | list[int]] = {}
        """A list of one costs as much as ten numbers, and most keys stand in one report."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._of)

    def among(self, keys: Iterable[str]) -> set[str]:
        """Those of the keys that a report has."""
        return self._of.keys() & keys

    def get(self, key: str) -> Sequence[int]:
        """In the order of adding. Not to be kept: it changes with the index."""
        found = self._of.get(key, ())
        return (found,) if isinstance(found, int) else found

    def add(self, number: int, keys: Iterable[str]) -> None:
        """A report that is not in it. The same key may come several times."""
        for key in keys:
            found = self._of.get(key)
            if found is None:
                self._of[key] = number
            elif isinstance(found, list):
                if found[-1] != number:
                    found.append(number)
            elif found != number:
                self._of[key] = [found, number]

    def remove(self, number: int, keys: Iterable[str]) -> None:
        """What was added so; of keys that it was not added with nothing."""
        for key in keys:
            found = self._of.get(key)
            if found == number:
                del self._of[key]
            elif isinstance(found, list) and number in found:
                found.remove(number)
                if len(found) == 1:
                    self._of[key] = found[0]
