"""What a report says, weighed: rare words count more, function words hardly at all."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from monitor.core.stories.report import Report, Sets

Rarity = Callable[[str], float]
"""How rare a folded word, or a phrase of single characters, is among the newest entries: 0 common … 1 rare."""

SMALL_WORD: Final = 0.1
"""What a function word counts: "off", "not", "end" turn a story, and are in half of all sentences."""
NUMBER: Final = 1.0
"""What a number counts, however often it is met: 3 dead and 11 dead are two things."""


class Weights:
    """The weights of what one report says, each asked for once; what others say beside it is taken to be rare."""

    def __init__(self, report: Report, rarity: Rarity) -> None:
        self.of_own = {
            token: SMALL_WORD if token[0] == "~" else NUMBER if token[0] == "#" else rarity(folded)
            for token, folded in zip(report.words, report.folded, strict=True)
        }
        """Of each of the report's tokens."""
        self.squares = {
            token: 0.0 if token[0] == "~" else weight * weight for token, weight in self.of_own.items()
        }
        """Their squares, without function words."""
        self._tokens = report.tokens
        self._all = sum(self.of_own.values())
        self._all_squared = sum(self.squares.values())

    def __call__(self, token: str) -> float:
        """0 common … 1 rare."""
        return self.of_own.get(token, SMALL_WORD if token[0] == "~" else 1.0)

    def of(self, tokens: Iterable[str]) -> float:
        """Of all of them."""
        return sum(map(self, tokens))

    def of_shared(self, common: Iterable[str]) -> float:
        """Of tokens that the report has, all of them."""
        return sum(map(self.of_own.__getitem__, common))

    def likeness(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        """What both say in what either says: 0 to 1."""
        return self.of(ours & theirs) / (self.of(ours | theirs) or 1)

    def alike(self, theirs: Sets, common: frozenset[str]) -> float:
        """The likeness of the whole report and another: `common` is what both say."""
        both = sum(map(self.of_own.__getitem__, common))
        if not both:
            return 0.0
        small = theirs.small - sum([token[0] == "~" for token in common])
        others = len(theirs.tokens) - len(common) - small
        return both / (self._all + others + SMALL_WORD * small)

    def cosine_parts(self, theirs: Sets, common: frozenset[str]) -> tuple[float, float, float]:
        """Squares of what both say, of what the report says, and of what the other does."""
        both = sum(map(self.squares.__getitem__, common))
        small = theirs.small - sum([token[0] == "~" for token in common])
        return both, self._all_squared, both + len(theirs.tokens) - len(common) - small

    def share(self, ours: frozenset[str], theirs: frozenset[str]) -> float:
        """How much of ours is in theirs: 0 to 1."""
        return self.of(ours & theirs) / (self.of(ours) or 1)
