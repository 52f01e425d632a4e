"""What is no word of its own and may be all that is new: days, months, the letter of a line, a no."""

from datetime import UTC, datetime

import pytest

from monitor.core.stories.calendar import AMBIGUOUS, day_in, day_or_month
from monitor.core.stories.negation import NEGATIONS, is_negation
from monitor.core.stories.report import report_of
from monitor.core.text.fold import fold_word
from monitor.model import FeedEntry

DAYS = [
    ("Tuesday", "en", "d1"),
    ("Tue", "en", "d1"),
    ("vendredi", "fr", "d4"),
    ("Donnerstag", "de", "d3"),
    ("junio", "es", "m6"),
    ("sabato", "it", "d5"),
    ("czwartek", "pl", "d3"),
    ("пятницу", "ru", "d4"),
    ("vrijdag", "nl", "d4"),
    ("الجمعة", "ar", "d4"),
    ("May", "en", "m5"),
    ("may", "en", AMBIGUOUS),
    ("mar", "es", AMBIGUOUS),
    ("ferry", "en", None),
]
LABELS = [
    ("Terminal B at Corwen evacuated", "en", {"#b"}),
    ("Hepatitis A found in two schools", "en", {"#a"}),
    ("Panne sur la ligne D du RER", "fr", {"#d"}),
    ("Block C des Kraftwerks abgeschaltet", "de", {"#c"}),
    ("Awaria bloku C elektrowni", "pl", {"#c"}),
    ("Терминал D эвакуирован", "ru", {"#d"}),
    ("Vote for J. Smith in Harle", "en", set()),
    ("A ferry sinks, as I said", "en", set()),
    ("HOW TO MAKE A CAKE AT HOME", "en", set()),
]


@pytest.mark.parametrize(("word", "language", "names"), DAYS)
def test_a_day_is_the_same_in_every_language(word, language, names):
    assert day_or_month(word, fold_word(word), language) == names


@pytest.mark.parametrize(
    ("pair", "language", "names"),
    [("火曜", "ja", "d1"), ("期五", "zh", "d4"), ("曜日", "ja", None), ("星期", "zh", None)],
)
def test_a_day_is_read_by_two_characters_that_no_other_has(pair, language, names):
    assert day_in(pair, language) == names


@pytest.mark.parametrize(("title", "language", "labels"), LABELS)
def test_a_letter_that_numbers_is_read_as_a_number(title, language, labels):
    entry = FeedEntry(title=title, summary="")
    made = report_of(
        entry, entry_id=1, feed_id="a", reported_at=datetime(2026, 1, 6, tzinfo=UTC), language=language
    )
    assert {token for token in made.numbers if token[1:].isalpha()} == labels


@pytest.mark.parametrize("language", sorted(NEGATIONS))
def test_what_says_no_is_written_as_it_is_compared(language):
    assert {fold_word(word) for word in NEGATIONS[language]} == NEGATIONS[language]


def test_without_a_language_the_english_words_say_no():
    assert is_negation("not", None)
    assert not is_negation("nicht", None)
    assert not is_negation("not", "xx")
