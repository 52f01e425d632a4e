"""What is left of a word without its endings, by language: Snowball's algorithms, which know no word."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

import Stemmer

from monitor.core.text.fold import fold

_ALGORITHMS: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

SNOWBALL: Final = frozenset(_ALGORITHMS)

STEM_CACHE: Final = 1 << 16


@lru_cache(maxsize=STEM_CACHE)
def stem(word: str, language: str) -> str:
    """The word's stem, folded. `word`: lower case, with its accents; `language`: one of `SNOWBALL`."""
    return fold(_stemmer(_ALGORITHMS[language]).stemWord(word))


@cache
def _stemmer(name: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(name, 0)  # no cache of its own: it would keep words for ever
