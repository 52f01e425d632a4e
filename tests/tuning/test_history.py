"""What a query finds in the history: what asking of every entry finds, the newest first, as it comes."""

from itertools import islice

import pytest
from core.rules.oracle import queries, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from past import past
from samples.news import HOUR, NOW, WIRE

from monitor.core.rules import compile_rules
from monitor.model import Feed, Rule, Score
from monitor.store import entries
from monitor.tuning.history import FIRST, History, alone, chosen, typed

FEEDS = {"wire": WIRE, "tagged": Feed(id="tagged", url="", tags=frozenset({"fr"}))}
TEXTS = [
    {"title": "Déclaration dite de Paris", "summary": "L’Ukraine, la France", "language": "fr"},
    {"title": "Hafenarbeiterstreik in Kiel", "content": "Die Docker legen die Arbeit nieder.", "language": "de"},
    {"title": "U.S. envoy in Paris", "summary": "Talks go on", "url": "https://www.lemonde.fr/paris"},
    {"title": "戦争の終わり", "summary": "パリ宣言、ストライキ", "language": "ja"},
    {"title": "Sanctions lifted", "content": "The sanction was lifted. " * 3, "author": "Léa Brun", "language": "en"},
    {"title": "C++ and AT&T", "categories": ["Europe", "Paix"], "feed_id": "tagged"},
    {"title": "Оборона Києва", "content": "Київ тримається", "language": "uk"},
    {"title": "หนังสือพิมพ์ไทย", "language": "th"},
    {"title": "Paris, Texas", "summary": "A film", "content": "A film of old", "language": "en"},
]  # fmt: skip
QUERIES = {
    "paris": [9, 3, 1], "paris AND ukraine": [1], "title:paris": [9, 3, 1], "content:paris": [],
    "declaration NEAR/2 paris": [1], "déclaration NEAR/1 paris": [], '"dite de paris"': [1],
    "*streik*": [2], "streik": [], "hafen*": [2], "ha?en*kiel": [], "sanction~": [5], "ATLEAST/4 sanction~": [5],
    "=Paris": [9, 3, 1], "=PARIS": [], "/sanction.{1,3}lifted/": [5], "us AND NOT talks": [], "us talks": [3],
    "author:brun": [5], "category:paix": [6], "url:lemonde": [3], "site:lemonde.fr": [3], "tag:fr": [6],
    "feed:tagged": [6], "lang:uk": [7], "c++": [6], "київ OR києв*": [7], "ストライキ": [4], "スト": [], "スト*": [4],
    "戦争": [4], "หนังสือ": [8], "2 OF (paris, texas, ukraine)": [9, 1], "paris NOTNEAR/1 texas": [3, 1],
    "lead:film": [9], "paris OR /kiel/": [9, 3, 2, 1], "(paris texas) OR (us envoy)": [9, 3],
}  # fmt: skip


def found(history, rules, **asked):
    return [(one.entry.id, one.match) for one in history.matches(rules, **asked)]


def oracle(history, rules, **asked):
    steps = history.search(rules, with_index=False, **asked)
    return [(one.entry.id, one.match) for step in steps for one in step.found]


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_finds_what_asking_of_every_entry_finds(store, query):
    past(store, TEXTS)
    history = History(store, FEEDS)
    rules, problems = typed(query, {})
    assert rules, problems
    assert found(history, rules) == oracle(history, rules)
    assert [entry_id for entry_id, _ in found(history, rules)] == QUERIES[query]


texts = st.lists(
    st.fixed_dictionaries({"title": written, "summary": written, "content": written}), max_size=12
)


@settings(deadline=None, suppress_health_check=list(HealthCheck), max_examples=30)
@given(asked=st.lists(queries, min_size=1, max_size=12), stored=texts)
def test_the_index_misses_nothing_whatever_is_asked(store, asked, stored):
    past(store, stored)  # beside those of the examples before
    history = History(store, FEEDS)
    rules, _ = compile_rules([Rule(id=str(n), query=str(query)) for n, query in enumerate(asked)], {})
    for rule_id in rules.read:
        alone_ = chosen(rules, rule_id)
        assert found(history, alone_) == oracle(history, alone_), asked[int(rule_id)]


LISTS = {"strikes": {"de": ("*streik*", "kiel"), "en": ("strike", "paris"), "any": ("c++",)}}
SCORED = Score(threshold=3, terms=(("paris", 2), ("texas", 2), ("film", -1)))
RULES = {
    "a list of rows": (Rule(id="r", query="@strikes"), [9, 6, 3, 2]),
    "two of a list": (Rule(id="r", query="2 OF @strikes"), [2]),
    "a score": (Rule(id="r", score=SCORED), [9]),
    "a score and a query": (Rule(id="r", query="texas", score=SCORED), [9]),
    "languages": (Rule(id="r", query="paris", languages=frozenset({"fr"})), [3, 1]),
    "feeds": (Rule(id="r", query="c++ OR paris", feeds=("tag:fr",)), [6]),
    "an exclusion": (Rule(id="r", query="paris", exclude="texas"), [3, 1]),
    "a time": (Rule(id="r", query="paris", since=NOW - HOUR), [9]),
}


@pytest.mark.parametrize("kind", RULES)
def test_a_rule_finds_what_asking_of_every_entry_finds(store, kind):
    past(store, TEXTS)
    history = History(store, FEEDS)
    rule, wanted = RULES[kind]
    rules, problems = alone(rule, LISTS)
    assert rules, problems
    assert found(history, rules) == oracle(history, rules)
    assert [entry_id for entry_id, _ in found(history, rules)] == wanted


@pytest.mark.parametrize("query", ["paris", "/paris/"])
def test_it_can_be_asked_of_some_time_and_one_feed(store, query):
    past(store, [{**text, "feed_id": "wire" if n % 2 else "other"} for n, text in enumerate(TEXTS)])
    history = History(store, FEEDS)
    rules, _ = typed(query, {})
    assert [one for one, _ in found(history, rules, feed_id="other")] == [9, 3, 1]
    assert [one for one, _ in found(history, rules, since=NOW - 6 * HOUR)] == [9, 3]
    assert found(history, rules, since=NOW + HOUR) == []
    *_, last = history.search(rules, feed_id="other")
    assert last.progress.asked == last.progress.of
    assert last.progress.estimate == last.progress.found == 3


@pytest.mark.parametrize("query", ["paris", "/paris/"])
def test_results_come_before_all_is_read_and_say_how_many_will_come(store, query):
    past(store, [{"title": "Paris" if number % 2 else "Kyiv, paris"} for number in range(FIRST * 10)])
    rules, _ = typed(query, {})
    steps = History(store, FEEDS).search(rules)
    first = next(steps)
    assert [one.entry.id for one in first.found] == list(range(FIRST * 10, FIRST * 9, -1))
    assert first.progress.asked == FIRST
    assert first.progress.estimate == FIRST * 10
    with store.writing() as connection:  # nothing that is read holds a writer up
        entries.count(connection)
    *_, last = steps
    assert last.progress.found == FIRST * 10
    steps.close()


def test_all_entries_can_be_read_the_newest_first(store):
    past(store, TEXTS)
    history = History(store, FEEDS)
    assert [one.entry.id for one in history.entries()] == list(range(9, 0, -1))
    assert [one.entry.id for one in history.entries(limit=2)] == [9, 8]
    assert [one.entry.id for one in islice(history.entries(feed_id="tagged"), 5)] == [6]
    assert [one.entry.id for one in history.entries(since=NOW - 2 * HOUR)] == [9, 8, 7]
    assert next(history.entries(feed_id="tagged")).document.feed_tags == {"fr"}


def test_what_is_wrong_in_a_typed_query_is_said_with_its_place():
    rules, problems = typed("paris AND (", {})
    assert rules is None
    assert [(one.rule_id, one.part, one.offset) for one in problems] == [("query", "query", 11)]


def test_an_empty_history_has_nothing(store):
    rules, _ = typed("paris", {})
    history = History(store, FEEDS)
    assert found(history, rules) == []
    (step,) = history.search(rules)
    assert (step.progress.asked, step.progress.of, step.progress.estimate) == (0, 0, 0)


def test_where_the_index_takes_long_the_newest_are_asked_before_it_and_nothing_twice(store):
    """Some of the newest match, and some that only the index finds."""
    many = [
        {"title": "Hafenarbeiter streiken" if number % 50 == 1 else "Wetter", "language": "de"}
        for number in range(400)
    ]
    past(store, many)
    history = History(store, FEEDS)
    rules, _ = typed("hafenarbeiter~", {})
    steps = list(history.search(rules))
    assert [one.entry.id for step in steps for one in step.found] == [352, 302, 252, 202, 152, 102, 52, 2]
    asked = [step.progress.asked for step in steps]
    assert asked == sorted(asked)
    assert asked[0] == FIRST
    assert asked[-1] < 200, "of the others only those that the index names"
    assert steps[-1].progress.of == asked[-1]
