from datetime import time

from hypothesis import given
from hypothesis import strategies as st
from samples.news import HOUR, NOW, config, delivery, rules

from monitor.core.alerts.summaries import Held, plan_release
from monitor.model import AlertKind, DeliveryState, Occasion, QuietHours

URGENT = {**rules("paris"), **rules("alarm", priority="urgent")}
QUIET = QuietHours(start=time(20), end=time(7), zone="Europe/Paris")  # now it is 21:00 there


def held(number, occasion=Occasion.QUIET, *, rule="paris", at=NOW, channel="desk", recipient=""):
    return Held(
        delivery=delivery(
            id=f"d{number}", alert_id=number, state=DeliveryState.HELD, next_attempt_at=at, channel=channel,
            recipient=recipient, held_for=occasion,
        ),
        occasion=occasion,
        rules=(rule,),
        created_at=NOW - HOUR,
        story_id=number,
    )  # fmt: skip


def plan(*some, ended=(), **alerting):
    own = config(rules=URGENT, **alerting)
    return plan_release(some, ended=ended, next_alert_id=100, config=own, now=NOW)


def test_each_occasion_is_one_alert_with_a_delivery_for_each_recipient():
    found = plan(
        held(1), held(2, recipient="ann"), held(3, recipient="ann"), held(4, Occasion.LIMIT),
        held(6, Occasion.LIMIT), held(5, channel="mail"),
    )  # fmt: skip
    assert [(one.id, one.occasion, one.kind) for one in found.alerts] == [
        (100, Occasion.QUIET, AlertKind.SUMMARY), (101, Occasion.LIMIT, AlertKind.SUMMARY),
    ]  # fmt: skip
    assert found.told == {100: ("d1", "d2", "d3", "d5"), 101: ("d4", "d6")}
    assert [(one.alert_id, one.channel, one.recipient) for one in found.deliveries] == [
        (100, "desk", ""), (100, "desk", "ann"), (100, "mail", ""), (101, "desk", ""),
    ]  # fmt: skip
    assert found.stories == {1, 2, 3, 4, 5, 6}


def test_what_is_not_due_stays():
    assert plan(held(1, at=NOW + HOUR)).told == {}
    assert plan(held(1, at=NOW + HOUR), ended={Occasion.LIMIT}).told == {}
    assert plan(held(1, at=NOW + HOUR), ended={Occasion.QUIET}).told == {100: ("d1",)}


def test_what_a_rule_gathers_goes_with_the_first_of_it_and_each_rule_has_its_own():
    later = NOW + HOUR
    found = plan(
        held(1, Occasion.RULE), held(2, Occasion.RULE, at=later), held(3, Occasion.RULE, rule="alarm", at=later)
    )  # fmt: skip
    assert found.told == {100: ("d1", "d2")}


def test_a_wait_that_ends_in_quiet_hours_goes_on_but_for_urgent_rules():
    found = plan(
        held(1, Occasion.LIMIT), held(2, Occasion.LIMIT, rule="alarm"), held(4, Occasion.LIMIT, rule="alarm"),
        held(3, Occasion.DIGEST, rule="alarm"), quiet_hours=QUIET,
    )  # fmt: skip
    assert found.told == {100: ("d2", "d4")}
    assert found.postponed == ("d1", "d3")
    assert found.quiet_until == NOW + 10 * HOUR


def test_what_is_all_that_a_recipient_waited_for_goes_by_itself_into_its_thread():
    found = plan(
        held(1, Occasion.PAUSE), held(2, Occasion.PAUSE, recipient="ann"), held(3, Occasion.PAUSE, recipient="ann"),
        held(4, Occasion.LIMIT, channel="mail"), held(5, channel="mail"),
    )  # fmt: skip
    assert found.alone == ("d1", "d4")
    assert found.told == {100: ("d2", "d3"), 101: ("d5",)}
    assert found.stories == {1, 2, 3, 4, 5}


def test_a_rule_that_was_taken_out_of_the_config_is_told_what_was_held_for_it():
    assert plan(held(1, rule="gone")).told == {100: ("d1",)}


@given(
    st.lists(
        st.tuples(st.sampled_from(Occasion), st.sampled_from(["paris", "alarm", "gone"]), st.integers(-1, 1)),
        max_size=12,
    ),
    st.sets(st.sampled_from(Occasion)),
    st.sampled_from([None, QUIET]),
)
def test_whatever_is_due_is_told_once_or_waits_on_and_nothing_else_moves(some, ended, quiet):
    waiting = [
        held(number, occasion, rule=rule, at=NOW + when * HOUR)
        for number, (occasion, rule, when) in enumerate(some)
    ]
    found = plan(*waiting, ended=ended, quiet_hours=quiet)
    told = [one for some in found.told.values() for one in some]
    moved = [*told, *found.alone, *found.postponed]
    assert len(set(moved)) == len(moved)
    due = {one.delivery.id for one in waiting if one.delivery.next_attempt_at <= NOW or one.occasion in ended}
    gathered = {one.delivery.id for one in waiting if one.occasion is Occasion.RULE}
    assert due <= set(moved) <= due | gathered
    assert {one.alert_id for one in found.deliveries} == {one.id for one in found.alerts} == set(found.told)
