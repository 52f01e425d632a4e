"""Small numbers in words are the same as in figures: nine, neuf, catorce, двадцать. The words are `num2words`'."""

from __future__ import annotations

from functools import cache
from typing import Final

from monitor.core.text.fold import fold_word
from monitor.core.text.stems import SNOWBALL, stem

COUNTED: Final = tuple(range(2, 101))
"""One is an article in half of the languages; beyond a hundred they are written in figures."""
SHORTEST: Final = 4
"""Letters of a stem by which a declined form is known."""


def numeral(shown: str, language: str | None) -> str | None:
    """The figures of a number in one word, None where it is none."""
    if language is None:
        return None
    table = _table(language)
    folded = fold_word(shown)
    if folded in table:
        return table[folded]
    return (
        table.get("~" + stem(shown.lower(), language)) if language in SNOWBALL and len(folded) > 4 else None
    )


@cache
def _table(language: str) -> dict[str, str]:
    """Folded word → figures, and stem after a tilde → figures; at most one for each language."""
    from num2words import num2words  # noqa: PLC0415 - all its languages load with it

    found: dict[str, str] = {}
    for number in COUNTED:
        try:
            word = num2words(number, lang=language)
        except (NotImplementedError, ValueError, TypeError, KeyError, IndexError):
            return found
        if not word.isalpha() and not word.replace("\u00ad", "").isalpha():
            continue
        found.setdefault(fold_word(word), str(number))
        if language in SNOWBALL and len(bones := stem(word.lower(), language)) >= SHORTEST:
            found.setdefault("~" + bones, str(number))
    return found
