from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import HOUR, MINUTE, NOW, alert, config, decision, entry, match

from monitor.core.alerts.compose import Material
from monitor.core.alerts.dedup import ToldAlert
from monitor.core.alerts.planner import AlertPlanner
from monitor.core.alerts.silences import muted, said, silence_of
from monitor.core.stories.report import Report
from monitor.model import AlertKind, Silence, Verdict

SILENCE = Silence(
    id=12, rule_id=None, feed_id=None, story_id=None,
    from_at=NOW - HOUR, until_at=NOW + HOUR, comment="", who="ann",
)  # fmt: skip
A_MATCH = {"rule_id": "paris", "feed_id": "wire", "story_id": 88}


def silence(**keys):
    return replace(SILENCE, **keys)


def found(*silences, now=NOW, **keys):
    return silence_of(silences, **{**A_MATCH, **keys}, now=now)


def material(*decisions, entries=(), **keys):
    return Material(
        alert=alert(**keys), story=None, entries=entries, decisions=decisions,
        outlets={}, feeds=1, languages=(), told_before=False,
    )  # fmt: skip


# ── which one holds ──


@pytest.mark.parametrize("part", ["rule_id", "feed_id", "story_id"])
def test_a_part_that_is_named_has_to_agree_and_the_others_may_be_any(part):
    assert found(silence(**{part: A_MATCH[part]}))
    assert not found(silence(**{part: 7 if part == "story_id" else "other"}))


def test_all_parts_that_are_named_have_to_agree():
    assert found(silence(**A_MATCH))
    assert not found(silence(**A_MATCH | {"feed_id": "other"}))


def test_it_holds_from_its_first_instant_until_just_before_its_last():
    one = silence(rule_id="paris")
    tick = MINUTE / 60_000_000
    assert not found(one, now=one.from_at - tick)
    assert found(one, now=one.from_at)
    assert found(one, now=one.until_at - tick)
    assert not found(one, now=one.until_at)


def test_of_several_the_one_that_ends_last_gives_the_reason():
    long, short = silence(id=3, until_at=NOW + 5 * HOUR, rule_id="paris"), silence(id=4, rule_id="paris")
    assert found(short, long) == found(long, short) == long
    assert said(long) == "silenced by 3"


@given(st.permutations([silence(id=number, rule_id="paris") for number in range(1, 5)]))
def test_the_reason_does_not_depend_on_the_order(silences):
    assert found(*silences).id == 1


def test_what_comes_from_no_feed_is_silenced_by_its_rule_alone():
    assert found(silence(rule_id="paris"), feed_id=None, story_id=None)
    assert not found(silence(feed_id="wire"), silence(story_id=88), feed_id=None, story_id=None)


# ── what is told ──


def telling(*silences, told=None, now=NOW):
    return AlertPlanner(told=told or {}, next_alert_id=10, config=config(), now=now, silences=silences)


def tell(made, one):
    made.tell(
        one, match(), Report(entry_id=one.id, feed_id=one.feed_id, reported_at=NOW, language="en", story_id=1)
    )


def test_a_silenced_match_is_no_alert_and_says_so():
    made = telling(silence(rule_id="paris"))
    tell(made, entry())
    [decided] = made.decisions
    assert (decided.verdict, decided.reason, decided.alert_id) == (Verdict.SILENCED, "silenced by 12", None)
    assert not made.alerts


def test_a_silenced_match_does_not_use_the_story_up():
    made = telling(silence(feed_id="wire"))
    tell(made, entry(id=1, feed_id="wire"))
    tell(made, entry(id=2, feed_id="other", copy_of=1))
    assert [one.verdict for one in made.decisions] == [Verdict.SILENCED, Verdict.ALERTED]


def test_a_silenced_match_joins_no_message_that_waits():
    waiting = {(1, "paris"): ToldAlert(alert_id=7, waits_until=NOW + MINUTE)}
    made = telling(silence(feed_id="wire"), told=waiting)
    tell(made, entry())
    assert [one.verdict for one in made.decisions] == [Verdict.SILENCED]


# ── what waits to be sent ──


def test_a_message_is_muted_where_all_that_it_tells_is():
    wire, other = entry(id=1, feed_id="wire"), entry(id=2, feed_id="other")
    both = [decision(entry_id=1), decision(entry_id=2)]
    one = silence(feed_id="wire")
    assert muted(material(both[0], entries=[wire]), [one], now=NOW) == one
    assert muted(material(*both, entries=[wire, other]), [one], now=NOW) is None
    assert muted(material(*both, entries=[wire, other]), [silence(rule_id="paris")], now=NOW)


def test_a_muted_message_is_looked_at_again_when_the_first_of_its_silences_ends():
    first, second = silence(id=1, feed_id="wire"), silence(id=2, feed_id="other", until_at=NOW + 2 * HOUR)
    told = material(
        decision(entry_id=1),
        decision(entry_id=2),
        entries=[entry(id=1, feed_id="wire"), entry(id=2, feed_id="other")],
    )
    assert muted(told, [second, first], now=NOW) == first
    assert muted(told, [second, first], now=first.until_at) is None


def test_a_message_without_reports_is_muted_by_its_rules_and_a_note_never():
    about_a_rule = material(rules=("paris",), story_id=None)
    assert muted(about_a_rule, [silence(rule_id="paris")], now=NOW)
    assert not muted(about_a_rule, [silence(feed_id="wire")], now=NOW)
    note = material(kind=AlertKind.NOTE, rules=(), story_id=None)
    assert not muted(note, [silence(rule_id="paris"), silence(feed_id="wire")], now=NOW)
