"""One rule, ready to be held against documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from monitor.model import Match

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitor.core.rules.nodes import Clause
    from monitor.core.rules.reading import Reading
    from monitor.core.text.document import Document, Place
    from monitor.model import Rule


@dataclass(frozen=True, slots=True)
class Weighted:
    """One line of a score."""

    clause: Clause
    weight: float


@dataclass(frozen=True, slots=True)
class Scoring:
    """A rule's score."""

    terms: tuple[Weighted, ...]
    threshold: float
    title_factor: float

    def points(self, reading: Reading) -> tuple[float, ...]:
        """What each line adds: 0 where it does not hold, more where it holds on the title alone."""
        return tuple(self._points(term, reading) for term in self.terms)

    def _points(self, term: Weighted, reading: Reading) -> float:
        if not term.clause.holds(reading):
            return 0.0
        if self.title_factor != 1.0 and term.clause.holds(reading.title_alone):
            return term.weight * self.title_factor
        return term.weight

    def suffices(self, points: tuple[float, ...]) -> bool:
        """Whether the sum reaches the threshold."""
        return total(points) >= self.threshold


def total(points: Iterable[float]) -> float:
    """The sum, rounded so that 0.1 + 0.2 reaches 0.3."""
    return round(sum(points), 6)


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule that can be asked."""

    rule: Rule
    version: str
    languages: frozenset[str]
    query: Clause | None
    exclude: Clause | None
    scoring: Scoring | None

    def match(self, reading: Reading) -> Match | None:
        """The rule's match, where it matches."""
        points = self._points(reading)
        if points is None:
            return None
        return Match(
            rule_id=self.rule.id,
            rule_version=self.version,
            spans=reading.document.spans(self._places(reading, points)),
            score=total(points) if self.scoring else None,
        )

    def holds(self, reading: Reading) -> bool:
        """Whether it matches."""
        return self._points(reading) is not None

    def _points(self, reading: Reading) -> tuple[float, ...] | None:
        """What each line of the score adds, where the rule matches; none without a score."""
        if self.query is not None and not self.query.holds(reading):
            return None
        if not self.concerns(reading.document):
            return None
        points = self.scoring.points(reading) if self.scoring else ()
        if self.scoring and not (self.scoring.suffices(points) and self.has_positive(points)):
            return None
        if self.exclude is not None and self.exclude.holds(reading):
            return None
        return points

    def has_positive(self, points: tuple[float, ...]) -> bool:
        """Whether something speaks for the entry: the query, or a clause of the score where there is no query."""
        return self.query is not None or any(point > 0 for point in points)

    def concerns(self, document: Document) -> bool:
        """Whether the document's language, feed and date are the rule's, whatever it says."""
        return self.speaks(document) and self.reads(document) and self.covers(document)

    def covers(self, document: Document) -> bool:
        """Whether the document was published in the rule's own time. An unknown date passes."""
        published, since, until = document.published_at, self.rule.since, self.rule.until
        if published is None:
            return True
        return not (since and published < since) and not (until and published > until)

    def speaks(self, document: Document) -> bool:
        """Whether the document's language is one of the rule's. An unknown one passes."""
        return not self.languages or document.language is None or document.language in self.languages

    def reads(self, document: Document) -> bool:
        """Whether the document's feed is one of the rule's."""
        feeds = self.rule.feeds
        return not feeds or any(
            feed[4:] in document.feed_tags if feed.startswith("tag:") else feed == document.feed_id
            for feed in feeds
        )

    def _places(self, reading: Reading, points: tuple[float, ...]) -> Iterator[Place]:
        if self.query is not None:
            yield from self.query.places(reading)
        if self.scoring:
            for term, point in zip(self.scoring.terms, points, strict=True):
                if point > 0:
                    yield from term.clause.places(reading)
