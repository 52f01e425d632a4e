"""`word~`: the forms of a word, by stems and by dictionaries, and what is none of its forms."""

from collections import defaultdict

import pytest
from cases import cases

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.core.text.inflections import INFLECTED, bases, forms, root
from monitor.model import Rule

BY_LANGUAGE = defaultdict(list)
for case in cases("text/inflections.tsv"):
    BY_LANGUAGE[case["language"]].append((case["word"], case["form"], case["found"] == "yes"))


@pytest.mark.parametrize("language", BY_LANGUAGE)
def test_a_word_is_found_in_its_forms_and_in_no_other_word(language):
    pairs = BY_LANGUAGE[language]
    rules, problems = compile_rules(
        [Rule(id=str(number), query=f"{word}~") for number, (word, _, _) in enumerate(pairs)], {}
    )
    assert not problems
    found = {
        (word, form): str(number)
        in {match.rule_id for match in rules.match(read(title=form, language=language))}
        for number, (word, form, _) in enumerate(pairs)
    }
    assert found == {(word, form): expected for word, form, expected in pairs}


def test_a_plain_word_stays_exact():
    rules, _ = compile_rules([Rule(id="r", query="soldier")], {})
    assert not rules.match(read(title="soldiers", language="en"))


def test_what_was_asked_for_is_not_looked_up_again():
    first = forms(["wolf"], "en")
    assert forms(["wolf"], "en")["wolf"] is first["wolf"]
    assert "wolves" in first["wolf"]


@pytest.mark.parametrize("language", sorted(INFLECTED))
def test_every_language_that_is_named_has_a_stemmer_or_a_dictionary_that_can_be_read(language):
    assert root("x", language)
    assert forms(["0"], language)["0"] == {"0"}


def test_a_language_that_nobody_knows_has_no_forms():
    assert root("word", "ja") == ""
    assert forms(["word"], "ja") == {"word": {"word"}}


@pytest.mark.parametrize(
    ("word", "language", "left"),
    [
        ("والحكومة", "ar", ["الحكومة", "الحكومة"[2:], "لحكومة"]),
        ("ולממשלה", "he", ["לממשלה", "ממשלה"]),
        ("government", "en", []),
        ("اب", "ar", []),
    ],
)
def test_particles_come_off_one_by_one(word, language, left):
    assert set(bases(word, language)) >= set(left[:2])
    assert bool(bases(word, language)) is bool(left)
