from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from samples.messages import LATIN, at, message

from monitor.core.alerts.ids import AlertContent, delivery_id, entry_name, row_id, thread_id

MADE_AT = at("2026-01-06T20:24+01:00")
STORY = message(LATIN).story
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
RULES = st.sets(NAMES, max_size=3).map(lambda names: tuple(sorted(names)))
TOLD = st.builds(AlertContent, kind=NAMES, story=NAMES, entry=NAMES, rules=RULES, said=NAMES)
KEYS = st.tuples(TOLD, NAMES, NAMES)
ROWS = st.tuples(st.integers(), NAMES, NAMES)


@given(KEYS, KEYS)
def test_two_deliveries_have_one_id_only_if_they_say_the_same_to_the_same(one, other):
    assert (delivery_id(*one) == delivery_id(*other)) == (one == other)


@given(ROWS, ROWS)
def test_two_rows_have_one_id_only_if_they_are_one(one, other):
    assert (row_id(*one, made_at=MADE_AT) == row_id(*other, made_at=MADE_AT)) == (one == other)


def test_a_turn_makes_another_id():
    told = AlertContent(kind="new", story="s", entry="e", rules=("paris",), said="")
    assert len({delivery_id(told, "desk", "a", turn=turn) for turn in range(1, 9)}) == 8


def test_in_whatever_order_the_rules_matched_the_alert_is_one():
    told = AlertContent(kind="new", story="s", entry="e", rules=("paris", "summit"), said="")
    assert delivery_id(told, "desk", "a") == delivery_id(
        replace(told, rules=("summit", "paris")), "desk", "a"
    )


def test_an_entry_goes_by_what_its_feed_calls_it():
    names = [
        entry_name("wire", guid="1", url="https://wire.example/1", title="Signed"),
        entry_name("wire", guid=None, url="https://wire.example/1", title="Signed"),
        entry_name("wire", guid=None, url=None, title="Signed"),
        entry_name("news", guid="1", url="https://wire.example/1", title="Signed"),
    ]
    assert len(set(names)) == 4
    assert names[0] == entry_name("wire", guid="1", url="https://wire.example/moved", title="Not signed")


def test_an_id_stays_what_it_is():
    """Repeats after an update of the program carry the ids from before it."""
    told = AlertContent(kind="new", story="a", entry="b", rules=("paris",), said="")
    assert delivery_id(told, "desk", "a@example.org") == "2ae9c8124a76c14e55660826cf7d2640"
    assert entry_name("wire", guid="1", url=None, title="") == "11e4626071fda6823970a266a25b16bc"
    assert thread_id(STORY, "desk", "a@example.org") == "009e9711470fbb60822b147092f6de0a"
    assert thread_id(replace(STORY, name="a"), "desk", "a@example.org") == "cd003bffeffa26e4408ce6e5abc1c3c9"


def test_a_thread_is_of_one_story_channel_and_recipient():
    threads = [
        thread_id(STORY, "desk", "a"),
        thread_id(STORY, "desk", "b"),
        thread_id(STORY, "other", "a"),
        thread_id(replace(STORY, id=89), "desk", "a"),
        thread_id(replace(STORY, first_seen_at=STORY.first_seen_at + timedelta(seconds=1)), "desk", "a"),
        thread_id(replace(STORY, name="one"), "desk", "a"),
        thread_id(replace(STORY, name="other"), "desk", "a"),
    ]
    assert len(set(threads)) == len(threads)


def test_a_story_with_a_name_goes_by_it_whatever_its_number():
    one = replace(STORY, name="one")
    assert thread_id(one, "desk", "a") == thread_id(replace(one, id=1, first_seen_at=MADE_AT), "desk", "a")
