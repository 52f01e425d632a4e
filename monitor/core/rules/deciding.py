"""What made the difference between two versions of a rule for an entry that one of them matches."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.core.rules.explain import Explained, Explanation

MOST: Final = 3
"""Clauses that are named."""


class Kind(StrEnum):
    """In what the two versions differ."""

    TERMS = "terms"
    """What only the one has, and what held."""
    EXCLUDED = "excluded"
    """What the other excludes."""
    FAILED = "failed"
    """What the other asks for in vain, and how near it came."""
    SCOPE = "scope"
    """Why the entry's language, feed or date is none of the other's."""
    SCORE = "score"
    """How many points of how many it has by the other."""
    GONE = "gone"
    """There is no other: the terms that hold."""


@dataclass(frozen=True, slots=True)
class Deciding:
    """What made the difference."""

    kind: Kind
    text: str
    """Of the clauses as they are written."""


def deciding(matched: Explanation, missed: Explanation | None) -> Deciding:
    """By what the one version matches and the other does not; None: there is no other."""
    if missed is None:
        return Deciding(Kind.GONE, _named(_holding_of(matched)))
    if missed.out_of_scope:
        return Deciding(Kind.SCOPE, missed.out_of_scope)
    if missed.exclude is not None and missed.exclude.held:
        return Deciding(Kind.EXCLUDED, _named(_holding(missed.exclude)))
    if missed.query is not None and not missed.query.held:
        known = {one.folded for one in _all(missed.query)}
        own = [one for one in _holding_of(matched) if one.folded not in known]
        if own:
            return Deciding(Kind.TERMS, _named(own))
        return Deciding(Kind.FAILED, _joined(_failure(one) for one in _failing(missed.query)))
    return Deciding(Kind.SCORE, f"{missed.points or 0:g} of {missed.threshold or 0:g}")


def _holding_of(matched: Explanation) -> Iterator[Explained]:
    """The terms that a rule matches an entry by, in the order of the rule."""
    clauses = [matched.query] if matched.query is not None else []
    clauses += [line.clause for line in matched.score if line.points > 0]
    for clause in clauses:
        yield from (one for one in _holding(clause) if one.spans)


def _holding(clause: Explained) -> Iterator[Explained]:
    """The clauses without further parts that held; a NOT that held is none, whatever stands in it."""
    if not clause.held or clause.text.startswith(("NOT ", "-")):
        return
    parts = [one for part in clause.parts for one in _holding(part)]
    yield from parts or [clause]


def _failing(clause: Explained) -> Iterator[Explained]:
    """The innermost clauses without which it fails. Of an OR that fails, and of what stands too far, the whole."""
    failing = [part for part in clause.parts if not part.held]
    if not failing or len(failing) == len(clause.parts):
        yield clause
        return
    for part in failing:
        yield from _failing(part)


def _all(clause: Explained) -> Iterator[Explained]:
    yield clause
    for part in clause.parts:
        yield from _all(part)


def _failure(clause: Explained) -> str:
    return f"{clause.text} ({clause.note})" if clause.note else clause.text


def _named(clauses: Iterable[Explained]) -> str:
    return _joined({clause.folded: clause.text for clause in clauses}.values())


def _joined(texts: Iterable[str]) -> str:
    every = list(texts)
    return ", ".join(every[:MOST]) + (f" and {len(every) - MOST} more" if len(every) > MOST else "")
