"""`word~`: the forms of a word, by stems and by dictionaries, and what is none of its forms."""

from collections import defaultdict
from itertools import islice
from random import Random

import pytest
from cases import cases
from simplemma.strategies.dictionaries import dictionary_factory, frontcode

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.core.text.fold import fold_word
from monitor.core.text.inflections import _DICTIONARIES, INFLECTED, bases, beginnings, forms, particles, root
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


# ── How words of one root begin ──


def _written(language, *, each):
    """Every so manieth form in the language's dictionaries, lower case."""
    for name in _DICTIONARIES[language]:
        data = dictionary_factory._read_decompressed(name)
        is_reversed, _, start = frontcode._read_header(data)
        for _, key, _ in islice(frontcode._iter_records(data, start), 0, None, each):
            form = (key[::-1] if is_reversed else key).decode().lower()
            if form.isalpha():
                yield form


KNOWN = sorted(language for language in INFLECTED if beginnings("xylophon", language) is not None)


@pytest.mark.parametrize("language", KNOWN)
def test_words_of_one_root_begin_alike(language):
    """Also those that no dictionary has: beginnings and endings of different words."""
    words = list(_written(language, each=701))
    dice = Random(7)
    endings = [word[-length:] for word in words for length in (2, 4, 6)]
    words += [
        dice.choice(words)[: dice.randint(1, 6)]
        + dice.choice(endings)
        + dice.choice(["", dice.choice(endings)])
        for _ in range(4_000)
    ]
    by_root = defaultdict(list)
    for word in words:
        by_root[root(word, language)].append(word)
    wrong = [
        (word, begun)
        for related in by_root.values()
        if (begun := beginnings(related[0], language)) is not None
        for word in related
        if not fold_word(word).startswith(begun)
    ]
    assert not wrong, wrong[:5]
    assert sum(beginnings(word, language) is not None for word in words) > 0.9 * len(words)


def test_of_a_language_that_changes_beginnings_it_is_not_said_how_they_are():
    assert root("يستخدمون", "ar") == root("استخدم", "ar")
    assert beginnings("استخدم", "ar") is None


@pytest.mark.parametrize(
    ("word", "language", "found"),
    [
        ("ministers", "en", ("minist",)),
        ("skies", "en", ("sk",)),
        ("häfen", "de", ("haf", "haef", "haeef")),
        ("ministeriö", "fi", ("minister",)),
        ("instal·lació", "ca", ("instal",)),
        ("y", "en", None),
    ],
)
def test_as_much_of_the_beginning_is_known_as_no_ending_changes(word, language, found):
    assert beginnings(word, language) == found


@pytest.mark.parametrize("language", ["ar", "he"])
def test_a_word_with_a_particle_before_it_has_the_word_as_its_base(language):
    for particle in particles(language)[1:]:
        assert "ממשלה" in bases(f"{particle}ממשלה", language)
