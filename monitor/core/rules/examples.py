"""The rules' own tests: texts that they must, or must not, match."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monitor.core.rules.problems import RuleProblem
from monitor.core.text.document import read
from monitor.core.text.html import to_text
from monitor.core.text.languages import detect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitor.core.rules.ruleset import RuleSet
    from monitor.core.text.document import Document
    from monitor.model import Example, Rule


def check_examples(rules: RuleSet) -> tuple[RuleProblem, ...]:
    """The `must_match` and `must_not_match` texts that their rules decide otherwise."""
    return tuple(problem for rule_id in rules.read for problem in _check(rules, rule_id))


def example_document(example: Example, rule: Rule) -> Document:
    """The example as an entry of one of the rule's feeds; texts are read as a feed's are, markup and all."""
    title, summary, content = map(to_text, (example.title, example.summary, example.content))
    # A rule for certain languages reads its examples in any of them; a wrong guess would only confuse.
    text = f"{title}\n{summary}\n{content}"
    language = example.language or (None if rule.languages else detect(text, prior=None))
    return read(
        title=title,
        summary=summary,
        content=content,
        language=language,
        feed_id=next((feed for feed in rule.feeds if not feed.startswith("tag:")), ""),
        feed_tags=[feed.removeprefix("tag:") for feed in rule.feeds if feed.startswith("tag:")],
    )


def _check(rules: RuleSet, rule_id: str) -> Iterator[RuleProblem]:
    compiled = rules.rule(rule_id)
    for index, example in enumerate(compiled.rule.must_match):
        if not compiled.match(rules.reading(example_document(example, compiled.rule))):
            yield RuleProblem(
                rule_id=rule_id,
                part="must_match",
                key=index,
                message="the rule does not match this text, and must",
                cure="widen the query, or take the text out",
            )
    for index, example in enumerate(compiled.rule.must_not_match):
        if compiled.match(rules.reading(example_document(example, compiled.rule))):
            yield RuleProblem(
                rule_id=rule_id,
                part="must_not_match",
                key=index,
                message="the rule matches this text, and must not",
                cure="narrow the query, or exclude what the text has and others have not",
            )
