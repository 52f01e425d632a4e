"""A date as a feed writes it → the instant that it means, whatever its form and language.

Promise: rather none than a wrong one. Every word behind the first figure must be understood, of two readings none is
guessed, and half a date, a month without a day, is none. A date without a zone is UTC's, as feedparser takes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from monitor.feeds import date_words, zones
from monitor.feeds.date_figures import (
    day_or_none,
    full_year,
    halved,
    in_utc,
    numbered_day,
    offset_s,
    time_of_day,
)
from monitor.feeds.date_spelling import spelt

MAX_CHARACTERS: Final = 100
"""A longer text is no date."""
RECENT_YEARS: Final = 5
"""Of 13/11/25 and 25/11/13 the reading that is so old is none."""
MONTH_FIRST: Final = frozenset({"en-us", "en-ph", "es-us", "en-pr", "es-pr"})
"""Where 5/6 is the sixth of May. Plain `en` says nothing: Britain and Australia write it too."""

_RFC_822 = re.compile(
    r"(?:[A-Za-z]{3,9},?\s+)?(?P<day>\d{1,2})\s+(?P<month>[A-Za-z]{3})\s+(?P<year>\d{4})\s+"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d))?\s+(?:GMT|UTC|UT|Z|(?P<offset>[+-]\d\d:?\d\d))"
)
_RFC_3339 = re.compile(
    r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)[Tt ]"
    r"(?P<hour>\d\d):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,]\d{1,9})?)?(?:[Zz]|(?P<offset>[+-]\d\d:?\d\d))"
)

# ── what may stand in a text of which `spelt` was made ──
_SECONDS = re.compile(r"(\d{10})(?:\d{3}){0,3}(?:\.\d{1,9})?")
_COMPACT = re.compile(r"(\d{4})(\d\d)(\d\d)(?:[t ]?(\d\d)(\d\d)(\d\d)?(?:\.\d+)?)?(?![\d:.])")
_NUMBERED_DAY = re.compile(r"(\d{4})-(?:w(\d\d)-(\d)|(\d{3}))(?!\d)")
_DAY = re.compile(
    r"(?<!\d)(?:(\d{4})([/.-]) ?(\d{1,2})\2 ?(\d{1,2})|(\d{1,2})([/.-]) ?(\d{1,2})\6 ?(\d{4}))(?!\d)"
)
_SHORT_DAY = re.compile(r"(?<!\d)(\d{1,2})([/.-])(\d{1,2})\2(\d\d)(?!\d)")
_TIME = re.compile(r"(?<![\d:])(\d{1,2}):(\d{1,2})(?::(\d{1,3})(?:[.,:]\d{1,9})?)?(?![\d:])")
_LETTERED_TIME = re.compile(r"(?<!\d)(\d{1,2}) ?h(?: ?(\d\d)(?: ?m(?:in)? ?(\d\d) ?s?)?)?(?![\da-z])")
_DOTTED_TIME = re.compile(r"(?<![\d.])(\d{1,2})\.(\d\d)(?:\.(\d\d)(?:\.\d{3,9})?)?(?![\d.])")
_BARE_HOUR = re.compile(r"(?<![\d:.])(\d{1,2}) ?(?=[ap]m(?![a-z]))")
_OFFSET = re.compile(
    r"(?:^|(?<= )|(?<=utc|gmt)|(?<=ut|am|pm)|(?<=z))([+-]\d{1,2}(?::?\d\d)?)(?![\d/.:-]|-)z?"
)
_PLACE = re.compile(r"[a-z]+(?:/[a-z_+-]+){1,2}")
_REMARK = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Reader:
    """How one feed writes its dates."""

    language: str = ""
    """The feed's language tag: for words that are different months in different languages, for zones, for 5/6."""
    day_first: bool | None = None
    """How the feed's other dates order the day and the month; None: they do not tell."""
    year: int = 0
    """This year, for 25/11/13; 0: not known."""

    def read(self, text: object) -> datetime | None:
        """The instant in UTC, to the second; None where the text means none, or could mean two."""
        if not isinstance(text, str) or len(text) > MAX_CHARACTERS or not (text := text.strip()):
            return None
        try:
            return _standard(text) or _read(text, self)
        except (ValueError, OverflowError):  # the 31st of June
            return None


def day_first(texts: Iterable[str]) -> bool | None:
    """How dates like 5/6/2025 are ordered in a feed, by those of `texts` that leave no choice; None: none tells."""
    orders = set()
    for text in texts:
        found = _DAY.search(text)
        first, second = (int(found[5]), int(found[7])) if found and found[5] and found[6] != "." else (0, 0)
        if (first > 12) != (second > 12):
            orders.add(first > 12)
    return orders.pop() if len(orders) == 1 else None


def is_ambiguous(text: str) -> bool:
    """Whether the text may be one of two days, as far as is seen at a glance."""
    found = _DAY.search(text)
    return bool(found and found[5] and found[6] != "." and int(found[5]) <= 12 and int(found[7]) <= 12)


def _standard(text: str) -> datetime | None:
    """Of RFC 822 and RFC 3339, as nine of ten feeds write them."""
    found = _RFC_3339.fullmatch(text) or _RFC_822.fullmatch(text)
    if found is None:
        return None
    month = date_words.english_month(found["month"].lower())
    month = int(found["month"]) if month is None and found["month"].isdigit() else month
    if month is None:
        return None
    day = date(int(found["year"]), month, int(found["day"]))
    return in_utc(
        day, time_of_day(found["hour"], found["minute"], found["second"]), offset_s(found["offset"])
    )


@lru_cache(maxsize=256)
def _read(text: str, reader: Reader) -> datetime | None:
    text = spelt(text)
    if since_1970 := _SECONDS.fullmatch(text):
        return datetime.fromtimestamp(int(since_1970[1]), UTC)
    parts = _Parts(text, reader)
    at = parts.take_time()
    words = parts.read_words()
    if words is None:
        return None
    day = parts.day or _day_of(words, reader)
    since_midnight = halved(at, afternoon=words.afternoon)
    if day is None or since_midnight is None:
        return None
    return in_utc(day, since_midnight, parts.offset_s(day, since_midnight))


@dataclass(slots=True)
class _Words:
    """What is left of a date when its time is cut out."""

    numbers: list[str]
    months: dict[int, frozenset[str]]
    """Those that the name may be, each with the languages in which it is."""
    weekdays: frozenset[int]
    afternoon: bool | None


class _Parts:
    """Takes a text apart: what is understood is cut out."""

    def __init__(self, text: str, reader: Reader) -> None:
        self._reader = reader
        self._language = date_words.bare(reader.language)
        self._zone: float | ZoneInfo | None = None
        """Seconds east of Greenwich, or a place that has seasons."""
        self._remarks = _REMARK.findall(text)
        self._rest = _REMARK.sub(" ", text)
        self.day: date | None = None
        self._either: tuple[date, date] | None = None
        """The day first, and the month first: both are dates."""

    def take_time(self) -> timedelta:
        """The time of the day; cuts it out, and with it the zone and a day in figures."""
        for named in _PLACE.finditer(self._rest):
            if (place := zones.place(named[0])) is not None:
                self._zone = place
                self._cut(named, " ")
                break
        at = self._take_compact()
        if self.day is None:
            self._take_day()
        if at is None and (found := _TIME.search(self._rest)):
            at = self._take_clock(found)
        if self.day is None and self._either is None:
            self._take_short_day()
        if at is not None:
            return at
        for pattern in (_BARE_HOUR, _LETTERED_TIME, _DOTTED_TIME):
            if found := pattern.search(self._rest):
                return self._take_clock(found)
        return timedelta()

    def offset_s(self, day: date, at: timedelta) -> float:
        if self._zone is None:
            named = (self._remarked(remark.strip()) for remark in self._remarks)
            return next((offset for offset in named if offset is not None), 0.0)
        if isinstance(self._zone, ZoneInfo):
            return zones.offset_at(self._zone, datetime.combine(day, time()) + at)
        return self._zone

    def _remarked(self, remark: str) -> float | None:
        """Of `(EST)`, `(UTC+1)`."""
        found = _OFFSET.search(remark)
        return offset_s(found[1]) if found else zones.offset_s(remark, language=self._language)

    def read_words(self) -> _Words | None:
        """None where a word is not understood; before the first figure it may be anything, as `Published`."""
        numbers: list[str] = []
        months: list[date_words.Name] = []
        weekdays: list[date_words.Name] = []
        afternoon: bool | None = None
        tokens = date_words.tokens(self._rest)
        at = 0
        while at < len(tokens):
            token = tokens[at]
            length = 1
            if token.isdigit():
                numbers.append(token)
            elif token not in date_words.CUTS:
                begun = bool(numbers or months) or not date_words.CUTS.isdisjoint(tokens[:at])
                length, meaning = date_words.meaning(
                    tokens[at:],
                    may_be_zone=begun,
                    at_time=date_words.TIME in tokens[max(at - 1, 0) : at + 2],
                    language=self._language,
                )
                match meaning:
                    case date_words.Name():
                        (months if meaning.months else weekdays).append(meaning)
                    case date_words.Half():
                        afternoon = meaning.afternoon
                    case date_words.Zone():
                        self._zone = meaning.zone if self._zone is None else self._zone
                    case None if begun:
                        return None
            at += length
        return self._judged(numbers, months, weekdays, afternoon=afternoon)

    def _judged(
        self,
        numbers: list[str],
        months: list[date_words.Name],
        weekdays: list[date_words.Name],
        *,
        afternoon: bool | None,
    ) -> _Words | None:
        """With at most one month among the names: `mar` is one, and Tuesday where another name is a month."""
        in_figures = self.day is not None or self._either is not None
        if not in_figures and months:
            month = next((name for name in months if not name.days), months[-1])
            months = [name for name in months if name is not month]
        else:
            month = None
        if any(not name.days for name in months) or (in_figures and numbers):
            return None
        named = frozenset(day for name in (*weekdays, *months) for day in name.days)
        if self._either is not None:
            self.day = _chosen(self._either, named, self._reader)
            if self.day is None:
                return None
        return _Words(numbers, month.months if month else {}, named, afternoon)

    def _cut(self, found: re.Match[str], mark: str) -> str:
        """What stands behind what was found."""
        behind = self._rest[found.end() :]
        self._rest = f"{self._rest[: found.start()]}{mark}{behind}"
        return behind

    def _take_clock(self, found: re.Match[str]) -> timedelta:
        hour, minute, second = (*found.groups(), None, None)[:3]
        at = time_of_day(hour or "", minute or "0", second)
        self._cut(found, f" {date_words.TIME} ")
        self._take_offset()
        return at

    def _take_offset(self) -> None:
        before, _, behind = self._rest.partition(date_words.TIME)
        found = _OFFSET.search(behind.removeprefix(" "))
        if found:
            self._zone = offset_s(found[1])
            behind = _OFFSET.sub(" ", behind.removeprefix(" "), count=1)
        self._rest = f"{before} {date_words.TIME} {behind}"

    def _take_compact(self) -> timedelta | None:
        if found := _COMPACT.match(self._rest):
            self.day = date(int(found[1]), int(found[2]), int(found[3]))
            self._cut(found, f" {date_words.TIME} ")
            self._take_offset()
            return time_of_day(found[4], found[5], found[6]) if found[4] else None
        if found := _NUMBERED_DAY.match(self._rest):
            self.day = numbered_day(int(found[1]), week=found[2], weekday=found[3], day=found[4])
            self._cut(found, f" {date_words.DAY} ")
        return None

    def _take_day(self) -> None:
        found = _DAY.search(self._rest)
        if found is None:
            return
        self._cut(found, f" {date_words.DAY} ")
        if found[1]:
            self.day = date(full_year(found[1]), int(found[3]), int(found[4]))
        else:
            self._take_readings(found[5], found[7], found[8], by_dots=found[6] == ".")

    def _take_short_day(self) -> None:
        found = _SHORT_DAY.search(self._rest)
        if found is None:
            return
        self._cut(found, f" {date_words.DAY} ")
        by_dots = found[2] == "."
        year_first = None if by_dots else day_or_none(found[1], found[3], found[4])
        if year_first and len(found[1]) == 2 and not self._is_recent(found[4]) and self._is_recent(found[1]):
            self.day = year_first
        elif year_first and len(found[1]) == 2 and not self._is_recent(found[4]):
            raise ValueError  # two readings, and the year is not known
        else:
            self._take_readings(found[1], found[3], found[4], by_dots=by_dots)

    def _is_recent(self, year: str) -> bool:
        return -1 <= self._reader.year - full_year(year) <= RECENT_YEARS

    def _take_readings(self, first: str, second: str, year: str, *, by_dots: bool) -> None:
        """Dots divide a day from its month, and no month from its day; other marks do both."""
        day_first, month_first = day_or_none(year, second, first), day_or_none(year, first, second)
        if day_first and month_first and day_first != month_first and not by_dots:
            self._either = (day_first, month_first)
            return
        self.day = day_first or month_first
        if self.day is None:
            raise ValueError


def _chosen(either: tuple[date, date], weekdays: frozenset[int], reader: Reader) -> date | None:
    """By the day of the week, by the feed's other dates, by its language: in English none of them may tell."""
    right = [day for day in either if day.weekday() in weekdays]
    if len(right) == 1:
        return right[0]
    if reader.day_first is not None:
        return either[0 if reader.day_first else 1]
    tag = reader.language.lower().replace("_", "-")
    if tag in MONTH_FIRST:
        return either[1]
    return either[0] if tag and tag != "en" else None


def _day_of(words: _Words, reader: Reader) -> date | None:
    """The day that a month's name and two numbers say, or three numbers."""
    numbers = words.numbers
    if not words.months:
        match [len(number) for number in numbers]:
            case [1 | 2, 1 | 2, 4]:
                return day_or_none(numbers[2], numbers[1], numbers[0])
            case [4, 1 | 2, 1 | 2]:
                return day_or_none(*numbers)
        return None
    if len(numbers) != 2:
        return None
    day, year = numbers if len(numbers[0]) <= 2 else reversed(numbers)
    days = {month: day_or_none(year, str(month), day) for month in words.months}
    possible = {month: found for month, found in days.items() if found is not None}
    if len(possible) > 1:
        right = {month: found for month, found in possible.items() if found.weekday() in words.weekdays}
        possible = right if len(right) == 1 else possible
    if len(possible) > 1:
        language = date_words.bare(reader.language)
        possible = {month: day for month, day in possible.items() if language in words.months[month]}
    return next(iter(possible.values())) if len(possible) == 1 else None
