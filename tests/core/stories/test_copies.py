import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOUR, copy_of, told

LEAD = (
    "Thirty-five countries backed a package of security guarantees for the country on Tuesday, and two capitals "
    "said they would send soldiers once a ceasefire holds."
)
BACKGROUND = (
    "The war began in 2022 when columns of tanks crossed three borders in one night. Since then talks in several "
    "cities have ended without a result, and neither side has met the other's terms for a truce."
)
LONG = " ".join(
    f"Paragraph {n} of the agency's report says what delegate {n * 7} from town {n * 3} thinks of item {n * 5}."
    for n in range(40)
)
ORIGINAL = told(
    "Allies adopt a declaration", LEAD, content=f"{LEAD} {BACKGROUND}", url="https://wire.example/1"
)

COPIES = {
    "under another headline": told(
        "Soldiers after a truce, say two capitals", f"{LEAD} {BACKGROUND}", feed="b"
    ),
    "with a dateline": told("Two capitals pledge soldiers", f"PARIS (Wire) - {LEAD} {BACKGROUND}", feed="b"),
    "a few words edited": told(
        "Two capitals pledge soldiers",
        LEAD.replace("Thirty-five", "Some 35").replace("backed", "endorsed"),
        feed="b",
    ),
    "cut short": told("Allies adopt declaration", LEAD[:90], feed="b"),
    "at another address of the page": told(
        "Soldiers", "Read on", url="http://m.wire.example/1/?utm_source=x", feed="b"
    ),
    "in its own feed, soon": told("Two capitals pledge soldiers", LEAD, feed="a", after=HOUR),
    "a day later, elsewhere": told("Two capitals pledge soldiers", LEAD, feed="b", after=30 * HOUR),
}


@pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
def test_the_same_text_is_a_copy(copy):
    assert copy_of(copy, ORIGINAL) == ORIGINAL.entry_id


LOOK_ALIKES = {
    "a report of the same event in other words": told(
        "Allies adopt a declaration",
        "After months of talks, partners of the country agreed in the palace how to guard the peace to come, "
        "should there be one.",
        feed="b",
    ),
    "a later take with the same background": told(
        "Opposition wants a vote",
        "Leaders of the opposition demanded on Tuesday evening that parliament decide before any soldier goes. "
        + BACKGROUND,
        feed="b",
    ),
    "its own feed's text, a day later": told("Allies adopt", LEAD, feed="a", after=26 * HOUR),
    "the same text, weeks later": told("Allies adopt", LEAD, feed="b", after=20 * 24 * HOUR),
    "nothing": told("", "", feed="b"),
}


@pytest.mark.parametrize("look_alike", LOOK_ALIKES.values(), ids=LOOK_ALIKES)
def test_a_look_alike_is_no_copy(look_alike):
    assert copy_of(look_alike, ORIGINAL) is None


def test_a_title_alone_is_a_copy_where_it_is_long_and_soon():
    title = "Eleven towns vote on the merger of their schools"
    first = told(title)
    assert copy_of(told(title, feed="b", after=2 * HOUR), first) == first.entry_id
    assert copy_of(told(title, feed="b", after=13 * HOUR), first) is None
    assert copy_of(told("Eleven towns reject a merger of schools", feed="b"), first) is None
    assert copy_of(told("Morning briefing", feed="b"), told("Morning briefing")) is None


def test_a_long_text_is_a_copy_by_its_runs():
    first = told("All forty items", LONG)
    edited = LONG.replace("delegate 70", "a delegate").replace("town 30", "a village")
    assert copy_of(told("What they think", edited, feed="b"), first) == first.entry_id
    assert copy_of(told("What they think", " ".join(LONG.split()[:300]), feed="b"), first) == first.entry_id
    other = " ".join(
        f"Minister {n} left house {n * 11} at noon for village {n * 13} in car {n}." for n in range(60)
    )
    assert copy_of(told("Ministers leave", other, feed="b"), first) is None


def test_the_more_alike_original_is_chosen_and_a_copy_is_of_an_original():
    twin = told("Pledge", LEAD[:100], feed="b", after=-HOUR)
    copy = told("Two capitals pledge soldiers", f"{LEAD} {BACKGROUND}", feed="c", copy_of=ORIGINAL.entry_id)
    assert copy_of(told("Soldiers", LEAD, feed="d"), twin, copy) == ORIGINAL.entry_id


def test_entries_of_one_page_and_feed_are_copies_where_they_say_the_same():
    first = told("The vote begins", "Doors open at eight.", url="https://example.com/live")
    edited = told("The vote begins late", "Doors open at nine.", url="https://example.com/live", after=HOUR)
    other = told("Rain at noon", "Bring an umbrella.", url="https://example.com/live", after=HOUR)
    assert copy_of(edited, first) == first.entry_id
    assert copy_of(other, first) is None
    elsewhere = told("Rain at noon", "Bring an umbrella.", url="https://example.com/live", feed="b")
    assert copy_of(elsewhere, first) == first.entry_id


def test_front_pages_are_no_page_of_an_entry():
    first = told("The vote begins", url="https://example.com/")
    assert copy_of(told("Rain at noon", url="https://www.example.com", feed="b"), first) is None


def test_an_entry_is_no_copy_of_itself():
    assert copy_of(ORIGINAL, ORIGINAL) is None


words = st.lists(st.sampled_from("aa bb cc dd ee ff gg hh ii jj kk ll".split()), max_size=60).map(" ".join)  # noqa: SIM905 - shorter


@given(words, words, words, words)
def test_being_a_copy_goes_both_ways(title, text, other_title, other_text):
    one, other = told(title, text), told(other_title, other_text, feed="b")
    assert (copy_of(one, other) is None) == (copy_of(other, one) is None)
