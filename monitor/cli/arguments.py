"""Options that several commands share."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`, as in the config."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f'"{text}" is no length of time: write 90s, 15m, 2h or 7d')
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def moment(text: str, *, zone: str, now: datetime) -> datetime:
    """`07:00` (the next after `now`), `2026-01-07`, `2026-01-07T07:00` by the clock of `zone`; `…+02:00` by its own.

    An hour that the clock leaves out in spring is the one after it; of one that it shows twice, the first.
    """
    try:
        if re.fullmatch(r"\d\d:\d\d", text):
            return _next(time.fromisoformat(text), ZoneInfo(zone), now)
        found = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(
            f'"{text}" is no time: write 07:00, 2026-01-07 or 2026-01-07T07:00'
        ) from None
    return (found if found.tzinfo else found.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


def _next(at: time, clock: ZoneInfo, now: datetime) -> datetime:
    """The next instant at which the clock shows `at`."""
    today = now.astimezone(clock).date()
    days = (datetime.combine(today + timedelta(days=one), at, clock) for one in range(2))
    return next(day for day in (each.astimezone(UTC) for each in days) if day > now)


Limit = Annotated[
    int | None,
    typer.Option(min=0, metavar="N", help="At most so many; 0: all. Default: 100 on a terminal, else all."),
]
Since: Any = Annotated[
    timedelta | None,
    typer.Option(
        parser=duration, metavar="LENGTH", help="Only what was first seen within: 90s, 15m, 2h, 7d."
    ),
]
