"""Why an entry matched, in the one sentence that shows it best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from monitor.core.alerts.excerpt import Piece, excerpt
from monitor.core.alerts.plain import ELLIPSIS, is_visible
from monitor.core.text.words import folded_words
from monitor.model import Entry, Field, Match

LONGEST: Final = 240
"""Characters: five lines on a phone."""

_TEXT_OF: Final[dict[Field, Callable[[Entry], str]]] = {
    # A sentence tells more than a title, a title more than a name.
    Field.SUMMARY: lambda entry: entry.summary,
    Field.CONTENT: lambda entry: entry.content,
    Field.TITLE: lambda entry: entry.title,
    Field.AUTHOR: lambda entry: entry.author,
    # As `core.text.document` reads them: spans count characters of these.
    Field.CATEGORY: lambda entry: "\n".join(entry.categories),
    Field.URL: lambda entry: unquote(entry.url or ""),
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """A sentence with its matching words marked, and where it stands."""

    field: Field
    pieces: tuple[Piece, ...]


def evidence(entry: Entry, matches: Sequence[Match]) -> Evidence | None:
    """The best of what `matches` have marked; None where they mark nothing (a rule may hold by what is absent)."""
    spans = [span for match in matches for span in match.spans]
    for field, text_of in _TEXT_OF.items():
        marks = [(span.start, span.end) for span in spans if span.field is field]
        if marks:
            return Evidence(field, excerpt(text_of(entry), marks, longest=LONGEST))
    return None


def lead(entry: Entry) -> str:
    """How its text begins; empty where it has none, or only its title again."""
    for body in (entry.summary, entry.content):
        start = "".join(piece.text for piece in excerpt(body, (), longest=LONGEST))
        if is_visible(bare(start)) and folded_words(bare(start)) != folded_words(entry.title):
            return start
    return ""


def bare(excerpted: str) -> str:
    """What was taken out of a text, without the signs that say so."""
    return excerpted.strip(f" {ELLIPSIS}")
