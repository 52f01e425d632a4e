"""The laws of the rule language, tried on trees and texts that nobody would write."""

from conftest import rules_of
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from oracle import holds, queries, texts_of, written

from monitor.core.rules import compile_rules
from monitor.core.rules.parser import parse
from monitor.core.text.document import read
from monitor.model import Rule

relaxed = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@relaxed
@given(queries)
def test_a_printed_tree_reads_back_as_the_same_tree(query):
    assert parse(str(query), {}).tree == query


@relaxed
@given(queries, written, written, written)
def test_a_query_holds_where_trying_every_combination_says_so(query, title, summary, content):
    rules, problems = compile_rules([Rule(id="r", query=str(query))], {})
    assume(not problems)  # all that can be wrong with a printed tree: it needs nothing to be present
    document = read(title=title, summary=summary, content=content)
    assert bool(rules.match(document)) == holds(query, texts_of(title, summary, content)), str(query)


@relaxed
@given(st.lists(queries, min_size=1, max_size=8), written, written, written)
def test_the_index_finds_what_evaluating_every_rule_finds(trees, title, summary, content):
    rules, _ = compile_rules([Rule(id=str(i), query=str(query)) for i, query in enumerate(trees)], {})
    document = read(title=title, summary=summary, content=content)
    assert rules.match(document) == rules.match_every(document)


@relaxed
@given(queries, written, written)
def test_spans_are_in_order_apart_and_begin_and_end_with_a_word(query, title, content):
    rules, _ = compile_rules([Rule(id="r", query=str(query))], {})
    document = read(title=title, content=content)
    texts = document.texts()
    for match in rules.match(document):
        for before, span in zip(match.spans, match.spans[1:], strict=False):
            assert before.field != span.field or before.end < span.start
        for span in match.spans:
            text = texts[span.field][span.start : span.end]
            assert text
            assert text[0].isalnum()
            assert not text[-1].isspace()


beyond = st.sampled_from(
    [
        "paris",
        "author:paris",
        "url:paris",
        "category:ete",
        "site:lemonde.fr",
        "tag:fr",
        "/par.s/",
        '"paris us"',
        "paris NEAR/2 us",
    ]
)
joined = st.builds(" AND ".join, st.lists(beyond, min_size=1, max_size=3))


@relaxed
@given(st.lists(joined, min_size=1, max_size=6), written, written, written)
def test_the_index_finds_what_is_needed_outside_the_body_too(texts, title, author, category):
    rules = rules_of(*texts)
    entry = {
        "title": title,
        "author": author,
        "categories": [category],
        "url": "https://www.lemonde.fr/paris",
    }
    document = read(**entry, feed_tags=["fr"])
    assert rules.match(document) == rules.match_every(document)
    assert len(rules.match(read(title="Paris"))) == sum(
        set(text.split(" AND ")) <= {"paris", "/par.s/"} for text in texts
    )
