"""What a person said of an entry: right or wrong for a rule, no copy, of another story."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Said = Literal["command", "page", "link", "import"]
"""By which way a person said it."""


class Mark(StrEnum):
    """What was said."""

    RIGHT = "right"
    """The rule matches it, and should."""
    WRONG = "wrong"
    """It is none of the rule's, whether it matches or not."""
    MISSED = "missed"
    """The rule does not match it, and should."""
    NOT_A_COPY = "not a copy"
    """Of `Label.other_id`, an entry."""
    SPLIT = "split"
    """From `Label.other_id`, a story."""


OF_RULES = frozenset({Mark.RIGHT, Mark.WRONG, Mark.MISSED})
"""Marks that are about a rule; the others are about the entry alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """The last word about an entry and a rule, or about an entry's being a copy, or its story."""

    entry_id: int
    mark: Mark
    rule_id: str = ""
    """Empty: about no rule."""
    other_id: int | None = None
    labelled_at: datetime
    said_by: Said = "command"

    @property
    def about(self) -> str:
        """There is one label at most about the same thing: a rule, the copy, the story."""
        return "rule" if self.mark in OF_RULES else "copy" if self.mark is Mark.NOT_A_COPY else "story"
