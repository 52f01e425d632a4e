"""What people are told about a query that cannot be read: golden, beside the queries."""

from pathlib import Path

import pytest

from monitor.core.rules import compile_rules
from monitor.core.rules.parser import MAX_DEPTH, MAX_QUERY
from monitor.model import Rule, Score

DATA = Path(__file__).parents[2] / "data" / "rules"
LISTS = {"leaders": ["Macron", "Zelensk*"]}


def told(query):
    """The query with a caret under the mistake, what it is, and the cure."""
    _, problems = compile_rules([Rule(id="r", query=query)], LISTS)
    lines = [query]
    for problem in problems:
        lines.append(" " * problem.offset + "^" * problem.length)
        lines.append(f"{problem.severity}: {problem.message}")
        lines.append(f"    {problem.cure}")
    return "\n".join(lines)


def test_every_wrong_query_is_told_as_written_down():
    """To write them down anew: `python tests/core/rules/test_errors.py`, then read the difference."""
    queries = (DATA / "wrong_queries.txt").read_text().splitlines()
    assert "\n\n".join(map(told, queries)) + "\n" == (DATA / "wrong_queries.expected.txt").read_text()


@pytest.mark.parametrize("query", (DATA / "wrong_queries.txt").read_text().splitlines())
def test_every_mistake_has_one_error_in_its_place_and_a_cure(query):
    rules, (problem,) = compile_rules([Rule(id="r", query=query)], LISTS)
    assert not rules.read
    assert problem.cure
    assert 0 <= problem.offset <= len(query)
    assert problem.length >= 1


@pytest.mark.parametrize(
    ("query", "hint"),
    [
        ("paris and kyiv", "and is searched as a word"),
        ("paris Or kyiv", "Or is searched as a word"),
        ("paris near/3 kyiv", "near/3 is searched as a word"),
        ('"why now?"', "the ? at the end of a quoted phrase is read as punctuation"),
    ],
)
def test_what_can_be_read_otherwise_than_meant_is_hinted_at(query, hint):
    rules, (problem,) = compile_rules([Rule(id="r", query=query)], {})
    assert list(rules.read) == ["r"]
    assert (problem.message, problem.severity) == (hint, "warning")
    assert problem.cure


def test_one_bad_rule_leaves_the_others_working():
    rules, problems = compile_rules([Rule(id="bad", query="(a"), Rule(id="good", query="a")], {})
    assert list(rules.read) == ["good"]
    assert [problem.rule_id for problem in problems] == ["bad"]


def test_all_mistakes_of_all_parts_are_told_at_once():
    score = Score(threshold=0, terms=(("a*", 3.0), ("b", -1.0)))
    rule = Rule(id="r", query="(a", exclude="b)", languages=frozenset({"fr", "xx"}), score=score)
    _, problems = compile_rules([rule], {"l": ["*a", "b OR c", "ok", "why not?", "=US"], "empty": []})
    assert [(p.rule_id, p.part, p.key, p.item) for p in problems] == [
        (None, "list", "l", 0),
        (None, "list", "l", 1),
        (None, "list", "empty", None),
        ("r", "query", None, None),
        ("r", "exclude", None, None),
        ("r", "score", "a*", None),
        ("r", "score", None, None),
        ("r", "languages", None, None),
    ]


def test_a_score_without_a_positive_term_is_refused():
    _, (problem,) = compile_rules([Rule(id="r", score=Score(threshold=1, terms=(("b", -1.0),)))], {})
    assert "positive" in problem.message


@pytest.mark.parametrize("query", ["", "   "])
def test_an_empty_query_is_refused(query):
    _, (problem,) = compile_rules([Rule(id="r", query=query)], {})
    assert problem.message == "an empty query"


def test_a_hundred_brackets_are_read_and_one_more_is_told():
    deep = "(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH
    assert not compile_rules([Rule(id="r", query=deep)], {})[1]
    for deeper in (f"({deep})", "NOT " * 101 + "a", "1 OF (" * 101 + "a" + ")" * 101):
        _, (problem,) = compile_rules([Rule(id="r", query=deeper)], {})
        assert problem.message == "more than 100 brackets and NOTs inside each other"


def test_a_query_has_a_greatest_length():
    _, (problem,) = compile_rules([Rule(id="r", query="a " * MAX_QUERY)], {})
    assert "200000 are read" in problem.message


if __name__ == "__main__":
    text = "\n\n".join(map(told, (DATA / "wrong_queries.txt").read_text().splitlines())) + "\n"
    (DATA / "wrong_queries.expected.txt").write_text(text)
