"""Times of day → instants, also on the days when clocks are changed.

A time that a clock skips is the moment at which it skips; one that it shows twice is the first of the two. So what
happens at a time of day happens once a day, and hours from one time to another begin once and end once.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from monitor.model import QuietHours, Timetable

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Not strftime: its names change with the process's locale.
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)
_DAYS_AROUND: Final = range(-1, 15)
"""Two weeks: should a zone skip a whole day of the week (Samoa did), the next one is among them."""


def zone_of(name: str) -> tzinfo:
    """UTC where the machine does not know the zone: one without a time zone database still tells the news."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def instant(day: date, at: time, zone: tzinfo) -> datetime:
    """When the clocks of `zone` show that time on that day: the first time, or when they skip it."""
    local = datetime.combine(day, at)
    first = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if first.astimezone(zone).replace(tzinfo=None) == local:
        return first
    return _skipped(local, zone)


def _skipped(local: datetime, zone: tzinfo) -> datetime:
    """The moment at which clocks go forward past `local`: it lies between the two readings of it (PEP 495)."""
    early = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    late = local.replace(tzinfo=zone, fold=0).astimezone(UTC)
    while late - early > _SECOND:
        middle = early + (late - early) // 2
        if middle.astimezone(zone).replace(tzinfo=None) < local:
            early = middle
        else:
            late = middle
    return late.replace(microsecond=0)


def quiet_until(now: datetime, quiet: QuietHours | None) -> datetime | None:
    """When the quiet hours end in which `now` lies; None: it lies in none."""
    if quiet is None:
        return None
    zone = zone_of(quiet.zone)
    today = now.astimezone(zone).date()
    over_midnight = quiet.end <= quiet.start
    for begun in (today - _DAY, today):
        end = instant(begun + _DAY if over_midnight else begun, quiet.end, zone)
        if instant(begun, quiet.start, zone) <= now < end:
            return end
    return None


def next_time(now: datetime, timetable: Timetable, zone_name: str) -> datetime:
    """The first of its times after `now`."""
    zone = zone_of(zone_name)
    today = now.astimezone(zone).date()
    days = (today + number * _DAY for number in _DAYS_AROUND)
    coming = (
        at
        for day in days
        if day.weekday() in timetable.days
        for at in sorted(instant(day, one, zone) for one in timetable.times)
        if at > now
    )
    return next(coming)


def hour_of(now: datetime) -> datetime:
    """When the hour began in which alerts are counted."""
    return now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def clock(at: datetime, zone_name: str, *, now: datetime) -> str:
    """`at` as people say it now: the time, and the day where it is not within half a day."""
    local = at.astimezone(zone_of(zone_name))
    if abs(at - now) <= _DAY / 2:
        return f"{local:%H:%M}"
    return f"{DAYS[local.weekday()]} {local.day} {MONTHS[local.month - 1]}, {local:%H:%M}"
