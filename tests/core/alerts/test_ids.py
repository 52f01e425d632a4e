from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st
from samples.messages import LATIN, at, message

from monitor.core.alerts.ids import delivery_id, thread_id

MADE_AT = at("2026-01-06T20:24+01:00")
STORY = message(LATIN).story
NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
KEYS = st.tuples(st.integers(), NAMES, NAMES)


@given(KEYS, KEYS)
def test_two_deliveries_have_one_id_only_if_they_are_one(one, other):
    assert (delivery_id(*one, made_at=MADE_AT) == delivery_id(*other, made_at=MADE_AT)) == (one == other)


def test_an_id_stays_what_it_is():
    """Repeats after an update of the program carry the ids from before it."""
    assert delivery_id(41, "desk", "a@example.org", made_at=MADE_AT) == "717190e93df46c91c2775dd10b75cf4b"
    assert thread_id(STORY, "desk", "a@example.org") == "009e9711470fbb60822b147092f6de0a"


def test_a_thread_is_of_one_story_channel_and_recipient():
    threads = [
        thread_id(STORY, "desk", "a"),
        thread_id(STORY, "desk", "b"),
        thread_id(STORY, "other", "a"),
        thread_id(replace(STORY, id=89), "desk", "a"),
        thread_id(replace(STORY, first_seen_at=STORY.first_seen_at + timedelta(seconds=1)), "desk", "a"),
    ]
    assert len(set(threads)) == len(threads)
