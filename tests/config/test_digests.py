from datetime import time

import pytest

from monitor.model import Timetable


def rule_with(folder, digest):
    folder.write("monitor.toml", "")
    folder.write("rules/r.toml", f'[[rule]]\nid = "r"\nquery = "paris"\ndigest = {digest}\n')
    return folder.load()


@pytest.mark.parametrize(
    ("digest", "times", "days"),
    [
        ('"daily 08:00"', (time(8),), frozenset(range(7))),
        ('"Daily  23:59"', (time(23, 59),), frozenset(range(7))),
        ('"weekly mon 08:00"', (time(8),), frozenset({0})),
        ('"weekly sunday 08:00"', (time(8),), frozenset({6})),
        ('"every 4h"', tuple(time(hour) for hour in range(0, 24, 4)), frozenset(range(7))),
        ('"every 90m"', tuple(time(number * 3 // 2, number % 2 * 30) for number in range(16)), frozenset(range(7))),
        ('"every 1d"', (time(0),), frozenset(range(7))),
    ],
)  # fmt: skip
def test_a_digest_is_read_as_times_of_day(folder, digest, times, days):
    assert rule_with(folder, digest).config.rules["r"].digest == Timetable(times=times, days=days)


@pytest.mark.parametrize(
    ("digest", "cure"),
    [
        ('"daily"', 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'),
        ('"hourly"', 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'),
        ('"daily 8:00"', 'write hours and minutes: "22:00"'),
        ('"daily 24:00"', 'write hours and minutes: "22:00"'),
        ('"weekly 08:00"', 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'),
        ('"weekly lundi 08:00"', "write one of mon, tue, wed, thu, fri, sat, sun"),
        ('"weekly mo 08:00"', "write one of mon, tue, wed, thu, fri, sat, sun"),
        ('"weekly monster 08:00"', "write one of mon, tue, wed, thu, fri, sat, sun"),
        ('"every 5h"', 'write "every 15m"'),
        ('"every 5m"', 'write "every 15m"'),
        ('"every 2d"', 'write "every 15m"'),
        ('"every soon"', 'write "90s", "15m", "2h" or "7d"'),
        ("8", 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'),
        ("true", 'write "daily 08:00", "weekly mon 08:00" or "every 4h"'),
    ],
)
def test_what_is_no_digest_is_refused_at_its_place_with_the_cure(folder, digest, cure):
    [problem] = [one for one in rule_with(folder, digest).problems if one.rule == "r"]
    assert (problem.place.line, problem.place.column) == (4, 10)
    assert (problem.cure or "").startswith(cure)
