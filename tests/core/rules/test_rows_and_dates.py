"""Lists with a row for each language, and a rule's own time."""

from datetime import UTC, datetime

import pytest
from conftest import rules_of

from monitor.core.rules import check_examples, compile_rules, explain, rule_version
from monitor.core.text.document import read
from monitor.model import Example, Rule

LISTS = {
    "fines": {
        "en": ("fine~", "penalt*"),
        "it": ("multa~", "cartell*"),
        "de": ("Bußgeld~", "*strafe"),
        "any": ("amende~", "=GDPR"),
    },
    "plain": ("fine~",),
}


@pytest.mark.parametrize(
    ("query", "text", "language", "matches"),
    [
        ("@fines", "a fine of a million", "en", True),
        ("@fines", "la fine del mondo", "it", False),
        ("@fines", "la fine del mondo", None, True),
        ("@fines", "le multe", "it", True),
        ("@fines", "le multe", "fr", False),
        ("@fines", "des amendes", "fr", True),
        ("@fines", "eine Geldstrafe", "de", True),
        ("@fines", "eine Geldstrafe", "nl", False),
        ("@fines", "under GDPR", "ja", True),
        ("@fines", "Bußgelder", None, True),
        ("title:@fines", "multe", "it", True),
        ("@fines NEAR/2 million", "a million in fines", "en", True),
        ("@fines NEAR/2 million", "fine million", "it", False),
        ("2 OF @fines", "penalty and fines", "en", True),
        ("2 OF @fines", "fines and multe", "en", False),
        ("2 OF @fines", "fines and multe", None, True),
        ("@fines AND NOT @plain", "multa", "it", True),
    ],
)
def test_a_row_is_asked_in_its_language_and_where_the_language_is_unknown(query, text, language, matches):
    rules = rules_of(query, lists=LISTS)
    document = read(title=text, language=language)
    assert bool(rules.match(document)) is matches
    assert rules.match(document) == rules.match_every(document)


def test_a_term_in_several_rows_is_one_term():
    lists = {"names": {"en": ("Macron", "Starmer"), "fr": ("Macron",)}}
    assert not rules_of("2 OF @names", lists=lists).match(read(title="Macron and Macron"))
    assert not rules_of("2 OF @names", lists=lists).match(read(title="Macron", language="fr"))
    assert rules_of("2 OF @names", lists=lists).match(read(title="Macron, Starmer"))
    _, (problem,) = compile_rules([Rule(id="r", query="3 OF @names")], lists)
    assert "3 OF 2" in problem.message


def test_what_is_wrong_with_a_row_has_its_place():
    lists = {"l": {"en": ("ok", "*a"), "eng": ("x",), "any": ("-y",)}, "none": {"en": ()}}
    _, problems = compile_rules([Rule(id="r", query="@l")], lists)
    assert [(p.key, p.row, p.item) for p in problems] == [
        ("l", "en", 1), ("l", "eng", None), ("l", "any", 0), ("none", None, None),
    ]  # fmt: skip
    assert "did you mean en?" in problems[1].cure


def test_a_row_belongs_to_a_rules_meaning():
    rule = Rule(id="r", query="@l")
    versions = {
        rule_version(rule, {"l": rows}) for rows in (("x",), {"en": ("x",)}, {"de": ("x",)}, {"any": ("x",)})
    }
    assert len(versions) == 3


SINCE, UNTIL = datetime(2025, 12, 20, tzinfo=UTC), datetime(2026, 3, 1, 23, 59, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    ("published", "matches"),
    [
        (datetime(2025, 12, 19, 23, 59, tzinfo=UTC), False),
        (SINCE, True),
        (UNTIL, True),
        (datetime(2026, 3, 2, tzinfo=UTC), False),
        (None, True),
    ],
)
def test_what_was_published_outside_a_rules_time_is_no_match_and_told_so(published, matches):
    rules = rules_of("a", since=SINCE, until=UNTIL)
    document = read(title="a", published_at=published)
    assert bool(rules.match(document)) is matches
    said = explain(rules, "0", document).out_of_scope
    assert bool(said) is not matches
    if said:
        assert said.endswith("the rule reads since 2025-12-20 00:00 until 2026-03-01 23:59 (UTC)")


def test_a_rules_time_belongs_to_its_meaning():
    versions = {rule_version(Rule(id="r", query="a", since=since), {}) for since in (None, SINCE, UNTIL)}
    assert len(versions) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Macron in\u00a0Paris",
        "Macron in\u202fParis",
        "Mac\u00adron in Paris",
        "Ma\u200bcron in Paris",
        "<b>Macron</b> in Paris",
        "<p>Macron</p><p>in Paris",
        "Macron&nbsp;in &#80;aris",
        "Macron\u2060 in Paris",
        "&lt;i&gt;Macron&lt;/i&gt; in Paris",
    ],
)
def test_examples_are_read_as_a_feeds_text_is(text):
    rule = Rule(
        id="r", query='macron AND "in paris"', must_match=(Example(title=text), Example(content=text))
    )
    assert check_examples(compile_rules([rule], {})[0]) == ()
