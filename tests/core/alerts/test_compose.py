import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from samples.news import NOW, alert, config, decision, delivery, entry, match, rules

from monitor.core.alerts import chat
from monitor.core.alerts.compose import Material, compose
from monitor.core.alerts.render import html, text, view
from monitor.model import AlertKind, Feed, Line, Rule, RuleName, Story, Web

STORY = Story(id=1, title="Declaration signed", first_seen_at=NOW, last_seen_at=NOW)


def material(**keys):
    given = {
        "alert": alert(),
        "story": STORY,
        "entries": [entry()],
        "decisions": [decision()],
        "outlets": {"wire": "The Wire"},
        "feeds": 1,
        "languages": ("en",),
        "told_before": False,
    }
    return Material(**{**given, **keys})


def test_the_entry_that_caused_the_alert_comes_first_then_the_others_as_they_were_seen():
    told = [entry(id=number) for number in (2, 9, 5, 3)]
    message = compose(delivery(), material(alert=alert(entry_id=5), entries=told), config=config())
    assert [report.entry.id for report in message.reports] == [5, 2, 3, 9]


def test_every_report_carries_the_matches_of_its_own_entry():
    decisions = [
        decision(entry_id=1, match=match("paris")),
        decision(entry_id=1, match=match("london")),
        decision(entry_id=2, match=match("london")),
    ]
    told = [entry(id=number) for number in (1, 2, 3)]
    message = compose(delivery(), material(entries=told, decisions=decisions), config=config())
    named = [[one.rule_id for one in report.matches] for report in message.reports]
    assert named == [["paris", "london"], ["london"], []]


@pytest.mark.parametrize(
    ("in_config", "from_feed", "shown"),
    [
        ("Our Wire", {"wire": "The Wire"}, "Our Wire"),
        ("", {"wire": "The Wire"}, "The Wire"),
        ("", {}, "wire"),
    ],
)
def test_an_outlet_has_the_users_name_for_it_else_its_own_else_its_feeds_id(in_config, from_feed, shown):
    own = config(feeds={"wire": Feed(id="wire", url="https://wire.example/", title=in_config)})
    message = compose(delivery(), material(outlets=from_feed), config=own)
    assert message.reports[0].outlet == shown


def test_an_outlet_that_left_the_config_keeps_its_name():
    message = compose(delivery(), material(), config=config(feeds={}))
    assert message.reports[0].outlet == "The Wire"


def test_a_rule_is_named_as_the_config_says_and_by_its_id_once_it_is_gone():
    own = config(rules={"paris": Rule(id="paris", title="Paris Declaration", priority="urgent")})
    message = compose(delivery(), material(alert=alert(rules=("paris", "gone"))), config=own)
    assert message.rules == (
        RuleName(id="paris", title="Paris Declaration", priority="urgent"),
        RuleName(id="gone", title=""),
    )


@pytest.mark.parametrize(
    ("public_url", "story_url"),
    [
        (None, None),
        ("https://news.example", "https://news.example/stories/1"),
        ("https://news.example/", "https://news.example/stories/1"),
    ],
)
def test_the_story_is_linked_where_there_is_a_page(public_url, story_url):
    message = compose(delivery(), material(), config=config(web=Web(public_url=public_url)))
    assert message.story_url == story_url


def test_a_note_is_about_no_story_and_a_thread_of_its_own():
    note = alert(
        kind=AlertKind.NOTE, story_id=None, entry_id=None, rules=(), text="Feed wire is polled no more"
    )
    bare = material(alert=note, story=None, entries=[], decisions=[])
    own = config(web=Web(public_url="https://news.example"))
    message = compose(delivery(), bare, config=own)
    assert (message.story, message.story_url, message.reports) == (None, None, ())
    assert message.text == "Feed wire is polled no more"
    other = compose(delivery(), material(alert=alert(id=2, kind=AlertKind.NOTE, story_id=None)), config=own)
    assert message.thread_id != other.thread_id


@given(
    attempts=st.integers(0, 9),
    wait=st.timedeltas(timedelta(0), timedelta(days=3)),
    entries=st.lists(st.integers(1, 9), unique=True),
    told_before=st.booleans(),
)
def test_a_repeat_carries_the_same_ids_whatever_happened_meanwhile(attempts, wait, entries, told_before):
    first = compose(delivery(), material(), config=config())
    later = compose(
        delivery(attempts=attempts, next_attempt_at=NOW + wait, last_error="refused"),
        material(entries=[entry(id=number) for number in entries], told_before=told_before, feeds=5),
        config=config(rules=rules()),
    )
    assert (later.id, later.thread_id, later.created_at) == (first.id, first.thread_id, first.created_at)


def test_all_alerts_of_a_story_to_one_recipient_are_one_thread():
    first = compose(delivery(), material(), config=config())
    update = compose(
        delivery(id="d2", alert_id=2), material(alert=alert(id=2), told_before=True), config=config()
    )
    elsewhere = compose(delivery(id="d3", channel="mail"), material(), config=config())
    assert (first.thread_id, first.first_in_thread) == (update.thread_id, not update.first_in_thread)
    assert elsewhere.thread_id != first.thread_id


# ── the lines of a summary ──


def summary(some):
    """Of alerts about a story each: whose entry it is, and how many outlets tell it."""
    line = Line(alert_id=0, title="A story", created_at=NOW)
    lines = [
        replace(line, alert_id=number, story_id=number, outlet=feed_id, outlets=outlets)
        for number, (feed_id, outlets) in enumerate(some)
    ]
    return compose(delivery(), material(story=None, entries=[], lines=lines), config=config())


SOME_LINES = st.lists(
    st.tuples(st.sampled_from(["loud", "calm", "third", ""]), st.integers(1, 4)), max_size=40
)


@given(SOME_LINES)
def test_the_lines_of_a_summary_go_by_turns_from_feed_to_feed_and_none_is_lost(some):
    lines = summary(some).lines
    assert sorted(line.alert_id for line in lines) == list(range(len(some)))
    for feed_id in {line.outlet for line in lines}:
        own = [(-line.outlets, line.alert_id) for line in lines if line.outlet == feed_id]
        assert own == sorted(own), "in a feed the most told first, then as they came"
    turns = Counter(feed_id for feed_id, _ in some)
    for length in range(len(lines)):
        shown = Counter(line.outlet for line in lines[:length])
        for feed_id, total in turns.items():
            least = min(total, max(shown.values(), default=0) - 1)
            assert shown[feed_id] >= least, "no feed has its next turn while another waits for its own"


@pytest.mark.parametrize("loud", [20, 90, 500])
@pytest.mark.parametrize("calm", [1, 2, 5])
@pytest.mark.parametrize("told", [1, 9])
def test_a_loud_feed_hides_no_line_of_a_calm_one_and_what_is_left_is_counted_by_outlet(loud, calm, told):
    message = summary([("loud", told)] * loud + [("calm", 1)] * calm + [("third", 1)] * 30)
    shown = view(message)
    assert sum(line.outlet == "calm" for line in shown.lines) == calm
    left = Counter(line.outlet for line in message.lines[len(shown.lines) :])
    assert shown.unlisted == left.total()
    assert shown.unlisted_of == tuple(f"{count} of {outlet}" for outlet, count in left.most_common())
    for written in (text(message), html(message)):
        assert all(whose in written for whose in shown.unlisted_of)
    assert f"{left['loud']} of loud" in " ".join(said_in(message))


def said_in(message):
    return [piece.text for line in chat.lines(view(message)) for piece in line.pieces]


def test_of_many_outlets_the_loudest_are_counted_by_name():
    message = summary([(f"feed {number}", 1) for number in range(30) for _ in range(number + 1)])
    *named, others = view(message).unlisted_of
    assert named == [f"{number} of feed {number - 1}" for number in (30, 29, 28, 27, 26)]
    counted = sum(int(whose.split()[0]) for whose in (*named, others))
    assert counted == view(message).unlisted
    assert re.fullmatch(r"\d+ of \d+ others", others)
