"""Rules for four topics in twelve languages: what the language must be able to say, held against labelled entries."""

import json
import tomllib
from pathlib import Path

import pytest

from monitor.config.document import Document, Text
from monitor.config.rules import read_rule_files
from monitor.config.spots import scan
from monitor.core.rules import check_examples, compile_rules
from monitor.core.text.document import read

DATA = Path(__file__).parents[1] / "data"
ENTRIES = [
    json.loads(line) for line in (DATA / "topics/entries.dev.jsonl").read_text(encoding="utf-8").splitlines()
]


@pytest.fixture(scope="module")
def rules():
    text = (DATA / "rules/topics.toml").read_text(encoding="utf-8")
    document = Document(Text("topics.toml", text), tomllib.loads(text), scan(text))
    files, problems = read_rule_files([document])
    compiled, found = compile_rules(files.rules.values(), files.lists)
    assert not problems
    assert not found
    assert check_examples(compiled) == ()
    return compiled


def judged(rules, topic):
    """Recall and precision of the topic's rule on its own entries; entries of other topics that it finds."""
    rule = next(rule_id for rule_id in rules.read if rule_id.startswith(topic.lower()))
    right = wanted = found = elsewhere = 0
    for one in ENTRIES:
        document = read(title=one["title"], summary=one["text"], language=one["language"])
        hit = rule in {match.rule_id for match in rules.match(document)}
        if one["topic"] != topic:
            elsewhere += hit
            continue
        label = bool(one["label"])
        right, wanted, found = right + (hit and label), wanted + label, found + hit
        if hit != label:
            print(
                topic, "missed" if label else "false", one["language"], one["title"], "|", one["text"][:200]
            )
    return right / wanted, right / found, elsewhere


FLOORS = {"T1": (0.95, 0.88), "T2": (0.95, 0.85), "T3": (0.9, 0.95), "T4": (0.8, 0.8)}


@pytest.mark.parametrize("topic", FLOORS)
def test_a_rule_finds_its_topic(rules, topic):
    recall, precision, elsewhere = judged(rules, topic)
    print(f"{topic}: recall {recall:.2f}, precision {precision:.2f}, elsewhere {elsewhere}")
    least_recall, least_precision = FLOORS[topic]
    assert recall >= least_recall
    assert precision >= least_precision
    assert elsewhere <= 1
