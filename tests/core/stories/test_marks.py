"""What is put before every title, or counted in every text, of a feed that is issued anew; and what only looks so."""

import pytest

from monitor.core.stories.recurring import recurring

BARE = [
    ("Flood shuts Mill Road in Harle", "The Wend rose by two metres."),
    ("Tram strike ends in Tarrow", "Drivers go back to work."),
    ("Bakery burns in Kelmouth", "Nobody was hurt."),
]
MARKS = {
    "a word and a colon": "UPDATE: {}",
    "two words": "Только у нас: {}",
    "a dash": "Exklusiv – {}",
    "a bar": "ESCLUSIVA | {}",
    "brackets": "[Archief] {}",
    "wide brackets": "【速報】{}",
    "a wide colon": "独家：{}",
    "Arabic": "عاجل: {}",
}
COUNTERS = {
    "English": "{} Read 1{} times.",
    "French": "{} Lu 12{} fois.",
    "Russian": "{} Просмотров: 3{}.",
    "Japanese": "{} 閲覧数12{}。",
    "a date": "{} Imported 2026-03-0{}.",
    "a line": "{}\n{} Leser",
    "Spanish": "{} Visitas: 31{}",
    "Polish": "{} Wyświetleń: 5{}.",
}


@pytest.mark.parametrize("mark", MARKS.values(), ids=MARKS)
def test_a_mark_is_no_part_of_a_headline(mark):
    known = recurring([(mark.format(title), text) for title, text in BARE] + BARE)
    assert known.headline(mark.format("Two missing near Brimley")) == "Two missing near Brimley"


@pytest.mark.parametrize("form", COUNTERS.values(), ids=COUNTERS)
def test_a_counter_says_nothing(form):
    counted = [(title, form.format(text, number)) for number, (title, text) in enumerate(BARE)]
    own, again = recurring(counted + BARE).divided("Two missing", form.format("They left at noon.", 7))
    assert own == ["They left at noon."]
    assert len(again) == 1


@pytest.mark.parametrize(
    "texts",
    [
        [
            ("Quake off Tarva", "Magnitude 5.2."),
            ("Ostrel shakes", "Magnitude 4.7."),
            ("Tremor", "Magnitude 6."),
        ],
        [("Fire in Harle", "3 hurt."), ("Bus overturns", "5 hurt."), *BARE],
        [("Fire in Harle", "3 hurt."), ("Fire in Harle", "5 hurt."), *BARE],
        [("Fire", "3 hurt."), ("Fire", "It began."), ("Crash", "5 hurt."), ("Crash", "It is blocked.")],
        [("Harle dam: gates open", ""), ("Harle dam: judge speaks", ""), ("Harle dam: families march", "")],
        [("Correction: nobody hurt", "We erred."), ("Correction: no strike", "We erred."), *BARE],
    ],
    ids=[
        "all have it",
        "some have it",
        "a toll that rises",
        "two that grow alike",
        "a subject",
        "what is corrected",
    ],
)
def test_what_tells_something_is_kept(texts):
    known = recurring(texts)
    assert not known.marks
    assert not known.counters
