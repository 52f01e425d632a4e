"""Whether one query holds wherever another does: never wrongly, and not always where it could be shown."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from monitor.core.rules import tree
from monitor.core.rules.lexicon import wildcard
from monitor.core.rules.signs import is_katakana
from monitor.core.text.fold import fold_word
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Sequence

_BODY = {Field.TITLE, Field.SUMMARY, Field.CONTENT, "lead"}


def implies(query: tree.Query, other: tree.Query) -> bool:
    """Whether it can be shown that `other` holds wherever `query` does."""
    if query == other:
        return True
    if isinstance(other, tree.Phrase | tree.Plain | tree.Wild) and _bounded(other):
        return isinstance(query, tree.And | tree.Or | tree.ListOf) and _by_query(query, other)
    return _by_other(query, other) or _by_query(query, other)


def _bounded(query: tree.Query) -> bool:
    """Whether it asks for more at its edges than for words: a phrase around it need not have that."""
    words = query.words if isinstance(query, tree.Phrase) else (query,)
    return bool(isinstance(query, tree.Phrase) and query.signs) or any(
        is_katakana(str(word).strip('="*')) for word in words
    )


def _by_other(query: tree.Query, other: tree.Query) -> bool:
    """What follows from the shape of the conclusion."""
    match other:
        case tree.And():
            return all(implies(query, part) for part in other.parts)
        case tree.Or():
            return any(implies(query, part) for part in other.parts)
        case tree.ListOf():
            return any(implies(query, unit) for unit in other.units)
        case tree.Of():
            return sum(implies(query, part) for part in other.parts) >= other.count
        case tree.Not():
            return isinstance(query, tree.Not) and implies(other.part, query.part)
        case _:
            return False


def _by_query(query: tree.Query, other: tree.Query) -> bool:  # noqa: C901 - a table, one line a kind
    """What follows from the shape of the premise."""
    match query:
        case tree.And():
            return any(implies(part, other) for part in query.parts)
        case tree.Or():
            return all(implies(part, other) for part in query.parts)
        case tree.ListOf():
            return all(implies(unit, other) for unit in query.units)
        case tree.OfList() | tree.AtLeast():
            return implies(query.listed if isinstance(query, tree.OfList) else query.part, other)
        case tree.Of():
            return all(implies(part, other) for part in query.parts)
        case tree.In():
            return _in_field(query, other)
        case tree.NotNear():
            return implies(query.part, other)
        case tree.Near() | tree.Before():
            return _closer(query, other) or any(implies(part, other) for part in query.parts)
        case tree.Phrase():
            return _phrase(query, other) or any(implies(word, other) for word in query.words)
        case tree.Plain() | tree.Exact() | tree.Wild() | tree.Inflected():
            return _term(query, other)
        case tree.Spoken():
            return implies(query.unit, other)
        case _:
            return False


def _in_field(query: tree.In, other: tree.Query) -> bool:
    if isinstance(other, tree.In) and query.scope == other.scope:
        return implies(query.part, other.part)
    # What is there in one field is there in all of them; what is not there may yet be in another.
    positive = not any(isinstance(node, tree.Not | tree.NotNear) for node in tree.walk(query.part))
    return positive and query.scope in _BODY and implies(query.part, other)


def _closer(query: tree.Near | tree.Before, other: tree.Query) -> bool:
    """Whether `other` asks for the same parts less close or in less order."""
    if not isinstance(other, tree.Near | tree.Before) or not _within(query.distance, other.distance):
        return False
    if isinstance(other, tree.Before):
        return isinstance(query, tree.Before) and _pairs_imply(query.parts, other.parts)
    return _pairs_imply(query.parts, other.parts) or _pairs_imply(query.parts, other.parts[::-1])


def _within(distance: tree.Distance, other: tree.Distance) -> bool:
    if isinstance(distance, int) and isinstance(other, int):
        return distance <= other
    return distance == other or (distance, other) == ("s", "p")


def _pairs_imply(parts: Sequence[tree.Query], others: Sequence[tree.Query]) -> bool:
    return len(parts) == len(others) and all(map(implies, parts, others))


def _phrase(query: tree.Phrase, other: tree.Query) -> bool:
    """Whether the phrase has the other phrase in it, or words of it as close as `other` asks."""
    match other:
        case tree.Phrase():
            length = len(other.words)
            runs = (query.words[i : i + length] for i in range(len(query.words) - length + 1))
            return any(_pairs_imply(run, other.words) for run in runs)
        case tree.Near() | tree.Before() if len(other.parts) == 2 and isinstance(other.distance, int):
            pairs = list(pairwise(query.words))
            turned = [(b, a) for a, b in pairs] if isinstance(other, tree.Near) else []
            return any(_pairs_imply(pair, other.parts) for pair in pairs + turned)
        case _:
            return False


def _term(term: tree.Term, other: tree.Query) -> bool:
    match term, other:
        case tree.Exact(), tree.Plain() | tree.Wild() | tree.Inflected():
            return implies(tree.Plain(fold_word(term.word)), other)
        case tree.Plain(), tree.Wild():
            return wildcard(other.pattern).fullmatch(term.word) is not None
        case tree.Plain(), tree.Inflected():
            return fold_word(other.word) == term.word
        case tree.Wild(), tree.Wild():
            prefix = other.pattern.removesuffix("*")
            simple = other.pattern.endswith("*") and "*" not in prefix and "?" not in prefix
            return simple and term.pattern.startswith(prefix)
        case _:
            return False
