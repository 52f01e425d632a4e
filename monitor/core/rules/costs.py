"""How many documents a key lets through: a guess good enough to choose by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.core.rules.tree import Exact, Inflected, Plain, Wild
from monitor.core.text.fold import fold_word
from monitor.core.text.words import is_unspaced

if TYPE_CHECKING:
    from monitor.core.rules.index import Key
    from monitor.core.rules.lexicon import Lexicon

_ORIGINS: Final = {"site": 0.02, "feed": 0.02, "tag": 0.3, "lang": 0.5, "every": 1e6}

_BY_LENGTH: Final = (1.0, 1.0, 0.8, 0.4, 0.15, 0.08, 0.05, 0.04, 0.03, 0.02)
"""The share of articles that have a word of so many letters: Zipf's law of abbreviation, in round numbers."""

_UNSPACED: Final = 0.3
_WILD: Final = 4.0
_INFLECTED: Final = 2.0


class Costs:
    """The cost of filing a rule under a key."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._lexicon = lexicon
        self._known: dict[int, float] = {}

    def __call__(self, key: Key) -> float:
        if isinstance(key, tuple):
            return _ORIGINS[key[0]]
        if key not in self._known:
            self._known[key] = self._of_term(key)
        return self._known[key]

    def _of_term(self, number: int) -> float:
        # What many rules name is what their user's feeds write about.
        uses = self._lexicon.uses[number]
        match self._lexicon.terms[number]:
            case Plain(word):
                return uses * _share(word)
            case Exact(word):
                return uses * _share(fold_word(word))
            case Inflected(word):
                return uses * _INFLECTED * _share(fold_word(word))
            case Wild(pattern) if pattern.startswith("*"):
                return uses * _WILD * _share(pattern.strip("*").partition("*")[0].partition("?")[0])
            case Wild(pattern):
                return uses * _WILD * _share(pattern.partition("*")[0].partition("?")[0])


def _share(word: str) -> float:
    if is_unspaced(word[:1]):
        return _UNSPACED
    return _BY_LENGTH[min(len(word), len(_BY_LENGTH) - 1)]
