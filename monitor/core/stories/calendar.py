"""Days of the week and months in every language, from the Unicode CLDR by way of `babel`: they name nobody.

They are no words that a report is known by, but which day a thing is set for may be all that is new.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Final

from babel import Locale, UnknownLocaleError

from monitor.core.text.fold import fold_word

SHORTEST: Final = 4
"""Letters that a name's beginning has at least, from which a declined form is known by it."""
ENDING: Final = 2
"""Letters at its end that declension may change."""
AMBIGUOUS: Final = ""
"""What a name says that is short for several: `mar` is mardi, and mars."""


def day_or_month(shown: str, folded: str, language: str | None) -> str | None:
    """`d0` (Monday) to `d6`, `m1` to `m12`, whatever the language; None where the word is no such name.

    `AMBIGUOUS` where it may be several, or is no name as it is written here: in English `may` is a verb.
    """
    names = _names(language or "en")
    found = names.get(folded)
    if found is None and len(folded) >= SHORTEST:
        found = names.get(folded[: max(SHORTEST, len(folded) - ENDING)])
    if found and language in _CAPITAL and not shown[:1].isupper():
        return AMBIGUOUS
    return found


def day_in(characters: str, language: str | None) -> str | None:
    """The same for two neighbouring characters of a script without spaces: 火曜, 期二."""
    return _parts(language).get(characters) if language in _WITHOUT_SPACES else None


_CAPITAL: Final = frozenset({None, "en", "de"})
"""Languages that write them with a capital letter, among those whose words they could be taken for."""
_WITHOUT_SPACES: Final = frozenset({"ja", "zh"})


def _named(language: str) -> Iterator[tuple[str, str]]:
    """Each name as the CLDR has it, and what it names."""
    locale = Locale.parse(language)
    for letter, table in (("d", locale.days), ("m", locale.months)):
        for context in table.values():
            for width, names in context.items():
                if width in {"wide", "abbreviated"}:
                    yield from ((str(name), f"{letter}{number}") for number, name in names.items())


@cache
def _names(language: str) -> Mapping[str, str]:
    """Folded name, or its beginning → what it names."""
    try:
        found = [(fold_word(word), of) for name, of in _named(language) for word in name.split()]
    except (UnknownLocaleError, ValueError):
        return {} if language == "en" else _names("en")
    beginnings = [(name[:-ENDING], of) for name, of in found if len(name) > SHORTEST + ENDING]
    return _each_of_one(
        (name, of) for name, of in (*found, *beginnings) if len(name) > 1 and not name[0].isdigit()
    )


@cache
def _parts(language: str | None) -> Mapping[str, str]:
    """Two characters that stand in the name of one day, and of no other."""
    named = [(name, of) for name, of in _named(language or "en") if of[0] == "d"]
    pairs = ((name[at : at + 2], of) for name, of in named for at in range(len(name) - 1))
    return {pair: of for pair, of in _each_of_one(pairs).items() if of != AMBIGUOUS}


def _each_of_one(named: Iterable[tuple[str, str]]) -> dict[str, str]:
    by_name: defaultdict[str, set[str]] = defaultdict(set)
    for name, of in named:
        by_name[name].add(of)
    return {name: next(iter(of)) if len(of) == 1 else AMBIGUOUS for name, of in by_name.items()}
