"""Why a rule does, or does not, match a document: clause by clause, as data.

`explain_text` says it for people; the web page and the alerts read the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.core.rules import tree
from monitor.core.rules.compiled import total
from monitor.core.rules.why_not import Misses
from monitor.core.text.words import folded_words

if TYPE_CHECKING:
    from monitor.core.rules.bind import Binder
    from monitor.core.rules.compiled import CompiledRule
    from monitor.core.rules.reading import Reading, Within
    from monitor.core.rules.ruleset import RuleSet
    from monitor.core.rules.tree import At
    from monitor.core.text.document import Document
    from monitor.model import Field, Span


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One clause of a query, and whether it held."""

    text: str
    """As its author wrote it."""
    folded: str
    """As it was read: folded, in the language's own spelling."""
    place: At
    """Where it stands in the query's text."""
    held: bool
    note: str = ""
    """How near a clause that failed came; for one that held, what is worth knowing."""
    spans: tuple[Span, ...] = ()
    """Where it held; for a NOT that failed, what stood in the way."""
    parts: tuple[Explained, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainedScore:
    """One line of a score, and what it added."""

    clause: Explained
    weight: float
    points: float
    """0 where it did not hold, more than `weight` where it held on the title alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Everything that decided about a rule and a document."""

    rule_id: str
    rule_version: str
    matched: bool
    language: str | None
    texts: tuple[tuple[Field, int], ...]
    """The texts that were there to read, each with its number of words."""
    out_of_scope: str = ""
    """Why the rule's languages, feeds or dates shut the document out; empty where they let it in."""
    query: Explained | None = None
    exclude: Explained | None = None
    """Where it held, the rule does not match."""
    score: tuple[ExplainedScore, ...] = ()
    points: float | None = None
    threshold: float | None = None


def explain(rules: RuleSet, rule_id: str, document: Document) -> Explanation:
    """Why the rule does, or does not, match. KeyError for a rule that is not in the set."""
    compiled, read = rules.rule(rule_id), rules.read[rule_id]
    reading = rules.reading(document)
    explainer = _Explainer(reading, rules.binder(rule_id))
    rule = compiled.rule
    points = compiled.scoring.points(reading) if compiled.scoring else ()
    texts = rule.score.terms if rule.score else ()
    return Explanation(
        rule_id=rule_id,
        rule_version=compiled.version,
        matched=compiled.match(reading) is not None,
        language=document.language,
        texts=tuple((field, len(folded_words(text))) for field, text in document.texts().items()),
        out_of_scope=_out_of_scope(compiled, document),
        query=explainer.whole(read.query, rule.query) if read.query else None,
        exclude=explainer.whole(read.exclude, rule.exclude) if read.exclude else None,
        score=tuple(
            ExplainedScore(clause=explainer.whole(query, text), weight=weight, points=point)
            for (query, weight), (text, _), point in zip(read.score, texts, points, strict=True)
        ),
        points=total(points) if compiled.scoring else None,
        threshold=compiled.scoring.threshold if compiled.scoring else None,
    )


def _out_of_scope(compiled: CompiledRule, document: Document) -> str:
    if not compiled.speaks(document):
        return f"the entry's language is {document.language}, the rule's are {', '.join(sorted(compiled.languages))}"
    if not compiled.reads(document):
        return f"the entry's feed is {document.feed_id or 'unknown'}, the rule reads {', '.join(compiled.rule.feeds)}"
    if not compiled.covers(document) and document.published_at:
        bounds = [
            f"{word} {moment:%Y-%m-%d %H:%M}"
            for word, moment in (("since", compiled.rule.since), ("until", compiled.rule.until))
            if moment
        ]
        return f"published {document.published_at:%Y-%m-%d %H:%M}, the rule reads {' '.join(bounds)} (UTC)"
    return ""


class _Explainer:
    """Explains the queries of one rule for one document."""

    def __init__(self, reading: Reading, binder: Binder) -> None:
        self._reading = reading
        self._binder = binder
        self._document = reading.document
        self._misses = Misses(reading, binder)
        self._text = ""

    def whole(self, query: tree.Query, text: str) -> Explained:
        """The query that `text` was read as."""
        self._text = text
        return self._clause(query, "body")

    def _clause(self, query: tree.Query, within: Within) -> Explained:
        clause = self._binder.clause(query, within)
        held = clause.holds(self._reading)
        return Explained(
            text=self._source(query),
            folded=str(query),
            place=query.place,
            held=held,
            note=self._misses.unstemmed(query) if held else self._misses.failed(query, within),
            spans=self._document.spans(clause.places(self._reading))
            if held
            else self._in_the_way(query, within),
            parts=self._parts(query, within),
        )

    def _parts(self, query: tree.Query, within: Within) -> tuple[Explained, ...]:
        match query:
            case tree.And() | tree.Or() | tree.Of() | tree.Near() | tree.Before():
                parts: tuple[tree.Query, ...] = query.parts
            case tree.NotNear():
                parts = (query.part, query.without)
            case tree.Not() | tree.AtLeast():
                parts = (query.part,)
            case tree.In():
                return (self._clause(query.part, query.scope),)
            case tree.ListOf():
                return self._list_terms(query, within)
            case tree.OfList():
                return self._list_terms(query.listed, within)
            case _:
                return ()
        return tuple(self._clause(part, within) for part in parts)

    def _list_terms(self, listed: tree.ListOf, within: Within) -> tuple[Explained, ...]:
        """The terms of a list that held: the others are only long."""
        held = (unit for unit in listed.units if self._binder.placed(unit, within).holds(self._reading))
        return tuple(
            Explained(
                text=str(unit),
                folded=str(unit),
                place=listed.place,
                held=True,
                spans=self._document.spans(self._binder.placed(unit, within).places(self._reading)),
            )
            for unit in held
        )

    def _in_the_way(self, query: tree.Query, within: Within) -> tuple[Span, ...]:
        """What stood in the way of a NOT."""
        if isinstance(query, tree.Not):
            return self._document.spans(self._binder.clause(query.part, within).places(self._reading))
        return ()

    def _source(self, query: tree.Query) -> str:
        written = self._text[query.place.offset : query.place.offset + query.place.length]
        return " ".join(written.split()) or str(query)
