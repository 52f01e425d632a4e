"""The figures of a date → days, times, offsets; ValueError where they are none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from monitor.feeds import zones

EARLIEST_YEAR: Final = 1900
FURTHEST_ZONE_S: Final = 15 * zones.HOUR


def day_or_none(year: str, month: str, day: str) -> date | None:
    """The day; None: the calendar has none such."""
    try:
        return date(full_year(year), int(month), int(day))
    except ValueError:
        return None


def full_year(written: str) -> int:
    """With its century; Buddhist years are made ours."""
    number = int(written)
    if len(written) == 2:
        return number + (2000 if number < 69 else 1900)  # POSIX: 69 to 99 are the twentieth century
    return number - 543 if 2400 < number < 2700 else number  # the Buddhist era of Thailand


def numbered_day(year: int, *, week: str | None, weekday: str, day: str) -> date:
    """A day by its week (ISO 8601) or its number in the year. Raises ValueError."""
    if week:
        return date.fromisocalendar(year, int(week), int(weekday))
    found = date(year, 1, 1) + timedelta(days=int(day) - 1)
    if found.year != year:
        raise ValueError
    return found


def time_of_day(hour: str, minute: str, second: str | None) -> timedelta:
    """24 o'clock is the end of the day (ISO 8601). Seconds of three digits have one too many, or a nought."""
    seconds = int(second or 0)
    if seconds > 60:
        seconds = int((second or "")[:2])
    if int(hour) > 24 or int(minute) > 59 or seconds > 60:
        raise ValueError
    return timedelta(hours=int(hour), minutes=int(minute), seconds=min(seconds, 59))


def halved(at: timedelta, *, afternoon: bool | None) -> timedelta | None:
    """None for a morning at 16 o'clock."""
    noon = timedelta(hours=12)
    if afternoon is None or (afternoon and at >= noon + timedelta(hours=1)):
        return at
    if at >= noon + timedelta(hours=1):
        return None
    return at % noon + (noon if afternoon else timedelta())


def offset_s(written: str | None) -> float:
    """Of `+01`, `+1:00`, `-0530`."""
    if not written:
        return 0.0
    digits = written[1:].replace(":", "")
    hours, minutes = (digits, "0") if len(digits) <= 2 else (digits[:-2], digits[-2:])
    seconds = int(hours) * 3_600 + int(minutes) * 60
    if seconds > FURTHEST_ZONE_S:
        raise ValueError
    return -seconds if written[0] == "-" else seconds


def in_utc(day: date, at: timedelta, offset_s: float) -> datetime | None:
    """The instant; None: before there were feeds."""
    instant = datetime.combine(day, time(), UTC) + at - timedelta(seconds=offset_s)
    return instant if instant.year >= EARLIEST_YEAR else None
