"""The names of days and months in every language, from the Unicode CLDR by way of `babel`: they name nobody."""

from __future__ import annotations

from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError

from monitor.core.text.fold import fold_word

SHORTEST: Final = 4
"""Letters that a name's beginning has at least, from which a declined form is known by it."""
ENDING: Final = 2
"""Letters at its end that declension may change."""


def is_of_calendar(folded: str, language: str | None) -> bool:
    """Whether a folded word names a day of the week or a month: Monday, lundi, понедельника, Jan."""
    names = _names(language or "en")
    return folded in names or (
        len(folded) >= SHORTEST and folded[: max(SHORTEST, len(folded) - ENDING)] in names
    )


@cache
def _names(language: str) -> frozenset[str]:
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return frozenset() if language == "en" else _names("en")
    found: set[str] = set()
    for table in (locale.days, locale.months):
        for context in table.values():
            for width, names in context.items():
                if width in {"wide", "abbreviated"}:
                    found |= {fold_word(word) for name in names.values() for word in str(name).split()}
    wide = {name for name in found if len(name) > SHORTEST + ENDING}
    return frozenset(
        name for name in found | {name[:-ENDING] for name in wide} if len(name) > 1 and not name[0].isdigit()
    )
