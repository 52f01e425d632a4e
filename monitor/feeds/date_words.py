"""What the words of a date mean, in the languages of the news: months, days of the week, halves of the day.

The names are the Unicode CLDR's, by way of `babel`; they are read when a feed first writes one that is not English.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import regex
from babel import Locale

from monitor.feeds import zones

LANGUAGES: Final = """
    af am ar ar_DZ ar_MA ar_SY ar_TN as az be bg bn br bs ca ckb cs cy da de de_AT el en en_AU eo es et eu fa fi fil
    fo fr fr_CA fy ga gd gl gu ha he hi hr hu hy id ig is it ja jv ka kk km kn ko ku ky lb lo lt lv mk ml mn mr ms mt
    my nb ne nl nn oc or pa pl ps pt pt_PT qu ro ru sd se si sk sl so sq sr sr_Latn sv sw ta te tg th tk tr tt ug uk
    ur uz uz_Cyrl vi xh yo zh zh_Hant zu
"""
"""Newspapers appear in each."""
SHORTEST: Final = 3
"""Letters of a name that software cuts off: `Sept`, `Thur`."""

MORNING: Final = frozenset({"am", "morning1", "morning2"})
AFTERNOON: Final = frozenset({"pm", "afternoon1", "afternoon2", "evening1", "evening2"})

_OTHERS: Final[Mapping[str, tuple[int, str]]] = {
    # Written, and not in the CLDR.
    "feber": (2, "de"), "frev": (2, "fr"), "septembre": (9, "fr"), "setiembre": (9, "es"),
    "सितम्बर": (9, "hi"), "नवम्बर": (11, "hi"), "दिसम्बर": (12, "hi"), "செப்டெம்பர்": (9, "ta"), "ogos": (8, "ms"),
}  # fmt: skip
_PARTICLES: Final = """
    at on the of and in st nd rd th hrs hr h um uhr den der am auer à a le la l les el los de d del della di do da dos
    das às as o os alle ore il lo al ei e er em ob u v ve w z kl klo klockan kello i om op te van ora orele oră óra
    godz dnia dne g г года р рік року ч час часа в у от kell kella val m gada d ngày tháng năm lúc pukul jam pkl
    tanggal tarih tarihinde saat saati ώρα στις ק ב في الساعة عند ساعت در کو को बजे पर वाजता रोजी সময় টা টায় খ্রিস্টাব্দ
    વાગ્યે ਵਜੇ மணிக்கு గంటలకు ന് นาฬิกา น เวลา ที่ วันที่ เมื่อ თ ის წელი թ թվականի оны он сарын сар ko eko ren º ª
"""
"""What stands between the parts of a date and says nothing; what the CLDR quotes in its patterns comes in."""
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
_QUOTED: Final = regex.compile(r"'([^']+)'")
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
    return _WORD.findall(text)


@cache
def words() -> Words:
    found = Words()
    for identifier in LANGUAGES.split():
        _add(found, Locale.parse(identifier), identifier.partition("_")[0])
    for name, (month, language) in _OTHERS.items():
        if month:
            found.months[fold(name)][month].add(language)
    found.particles |= {fold(particle) for particle in _PARTICLES.split()}
    return found


def _add(found: Words, locale: Locale, language: str) -> None:
    for meanings, names in ((found.months, locale.months), (found.weekdays, locale.days)):
        for number, name in _names(names):
            spelt = split(fold(name))
            found.longest = max(found.longest, len(spelt))
            if spelt:
                meanings[" ".join(spelt)][number].add(language)
            if len(spelt) == 2 and len(spelt[0]) == 1:  # d’octubre
                meanings[spelt[1]][number].add(language)
            if language == "he":
                meanings[f"ב{' '.join(spelt)}"][number].add(language)  # in November
    for half, name in _periods(locale):
        key = "".join(split(fold(name)))
        if half in MORNING | AFTERNOON and len(key) > 1:
            found.halves.setdefault(key, Half(afternoon=half in AFTERNOON))
    patterns = (*locale.date_formats.values(), *locale.datetime_formats.values())
    for quoted in _QUOTED.findall(" ".join(map(str, patterns))):
        found.particles.update(split(fold(quoted)))


def _names(names: Mapping[str, Mapping[str, Mapping[int, str]]]) -> Iterator[tuple[int, str]]:
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated", "short"):
            for number, name in names.get(context, {}).get(width, {}).items():
                if not any(character.isdecimal() for character in name):
                    yield number, name


def _periods(locale: Locale) -> Iterator[tuple[str, str]]:
    for context in ("format", "stand-alone"):
        for width in ("wide", "abbreviated"):
            yield from locale.day_periods.get(context, {}).get(width, {}).items()


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
