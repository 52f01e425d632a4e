"""One document in the eyes of a set of rules: where their terms are in it, field by field."""

from __future__ import annotations

from bisect import bisect_left
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal

from monitor.core.text.document import BODY, LEAD_WORDS, SEGMENT_BITS
from monitor.model import Field

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from monitor.core.rules.intervals import Reach
    from monitor.core.rules.lexicon import Hits, Lexicon
    from monitor.core.rules.tree import Distance
    from monitor.core.text.document import Document

Within = Field | Literal["lead", "body"]
"""Where a term is looked for; "body" is title, summary and content."""

MAX_SENTENCES: Final = 100
"""Sentences of a summary that are looked for in the content. A summary has three."""

_IN_BODY: Final[dict[Within, int]] = {Field.TITLE: 0, Field.SUMMARY: 1, Field.CONTENT: 2}
_OF_BODY: Final = frozenset[Within]({*_IN_BODY, "lead"})
_INDEX: Final = (1 << SEGMENT_BITS) - 1


class Reading:
    """A document, with the places of the lexicon's terms."""

    def __init__(self, document: Document, lexicon: Lexicon) -> None:
        self.document = document
        self._lexicon = lexicon
        self.hits: Hits = lexicon.hits(enumerate(document.segments[:BODY]), document.language)
        """In the body."""
        self._within: dict[tuple[int, Within], Sequence[int]] = {}

    @cached_property
    def other_hits(self) -> Hits:
        """In author, categories and address."""
        segments = list(enumerate(self.document.segments))[BODY:]
        return self._lexicon.hits(segments, self.document.language)

    @cached_property
    def title_alone(self) -> Reading:
        """The same document as if it had nothing but its title."""
        return Reading(self.document.title_alone(), self._lexicon)

    def positions(self, term: int, within: Within) -> Sequence[int]:
        """Where a term is, in order."""
        if within == "body":
            return self.hits.get(term, ())
        if within in _OF_BODY and term not in self.hits:
            return ()
        key = (term, within)
        if key not in self._within:
            self._within[key] = self._filtered(term, within)
        return self._within[key]

    def _filtered(self, term: int, within: Within) -> Sequence[int]:
        if within == "lead":
            positions = self.hits.get(term, ())
            return [p for p in positions if (p & _INDEX) < self._lead[p >> SEGMENT_BITS]]
        if (segment := _IN_BODY.get(within)) is not None:
            positions = self.hits.get(term, ())
            start = bisect_left(positions, segment << SEGMENT_BITS)
            return positions[start : bisect_left(positions, (segment + 1) << SEGMENT_BITS)]
        positions = self.other_hits.get(term, ())
        return [p for p in positions if self.document.segments[p >> SEGMENT_BITS].field is within]

    @cached_property
    def _lead(self) -> tuple[int, int, int]:
        """How many words of title, summary and content belong to the lead."""
        title, summary, _ = (len(segment.words) for segment in self.document.segments[:BODY])
        return title, LEAD_WORDS, max(0, LEAD_WORDS - summary)

    def texts(self, within: Within) -> Iterator[tuple[int, str]]:
        """The segments of a field by number, and what of their text belongs to it."""
        for number, segment in enumerate(self.document.segments):
            words = segment.words
            if within == "lead" and number < BODY:
                spans = words.spans[: self._lead[number]]
                yield number, words.text[: spans[-1][1]] if spans else ""
            elif segment.field is within or (within == "body" and number < BODY):
                yield number, words.text

    # ── Repetitions ──────────────────────────────────────────────────────────────────────────────

    def is_in_content(self, position: int) -> bool:
        """Whether a position is in the content."""
        return position >> SEGMENT_BITS == _IN_BODY[Field.CONTENT]

    def is_repeated(self, position: int) -> bool:
        """Whether a position is in a sentence of the summary that the content has too."""
        if position >> SEGMENT_BITS != _IN_BODY[Field.SUMMARY]:
            return False
        summary = self.document.segments[_IN_BODY[Field.SUMMARY]].words
        return summary.sentences[position & _INDEX] in self._repeated_sentences

    @cached_property
    def _repeated_sentences(self) -> frozenset[int]:
        summary, content = (segment.words for segment in self.document.segments[1:BODY])
        sentences: dict[int, list[str]] = {}
        for number, word in zip(summary.sentences, summary.folded, strict=True):
            sentences.setdefault(number, []).append(word)
        text, cut = f" {' '.join(content.folded)} ", max(sentences, default=0)
        return frozenset(
            number
            for number, words in islice(sentences.items(), MAX_SENTENCES)
            # The last one may be cut off, where summaries are cut by length.
            if f" {' '.join(words)}{'' if number == cut else ' '}" in text
        )

    # ── Distances ────────────────────────────────────────────────────────────────────────────────

    def back(self, distance: Distance) -> Reach:
        """How far before a position its neighbour may end."""
        if isinstance(distance, int):
            return lambda position: position - distance - 1
        starts = self._starts(distance)
        return lambda position: starts[position >> SEGMENT_BITS][position & _INDEX]

    def ahead(self, distance: Distance) -> Reach:
        """How far behind a position its neighbour may begin."""
        if isinstance(distance, int):
            return lambda position: position + distance + 1
        ends = self._ends(distance)
        return lambda position: ends[position >> SEGMENT_BITS][position & _INDEX]

    def _starts(self, unit: Literal["s", "p"]) -> list[list[int]]:
        return self._sentence_starts if unit == "s" else self._paragraph_starts

    def _ends(self, unit: Literal["s", "p"]) -> list[list[int]]:
        """By segment and word: the last position of its sentence or paragraph."""
        ends = []
        for number, starts in enumerate(self._starts(unit)):
            end, row = (number << SEGMENT_BITS) + len(starts) - 1, []
            for position in range(end, (number << SEGMENT_BITS) - 1, -1):
                row.append(end)
                if starts[position & _INDEX] == position:
                    end = position - 1
            ends.append(row[::-1])
        return ends

    @cached_property
    def _sentence_starts(self) -> list[list[int]]:
        return [
            _first_of_each(n, segment.words.sentences) for n, segment in enumerate(self.document.segments)
        ]

    @cached_property
    def _paragraph_starts(self) -> list[list[int]]:
        return [
            _first_of_each(n, segment.words.paragraphs) for n, segment in enumerate(self.document.segments)
        ]


def _first_of_each(segment: int, numbers: Sequence[int]) -> list[int]:
    """By word: the position of the first word with its number."""
    starts, start, last = [], 0, -1
    for index, number in enumerate(numbers):
        if number != last:
            start, last = (segment << SEGMENT_BITS) + index, number
        starts.append(start)
    return starts
