import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.core.alerts.news import (
    Correction,
    Coverage,
    Headline,
    New,
    NothingNew,
    next_threshold,
    what_is_new,
)
from monitor.core.stories.keys import said_by
from monitor.core.stories.traces import keys_to_find
from monitor.model import FeedEntry


def coverage(*titles, known=(), **keys):
    """Nothing is new but what is given; each title is another outlet's."""
    given = {
        "outlets_then": 4,
        "outlets": 4,
        "languages_then": frozenset({"en"}),
        "languages": frozenset({"en"}),
        "headlines": [Headline(feed_id=f"feed {number}", title=title) for number, title in enumerate(titles)],
        "known": frozenset().union(*(said_by(keys_to_find(FeedEntry(title=one)))[0] for one in known)),
    }
    return Coverage(**{**given, **keys})


def test_nothing_new_says_how_far_the_next_threshold_is():
    assert what_is_new(coverage(outlets_then=12, outlets=22)) == NothingNew("below threshold 22 of 30")


@pytest.mark.parametrize(
    ("then", "now", "new"),
    [
        (1, 2, False),
        (1, 3, True),
        (3, 9, False),
        (3, 10, True),
        (9, 10, True),
        (10, 29, False),
        (1, 400, True),
    ],
)
def test_a_story_is_larger_at_each_threshold(then, now, new):
    found = what_is_new(coverage(outlets_then=then, outlets=now))
    assert (
        found == New(f"New: {now} outlets tell it ({then} before)") if new else isinstance(found, NothingNew)
    )


def test_the_thresholds_go_on_without_end():
    at, found = 0, []
    for _ in range(8):
        at = next_threshold(at)
        found.append(at)
    assert found == [3, 10, 30, 100, 300, 1000, 3000, 10_000]


def test_languages_are_new_once():
    more = coverage(languages=frozenset({"en", "uk", "de"}))
    assert what_is_new(more) == New("New: told in de, uk too")


def test_corrections_are_told_with_both_headlines():
    corrections = [Correction(1, "Ten rescued", "Nine rescued")]
    assert what_is_new(coverage(corrections=corrections)) == New(
        "New: the headline “Ten rescued” is now “Nine rescued”"
    )


RUTTE = ("Talks go on as Rutte arrives", "In Kyiv, Rutte joins talks", "Leaders await Rutte")


def test_a_name_that_three_outlets_headlines_have_is_new():
    assert what_is_new(coverage(*RUTTE)) == New("New: named: Rutte")


@pytest.mark.parametrize("known", [("Rutte to travel",), ("Рютте їде до Києва", "Rutte")])
def test_a_name_that_an_earlier_report_had_is_not(known):
    assert isinstance(what_is_new(coverage(*RUTTE, known=known)), NothingNew)


@pytest.mark.parametrize(
    "titles",
    [
        RUTTE[:2],  # two outlets
        ("Rutte arrives", "Rutte leaves", "Rutte stays"),  # a first word has its capital anyway
        ("talks go on as rutte arrives", "in kyiv, rutte joins", "leaders await rutte"),
    ],
)
def test_what_only_looks_like_a_name_is_none(titles):
    assert isinstance(what_is_new(coverage(*titles)), NothingNew)


def test_one_outlet_that_says_it_thrice_is_one():
    same = [Headline(feed_id="one", title=title) for title in RUTTE]
    assert isinstance(what_is_new(coverage(headlines=same)), NothingNew)


def test_a_word_that_was_known_in_small_letters_is_no_name():
    shout = ("They Sign A Declaration Tonight", "Leaders Sign A Declaration", "All Sign A Declaration")
    known = ("leaders sign a declaration tonight, they all say",)
    assert isinstance(what_is_new(coverage(*shout, known=known)), NothingNew)


@pytest.mark.parametrize(
    ("titles", "new"),
    [
        (("At least 45 dead", "The toll rises to 45"), "45"),
        (("35 000 troops for peace", "Force of 35,000 planned"), "35 000"),
        (("At least 45 dead", "The toll rises to 46"), None),
        (("The summit of 2026", "2026 begins with a summit"), None),
        (("At 7 the doors close", "Doors close at 7"), None),
    ],
)
def test_a_figure_that_two_outlets_headlines_have_is_new(titles, new):
    found = what_is_new(coverage(*titles))
    assert found == New(f"New: figures: {new}") if new else isinstance(found, NothingNew)


def test_all_that_is_new_is_in_one_line():
    assert what_is_new(coverage(*RUTTE, outlets=10, languages=frozenset({"en", "fr"}))) == New(
        "New: 10 outlets tell it (4 before); told in fr too; named: Rutte"
    )


@given(st.lists(st.text(max_size=60), max_size=6))
def test_no_headline_breaks_it(titles):
    assert what_is_new(coverage(*titles, "9" * 10_000, "A" * 10_000))
