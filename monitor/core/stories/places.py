"""Countries, under any of their names: Kyiv, Kiew, Україною, ウクライナ and 乌克兰 are all `UA`.

The names of countries and of the larger cities are the Unicode CLDR's, by way of `babel`. A city stands for
its country, as it does in the news.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from monitor.core.stories.names import may_be_name, without_prefix
from monitor.core.text.fold import fold
from monitor.core.text.words import Words

UNSPACED: Final = frozenset({"ja", "km", "lo", "my", "th", "zh"})
"""Languages whose words have no spaces between them: names are looked for anywhere."""
SHORTEST: Final = 4
"""Letters of a name that may take an ending; shorter ones must stand alone."""
ENDING: Final = 2
"""Letters at a name's end that declension may change."""
LONGEST_ENDING: Final = 5
"""Letters that declension may leave after the rest."""

_CITY_ZONE: Final = re.compile("(?:Africa|America|Asia|Europe)/[^/]+")


@dataclass(frozen=True, slots=True)
class _Gazetteer:
    whole: dict[str, str]
    """Folded name → country."""
    stems: dict[str, str]


def places(words: Words, language: str | None) -> dict[str, str]:
    """The countries (ISO 3166) that a text names by one word, or, in a script without spaces, anywhere.

    Each with the name that the text gives it.
    """
    spoken = language or "en"
    found = {
        _place(folded if folded.isascii() else without_prefix(folded), spoken): shown
        for shown, folded in zip(words.shown, words.folded, strict=True)
        if may_be_name(shown)
    }
    if language in UNSPACED:
        whole = _gazetteer(spoken).whole
        found |= {code: name for name, code in whole.items() if name in words.text}
    found.pop("", None)
    return found


@lru_cache(maxsize=1 << 14)
def _place(word: str, language: str) -> str:
    gazetteer = _gazetteer(language)
    if word in gazetteer.whole:
        return gazetteer.whole[word]
    for end in range(len(word), max(SHORTEST, len(word) - LONGEST_ENDING) - 1, -1):
        if word[:end] in gazetteer.stems:
            return gazetteer.stems[word[:end]]
    return ""


@cache
def _gazetteer(language: str) -> _Gazetteer:
    """At most one for each language that `babel` knows."""
    try:
        locale = Locale.parse(language)
    except (UnknownLocaleError, ValueError):
        return _Gazetteer({}, {}) if language == "en" else _gazetteer("en")
    country_of = get_global("zone_territories")
    renamed = {old: new for old, new in get_global("zone_aliases").items() if _CITY_ZONE.fullmatch(old)}
    cities = {zone: zone.rpartition("/")[2].replace("_", " ") for zone in (*country_of, *renamed)}
    cities |= {zone: names["city"] for zone, names in locale.time_zones.items() if "city" in names}
    names = {name: country_of.get(renamed.get(zone, zone), "") for zone, name in cities.items()}
    names |= {name: code for code, name in locale.territories.items() if len(code) == 2}
    whole = {fold(name): code for name, code in names.items()}
    stems = {
        name[: max(SHORTEST, len(name) - ENDING)]: code
        for name, code in whole.items()
        if len(name) > SHORTEST
    }
    return _Gazetteer(whole, stems)
