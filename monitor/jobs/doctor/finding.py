"""What a check has to say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

NAMED = 3


class Level(StrEnum):
    """How bad it is."""

    WELL = "ok"
    DOUBT = "warning"
    ILL = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at, and the cure where it is ill."""

    about: str
    level: Level
    said: str
    cure: str = ""
    """What to type or change; empty where all is well."""


def some(names: Sequence[str]) -> str:
    """The first few of them, and how many more there are."""
    return ", ".join(names[:NAMED]) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")
