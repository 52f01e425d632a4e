"""Plots as SVG, made here: no script draws, nothing is loaded; what they show is also said in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from markupsafe import Markup

HEIGHT: Final = 48
LEAST_BARS: Final = 24
"""A few of them would fill the page."""
WIDTH: Final = 8
"""Of a bar with its gap, in units that the style stretches."""


@dataclass(frozen=True, slots=True)
class Bar:
    """So many, in the time that begins then."""

    at: datetime
    count: int
    other: int = 0
    """Of what it is compared with."""


def hours_of(moments: Sequence[datetime]) -> list[Bar]:
    """A bar an hour from the first to the last, or one a day where that would be too many."""
    if not moments:
        return []
    step = timedelta(hours=1) if max(moments) - min(moments) <= timedelta(days=3) else timedelta(days=1)
    return counted(moments, step=step)


def counted(moments: Sequence[datetime], *, step: timedelta) -> list[Bar]:
    first = _floor(min(moments), step)
    number = max(LEAST_BARS, int((max(moments) - first) / step) + 1)
    counts = [0] * number
    for one in moments:
        counts[int((one - first) / step)] += 1
    return [Bar(first + place * step, count) for place, count in enumerate(counts)]


def days(hourly: Mapping[int, int], *, now: datetime, number: int) -> list[Bar]:
    """A bar a day (UTC) up to today; `hourly`: by hours since 1970."""
    today = int(now.timestamp()) // 86_400
    counts = dict.fromkeys(range(today - number + 1, today + 1), 0)
    for hour, count in hourly.items():
        if hour // 24 in counts:
            counts[hour // 24] += count
    return [Bar(datetime.fromtimestamp(day * 86_400, UTC), count) for day, count in counts.items()]


def svg(bars: Sequence[Bar], *, said: str) -> Markup:
    """Bars, the present ones over those they are compared with; `said` is what it shows, for who cannot see it."""
    most = max((max(bar.count, bar.other) for bar in bars), default=0) or 1
    width = max(len(bars), 1) * WIDTH
    drawn = Markup("").join(_bar(bar, place, most) for place, bar in enumerate(bars))
    return Markup(
        '<svg class="plot" role="img" aria-label="{}" viewBox="0 0 {} {}" preserveAspectRatio="none">'
        '<line class="plot-base" x1="0" y1="{}" x2="{}" y2="{}"></line>{}</svg>'
    ).format(said, width, HEIGHT, HEIGHT, width, HEIGHT, drawn)


def _bar(bar: Bar, place: int, most: int) -> Markup:
    drawn = Markup("")
    day = f"{bar.at:%Y-%m-%d}" if not bar.at.hour else f"{bar.at:%Y-%m-%d %H:00} UTC"
    for count, name in ((bar.other, "plot-other"), (bar.count, "plot-bar")):
        if count:
            high = max(2.0, (HEIGHT - 2) * count / most)
            drawn += Markup(
                '<rect class="{}" x="{}" y="{:.1f}" width="{}" height="{:.1f}"><title>{}: {}</title></rect>'
            ).format(name, place * WIDTH + 1, HEIGHT - high, WIDTH - 2, high, day, count)
    return drawn


def _floor(moment: datetime, step: timedelta) -> datetime:
    return datetime.fromtimestamp(moment.timestamp() // step.total_seconds() * step.total_seconds(), UTC)
