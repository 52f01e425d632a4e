"""The rules that are shipped, held to what people said of entries that they were not written from."""

import pytest
from labelled import demo_corpus, dev_half, further_reports, judged, shipped_rules

from monitor.core.rules import check_examples

RULE = "paris-declaration"
FLOOR = 0.95
"""Of recall and of precision; `bench/measure_rules.py` shows where they stand and what is missed."""


@pytest.fixture(scope="module")
def rules(tmp_path_factory):
    return shipped_rules(tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize(
    "entries", [dev_half, demo_corpus, further_reports], ids=["dev half", "demo", "further"]
)
def test_the_rule_finds_its_story_and_leaves_look_alikes_alone(rules, entries):
    came = judged(entries(), rules, RULE)
    assert came.recall >= FLOOR, [entry.id for entry in came.missed]
    assert came.precision >= FLOOR, [entry.id for entry in came.false_alarms]


def test_no_language_of_the_demo_is_left_out(rules):
    came = judged(demo_corpus(), rules, RULE)
    assert {entry.language for entry in came.found} == {entry.language for entry in demo_corpus()}


def test_the_rules_pass_their_own_examples(rules):
    assert check_examples(rules) == ()
