"""The words of dates from the Unicode CLDR, by way of babel, into `monitor/feeds/date_words.json`; by hand:

    python tests/bench/make_date_words.py

`tests/feeds/test_publishers.py` holds the file against what this gathers.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import regex
from babel import Locale

import monitor.feeds
from monitor.feeds.date_words import Half, Words, fold, split

FILE = Path(monitor.feeds.__file__).with_name("date_words.json")
LANGUAGES: Final = """
    af am ar ar_DZ ar_MA ar_SY ar_TN as az be bg bn br bs ca ckb cs cy da de de_AT el en en_AU eo es et eu fa fi fil
    fo fr fr_CA fy ga gd gl gu ha he hi hr hu hy id ig is it ja jv ka kk km kn ko ku ky lb lo lt lv mk ml mn mr ms mt
    my nb ne nl nn oc or pa pl ps pt pt_PT qu ro ru sd se si sk sl so sq sr sr_Latn sv sw ta te tg th tk tr tt ug uk
    ur uz uz_Cyrl vi xh yo zh zh_Hant zu
"""
"""Newspapers appear in each."""
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
_QUOTED: Final = regex.compile(r"'([^']+)'")


def gathered() -> Words:
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


def as_json(found: Words) -> dict[str, Any]:
    """In an order of its own, so that a new CLDR shows what it changed."""

    def numbered(names: Mapping[str, Mapping[int, set[str]]]) -> dict[str, dict[str, list[str]]]:
        return {
            name: {str(number): sorted(languages) for number, languages in sorted(meanings.items())}
            for name, meanings in sorted(names.items())
        }

    return {
        "months": numbered(found.months),
        "weekdays": numbered(found.weekdays),
        "halves": {name: half.afternoon for name, half in sorted(found.halves.items())},
        "particles": sorted(found.particles),
        "longest": found.longest,
    }


if __name__ == "__main__":
    FILE.write_text(json.dumps(as_json(gathered()), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")
