"""A query as somebody types it: understood, or said what is wrong with it and where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from monitor.core.rules import RuleProblem, RuleSet
from monitor.errors import ConfigError, Place, Problem
from monitor.model import ListTerms, Rule
from monitor.tuning.history import alone, typed

WHERE: Final = "the query"
"""Stands where a file's name would."""


def understood(
    query: str, lists: Mapping[str, ListTerms], *, rule: Rule | None = None
) -> tuple[RuleSet, tuple[Problem, ...]]:
    """The query as a rule of its own, or in the place of a rule's, and what is doubtful in it.

    ConfigError where it cannot be understood.
    """
    rules, found = alone(replace(rule, query=query, enabled=True), lists) if rule else typed(query, lists)
    problems = tuple(_located(one, query) for one in found if one.part == "query")
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
