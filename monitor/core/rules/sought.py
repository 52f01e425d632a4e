"""Where a rule is worth asking at all: what the word index is to be asked so that it misses no match.

What is sought is more than what matches, never less: distances, signs, case, places and regular expressions are for
the rule itself. A property test holds it against asking of every entry.
"""

from __future__ import annotations

import re
from itertools import combinations
from math import comb
from typing import TYPE_CHECKING, Final

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
from monitor.core.rules.tree import Exact, Plain, Wild
from monitor.core.text.fold import fold_word
from monitor.core.text.seeking import TEXT, Either, Every, Phrase
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from monitor.core.rules.compiled import CompiledRule
    from monitor.core.rules.lexicon import Lexicon
    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Within
    from monitor.core.rules.tree import Term
    from monitor.core.text.seeking import Query

MOST_WAYS: Final = 36
"""Ways of choosing some of several clauses that are written out: 2 of 9, 3 of 7. Of more, one is asked for."""

_COLUMNS: Final[dict[Within, str]] = {
    "body": TEXT, "lead": TEXT, Field.TITLE: "title", Field.SUMMARY: "body", Field.CONTENT: "body",
    Field.AUTHOR: "author", Field.CATEGORY: "category", Field.URL: "url",
}  # fmt: skip


def sought(compiled: CompiledRule, lexicon: Lexicon) -> Query | None:
    """What every entry has that the rule matches; None where the word index cannot say."""
    seeker = _Seeker(lexicon)
    if compiled.query is not None:
        return seeker.clause(compiled.query)
    positive = [term.clause for term in compiled.scoring.terms if term.weight > 0] if compiled.scoring else []
    return seeker.either(positive)


class _Seeker:
    def __init__(self, lexicon: Lexicon) -> None:
        self._terms = lexicon.terms

    def clause(self, clause: Clause) -> Query | None:
        match clause:
            case Word():
                return self._run((self._terms[clause.term],), clause.within)
            case Run():
                return self._run([self._terms[term] for term in clause.terms], clause.within)
            case Apart() | Repeated():
                return self.clause(clause.part)
            case All() | Close():
                return self.every(clause.parts)
            case Any() | PlacedAny():
                return self.either(clause.parts)
            case Some():
                return self._some(clause)
            case Without() | Origin() | Expression():
                return None
            case _:  # pragma: no cover - one more kind of clause, and nobody has told it here
                raise TypeError(clause)

    def every(self, parts: Iterable[Clause]) -> Query | None:
        """What entries have for which all of these hold: what one of them says narrows it already."""
        return _every([found for part in parts if (found := self.clause(part)) is not None])

    def either(self, parts: Iterable[Clause]) -> Query | None:
        """What entries have for which one of these holds: nothing narrows it where one of them says nothing."""
        found = [self.clause(part) for part in parts]
        said = [one for one in found if one is not None]
        return _either(said) if len(said) == len(found) else None

    def _some(self, clause: Some) -> Query | None:
        if comb(len(clause.parts), clause.count) > MOST_WAYS:
            return self.either(clause.parts)
        ways = [self.every(chosen) for chosen in combinations(clause.parts, clause.count)]
        said = [way for way in ways if way is not None]
        return _either(said) if len(said) == len(ways) else None

    def _run(self, terms: Sequence[Term], within: Within) -> Query | None:
        """Words that follow each other, as far as it is known which they are."""
        column = _COLUMNS[within]
        phrases: list[Query] = []
        words: list[str] = []
        for term in terms:
            match term:
                case Plain(word):
                    words.append(word)
                    continue
                case Exact(word):
                    words.append(fold_word(word))
                    continue
                case Wild(pattern) if beginning := re.split("[*?]", pattern, maxsplit=1)[0]:
                    phrases.append(Phrase(" ".join([*words, beginning]), begins=True, field=column))
                case _ if words:
                    phrases.append(Phrase(" ".join(words), field=column))
                case _:
                    pass
            words = []
        if words:
            phrases.append(Phrase(" ".join(words), field=column))
        return _every(phrases)


def _every(parts: Sequence[Query]) -> Query | None:
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else Every(tuple(parts)) if parts else None


def _either(parts: Sequence[Query]) -> Query | None:
    parts = list(dict.fromkeys(parts))
    return parts[0] if len(parts) == 1 else Either(tuple(parts)) if parts else None
