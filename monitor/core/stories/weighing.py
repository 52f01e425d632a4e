"""What a report says, weighed: rare words count more, function words hardly at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Final

from monitor.core.stories.report import Report

Rarity = Callable[[str], float]
"""How rare a folded word, or a phrase of single characters, is among the newest entries: 0 common … 1 rare."""

SMALL_WORD: Final = 0.1
"""What a function word counts: "off", "not", "end" turn a story, and are in half of all sentences."""
NUMBER: Final = 1.0
"""What a number counts, however often it is met: 3 dead and 11 dead are two things."""


class Weights:
    """The weights of what one report says, and of what others say that it is compared with. Asked for once each."""

    def __init__(self, report: Report, rarity: Rarity) -> None:
        self._folded, self._rarity = report.folded_of, rarity
        self._tokens = report.tokens
        self._known: dict[str, float] = {}
        self._all = self.of(report.tokens)
        self._all_squared = self.squared(report.tokens)

    def __call__(self, token: str) -> float:
        """0 common … 1 rare. A word that the report has not is taken to be rare."""
        found = self._known.get(token)
        if found is None:
            found = self._known[token] = self._weigh(token)
        return found

    def of(self, tokens: Iterable[str]) -> float:
        """Of all of them."""
        return sum(map(self, tokens))

    def squared(self, tokens: Iterable[str]) -> float:
        """The squares of their weights, without function words."""
        return sum([self(token) ** 2 for token in tokens if token[0] != "~"])

    def likeness(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        """What both say in what either says: 0 to 1."""
        common = ours & theirs
        both = self.of(common)
        if ours is not self._tokens:
            return both / (self.of(ours | theirs) or 1)
        # What the report has not is rare, or a function word: it need not be looked at one by one.
        small = small_words(theirs) - sum([token[0] == "~" for token in common])
        others = len(theirs) - len(common) - small
        return both / (self._all + others + SMALL_WORD * small or 1)

    def cosine_parts(self, theirs: frozenset[str]) -> tuple[float, float, float]:
        """Squares of what both say, of what the report says, and of what the other does."""
        common = self._tokens & theirs
        both = self.squared(common)
        small = small_words(theirs) - sum([token[0] == "~" for token in common])
        return both, self._all_squared, both + len(theirs) - len(common) - small

    def share(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        """How much of ours is in theirs: 0 to 1."""
        return self.of(ours & theirs) / (self.of(ours) or 1)

    def _weigh(self, token: str) -> float:
        if token[0] == "~":
            return SMALL_WORD
        if token[0] == "#":
            return NUMBER
        folded = self._folded.get(token)
        return 1.0 if folded is None else self._rarity(folded)


@lru_cache(maxsize=1 << 14)
def small_words(tokens: frozenset[str]) -> int:
    """How many of them are function words. A report's tokens are asked about whenever another is compared with it."""
    return sum([token[0] == "~" for token in tokens])
