from dataclasses import replace
from datetime import time, timedelta

import pytest
from samples.news import DAY, HOUR, MINUTE, NOW, config

from monitor.core.alerts.holding import CATCHING_UP, Holding, Pause, Traffic, hold
from monitor.model import Feed, Occasion, QuietHours, Rule, Timetable

AN_INSTANT = timedelta(microseconds=1)
PLAIN = Rule(id="paris", query="paris")
QUIET = QuietHours(start=time(20), end=time(7), zone="Europe/Paris")  # now it is 21:00 there
PAUSE = Pause(since=NOW - 9 * HOUR, until=NOW)
MORNING = Timetable(times=(time(8),))
BUSY = {("paris", "desk"): 30}


TWO = {feed_id: Feed(id=feed_id, url=f"https://{feed_id}.example/") for feed_id in ("wire", "other")}


def held(rule=PLAIN, *, traffic=None, at=NOW, feed_id="", **keys):
    question = Holding(
        rule=rule,
        channel="desk",
        feed_id=feed_id,
        now=at,
        config=config(**keys),
        traffic=traffic or Traffic(),
    )
    return hold(question)


@pytest.mark.parametrize(
    ("found", "occasion", "until"),
    [
        (held(), None, None),
        (held(quiet_hours=QUIET), Occasion.QUIET, NOW + 10 * HOUR),
        (held(replace(PLAIN, priority="urgent"), quiet_hours=QUIET), None, None),
        (held(replace(PLAIN, quiet_hours=False), quiet_hours=QUIET), None, None),
        (held(replace(PLAIN, priority="high"), quiet_hours=QUIET), Occasion.QUIET, NOW + 10 * HOUR),
        (held(traffic=Traffic(sent=BUSY)), Occasion.LIMIT, NOW + HOUR),
        (held(traffic=Traffic(sent={("paris", "desk"): 29, ("paris", "mail"): 99})), None, None),
        (held(replace(PLAIN, digest=MORNING)), Occasion.DIGEST, NOW + 11 * HOUR),
        (held(replace(PLAIN, digest=MORNING, priority="urgent")), Occasion.DIGEST, NOW + 11 * HOUR),
        (held(replace(PLAIN, digest=MORNING), quiet_hours=QUIET), Occasion.DIGEST, NOW + 11 * HOUR),
        (held(replace(PLAIN, group="rule")), Occasion.RULE, NOW + timedelta(seconds=30)),
        (held(traffic=Traffic(missed=PAUSE)), Occasion.PAUSE, NOW + HOUR),
        (held(replace(PLAIN, priority="urgent"), traffic=Traffic(missed=PAUSE)), Occasion.PAUSE, NOW + HOUR),
    ],
)  # fmt: skip
def test_what_an_alert_waits_for(found, occasion, until):
    assert (found and found.occasion, found and found.until) == (occasion, until)


def test_catching_up_with_a_pause_ends():
    late = Pause(since=NOW - 9 * HOUR, until=NOW - CATCHING_UP)
    assert held(traffic=Traffic(missed=replace(late, until=late.until + AN_INSTANT)))
    assert held(traffic=Traffic(missed=late)) is None


@pytest.mark.parametrize("minutes", [0, 1, 59])
def test_a_busy_hour_ends_with_the_hour(minutes):
    found = held(traffic=Traffic(sent=BUSY), at=NOW + minutes * MINUTE)
    assert found.until == NOW + HOUR
    assert found.said("Europe/Paris", now=NOW) == "held until 22:00 (more than 30 in an hour)"


@pytest.mark.parametrize(
    ("most", "its_part"), [(1, 1), (2, 2), (3, 3), (4, 3), (9, 3), (11, 3), (12, 4), (30, 10), (1000, 333)]
)
def test_a_feed_may_use_a_third_of_the_limit_and_leaves_the_rest_to_others(most, its_part):
    def after(count, *, total=0, feed_id="wire", rule=PLAIN, feeds=TWO):
        traffic = Traffic(
            sent={("paris", "desk"): max(count, total)}, of_feeds={("paris", "desk", "wire"): count}
        )
        return held(rule, traffic=traffic, feed_id=feed_id, feeds=feeds, max_per_hour=most)

    assert after(its_part - 1) is None
    found = after(its_part)
    assert (found.occasion, found.until) == (Occasion.LIMIT, NOW + HOUR)
    whose = " of feed wire" if its_part < most else ""
    assert found.why == f"more than {its_part}{whose} in an hour"
    if its_part < most:
        assert after(its_part, feed_id="other") is None, "another feed's report goes out"
        assert after(its_part, feed_id="") is None, "so does what no feed alone causes"
        for alone in ({"feeds": {"wire": TWO["wire"]}}, {"rule": replace(PLAIN, feeds=("wire",))}):
            assert after(most - 1, **alone) is None, "no other feed has to be left room"
        assert after(its_part, rule=replace(PLAIN, feeds=("tag:wires",))).why == found.why
    assert after(its_part - 1, total=most).why == f"more than {most} in an hour"


def test_a_far_end_is_said_with_its_day():
    weekly = Timetable(times=(time(8),), days=frozenset({0}))
    found = held(replace(PLAIN, digest=weekly))
    assert found.until == NOW + 5 * DAY + 11 * HOUR
    assert found.said("Europe/Paris", now=NOW) == "held until Mon 12 Jan, 08:00 (for its digest)"
