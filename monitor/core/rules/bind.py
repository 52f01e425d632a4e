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
                units = dict.fromkeys(query.listed.units)
                return Some(tuple(self.placed(unit, within) for unit in units), query.count)
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

    def placed(self, query: tree.Query, within: Within) -> Placed:
        """The query, which is one that has places: the parser has seen to that."""
        match query:
            case tree.Phrase():
                return Run(tuple(self._number(word, within) for word in query.words), within)
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
                return Word(self._number(cast("tree.Term", query), within), within)

    def _number(self, term: tree.Term, within: Within) -> int:
        number = self._lexicon.number(term, self.languages)
        if within in _BEYOND_BODY:
            self._lexicon.beyond_body.add(number)
        return number


_BEYOND_BODY = {Field.AUTHOR, Field.CATEGORY, Field.URL}


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
