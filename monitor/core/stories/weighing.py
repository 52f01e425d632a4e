"""What a report says, weighed: rare words count more, function words hardly at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
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
        self._known: dict[str, float] = {}

    def __call__(self, token: str) -> float:
        """0 common … 1 rare. A word that the report has not is taken to be rare."""
        found = self._known.get(token)
        if found is None:
            found = self._known[token] = self._weigh(token)
        return found

    def of(self, tokens: Iterable[str]) -> float:
        """Of all of them."""
        return sum(map(self, tokens))

    def likeness(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        """What both say in what either says: 0 to 1."""
        return self.of(ours & theirs) / (self.of(ours | theirs) or 1)

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
