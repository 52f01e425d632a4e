from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from told import HOUR, neighbours, story_of, told

from monitor.core.stories.grouping import APART, Joined, Opened, choose_story, ties_of

SIGNED = told(
    "Macron, Starmer and Zelensky sign a declaration on troops for Ukraine",
    "The leaders of 35 countries met in the Elysee palace in Paris.",
)
ELSEWHERE = {
    "de": "Macron, Starmer und Selenskyj unterzeichnen Erklärung zur Ukraine",
    "ru": "Макрон, Стармер и Зеленский подписали декларацию об Украине",
    "el": "Μακρόν, Στάρμερ και Ζελένσκι υπέγραψαν διακήρυξη για την Ουκρανία",
    "ar": "ماكرون وستارمر وزيلينسكي يوقعون إعلاناً بشأن أوكرانيا",
    "ja": "マクロン、スターマー、ゼレンスキー各氏がウクライナ宣言に署名",
    "pl": "Macron, Starmer i Zełenski podpisali deklarację w sprawie Ukrainy",
    "es": "Macron, Starmer y Zelenski firman una declaración sobre Ucrania",
}


@pytest.mark.parametrize("language", ELSEWHERE)
def test_names_join_a_story_across_languages_and_scripts(language):
    report = told(ELSEWHERE[language], language=language, feed=language, after=HOUR)
    assert isinstance(story_of(report, SIGNED), Joined)


def test_places_join_a_story_where_names_are_not_spelt():
    first = told("Syria and Israel agree on a joint cell", language="en")
    second = told("叙利亚和以色列同意设立联合机制", language="zh", feed="b", after=HOUR)
    assert isinstance(story_of(second, first), Joined)


OTHERS = {
    "the same, days later": told(ELSEWHERE["de"], language="de", feed="b", after=APART + HOUR),
    "the same, a day later": told(ELSEWHERE["de"], language="de", feed="b", after=timedelta(days=1)),
    "one name in common": told("Macron empfängt Merz in Berlin", language="de", feed="b", after=HOUR),
    "nothing but small words": told(
        "The what and the why of it all: how they do that", "They would have been in it on the day.", feed="b"
    ),
    "nothing": told("", feed="b"),
}


@pytest.mark.parametrize("other", OTHERS.values(), ids=OTHERS)
def test_other_reports_open_stories(other):
    assert isinstance(story_of(other, SIGNED), Opened)


def test_other_words_of_one_language_join_where_the_rare_ones_are_the_same():
    first = told(
        "Glider lands on motorway near Trier", "The pilot of the glider was unhurt, the motorway shut."
    )
    second = told("Motorway shut as glider lands near Trier", "Its pilot is unhurt.", feed="b", after=HOUR)
    other = told("Motorway near Kassel to be widened", "Work will begin in May.", feed="c", after=HOUR)
    assert story_of(second, first, other).story_id == first.story_id


def test_templated_items_of_different_days_are_different_stories():
    today = told("Bond risk falls in Asia as traders weigh rates", "Credit swaps fell 3 points in Tokyo.")
    yesterday = told(
        "Bond risk rises in Asia as traders weigh rates",
        "Credit swaps rose 4 points in Tokyo.",
        after=timedelta(days=-1),
    )
    assert isinstance(story_of(today, yesterday), Opened)


def test_a_rule_that_matches_both_brings_two_reports_nearer():
    first = told("Macron receives Merz in the palace", rules=frozenset({"summit"}))
    told_by = {"language": "de", "feed": "b", "after": 3 * HOUR}
    apart = told("Macron empfängt Merz im Palast", **told_by)
    together = told("Macron empfängt Merz im Palast", rules=frozenset({"summit"}), **told_by)
    assert isinstance(story_of(apart, first), Opened)
    assert isinstance(story_of(together, first), Joined)


def test_a_copy_stays_with_its_original():
    text = (
        "Eleven towns vote on the merger of their schools, which costs nine million a year, says the county."
    )
    first = told("Towns vote", text)
    copy = told(
        "Merger of schools: eleven towns vote",
        text,
        feed="b",
        copy_of=first.entry_id,
        story_id=first.story_id,
    )
    late = told("Nine million a year", text, feed="c", after=30 * HOUR)
    assert story_of(late, first) == Joined(first.story_id, copied=first.entry_id)
    assert story_of(told("Nine million a year", text, feed="c"), copy).story_id == first.story_id


def test_an_entry_whose_story_is_not_decided_counts_for_nothing():
    undecided = told(ELSEWHERE["de"], language="de", story_id=None)
    assert story_of(told(ELSEWHERE["es"], language="es"), undecided) == Opened()


def test_reports_of_one_language_that_are_each_a_little_alike_add_up():
    title = "Ferry Aurora aground near Vaasa with forty aboard"
    parts = ("Aurora delayed by fog again", "Storm closes school in Vaasa", "Harbour dues rise for the ferry")
    apart = [told(one, feed=f"f{number}") for number, one in enumerate(parts)]
    report = told(title, feed="z", story_id=None)
    assert isinstance(story_of(report, *apart), Opened)
    together = [replace(one, story_id=apart[0].story_id) for one in apart]
    one_by_one = [ties_of(report, neighbours(one))[0].strength for one in apart]
    assert ties_of(report, neighbours(*together))[0].strength > max(one_by_one)


def test_the_nearer_story_is_joined():
    far = told("Macron in Rom", language="de", feed="b", after=-HOUR)
    assert story_of(told(ELSEWHERE["pl"], language="pl", feed="c"), far, SIGNED).story_id == SIGNED.story_id


hostile = st.text(max_size=80) | st.sampled_from(
    [*ELSEWHERE.values(), "１２３ ४५६", "\ud800", "a" * 5000, "́" * 200]
)


@given(st.lists(st.tuples(hostile, hostile, st.sampled_from([*ELSEWHERE, "xx", "", None, "th"])), max_size=5))
def test_whatever_it_says_an_entry_has_one_story(entries):
    around = neighbours()
    for title, text, language in entries:
        trace = told(title, text, language=language)
        chosen = choose_story(trace, around, copy=None)
        assert isinstance(chosen, Opened) or chosen.story_id in {one.story_id for one in around.near(trace)}
        around.add(trace)
