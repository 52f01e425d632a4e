"""What the word index is asked, in words of our own: each database has its own language for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from monitor.core.text.filing import FiledWords

COLUMNS: Final = ("title", "body", "author", "category", "url")
TEXT: Final = "text"
"""Title or body: where the terms of a rule are looked for that name no field."""

Filed = Sequence[tuple[int, FiledWords]]
"""Entries by id, with their words."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """Folded words, with blanks between them, that follow each other."""

    words: str
    begins: bool = False
    """The last is the beginning of a word."""
    field: str = ""
    """One of `COLUMNS`, or `TEXT`; empty: whichever."""


@dataclass(frozen=True, slots=True)
class Infix:
    """A word that has these folded letters in it, wherever; what is asked for knows it by `store.vocabulary`."""

    letters: str
    field: str = ""
    """As a phrase's."""


@dataclass(frozen=True, slots=True)
class Every:
    """All of these. None: nothing is found."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of these at least. None: nothing is found."""

    parts: tuple[Query, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """The one and not the other."""

    wanted: Query
    unwanted: Query


Query = Phrase | Infix | Every | Either | Without

NOTHING: Final = Either(())
"""Finds nothing."""
