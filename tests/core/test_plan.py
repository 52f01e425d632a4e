from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import (
    DAY,
    HOUR,
    MINUTE,
    NOW,
    config,
    entry,
    feed_state,
    fresh,
    match,
    polled,
)

from monitor.core.alerts.dedup import EarlierOutcome, ToldAlert
from monitor.core.plan import plan_poll, stands_by_itself
from monitor.core.poll_facts import Earlier, Facts, NextIds, saying
from monitor.core.stories.identity import Changed, keys_of
from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.recurring import NOTHING as NOTHING_RECURS
from monitor.core.stories.report import report_of
from monitor.errors import FetchReason
from monitor.model import Failed, NotModified, Verdict

IDS = NextIds(entry=100, story=200, alert=300)
NOTHING = Facts(next_ids=IDS)
TEXT = "Thirty-five countries signed the declaration at the palace on Tuesday evening."
UNPOLLED = feed_state(baseline_at=None, fence=0)


def plan(*examined, facts=NOTHING, own=None, **keys):
    poll = polled(*examined, **keys)
    storied = {entry_id for entry_id, one in facts.earlier.items() if one.entry.story_id is not None}
    reports = OpenReports(  # a plan adds to them
        report for story_id in range(facts.next_ids.story) for report in facts.reports.thread(story_id)
    )
    said = saying(poll, reports, lambda _: 1.0, recurring=NOTHING_RECURS, storied=storied)
    return plan_poll(poll, replace(facts, reports=reports, saying=said), config=own or config())


def reported(one, *rules):
    made = report_of(one, entry_id=one.id, feed_id=one.feed_id, reported_at=one.published_at or NOW)
    return replace(made, story_id=one.story_id, copy_of=one.copy_of, rules=frozenset(rules))


def changed(title, *matching, matched_before=(), entry_id=1):
    new = fresh(title, *matching)
    return replace(
        new,
        identity=Changed(entry_id, new.identity.keys, "same guid"),
        matched_before=frozenset(matched_before),
    )


def stored(*rules, **keys):
    """Facts of one entry, id 1, that is stored and matched `rules`."""
    before = entry(id=1, story_id=5, **keys)
    return replace(NOTHING, earlier={1: Earlier(entry=before, rules=frozenset(rules))})


def verdicts(plan):
    return [decision.verdict for decision in plan.decisions]


# ── what concerns nobody else ──


@pytest.mark.parametrize(
    ("poll", "alone"),
    [
        (polled(), True),
        (polled(fresh("Weather for the week")), True),
        (polled(outcome=Failed(reason=FetchReason.TIMEOUT, message="late")), True),
        (polled(fresh("Weather for the week"), fresh("Declaration signed", "paris")), False),
        (polled(changed("Weather for the week")), False),
        (polled(fresh("Weather for the week"), more_follows=True), False),
        (polled(fresh("Weather for the week"), restructured="all of it is new"), False),
        (polled(rekeyed={1: keys_of(fresh("Weather").entry)}, examined=(fresh("Weather"),)), False),
    ],
)
def test_a_poll_concerns_nobody_else_where_nothing_of_it_matches_or_was_there(poll, alone):
    assert stands_by_itself(poll) is alone


# ── new entries ──


def test_every_new_entry_is_stored_under_an_id_of_its_own():
    made = plan(fresh("Declaration signed", "paris", content=TEXT), fresh("Weather for the week"))
    assert [one.entry.id for one in made.new] == [100, 101]
    assert made.next_ids == NextIds(entry=102, story=201, alert=301)


def test_an_entry_that_a_rule_matches_is_in_a_story_and_no_other():
    examined = [fresh("Declaration signed", "paris", content=TEXT), fresh("Weather for the week")]
    made = plan(*examined, fresh("Chess champion wins again", "london"))
    assert [one.entry.story_id for one in made.new] == [200, None, 201]
    assert [(story.id, story.title) for story in made.opened] == [
        (200, "Declaration signed"),
        (201, "Chess champion wins again"),
    ]
    assert [bool(one.entry.story_reason) for one in made.new] == [True, False, True]


def test_a_copy_that_no_rule_matches_is_taken_for_none():
    matched = fresh("Declaration signed", "paris", content=TEXT)
    made = plan(matched, fresh("Paris: 35 sign", content=TEXT))
    assert [(one.entry.copy_of, one.entry.story_id) for one in made.new] == [(None, 200), (None, None)]


def test_an_entry_is_stored_as_its_feed_gave_it():
    one = fresh(
        "Declaration signed", summary="s", content="c", guid="g", url="https://wire.example/1",
        author="a", categories=("x", "y"), language="en", updated_at=NOW,
    )  # fmt: skip
    [kept] = plan(one).new
    given = one.entry
    for name in ("title", "summary", "content", "guid", "url", "author", "categories", "published_at"):
        assert getattr(kept.entry, name) == getattr(given, name)
    assert (kept.entry.language, kept.entry.updated_at) == ("en", NOW)
    assert (kept.entry.fetched_at, kept.entry.first_seen_at, kept.entry.feed_id) == (NOW, NOW, "wire")
    assert kept.keys == keys_of(given)


def test_a_copy_within_one_poll_joins_the_story_of_its_original():
    examined = [fresh(title, "paris", content=TEXT) for title in ("Declaration signed", "Paris: 35 sign")]
    made = plan(*examined)
    original, copy = (one.entry for one in made.new)
    assert (copy.copy_of, copy.story_id) == (original.id, original.story_id)
    assert copy.copy_reason
    assert len(made.opened) == 1
    assert not made.touched


def test_a_story_that_was_there_before_is_touched_when_an_entry_joins_it():
    [before] = plan(fresh("Declaration signed", "paris", content=TEXT)).new
    facts = Facts(
        next_ids=NextIds(entry=101, story=201, alert=301), reports=OpenReports([reported(before.entry)])
    )
    made = plan(fresh("Paris: 35 sign", "paris", content=TEXT), facts=facts, at=NOW + HOUR)
    assert made.touched == {200: NOW + HOUR}
    assert not made.opened


# ── the first poll ──


def test_what_a_first_poll_brings_is_baseline_and_matched_but_not_told():
    made = plan(fresh("Declaration signed", "paris"), before=UNPOLLED)
    assert [one.entry.baseline for one in made.new] == [True]
    assert verdicts(made) == [Verdict.BASELINE]
    assert not made.alerts
    assert made.state.baseline_at == NOW


def test_an_empty_first_poll_is_a_baseline_too():
    assert plan(before=UNPOLLED).state.baseline_at == NOW


@pytest.mark.parametrize("outcome", [NotModified(), Failed(reason=FetchReason.TIMEOUT, message="no answer")])
def test_a_poll_that_brought_no_feed_is_no_baseline(outcome):
    assert plan(before=UNPOLLED, outcome=outcome).state.baseline_at is None


def test_a_baseline_is_never_moved():
    assert plan(fresh("Declaration signed")).state.baseline_at == NOW - HOUR


@pytest.mark.parametrize("ahead", [0 * HOUR, MINUTE, HOUR, 24 * HOUR, 365 * 24 * HOUR], ids=str)
@pytest.mark.parametrize("count", [1, 3, 30])
def test_what_is_dated_in_the_future_is_baseline_at_a_first_poll_as_what_is_dated_now(ahead, count):
    future = [fresh(f"Declaration {number}", "paris", published_at=NOW + ahead) for number in range(count)]
    assert verdicts(plan(*future, before=UNPOLLED)) == [Verdict.BASELINE] * count
    assert set(verdicts(plan(*future, before=UNPOLLED, own=config(catch_up=HOUR)))).isdisjoint(
        {Verdict.BASELINE}
    )


def test_catch_up_lets_through_what_is_younger_than_it():
    own = config(catch_up=HOUR)
    young, old = (
        fresh(str(age), "paris", published_at=NOW - age) for age in (HOUR - MINUTE, HOUR)
    )  # fmt: skip
    made = plan(young, old, fresh("undated", "paris", published_at=None), before=UNPOLLED, own=own)
    assert verdicts(made) == [Verdict.ALERTED, Verdict.BASELINE, Verdict.BASELINE]


def test_catch_up_does_not_override_the_age_limit():
    own = config(catch_up=30 * DAY, max_age=DAY)
    made = plan(fresh("Declaration signed", "paris", published_at=NOW - 2 * DAY), before=UNPOLLED, own=own)
    assert verdicts(made) == [Verdict.TOO_OLD]


# ── changed entries ──


def test_a_changed_entry_keeps_its_id_story_and_first_sight_and_takes_the_new_text():
    facts = stored(first_seen_at=NOW - DAY, copy_of=9, baseline=True)
    [kept] = plan(changed("Declaration signed, changed"), facts=facts).changed
    assert (kept.entry.id, kept.entry.story_id, kept.entry.copy_of) == (1, 5, 9)
    assert (kept.entry.first_seen_at, kept.entry.fetched_at) == (NOW - DAY, NOW)
    assert (kept.entry.title, kept.entry.baseline) == ("Declaration signed, changed", True)


@pytest.mark.parametrize(
    ("decided", "matched_before", "expected"),
    [
        ((), (), [Verdict.ALERTED]),  # it starts to match
        (("paris",), (), []),  # it was decided, and stays so
        ((), ("paris",), [Verdict.BASELINE]),  # the rule is newer than the entry
        (("london",), (), [Verdict.ALERTED]),  # another rule's decision is not this one's
    ],
)
def test_a_changed_entry_alerts_only_if_it_starts_to_match(decided, matched_before, expected):
    one = changed("Declaration signed", "paris", matched_before=matched_before)
    made = plan(one, facts=stored(*decided, baseline=True))
    assert verdicts(made) == expected


def test_a_match_of_a_rule_that_has_just_left_the_config_is_dropped():
    made = plan(fresh("Declaration signed", "gone", "paris"))
    assert [decision.match for decision in made.decisions] == [match("paris")]


# ── notes ──


def test_a_feed_that_stops_is_one_note():
    own = config(operator=("desk",))
    before = feed_state()
    after = replace(before, fence=2, stopped_reason="gone for good")
    outcome = Failed(reason=FetchReason.CLIENT_STATUS, message="410", status=410)
    [note] = plan(before=before, after=after, outcome=outcome, own=own).alerts
    assert note.text == "Feed wire is polled no more: gone for good"
    stopped_before = replace(before, stopped_reason="gone for good")
    assert not plan(before=stopped_before, after=after, outcome=outcome, own=own).alerts


# ── whatever comes ──

TITLES = ("Declaration signed", "Paris: 35 sign", "Weather for the week", "Chess champion wins again")
coming = st.lists(
    st.builds(
        lambda title, text, rules, guid, age: fresh(
            title, *rules, content=text, guid=guid, published_at=age and NOW - age
        ),
        st.sampled_from(TITLES),
        st.sampled_from([TEXT, "Rain in the west, sun in the east.", ""]),
        st.sets(st.sampled_from(["paris", "london"])),
        st.text(max_size=5),
        st.sampled_from([None, HOUR, 8 * DAY]),
    ),
    max_size=8,
)


def facts_after(facts, made):
    """What a store would say after it applied the plan: its alerts wait, or have gone."""
    known = [one for story_id in range(facts.next_ids.story) for one in facts.reports.thread(story_id)]
    reports = OpenReports(
        [*known, *(reported(one.entry) for one in made.new if one.entry.story_id is not None)]
    )
    became = dict(facts.became) | {
        (one.entry_id, one.match.rule_id): EarlierOutcome(one.verdict, told=one.alert_id is not None)
        for one in made.decisions
    }
    told = dict(facts.told) | {key: ToldAlert(alert_id=alert_id) for key, alert_id in made.told.items()}
    return Facts(next_ids=made.next_ids, reports=reports, told=told, became=became)


@given(st.lists(coming, max_size=4), st.booleans())
def test_poll_after_poll_a_rule_tells_a_story_at_most_once_and_no_id_is_given_twice(polls, was_polled):
    state = feed_state() if was_polled else UNPOLLED
    facts, told, entry_ids, story_ids, alert_ids = NOTHING, [], [], [], []
    for examined in polls:
        made = plan(*examined, facts=facts, before=state)
        told += made.told
        entry_ids += [one.entry.id for one in made.new]
        story_ids += [story.id for story in made.opened]
        alert_ids += [alert.id for alert in made.alerts]
        facts, state = facts_after(facts, made), replace(made.state, fence=state.fence + 1)
    assert len(told) == len(set(told))
    assert entry_ids == list(range(100, facts.next_ids.entry))
    assert story_ids == list(range(200, facts.next_ids.story))
    assert alert_ids == list(range(300, facts.next_ids.alert))


@given(coming)
def test_a_first_poll_alerts_nobody_whatever_it_brings(examined):
    made = plan(*examined, before=UNPOLLED)
    assert not made.alerts
    assert not made.deliveries
    assert len(made.decisions) == sum(len(one.matches) for one in examined)


@given(coming)
def test_every_alert_tells_an_entry_of_the_plan_and_every_instant_is_aware(examined):
    made = plan(*examined)
    stories = {one.entry.id: one.entry.story_id for one in made.new}
    for alert in made.alerts:
        assert stories[alert.entry_id] == alert.story_id
        assert alert.created_at.tzinfo
        assert alert.send_at.tzinfo
    originals = {one.entry.id: one.entry.copy_of for one in made.new}
    for one in made.new:
        assert one.entry.first_seen_at.tzinfo
        assert one.reported_at.tzinfo
        if one.entry.copy_of is not None:  # an original is no copy itself
            assert originals[one.entry.copy_of] is None
            assert stories[one.entry.copy_of] == one.entry.story_id
