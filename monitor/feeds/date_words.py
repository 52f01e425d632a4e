"""What the words of a date mean, in the languages of the news: months, days of the week, halves of the day.

The names are the Unicode CLDR's, gathered by `tests/bench/make_date_words.py` into `date_words.json`, which is read
when a feed first writes one that is not English: reading the CLDR itself took a worker 0.3 s and 100 MiB.
"""

from __future__ import annotations

import json
import unicodedata
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from typing import Final
from zoneinfo import ZoneInfo

import regex

from monitor.feeds import zones

SHORTEST: Final = 3
"""Letters of a name that software cuts off: `Sept`, `Thur`."""

_MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
_WEEK: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
TIME: Final = "\N{SYMBOL FOR NULL}"
DAY: Final = "\N{SYMBOL FOR START OF HEADING}"
CUTS: Final = frozenset({TIME, DAY})
"""Stand where a time or a day in figures stood."""
_TOKEN: Final = regex.compile(rf"[\p{{L}}\p{{M}}]+|\d+|[{TIME}{DAY}]")
_WORD: Final = regex.compile(r"[\p{L}\p{M}]+")
_INITIALS: Final = regex.compile(r"(?<![\p{L}\p{M}])(\p{L}\p{M}*)\. ?(\p{L}\p{M}*)(?:\.|(?![\p{L}\p{M}]))")
_ACCENTS: Final = regex.compile("[\u0300-\u036f]")


@dataclass(slots=True)
class Words:
    """What each word, folded, may mean, and in which languages."""

    months: dict[str, dict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    weekdays: dict[str, dict[int, set[str]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(set))
    )
    halves: dict[str, Half] = field(default_factory=dict)
    particles: set[str] = field(default_factory=set)
    longest: int = 1
    """Words of the longest name."""


def fold(text: str) -> str:
    """Letters of one case, without the accents that half of the feeds leave out; `a.m.` is one word."""
    return _INITIALS.sub(r"\1\2 ", _ACCENTS.sub("", unicodedata.normalize("NFKD", text.casefold())))


def split(text: str) -> list[str]:
    """The words of a date."""
    return _WORD.findall(text)


@cache
def words() -> Words:
    """The calendars' words of all languages."""
    gathered = json.loads(files("monitor.feeds").joinpath("date_words.json").read_text(encoding="utf-8"))
    return Words(
        months=_numbered(gathered["months"]),
        weekdays=_numbered(gathered["weekdays"]),
        halves={name: Half(afternoon=afternoon) for name, afternoon in gathered["halves"].items()},
        particles=set(gathered["particles"]),
        longest=gathered["longest"],
    )


def _numbered(names: dict[str, dict[str, list[str]]]) -> dict[str, dict[int, set[str]]]:
    """Numbers are texts in JSON."""
    return {
        name: {int(number): set(languages) for number, languages in meanings.items()}
        for name, meanings in names.items()
    }


# ── what a word of a date is ──


@dataclass(frozen=True, slots=True)
class Name:
    """Of a month, of a day of the week, or of either: `mar` is March, and Tuesday."""

    months: dict[int, frozenset[str]]
    """Each with the languages in which it is meant."""
    days: frozenset[int]
    """Monday is 0."""


@dataclass(frozen=True, slots=True)
class Half:
    """Of the day."""

    afternoon: bool


@dataclass(frozen=True, slots=True)
class Zone:
    """Seconds east of Greenwich, or a place."""

    zone: float | ZoneInfo


@dataclass(frozen=True, slots=True)
class Particle:
    """It says nothing."""


def tokens(text: str) -> list[str]:
    """The words and figures of a date."""
    return _TOKEN.findall(text)


def meaning(
    following: list[str], *, may_be_zone: bool, at_time: bool, language: str | None
) -> tuple[int, Name | Half | Zone | Particle | None]:
    """How many of the tokens belong together, and what they mean; None where they are not understood.

    `may_be_zone`: names of zones stand behind a figure, names of days before it: PET is Peru's time, and Friday.
    `at_time`: halves of the day stand beside a time: `to` is Thursday, and afternoon.
    """
    first = following[0]
    if may_be_zone and (zone := _zone(first, language)):
        return 1, zone
    if (english := _english(first)) is not None:
        return 1, english
    table = words()
    for length in range(min(table.longest, len(following)), 0, -1):
        name = tuple(following[:length])
        if any(map(str.isdigit, name)):
            continue
        if at_time and (half := table.halves.get("".join(name))):
            return length, half
        if found := _named(" ".join(name), language):
            return length, found
    if zone := _zone(first, language):
        return 1, zone
    return 1, Particle() if first in table.particles else None


def english_month(word: str) -> int | None:
    """The month that a word of three letters and more begins."""
    return next(
        (number for number, name in enumerate(_MONTHS, start=1) if len(word) >= 3 and name.startswith(word)),
        None,
    )


def bare(tag: str) -> str | None:
    """The language of a tag, without its country."""
    return tag.lower().replace("_", "-").partition("-")[0] or None


def _zone(word: str, language: str | None) -> Zone | None:
    offset = zones.offset_s(word, language=language)
    zone = zones.place(word) if offset is None else offset
    return None if zone is None else Zone(zone)


def _english(word: str) -> Name | Half | Particle | None:
    """What no table is needed for: nine of ten feeds write English dates."""
    if word in {"am", "pm"}:
        return Half(afternoon=word == "pm")
    month = english_month(word)
    if month is not None:
        tuesday = frozenset({1}) if word == "mar" else frozenset()
        return Name({month: frozenset({"en"})}, tuesday)
    days = [number for number, name in enumerate(_WEEK) if len(word) >= 3 and name.startswith(word)]
    return Name({}, frozenset(days)) if days else None


@lru_cache(maxsize=512)
def _named(name: str, language: str | None = None) -> Name | None:
    table = words()
    months, days = _meanings(table.months, name, language), _meanings(table.weekdays, name, language)
    return Name(months, frozenset(days)) if months or days else None


def _meanings(
    names: dict[str, dict[int, set[str]]], word: str, language: str | None
) -> dict[int, frozenset[str]]:
    """What is spelt so; else, or in the feed's language, what begins so."""
    found = names.get(word, {})
    if len(word) >= SHORTEST and " " not in word:
        known = any(language in languages for languages in found.values())
        if not found:
            found = _begun(names, word)
        elif language and not known:
            begun = _begun(names, word)
            found = {**found, **{number: {language} for number in begun if language in begun[number]}}
    return {number: frozenset(languages) for number, languages in found.items()}


def _begun(names: dict[str, dict[int, set[str]]], word: str) -> dict[int, set[str]]:
    """Of the names that the word begins; in a language where it begins two, none."""
    by_language: dict[str, set[int]] = defaultdict(set)
    for name, meanings in names.items():
        if name.startswith(word):
            for number, languages in meanings.items():
                for language in languages:
                    by_language[language].add(number)
    found: dict[int, set[str]] = defaultdict(set)
    for language, numbers in by_language.items():
        if len(numbers) == 1:
            found[next(iter(numbers))].add(language)
    return found
