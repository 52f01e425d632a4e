"""The words of an entry as the word index files them: folded, in order, by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from monitor.core.text.document import Document, read
from monitor.model import Entry, FeedEntry, Field

FILING_VERSION: Final = 2
"""Goes up when the same entry would be filed otherwise, so also where words are folded otherwise: all is then filed
anew at the next start."""
BREAK: Final = "¶"
"""Stands between texts of one column: no word, so that no phrase reaches over it."""


@dataclass(frozen=True, slots=True)
class FiledWords:
    """Folded words with blanks between them: what `store.words` holds of an entry, a column each."""

    title: str
    body: str
    """Summary and content; the content alone where it begins with the summary."""
    author: str = ""
    category: str = ""
    url: str = ""

    def columns(self) -> tuple[str, str, str, str, str]:
        """As the index's columns stand."""
        return self.title, self.body, self.author, self.category, self.url

    def told(self) -> set[str]:
        """The different words of title and text."""
        return {*self.title.split(), *self.body.split()} - {BREAK}


def words_of(entry: Entry | FeedEntry) -> FiledWords:
    """The same of an entry that nobody has read so far."""
    return filed_words(
        read(
            title=entry.title,
            summary=entry.summary,
            content=entry.content,
            author=entry.author,
            categories=entry.categories,
            url=entry.url,
        )
    )


def filed_words(document: Document) -> FiledWords:
    """What an entry is found by. Its words are those that rules compare, so they are folded once for both."""
    by_field: dict[Field, list[list[str]]] = {}
    for segment in document.segments:
        by_field.setdefault(segment.field, []).append(segment.words.folded)
    summary, content = (by_field.get(field, [[]])[0] for field in (Field.SUMMARY, Field.CONTENT))
    texts = [content] if content[: len(summary)] == summary else [summary, content]
    return FiledWords(
        title=_joined(by_field.get(Field.TITLE, [])),
        body=_joined(texts),
        author=_joined(by_field.get(Field.AUTHOR, [])),
        category=_joined(by_field.get(Field.CATEGORY, [])),
        url=_joined(by_field.get(Field.URL, [])),
    )


def _joined(texts: list[list[str]]) -> str:
    return f" {BREAK} ".join(" ".join(words) for words in texts if words)
