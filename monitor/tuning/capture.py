"""A stored entry as a test of a rule: as little of its text as shows what the test is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from monitor.core.rules import RuleSet
from monitor.core.rules.examples import example_document
from monitor.core.text.html import to_text
from monitor.core.text.languages import detect
from monitor.model import Entry, Example, Field, Match, Rule

LONGEST: Final = 1_000
"""Characters of a summary or a content that are put into a rule's file."""


def as_example(entry: Entry, rule: Rule, rules: RuleSet) -> Example:
    """The headline, where the rule decides on it as on the whole; else with as much of the text as that takes.

    Of what the rule does not match the headline alone: what it lacks is for a person to say.
    """
    return next(
        (one for one in _shorter(entry, rule, rules) if _match(one, rule, rules)), _example(entry, rule)
    )


def _shorter(entry: Entry, rule: Rule, rules: RuleSet) -> Iterator[Example]:
    yield _example(entry, rule)
    summary, content = entry.summary[:LONGEST], entry.content[:LONGEST]
    if summary:
        yield _example(entry, rule, summary=summary)
    whole = _example(entry, rule, summary=entry.summary, content=entry.content)
    if entry.content and (match := _match(whole, rule, rules)) is not None:
        yield _example(entry, rule, content=_around(entry.content, match))
        yield _example(entry, rule, summary=summary, content=_around(entry.content, match))
        yield _example(entry, rule, summary=summary, content=content)


def _example(entry: Entry, rule: Rule, *, summary: str = "", content: str = "") -> Example:
    """With its language where the rule would not see that by itself."""
    given = Example(title=_plain(entry.title), summary=_plain(summary), content=_plain(content))
    seen = None if rule.languages else detect(f"{entry.title}\n{summary}\n{content}", prior=None)
    if entry.language is None or seen == entry.language:
        return given
    return Example(title=given.title, summary=given.summary, content=given.content, language=entry.language)


def _plain(text: str) -> str:
    """Read as a feed's text, it says this: what looks like markup is escaped."""
    text = " ".join(text.split())
    return text if to_text(text) == text else text.replace("&", "&amp;").replace("<", "&lt;")


def _around(content: str, match: Match) -> str:
    """The paragraphs in which something matched."""
    kept, begin = [], 0
    for paragraph in content.split("\n"):
        end = begin + len(paragraph)
        if any(one.field is Field.CONTENT and begin <= one.start < end for one in match.spans):
            kept.append(paragraph)
        begin = end + 1
    return " ".join(kept)[:LONGEST]


def _match(example: Example, rule: Rule, rules: RuleSet) -> Match | None:
    return rules.rule(rule.id).match(rules.reading(example_document(example, rule)))
