"""What the inflected forms of a word have in common, by language."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Final

import Stemmer

from monitor.core.text.fold import fold

_SNOWBALL: Final = {
    "ar": "arabic", "ca": "catalan", "cs": "czech", "da": "danish", "de": "german", "el": "greek", "en": "english",
    "eo": "esperanto", "es": "spanish", "et": "estonian", "eu": "basque", "fa": "persian", "fi": "finnish",
    "fr": "french", "ga": "irish", "hi": "hindi", "hu": "hungarian", "hy": "armenian", "id": "indonesian",
    "it": "italian", "lt": "lithuanian", "ne": "nepali", "nl": "dutch", "no": "norwegian", "pl": "polish",
    "pt": "portuguese", "ro": "romanian", "ru": "russian", "sr": "serbian", "st": "sesotho", "sv": "swedish",
    "ta": "tamil", "tr": "turkish", "yi": "yiddish",
}  # fmt: skip

_LEMMAS: Final = {
    "bg": "bg", "bs": "hbs", "hr": "hbs", "is": "is", "ka": "ka", "lv": "lv", "mk": "mk", "sk": "sk", "sl": "sl",
    "sq": "sq", "uk": "uk",
}  # fmt: skip
"""Languages that Snowball has not and simplemma has. Ukrainian: all forms of 12 words of the labelled stories come
to one lemma, where the Russian stemmer leaves two or three. A dictionary costs 1 s and up to 70 MiB, once needed."""

SNOWBALL: Final = frozenset(_SNOWBALL)
"""Languages whose stems cost microseconds and no dictionary."""
STEMMED: Final = SNOWBALL | frozenset(_LEMMAS)

STEM_CACHE: Final = 1 << 16


@lru_cache(maxsize=STEM_CACHE)
def stem(word: str, language: str) -> str:
    """What `word` has in common with its other forms, folded. `word`: lower case, with its accents."""
    if name := _SNOWBALL.get(language):
        return fold(_stemmer(name).stemWord(word))
    return fold(_lemma(word, _LEMMAS[language]))


@cache
def _stemmer(name: str) -> Stemmer.Stemmer:
    return Stemmer.Stemmer(name, 0)  # no cache of its own: it would keep words for ever


def _lemma(word: str, language: str) -> str:
    from simplemma import lemmatize  # noqa: PLC0415 - needed by few, and its dictionaries load with it

    return lemmatize(word, lang=language)
