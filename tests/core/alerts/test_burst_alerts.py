import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import DAY, HOUR, MINUTE, NOW, feed_state, match, rules

from monitor.core.alerts import burst_alerts, burst_test
from monitor.core.alerts.burst_alerts import PaceFacts, Reported
from monitor.core.alerts.burst_test import Covered, PaceState, hour_number, hour_start
from monitor.core.polling import quiet
from monitor.model import AlertKind, LastBody, PollYield, Rhythm

NOON = NOW.replace(hour=12)
HOUR_NOW = hour_number(NOON)
FOUR_WEEKS = range(HOUR_NOW - burst_test.HISTORY_HOURS, HOUR_NOW + 1)
PARIS = rules("paris", title="The declaration")["paris"]
COURSE = PaceState(rule_id="paris", rule_version="1", since_at=NOON - 30 * DAY)
STEADY = burst_test.usual(dict.fromkeys(FOUR_WEEKS, 2), FOUR_WEEKS, before=HOUR_NOW)


def reported(count, *, story_id=1, feeds=None, title="Declaration signed", url="https://wire.example/1"):
    return [
        Reported(feed_id=f"feed{number % (feeds or count)}", story_id=story_id, title=title, url=url)
        for number in range(count)
    ]


def stand(known=STEADY, found=(), **keys):
    watched = keys.pop("watched", list(FOUR_WEEKS))
    course = replace(COURSE, **keys)
    return PaceFacts(rule=PARIS, course=course, known=known, watched=watched, reported=found)


def by_day(hours, *, until=HOUR_NOW):
    """A report in each of these hours of every day."""
    return {hour: 3 for hour in FOUR_WEEKS if hour % 24 in hours and hour < until}


# ── the usual pace ──


def test_a_steady_rule_has_its_rate_at_every_hour():
    assert STEADY.hourly == pytest.approx((2.0,) * 24, rel=0.02)
    assert STEADY.watched == timedelta(hours=burst_test.HISTORY_HOURS)
    assert STEADY.longest_quiet == timedelta(0)
    assert STEADY.spread == 1.0


def test_hours_in_which_nobody_looked_teach_nothing():
    half = [hour for hour in FOUR_WEEKS if hour % 24 < 12]
    known = burst_test.usual(dict.fromkeys(half, 2), half, before=HOUR_NOW)
    assert known.hourly[6] == pytest.approx(2.0, rel=0.05)
    assert known.watched == timedelta(hours=len(half) - (HOUR_NOW % 24 < 12))
    assert known.longest_quiet == timedelta(0)


def test_last_weeks_burst_is_not_this_weeks_usual():
    calm = dict.fromkeys(FOUR_WEEKS, 1)
    after = burst_test.usual(calm | {HOUR_NOW - 100: 500}, FOUR_WEEKS, before=HOUR_NOW)
    before = burst_test.usual(calm, FOUR_WEEKS, before=HOUR_NOW)
    assert sum(after.hourly) == pytest.approx(sum(before.hourly), rel=0.1)
    assert after.spread < 2


def test_nothing_watched_is_nothing_known():
    known = burst_test.usual({}, [], before=HOUR_NOW)
    assert (known.watched, known.last_hour, known.hourly) == (timedelta(0), None, (0.0,) * 24)


def test_the_present_hour_is_expected_as_far_as_it_has_gone():
    flat = (6.0,) * 24
    assert burst_test.expected(flat, [HOUR_NOW - 1, HOUR_NOW], NOON) == 6.0
    assert burst_test.expected(flat, [HOUR_NOW - 1, HOUR_NOW, HOUR_NOW + 1], NOON + 30 * MINUTE) == 9.0
    assert burst_test.expected(flat, [HOUR_NOW], NOON + 59 * MINUTE) == pytest.approx(5.9)


# ── bursts ──


@given(st.integers(0, 4), st.floats(0, 100), st.integers(0, 50))
def test_fewer_than_five_reports_are_never_a_burst(reports, expects, outlets):
    assert not burst_test.is_burst(STEADY, reports=reports, outlets=outlets, expects=expects)


@given(st.integers(5, 500), st.floats(0.01, 50), st.floats(1, 10))
def test_more_reports_are_no_less_a_burst(reports, expects, spread):
    known = replace(STEADY, spread=spread)
    fewer = burst_test.is_burst(known, reports=reports, outlets=9, expects=expects)
    more = burst_test.is_burst(known, reports=reports + 1, outlets=9, expects=expects)
    assert more or not fewer


@given(st.floats(0.5, 30), st.integers(1, 100))
def test_the_chance_is_an_upper_bound_of_poissons(expects, reports):
    exact = 1 - sum(math.exp(-expects + n * math.log(expects) - math.lgamma(n + 1)) for n in range(reports))
    assert burst_test._chance(reports, expects, 1.0) >= exact - 1e-9


@pytest.mark.parametrize(
    ("changed", "reports", "outlets", "expected"),
    [
        ({}, 30, 12, True),
        ({}, 30, 3, True),
        ({}, 30, 2, False),
        ({}, 11, 11, False),
        ({"watched": 3 * DAY - HOUR}, 30, 12, False),
        ({"watched": 3 * DAY}, 30, 12, True),
        ({"spread": 8.0}, 30, 12, False),
    ],
)
def test_a_burst_is_far_above_the_usual_of_a_pace_that_is_known(changed, reports, outlets, expected):
    known = replace(STEADY, **changed)
    assert burst_test.is_burst(known, reports=reports, outlets=outlets, expects=4.0) is expected


def test_a_burst_is_told_once_and_says_how_much_and_what():
    found = [*reported(4, story_id=2, title="Talks go on", url=None), *reported(20)]
    course, said = burst_alerts.after_burst(stand(found=found), NOON, zone="Europe/Paris")
    assert said.kind is AlertKind.BURST
    assert said.text.splitlines() == [
        "Burst: The declaration: 24 reports by 20 outlets since 12:00, usually 2.",
        "20 outlets: Declaration signed",
        "https://wire.example/1",
        "4 outlets: Talks go on",
    ]
    again, more = burst_alerts.after_burst(
        stand(found=found, hot_at=course.hot_at), NOON + MINUTE, zone="Europe/Paris"
    )
    assert (again.hot_at, more) == (NOON + MINUTE, None)


def test_one_outlets_many_pieces_about_a_story_are_one_report():
    _, said = burst_alerts.after_burst(stand(found=reported(40, feeds=4)), NOON, zone="UTC")
    assert said is None


def test_a_burst_goes_on_until_it_was_calm_for_hours_and_then_another_may_come():
    calm = stand(found=reported(2), hot_at=NOON)
    still, _ = burst_alerts.after_burst(calm, NOON + burst_test.CALM_AFTER - MINUTE, zone="UTC")
    over, said = burst_alerts.after_burst(calm, NOON + burst_test.CALM_AFTER, zone="UTC")
    assert (still.hot_at, over.hot_at, said) == (NOON, None, None)
    later = NOON + burst_test.CALM_AFTER
    _, again = burst_alerts.after_burst(stand(found=reported(30), hot_at=over.hot_at), later, zone="UTC")
    assert again is not None


def test_a_title_with_line_breaks_stays_one_line_of_a_burst():
    found = reported(30, title="Signed\n\nBurst: ours\r\n: x", url=None)
    _, said = burst_alerts.after_burst(stand(found=found), NOON, zone="UTC")
    assert len(said.text.splitlines()) == 2


# ── lulls ──

OFFICE = range(8, 18)
BROKEN_AT = HOUR_NOW - 72
"""Noon, three days ago."""
QUIET_SINCE = by_day(OFFICE, until=BROKEN_AT)
KNOWN = burst_test.usual(QUIET_SINCE, FOUR_WEEKS, before=HOUR_NOW)


def lull_at(known, hour, watched=FOUR_WEEKS):
    return burst_test.missing(known, list(watched), hour_start(hour)) is not None


def test_a_lull_is_told_when_it_is_longer_than_ever_and_enough_is_missing():
    assert KNOWN.longest_quiet == 14 * HOUR
    told = [hour for hour in range(BROKEN_AT, HOUR_NOW) if lull_at(KNOWN, hour)]
    assert told[0] == BROKEN_AT + 28
    assert {hour % 24 for hour in told} <= set(range(7, 19))


def test_a_night_that_is_usually_quiet_is_no_lull():
    calm = burst_test.usual(by_day(OFFICE), FOUR_WEEKS, before=HOUR_NOW)
    assert not any(lull_at(calm, hour) for hour in range(HOUR_NOW - 72, HOUR_NOW))


def test_a_weekend_that_is_usually_quiet_is_no_lull():
    weekdays = {hour: 3 for hour in FOUR_WEEKS if hour % 24 in OFFICE and hour_start(hour).weekday() < 5}
    known = burst_test.usual(weekdays, FOUR_WEEKS, before=HOUR_NOW)
    friday = max(hour for hour in weekdays if hour_start(hour).weekday() == 4)
    quiet = replace(known, last_hour=friday)
    assert not any(lull_at(quiet, hour, range(FOUR_WEEKS[0], hour)) for hour in range(friday, friday + 66))


def test_the_time_in_which_nobody_looked_is_no_lull():
    watched = [hour for hour in FOUR_WEEKS if hour <= BROKEN_AT]
    assert lull_at(KNOWN, HOUR_NOW)
    assert not lull_at(KNOWN, HOUR_NOW, [*watched, HOUR_NOW])


def test_what_was_watched_for_less_than_two_weeks_or_never_found_anything_has_no_lull():
    assert not lull_at(replace(KNOWN, watched=14 * DAY - HOUR), HOUR_NOW)
    assert not lull_at(replace(KNOWN, last_hour=None), HOUR_NOW)
    rare = burst_test.usual({BROKEN_AT - 24 * day: 1 for day in range(0, 25, 3)}, FOUR_WEEKS, before=HOUR_NOW)
    assert not lull_at(rare, HOUR_NOW)


def test_a_lull_is_told_once_and_says_whether_it_seems_broken():
    fine, broken = feed_state(feed_id="a"), feed_state(feed_id="b", failures=3)
    course, said = burst_alerts.after_lull(stand(KNOWN), NOON, zone="UTC", feeds=[fine, broken, broken])
    assert said.kind is AlertKind.LULL
    first, second = said.text.splitlines()
    assert first.startswith("Lull: The declaration: no report since Sat 3 Jan, 12:00, where usually some ")
    assert second == "2 of its 3 feeds fail (b, b): it may be broken."
    again, more = burst_alerts.after_lull(
        stand(KNOWN, lull_hour=course.lull_hour), NOON + HOUR, zone="UTC", feeds=[fine]
    )
    assert (again, more) == (replace(COURSE, lull_hour=course.lull_hour), None)


@pytest.mark.parametrize(
    ("failing", "words"),
    [(0, "All of its 4 feeds answer: it seems to be calm."), (1, "most answer"), (3, "it may be broken")],
)
def test_the_feeds_of_a_rule_tell_broken_from_calm(failing, words):
    states = [feed_state(feed_id=f"f{number}", failures=int(number < failing)) for number in range(4)]
    _, said = burst_alerts.after_lull(stand(KNOWN), NOON, zone="UTC", feeds=states)
    assert words in said.text


# ── feeds ──

BUSY = feed_state(
    rhythm=Rhythm(hours=(28.0,) * 24, days=28.0, last_entry_at=NOON - 30 * HOUR, longest_quiet_s=5 * 3600.0),
    baseline_at=NOON - 28 * DAY,
    last_poll_at=NOON - MINUTE,
    last_success_at=NOON - MINUTE,
    body=LastBody(at=NOON - MINUTE),
)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({}, "with nothing new: calm, or its address is out of date."),
        (
            {"body": LastBody(at=NOON - DAY)},
            "unchanged since Mon 5 Jan, 12:00: calm, or given up by its publisher.",
        ),
        ({"failures": 4, "last_error": "status 503"}, "Broken: its last 4 polls failed, the last at 11:59: "),
    ],
)
def test_a_quiet_feed_is_told_with_what_its_polls_say(changed, words):
    line = burst_alerts.feed_lull(replace(BUSY, **changed), FOUR_WEEKS, NOON, zone="UTC")
    assert line.startswith("wire: no entry since Mon 5 Jan, 06:00, where usually some 29 would have come. ")
    assert words in line


@pytest.mark.parametrize(
    "changed",
    [
        {"rhythm": replace(BUSY.rhythm, hours=(), days=0.0)},
        {"rhythm": replace(BUSY.rhythm, last_entry_at=None)},
        {"rhythm": replace(BUSY.rhythm, last_entry_at=NOON - HOUR)},
        {"rhythm": replace(BUSY.rhythm, longest_quiet_s=20 * 3600.0)},
        {"baseline_at": NOON - 13 * DAY},
        {"baseline_at": None},
    ],
)
def test_a_feed_that_is_new_or_rare_or_often_quiet_for_so_long_is_in_no_lull(changed):
    assert burst_alerts.feed_lull(replace(BUSY, **changed), FOUR_WEEKS, NOON, zone="UTC") is None


def test_many_quiet_feeds_are_one_note():
    assert burst_alerts.lulls_note(["wire: quiet"]) == "Quiet feed wire: quiet"
    lines = burst_alerts.lulls_note([f"feed{number}: quiet" for number in range(25)]).splitlines()
    assert lines[0] == "25 feeds have gone quiet."
    assert lines[-1] == "… and 5 more: `monitor feeds list`"
    assert len(lines) == 22


def test_where_most_polls_fail_it_is_our_own_connection():
    fine, broken = feed_state(), feed_state(failures=1)
    assert burst_alerts.is_offline([broken, broken, fine])
    assert not burst_alerts.is_offline([broken, fine])
    assert not burst_alerts.is_offline([])


def test_the_longest_quiet_is_between_dates_and_fades():
    first = quiet.learn(
        feed_state(), PollYield(published_at=(NOON - 9 * DAY, NOON - 8 * DAY, NOON - 5 * DAY)), now=NOON
    )
    assert (first.rhythm.last_entry_at, first.rhythm.longest_quiet_s) == (NOON - 5 * DAY, 3 * 86_400)
    same = quiet.learn(first, PollYield(published_at=(NOON - 7 * DAY, NOON + DAY)), now=NOON)
    assert same == first
    later = quiet.learn(first, PollYield(published_at=(NOON - 4 * DAY,)), now=NOON)
    assert later.rhythm.last_entry_at == NOON - 4 * DAY
    assert DAY.total_seconds() < later.rhythm.longest_quiet_s < 3 * 86_400
    assert quiet.learn(first, PollYield(), now=NOON) == first


# ── what counts ──


def test_the_hour_of_an_instant_holds_it():
    assert hour_start(hour_number(NOON)) == NOON
    assert hour_number(NOON - MINUTE) == hour_number(NOON) - 1


def test_a_report_counts_by_when_it_was_told():
    assert Covered.of(match(), reported_at=NOON).hour == HOUR_NOW
