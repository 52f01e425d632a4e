"""A query as somebody types it: understood, or said what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from monitor.core.rules import RuleProblem, RuleSet
from monitor.errors import ConfigError, Place, Problem
from monitor.model import ListTerms
from monitor.tuning.history import typed

WHERE: Final = "the query"
"""Stands where a file's name would."""


def understood(query: str, lists: Mapping[str, ListTerms]) -> tuple[RuleSet, tuple[Problem, ...]]:
    """The query as a rule of its own, and what is doubtful in it. ConfigError where it cannot be understood."""
    rules, found = typed(query, lists)
    problems = tuple(_located(one, query) for one in found)
    if rules is None:
        raise ConfigError(problems)
    return rules, problems


def _located(found: RuleProblem, query: str) -> Problem:
    line = query.count("\n", 0, found.offset) + 1
    begin = query.rfind("\n", 0, found.offset) + 1
    return Problem(
        place=Place(WHERE, line, found.offset - begin + 1),
        message=found.message,
        cure=found.cure,
        severity=found.severity,
        source_line=query[begin:].partition("\n")[0],
    )
