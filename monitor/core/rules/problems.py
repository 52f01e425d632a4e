"""What is wrong or doubtful in a rule, as data: where it stands in which of the rule's texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from monitor.errors import RuleError, Severity

Part = Literal["query", "exclude", "score", "list", "must_match", "must_not_match", "languages", "fulltext"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleProblem:
    """One thing wrong or doubtful. A rule with an error is left out; the others work."""

    rule_id: str | None
    """None: it stands in a list, which serves all rules."""
    part: Part
    key: str | int | None = None
    """The score term's query, the list's name, the example's index; None in `query` and `exclude`."""
    item: int | None = None
    """Which of a list's terms, counted from 0."""
    row: str | None = None
    """In which of the list's rows; None: it has none, or it is about the whole list."""
    message: str
    cure: str = ""
    offset: int = 0
    """In characters of the query's text (or of the list's term, or of the score term)."""
    length: int = 1
    severity: Severity = Severity.ERROR


def error_in(
    error: RuleError,
    *,
    rule_id: str | None,
    part: Part,
    key: str | int | None = None,
    item: int | None = None,
    row: str | None = None,
) -> RuleProblem:
    """The problem that a query's error is, in its place."""
    return RuleProblem(
        rule_id=rule_id,
        part=part,
        key=key,
        item=item,
        row=row,
        message=error.message,
        cure=error.cure,
        offset=error.offset,
        length=error.length,
    )
