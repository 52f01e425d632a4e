"""How near a rule comes to what a feed gave of an entry, and whether its page could help."""

import pytest
from conftest import rules_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import queries, written

from monitor.core.rules import compile_rules, lint
from monitor.core.rules.nearness import can_be_near, nearness, uses_pages
from monitor.core.text.document import read
from monitor.model import Rule, Score

relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


def near(query, title="", *, exclude="", feeds=(), **entry):
    rules = rules_of(query, exclude=exclude, feeds=feeds)
    return nearness(rules.rule("0"), rules.reading(read(title=title, **entry)))


@pytest.mark.parametrize(
    ("query", "title", "share"),
    [
        ("paris", "Paris", 1),
        ("paris", "Rome", 0),
        ("paris AND kyiv", "Paris", 1 / 2),
        ("paris AND kyiv AND rome", "Paris", 1 / 3),
        ("paris AND (kyiv OR warsaw)", "Warsaw", 1 / 2),
        ("(paris AND kyiv) OR (rome AND oslo AND bern)", "Paris and Rome", 1 / 2),
        ("2 OF (paris, kyiv, rome)", "Rome", 1 / 2),
        ("ATLEAST/4 paris", "Paris, Paris", 1 / 2),
        ("paris NEAR/3 kyiv", "Paris", 1 / 2),
        ("paris NEAR/1 kyiv", "Paris met on the same day as far away as Kyiv", 1),
        ('"paris declaration"', "Paris", 0),
        ("paris AND NOT sport", "Kyiv", 0),
        ("paris AND kyiv AND NOT sport", "Paris", 1 / 2),
        ("lang:fr AND paris AND kyiv", "Paris", 0),
        ("feed:wire AND paris AND kyiv", "Paris", 1 / 2),
    ],
)
def test_half_an_and_is_half_and_what_says_nothing_of_words_counts_nothing(query, title, share):
    assert near(query, title, feed_id="wire", language="en") == pytest.approx(share)


@pytest.mark.parametrize(
    ("query", "title", "keys"),
    [
        ("paris AND kyiv AND NOT sport", "Paris: sport", {}),
        ("paris AND title:kyiv", "Paris", {}),
        ("paris AND author:kyiv", "Paris", {}),
        ("paris AND kyiv", "Paris: sport", {"exclude": "sport"}),
        ("paris AND kyiv", "Paris", {"feeds": ("other",)}),
        ("paris AND kyiv AND site:lemonde.fr", "Paris", {"url": "https://lefigaro.fr/1"}),
    ],
)
def test_what_no_page_could_change_is_not_near(query, title, keys):
    assert near(query, title, **keys) == 0


@relaxed
@given(queries, written, written, written)
def test_what_a_page_makes_match_was_within_reach(query, title, summary, page):
    """Beside a word that is there: 0 would mean that no page could make the query hold."""
    rules, problems = compile_rules([Rule(id="r", query=f"zzz AND ({query})")], {})
    assume(not problems)
    told = f"zzz {title}"
    if rules.match(read(title=told, summary=summary, content=page)):
        assert nearness(rules.rule("r"), rules.reading(read(title=told, summary=summary))) > 0


@relaxed
@given(queries, written, written)
def test_nearness_is_a_share_and_whole_where_the_rule_matches(query, title, summary):
    rules, problems = compile_rules([Rule(id="r", query=str(query))], {})
    assume(not problems)
    document = read(title=title, summary=summary)
    share = nearness(rules.rule("r"), rules.reading(document))
    assert 0 <= share <= 1
    if rules.match(document):
        assert share == pytest.approx(1)


@pytest.mark.parametrize(("points", "share"), [("paris", 0.5), ("paris kyiv", 1.0), ("sport", 0.0)])
def test_of_a_score_the_points_count(points, share):
    score = Score(threshold=4, terms=(("paris", 2), ("kyiv", 2), ("sport", -3)))
    rules, _ = compile_rules([Rule(id="r", score=score)], {})
    assert nearness(rules.rule("r"), rules.reading(read(title=points))) == share


@pytest.mark.parametrize(
    ("query", "used", "divisible"),
    [
        ("paris", True, False),
        ("paris OR kyiv", True, False),
        ("paris AND NOT sport", True, False),
        ('"paris declaration"', True, False),
        ("paris AND kyiv", True, True),
        ("sport OR (paris AND kyiv)", True, True),
        ("paris NEAR/5 kyiv", True, True),
        ("2 OF (paris, kyiv, rome)", True, True),
        ("ATLEAST/2 paris", True, True),
        ("title:paris", False, False),
        ("title:paris AND author:kyiv", False, True),
        ("title:paris AND kyiv", True, True),
    ],
)
def test_a_rule_that_pages_cannot_help_is_doubtful(query, used, divisible):
    rules = rules_of(query, fulltext="near")
    assert (uses_pages(rules.rule("0")), can_be_near(rules.rule("0"))) == (used, divisible)
    doubts = [one for one in lint(rules) if one.part == "fulltext"]
    assert bool(doubts) == (not used or not divisible)
    assert not [one for one in lint(rules_of(query)) if one.part == "fulltext"]


@relaxed
@given(st.lists(queries, min_size=1, max_size=6), written, written)
def test_only_rules_that_are_touched_are_near(trees, title, summary):
    rules, _ = compile_rules([Rule(id=str(i), query=str(query)) for i, query in enumerate(trees)], {})
    reading = rules.reading(read(title=title, summary=summary))
    near_ones = [one for one in map(rules.rule, rules.read) if nearness(one, reading) > 0]
    assert [one for one in rules.touched(reading) if one in near_ones] == near_ones


@pytest.mark.parametrize("fulltext", ["never", "near", "always"])
def test_only_rules_that_ask_for_pages_are_asked_about_them(fulltext):
    rules = rules_of("paris", fulltext=fulltext)
    assert [one.rule.id for one in rules.wanting_pages] == ([] if fulltext == "never" else ["0"])
    assert not rules_of("title:paris", fulltext=fulltext).wanting_pages
