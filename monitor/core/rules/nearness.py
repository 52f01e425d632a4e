"""How near a rule comes to an entry of which only the feed's words are known, and whether its page could help.

A page only adds words to `content`. What a NOT or an exclude has found stays found, and what is looked for
in the title alone is not found later.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from monitor.core.rules.compiled import total
from monitor.core.rules.nodes import (
    All,
    Any,
    Apart,
    Close,
    Expression,
    Origin,
    PlacedAny,
    Repeated,
    Run,
    Some,
    Without,
    Word,
)
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.core.rules.compiled import CompiledRule
    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Reading, Within

PAGE: Final[frozenset[Within]] = frozenset({"body", "lead", Field.CONTENT})
"""Where the words of a page are found."""


def nearness(rule: CompiledRule, reading: Reading) -> float:
    """How much of what the rule asks for is there: 0 to 1, and 0 where no page could make it match."""
    if not rule.concerns(reading.document):
        return 0.0
    if rule.exclude is not None and rule.exclude.holds(reading):
        return 0.0
    share = 1.0 if rule.query is None else _share(rule.query, reading) or 0.0
    if rule.scoring is None:
        return share
    points = total(rule.scoring.points(reading)) / rule.scoring.threshold
    return max(0.0, min(share, points))


def uses_pages(rule: CompiledRule) -> bool:
    """Whether the rule looks anywhere where a page's words are."""
    return any(_uses_page(clause) for clause in _clauses(rule))


def can_be_near(rule: CompiledRule) -> bool:
    """Whether the rule can hold in part: of a single word, or of alternatives, there is no half."""
    return rule.scoring is not None or (rule.query is not None and _divides(rule.query))


def terms_of(rule: CompiledRule) -> frozenset[int] | None:
    """Terms of which one is there wherever the rule is near at all; None: it may be near without any."""
    found: set[int] = set()
    for clause in _clauses(rule):
        terms = _terms(clause)
        if terms is None:
            return None
        found |= terms
    return frozenset(found) or None


def _terms(clause: Clause) -> set[int] | None:
    match clause:
        case Word():
            return {clause.term}
        case Run():
            return set(clause.terms)
        case Repeated() | Apart():
            return _terms(clause.part)
        case All():
            return _terms_of_any(part for part in clause.parts if not isinstance(part, Without | Origin))
        case Close() | Any() | PlacedAny() | Some():
            return _terms_of_any(clause.parts)
        case _:  # holds without a word that could be looked up
            return None


def _terms_of_any(parts: Iterable[Clause]) -> set[int] | None:
    found: set[int] = set()
    for part in parts:
        terms = _terms(part)
        if terms is None:
            return None
        found |= terms
    return found or None


def _clauses(rule: CompiledRule) -> Iterable[Clause]:
    if rule.query is not None:
        yield rule.query
    if rule.scoring is not None:
        yield from (term.clause for term in rule.scoring.terms)


def _share(clause: Clause, reading: Reading) -> float | None:
    """Of an AND the mean of its parts, of an OR the nearest; None: a page cannot make it hold."""
    match clause:
        case Word() | Run() | Expression() | Apart():
            if clause.holds(reading):
                return 1.0
            return 0.0 if _uses_page(clause) else None
        case Without():
            if clause.holds(reading):
                return 1.0
            return 0.0 if _negates(clause.part) else None
        case Origin():
            return 1.0 if clause.holds(reading) else None
        case Repeated():
            share = _share(clause.part, reading)
            return share if share is None else min(1.0, clause.number(reading) / clause.count)
        case All() | Close():
            return _mean(clause.parts, reading)
        case Any() | PlacedAny():
            return max(_possible(clause.parts, reading), default=None)
        case Some():
            nearest = sorted(_possible(clause.parts, reading), reverse=True)[: clause.count]
            return sum(nearest) / clause.count if len(nearest) == clause.count else None
        case _:  # pragma: no cover - one more kind of clause, and nobody has told it here
            raise TypeError(clause)


def _negates(clause: Clause) -> bool:
    """Whether there is a NOT inside: then more words may also end what holds."""
    match clause:
        case Without():
            return True
        case All() | Any() | Some():
            return any(map(_negates, clause.parts))
        case _:  # what has a place has no NOT in it
            return False


def _possible(parts: Sequence[Clause], reading: Reading) -> list[float]:
    return [share for part in parts if (share := _share(part, reading)) is not None]


def _mean(parts: Sequence[Clause], reading: Reading) -> float | None:
    """Of the parts that words decide; None where one of all is impossible."""
    told, count = 0.0, 0
    for part in parts:
        share = _share(part, reading)
        if share is None:
            return None
        if not isinstance(part, Without | Origin):
            told, count = told + share, count + 1
    return told / count if count else 1.0


def _uses_page(clause: Clause) -> bool:
    match clause:
        case Word() | Run() | Expression():
            return clause.within in PAGE
        case Without() | Repeated() | Apart():
            return _uses_page(clause.part)
        case All() | Close() | Any() | PlacedAny() | Some():
            return any(map(_uses_page, clause.parts))
        case _:
            return False


def _divides(clause: Clause) -> bool:
    match clause:
        case Close():
            return True
        case Repeated():
            return clause.count > 1
        case All():
            telling = [part for part in clause.parts if not isinstance(part, Without | Origin)]
            return len(telling) > 1 or any(map(_divides, telling))
        case Some():
            return clause.count > 1 or any(map(_divides, clause.parts))
        case Any() | PlacedAny():
            return any(map(_divides, clause.parts))
        case _:
            return False
