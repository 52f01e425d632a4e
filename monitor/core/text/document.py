"""One entry as rules read it: every text tokenised once, however many rules there are."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

from monitor.core.text.languages import LANGUAGES, canonical
from monitor.core.text.words import Words
from monitor.model import Field, Span

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime

SEGMENT_BITS: Final = 20
"""A position is its segment's number above these bits, the word's index in the segment below them."""

MAX_TEXT: Final = 1 << 19
"""Characters of one text that are read: half a million, ten times the longest article. Half of a segment's
positions stay empty, so that no distance a rule can name reaches from one segment into the next."""

MAX_CATEGORIES: Final = 100
"""Categories that are read; beyond it they are an attack on tag clouds, or a mistake."""

LEAD_WORDS: Final = 60
"""Words of text that belong to the lead, after the title."""

BODY: Final = 3
"""Segments below it are the texts that bare terms search: title, summary, content, in this order."""


Place = tuple[int, int, int]
"""A segment's number, and where a stretch of its text begins and ends."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of one field's text that proximity does not leave."""

    field: Field
    offset: int
    """Where it begins in the field's text: each category is a segment of its own."""
    words: Words


class Document:
    """What rules read of one entry, and where it came from."""

    def __init__(
        self,
        segments: tuple[Segment, ...],
        *,
        language: str | None,
        feed_id: str,
        feed_tags: frozenset[str],
        url: str | None = None,
        published_at: datetime | None = None,
    ) -> None:
        """`segments`: title, summary, content, author, url, then the categories."""
        self.segments = segments
        self.language = language
        self.feed_id = feed_id
        self.feed_tags = feed_tags
        self.url = url
        self.published_at = published_at

    @cached_property
    def hosts(self) -> tuple[str, ...]:
        """See `hosts_of`; most documents are never asked."""
        return hosts_of(self.url)

    def title_alone(self) -> Document:
        """The same document as if it had no other text; where it comes from stays."""
        nothing = tuple(Segment(segment.field, 0, _NO_WORDS) for segment in self.segments[1:])
        return Document(
            (self.segments[0], *nothing),
            language=self.language,
            feed_id=self.feed_id,
            feed_tags=self.feed_tags,
            url=self.url,
            published_at=self.published_at,
        )

    def place(self, first: int, last: int) -> Place:
        """The characters from the word at `first` to the word at `last`, both positions of one segment."""
        number = first >> SEGMENT_BITS
        spans = self.segments[number].words.spans
        return number, spans[first & _INDEX][0], spans[last & _INDEX][1]

    def spans(self, places: Iterable[Place]) -> tuple[Span, ...]:
        """The places in the order of the fields, those that touch made one."""
        merged: list[Place] = []
        for number, start, end in sorted(places):
            if merged and merged[-1][0] == number and start <= merged[-1][2]:
                merged[-1] = (number, merged[-1][1], max(end, merged[-1][2]))
            else:
                merged.append((number, start, end))
        return tuple(self._span(place) for place in merged)

    def _span(self, place: Place) -> Span:
        segment = self.segments[place[0]]
        return Span(segment.field, segment.offset + place[1], segment.offset + place[2])

    def words_at(self, position: int) -> tuple[Words, int]:
        """The words of a position's segment, and which of them it is."""
        return self.segments[position >> SEGMENT_BITS].words, position & _INDEX

    def word(self, position: int) -> str:
        """The word at a position as it is shown."""
        return self.segments[position >> SEGMENT_BITS].words.shown[position & _INDEX]

    def texts(self) -> dict[Field, str]:
        """The texts that were there to read, in order: those that spans point into."""
        fields: dict[Field, list[str]] = {}
        for segment in self.segments:
            fields.setdefault(segment.field, []).append(segment.words.text)
        return {field: text for field, parts in fields.items() if (text := "\n".join(parts))}


_INDEX: Final = (1 << SEGMENT_BITS) - 1
_NO_WORDS: Final = Words("")


def read(  # noqa: PLR0913 - an entry has that many texts
    *,
    title: str,
    summary: str = "",
    content: str = "",
    author: str = "",
    categories: Iterable[str] = (),
    url: str | None = None,
    language: str | None = None,
    feed_id: str = "",
    feed_tags: Collection[str] = (),
    published_at: datetime | None = None,
) -> Document:
    """The document of an entry, made from texts as `html.to_text` returns them.

    `language`: declared, else detected; None, or no code of ISO 639-1, where unknown. Spans in `categories`
    count characters of all of them joined by newlines, spans in `url` those of the address, its %-escapes decoded.
    """
    texts = [
        (Field.TITLE, title),
        (Field.SUMMARY, summary),
        (Field.CONTENT, content),
        (Field.AUTHOR, author),
        (Field.URL, unquote(url or "")),
    ]
    segments = [Segment(field, 0, Words(text[:MAX_TEXT]) if text else _NO_WORDS) for field, text in texts]
    offset = 0
    for category in tuple(categories)[:MAX_CATEGORIES]:
        segments.append(Segment(Field.CATEGORY, offset, Words(category[:MAX_TEXT])))
        offset += len(category) + 1
    return Document(
        tuple(segments),
        language=spoken(language),
        feed_id=feed_id,
        feed_tags=frozenset(feed_tags),
        url=url,
        published_at=published_at,
    )


def spoken(language: str | None) -> str | None:
    """The language as documents have it; None where it is unknown, or no code of ISO 639-1."""
    code = canonical(language or "")
    return code if code in LANGUAGES else None


def hosts_of(url: str | None) -> tuple[str, ...]:
    """The host of an address and every parent of it, longest first, lower case: what `site:` compares."""
    try:
        host = (urlsplit(url or "").hostname or "").strip(".")
    except ValueError:  # a bracket without its partner
        return ()
    if not host.isascii():
        try:
            host = host.encode("idna").decode()
        except UnicodeError:  # no name that could be resolved
            return ()
    labels = host.split(".")
    return tuple(".".join(labels[i:]) for i in range(len(labels))) if host else ()
