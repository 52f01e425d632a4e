from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOUR, NOW, neighbours, told

from monitor.core.stories.keys import (
    Kind,
    by_kind,
    key,
    prominent,
    prominent_by_kind,
)
from monitor.core.stories.traces import (
    CANDIDATES,
    NEWEST_PER_KEY,
    WINDOW,
    Neighbours,
    findable,
    keys_to_find,
    nearest,
    told_at,
    url_key,
)
from monitor.model import FeedEntry

MOST_KEYS = 2500
PUBLISHED = NOW - HOUR


@pytest.mark.parametrize(
    ("entry", "at"),
    [
        (FeedEntry(title="", published_at=PUBLISHED), PUBLISHED),
        (FeedEntry(title="", published_at=PUBLISHED, updated_at=NOW), PUBLISHED),
        (FeedEntry(title="", updated_at=PUBLISHED), PUBLISHED),
        (FeedEntry(title=""), NOW),
        (FeedEntry(title="", published_at=NOW + HOUR), NOW),
        (FeedEntry(title="", published_at=NOW), NOW),
    ],
)
def test_an_entry_is_told_when_it_was_published_never_later_than_seen(entry, at):
    assert told_at(entry, seen_at=NOW) == at


@given(st.text(max_size=600), st.text(max_size=2000), st.text(max_size=2000), st.none() | st.text(max_size=3))
def test_keys_fit_signed_columns(title, summary, content, language):
    keys = keys_to_find(FeedEntry(title=title, summary=summary, content=content), language=language)
    assert all(0 <= one < 2**63 for one in keys)
    assert findable(keys) <= keys


@pytest.mark.parametrize("letters", ["a ", "ab", "字", "Ab. ", "́", "1 ", "ก", "م"])
def test_the_keys_of_the_longest_text_are_bounded(letters):
    many = letters * 500_000
    assert len(keys_to_find(FeedEntry(title=many, summary="x", content=many, url=many))) < MOST_KEYS


def test_the_keys_of_a_varied_long_text_are_bounded():
    content = " ".join(f"Word{n} {n * 7919}" for n in range(30_000))
    assert len(keys_to_find(FeedEntry(title=content, content=content))) < MOST_KEYS


def test_a_summary_that_begins_the_content_is_not_told_twice():
    whole = keys_to_find(FeedEntry(title="", content="One two three. Four five."))
    assert (
        keys_to_find(FeedEntry(title="", summary="One two three.", content="One two three. Four five."))
        == whole
    )


def test_the_language_that_was_detected_counts_before_the_declared_one():
    entry = FeedEntry(title="Die Koalition und der Krieg", language="en")
    german = keys_to_find(FeedEntry(title=entry.title, language="de"))
    assert keys_to_find(entry, language="de") == german
    assert keys_to_find(entry) != german


def test_a_page_has_a_key_and_a_front_page_none():
    assert url_key(FeedEntry(title="", url="https://example.com/a?utm_source=x")) == key(
        Kind.URL, "//example.com/a"
    )
    assert url_key(FeedEntry(title="", url="https://example.com/")) is None
    assert url_key(FeedEntry(title="", url="no address")) is None


def test_kinds_and_prominence_come_back_out_of_keys():
    keys = [key(kind, "word") for kind in Kind]
    both = frozenset(keys + [prominent(one) for one in keys])
    assert len(both) == 2 * len(Kind)
    for kind in Kind:
        assert by_kind(both)[kind] == prominent_by_kind(both)[kind] == {key(kind, "word")}


def test_the_nearest_share_most_rare_keys():
    postings = {1: [10, 11], 2: [10], 3: [11, 12, 13], 4: list(range(NEWEST_PER_KEY))}
    assert nearest(postings) == (10, 11, 13, 12)
    assert nearest(postings, limit=1) == (10,)


def test_neighbours_are_bounded_in_number_and_time():
    title = "Eleven towns vote on schools"
    many = [told(title, after=n * timedelta(minutes=1)) for n in range(3 * CANDIDATES)]
    late = told(title, after=WINDOW + timedelta(minutes=2))
    around = neighbours(*many)
    assert len(around.near(told(title))) == CANDIDATES
    assert set(neighbours(*many[:3]).near(many[0])) == set(many[1:3])
    assert neighbours(*many[:3]).near(late) == (many[2],)


def test_stored_traces_are_found_by_the_keys_that_were_asked_for():
    first = told("Eleven towns vote on schools")
    asked = dict.fromkeys(first.keys, 1)
    again = told("Eleven towns vote on schools")
    assert Neighbours([first], asked).near(again) == (first,)
    assert Neighbours([first], {}).near(again) == ()


def test_what_all_have_tells_nothing_and_what_one_has_all():
    around = Neighbours([], {1: 1, 2: 300, 3: 10}, total=300)
    assert around.rarity(1) == around.rarity(99) == 1
    assert around.rarity(2) == 0
    assert 0 < around.rarity(3) < 1


def test_rarity_grows_with_the_entries_that_lack_a_key():
    around = neighbours()
    first = told("Glider")
    around.add(first)
    around.add(told("Glider", feed="b"))
    (one, *_) = first.keys
    before = around.rarity(one)
    for _ in range(300):
        around.add(told("Motorway"))
    assert around.rarity(one) > before
