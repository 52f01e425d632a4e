"""The thesaurus: what it holds can be asked, and what it says of texts and terms is what they say."""

import pytest

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.model import Rule
from monitor.tuning import thesaurus
from monitor.tuning.closeness import in_letters

CONCEPTS = list(thesaurus.concepts())


@pytest.mark.parametrize("concept", CONCEPTS)
def test_every_row_is_one_that_a_list_of_a_rule_may_have(concept):
    rows = {language: thesaurus.terms(concept, language) for language in thesaurus.languages()}
    assert all(rows.values()), "a concept has words in every language, or it takes whole languages away"
    _, problems = compile_rules([Rule(id="all", query="@listed")], {"listed": rows})
    assert [one.message for one in problems if one.severity == "error"] == []


@pytest.mark.parametrize("concept", CONCEPTS)
def test_the_engine_finds_an_entry_by_each_term_that_the_thesaurus_sees_in_it(concept):
    for language in sorted(thesaurus.languages()):
        rules, _ = compile_rules(
            [Rule(id="all", query="@listed")], {"listed": {language: thesaurus.terms(concept, language)}}
        )
        for term in thesaurus.terms(concept, language):
            document = read(title=term.replace("*", ""), language=language)
            assert concept in thesaurus.of_document(document), (language, term)
            assert rules.match_every(document), (language, term)


@pytest.mark.parametrize(
    ("language", "title", "meant"),
    [
        ("en", "Dockers walk out at Port Maren", {"strike", "port", "dock workers"}),
        ("de", "Streikrecht: Hafenbetriebe klagen", {"strike", "port"}),
        ("fi", "Ahtaajien lakko pysäytti sataman", {"strike", "port"}),
        ("cs", "Pokuta za únik osobních údajů", {"fine", "data protection"}),
        ("el", "Πρόστιμο για παραβίαση προσωπικών δεδομένων", {"fine", "data protection"}),
        ("ja", "アンモニア漏れで住民避難", {"chemicals", "leak of a substance"}),
        ("ko", "부두 노동자 파업 사흘째", {"strike", "port"}),
        ("he", "שביתה בנמל", {"strike", "port"}),
        ("ar", "إضراب في الميناء", {"strike", "port"}),
        ("xx", "Dockers walk out at Port Maren", set()),
        ("en", "", set()),
    ],
)
def test_a_title_names_what_its_words_mean(language, title, meant):
    found = thesaurus.of_document(read(title=title, language=language))
    assert meant <= found
    assert meant or not found


@pytest.mark.parametrize(
    ("terms", "concept"),
    [
        (["strike", "walkout"], "strike"),
        (["Streik*"], "strike"),
        (["забастовка"], "strike"),
        (["罢工"], "strike"),
        (['"data protection"'], "data protection"),
        (["fined", "penalty"], "fine"),
    ],
)
def test_the_words_of_a_rule_name_a_concept(terms, concept):
    assert next(iter(thesaurus.named(terms))) == concept


@pytest.mark.parametrize("term", ["Halden", "", "*", "ß", "strikethrough", "\0"])
def test_a_name_or_a_word_that_it_does_not_know_names_nothing(term):
    assert not thesaurus.named([term])


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("Халден", "halden"),
        ("هالدن", "halden"),
        ("ハルデン", "halden"),
        ("할덴", "halden"),
        ("הלדן", "halden"),
    ],
)
def test_a_name_in_another_script_is_near_to_it(word, name):
    assert in_letters(word, name) >= 0.75
    assert in_letters(word, "norvane") == 0.0
