"""Trees → clauses that can be evaluated: fields are handed down to the words, words become numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from monitor.core.rules import tree
from monitor.core.rules.nodes import (
    All,
    Any,
    Apart,
    Close,
    Expression,
    Origin,
    Placed,
    PlacedAny,
    Repeated,
    Run,
    Some,
    Without,
    Word,
)
from monitor.core.rules.regexes import compile_regex
from monitor.core.rules.signs import Edges, is_katakana
from monitor.model import Field

if TYPE_CHECKING:
    from monitor.core.rules.lexicon import Lexicon
    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Within


class Binder:
    """Binds the queries of one rule."""

    def __init__(self, lexicon: Lexicon, languages: tuple[str, ...]) -> None:
        """`languages`: the rule's, for inflected words in texts of unknown language."""
        self._lexicon = lexicon
        self.languages = languages

    def clause(self, query: tree.Query, within: Within = "body") -> Clause:
        """The query, its bare terms looked for in `within`."""
        match query:
            case tree.And():
                return All(tuple(self.clause(part, within) for part in query.parts))
            case tree.Or() if not _is_placed(query):
                return Any(tuple(self.clause(part, within) for part in query.parts))
            case tree.Not():
                return Without(self.clause(query.part, within))
            case tree.Of():
                return Some(tuple(self.clause(part, within) for part in query.parts), query.count)
            case tree.OfList():
                return Some(self._different(query.listed, within), query.count)
            case tree.AtLeast():
                return Repeated(self.placed(query.part, within), query.count)
            case tree.In():
                return self.clause(query.part, query.scope)
            case tree.From():
                return Origin(query.kind, query.value)
            case tree.Regex():
                return Expression(compile_regex(query.pattern, offset=0), within)
            case _:
                return self.placed(query, within)

    def _different(self, listed: tree.ListOf, within: Within) -> tuple[Placed, ...]:
        """A list's terms, each once, in however many languages it stands."""
        by_unit: dict[tree.Query, list[Placed]] = {}
        for unit in dict.fromkeys(listed.units):
            bare = unit.unit if isinstance(unit, tree.Spoken) else unit
            by_unit.setdefault(bare, []).append(self.placed(unit, within))
        return tuple(parts[0] if len(parts) == 1 else PlacedAny(tuple(parts)) for parts in by_unit.values())

    def placed(self, query: tree.Query, within: Within, spoken: str | None = None) -> Placed:
        """The query, which is one that has places: the parser has seen to that."""
        match query:
            case tree.Spoken():
                return self.placed(query.unit, within, query.language)
            case tree.Phrase():
                numbers = tuple(self._number(word, within, spoken) for word in query.words)
                return Run(numbers, within, _edges(query.words, query.signs))
            case tree.Plain() | tree.Wild() | tree.Exact() if edges := _edges((query,), ()):
                return Run((self._number(query, within, spoken),), within, edges)
            case tree.ListOf() if len(query.units) == 1:
                return self.placed(query.units[0], within)
            case tree.ListOf():
                return PlacedAny(tuple(self.placed(unit, within) for unit in query.units))
            case tree.Or():
                return PlacedAny(tuple(self.placed(part, within) for part in query.parts))
            case tree.Near() | tree.Before():
                parts = tuple(self.placed(part, within) for part in query.parts)
                return Close(parts, query.distance, "given" if isinstance(query, tree.Before) else "any")
            case tree.NotNear():
                part, without = self.placed(query.part, within), self.placed(query.without, within)
                return Apart(part, without, query.distance)
            case _:
                return Word(self._number(cast("tree.Term", query), within, spoken), within)

    def _number(self, term: tree.Term, within: Within, spoken: str | None) -> int:
        if isinstance(term, tree.Wild) and is_katakana(term.pattern.strip("*")):
            term = tree.Plain(term.pattern.strip("*"))
        number = self._lexicon.number(term, self.languages, spoken)
        if within in _BEYOND_BODY:
            self._lexicon.beyond_body.add(number)
        return number


_BEYOND_BODY = {Field.AUTHOR, Field.CATEGORY, Field.URL}


def _edges(words: tuple[tree.Term, ...], signs: tuple[str, ...]) -> Edges | None:
    """What a term must have at its edges; None where it may stand anywhere."""
    first, last = str(words[0]).lstrip('="'), str(words[-1]).rstrip('"')
    closed_first, closed_last = is_katakana(first), not last.endswith("*") and is_katakana(last[-1:])
    if not (signs or closed_first or closed_last):
        return None
    return Edges(signs, closed_first, closed_last)


def _is_placed(query: tree.Query) -> bool:
    match query:
        case tree.Or():
            return all(_is_placed(part) for part in query.parts)
        case tree.And() | tree.Not() | tree.Of() | tree.OfList() | tree.AtLeast():
            return False
        case tree.In() | tree.From() | tree.Regex():
            return False
        case _:
            return True
