"""How well a rule does on labelled entries: in all, on labels that no suggestion saw, by language, by clause.

Pure but for reading the rules of another config.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from monitor.core.examine import document_of, language_of
from monitor.model import Entry, Feed, FeedEntry, ListTerms, Mark, Rule
from monitor.tuning.history import PastEntry
from monitor.tuning.labels import LabelledText
from monitor.tuning.rule_history import RuleHistory, kept_back, of_texts


@dataclass(frozen=True, slots=True)
class Figures:
    """Of labelled entries."""

    right: int
    found: int
    """Of those."""
    false: int
    """Found, and wrong."""
    labelled: int

    @property
    def recall(self) -> float | None:
        return self.found / self.right if self.right else None

    @property
    def precision(self) -> float | None:
        return self.found / (self.found + self.false) if self.found + self.false else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    all: Figures
    kept_back: Figures
    """Those that `suggest` does not see; none where there are too few labels."""
    languages: Mapping[str, Figures]
    clauses: Mapping[str, Figures]
    """Each part of the query by itself."""

    def every(self) -> Iterator[tuple[str, Figures]]:
        """All of them by name."""
        yield "all", self.all
        if self.kept_back.labelled:
            yield "kept back", self.kept_back
        for language, figures in self.languages.items():
            yield f"lang:{language}", figures
        yield from self.clauses.items()

    def named(self, name: str) -> Figures:
        """Nothing where there is none of this name."""
        return dict(self.every()).get(name, Figures(0, 0, 0, 0))


def scored(history: RuleHistory) -> Scores:
    """The rule's figures on all entries of the history that are labelled."""
    known = history.known
    language = {text.entry_id: text.language or "unknown" for text in history.texts}

    def of(ids: Collection[int], found: Collection[int]) -> Figures:
        right, wrong = known.right.intersection(ids), known.wrong.intersection(ids)
        return Figures(
            len(right),
            len(right.intersection(found)),
            len(wrong.intersection(found)),
            len(right) + len(wrong),
        )

    binder = history.rules.binder(history.rule.id)
    clauses: dict[str, set[int]] = {}
    for part in history.shape.parts:
        clause = binder.clause(part.query)
        clauses[str(part.query)] = {
            text.entry_id for text in history.texts if clause.holds(history.rules.reading(text.document))
        }
    spoken = sorted({language[i] for i in known.said})
    return Scores(
        all=of(known.said, known.matched),
        kept_back=of(kept_back(known), known.matched),
        languages={one: of({i for i in known.said if language[i] == one}, known.matched) for one in spoken},
        clauses={text: of(known.said, found) for text, found in clauses.items()},
    )


def from_lines(lines: Iterable[LabelledText], rule: Rule, lists: Mapping[str, ListTerms]) -> RuleHistory:
    """The labelled texts of a file as if they were stored. Lines of other rules are left out."""
    past: dict[int, PastEntry] = {}
    right: set[int] = set()
    wrong: set[int] = set()
    for number, line in enumerate(lines, 1):
        if line.rule_id not in {"", rule.id} or line.mark not in {Mark.RIGHT, Mark.MISSED, Mark.WRONG}:
            continue
        past[number] = _read(number, line)
        (wrong if line.mark is Mark.WRONG else right).add(number)
    return of_texts(rule, lists, past, right=frozenset(right), wrong=frozenset(wrong))


_NEVER = datetime(1970, 1, 1, tzinfo=UTC)


def _read(number: int, line: LabelledText) -> PastEntry:
    language = language_of(
        FeedEntry(title=line.title, summary=line.summary, content=line.content), line.language
    )
    entry = Entry(
        id=number,
        feed_id=line.feed_id,
        title=line.title,
        summary=line.summary,
        content=line.content,
        url=line.url,
        language=language,
        published_at=line.published_at,
        fetched_at=_NEVER,
        first_seen_at=_NEVER,
    )
    return PastEntry(entry, document_of(entry, language, Feed(id=line.feed_id, url="")))
