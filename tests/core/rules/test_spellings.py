"""What people write who know another query language: understood, refused with a cure, or hinted at; never a word."""

import pytest
from cases import cases

from monitor.core.rules import compile_rules
from monitor.core.rules.parser import parse
from monitor.core.rules.read import read_lists
from monitor.core.text.document import read
from monitor.model import Rule

LISTS = {"sports": ["football", "rugby"]}
FOREIGN = cases("rules/foreign.tsv")


@pytest.mark.parametrize("case", FOREIGN, ids=[case["query"] for case in FOREIGN])
def test_a_spelling_is_understood_refused_or_hinted_at(case):
    _, problems = compile_rules([Rule(id="r", query=case["query"])], LISTS)
    assert all(problem.cure for problem in problems)
    if case["reads_as"] in {"error", "warning"}:
        assert [problem.severity for problem in problems] == [case["reads_as"]]
    else:
        assert not [problem for problem in problems if problem.severity == "error"]
        lists, _ = read_lists(LISTS)
        tree = parse(case["query"], lists).tree
        assert str(tree) == case["reads_as"]
        assert parse(str(tree), lists).tree == tree


SIGNS = cases("rules/signs.tsv")


@pytest.mark.parametrize("case", SIGNS, ids=[f"{case['query']} in {case['text']}" for case in SIGNS])
def test_signs_of_a_name_and_runs_of_katakana_count_where_the_rule_writes_them(case):
    rules, problems = compile_rules([Rule(id="r", query=case["query"])], {})
    assert not problems
    document = read(title=case["text"])
    assert bool(rules.match(document)) is (case["matches"] == "yes")
    assert rules.match(document) == rules.match_every(document)
