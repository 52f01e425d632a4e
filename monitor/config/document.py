"""A file of the config: its text, its values, and how what is wrong in it becomes a `Problem` with a place.

No problem shows a secret: what may be one is cut out of the line and starred in the message.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from monitor.config.spots import KeyPath, Spot, is_under, offset_in_source
from monitor.errors import Place, Problem, Severity


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with the value at `path`, or, where `at` says so, with its key."""

    path: KeyPath
    message: str
    cure: str = ""
    at: Literal["key", "value"] = "value"


@dataclass(frozen=True, slots=True)
class Text:
    """A file's text, as problems point into it."""

    file: str
    text: str
    _line_starts: list[int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts = [0, *(found.end() for found in re.finditer("\n", self.text))]
        object.__setattr__(self, "_line_starts", starts)

    def place(self, offset: int) -> Place:
        line = bisect_right(self._line_starts, offset)
        return Place(self.file, line, offset - self._line_starts[line - 1] + 1)

    def line(self, number: int) -> tuple[int, str]:
        """Where line `number` begins, and it; tabs are single spaces, so that a caret stands right under it."""
        start = self._line_starts[number - 1]
        end = self.text.find("\n", start)
        return start, self.text[start : len(self.text) if end < 0 else end].replace("\t", " ")


@dataclass(frozen=True, slots=True)
class Document:
    """A TOML file that could be read."""

    text: Text
    values: dict[str, Any]
    spots: Mapping[KeyPath, Spot]
    veils: tuple[Spot, ...] = ()
    """What may hold a secret, in order."""
    secrets: Mapping[KeyPath, str] = field(default_factory=dict, repr=False)
    """The secret values that were put in or stand here."""

    def place(self, path: KeyPath) -> Place:
        """Where the value at `path` begins, or the nearest table around it."""
        return self.text.place(self._spot(path).start)

    def problems(self, faults: Iterable[Fault], more: Iterable[Fault] = ()) -> list[Problem]:
        """The faults as errors; of `more` those that do not follow from a fault at the same place."""
        first = list(faults)
        causes = {fault.path for fault in first}
        rest = (fault for fault in more if not is_under(fault.path, causes))
        return [self.problem(fault) for fault in (*first, *rest)]

    def problem(
        self, fault: Fault, *, severity: Severity = Severity.ERROR, rule: str | None = None
    ) -> Problem:
        spot = self._spot(fault.path)
        offset = spot.key if fault.at == "key" else spot.start
        return self._problem(fault, offset, severity=severity, rule=rule)

    def problem_inside(
        self, fault: Fault, offset: int, *, severity: Severity = Severity.ERROR, rule: str | None = None
    ) -> Problem:
        """A fault at the character `offset` of the text that is the value, or the key, at `fault.path`."""
        spot = self._spot(fault.path)
        start, end = (spot.key, spot.key_end) if fault.at == "key" else (spot.start, spot.end)
        source = self.text.text[start:end]
        if source.startswith(('"', "'")):
            offset = offset_in_source(source, offset)
        elif fault.at == "value":
            offset = 0  # the value is no text: a number, a table
        return self._problem(fault, start + offset, severity=severity, rule=rule)

    def _problem(self, fault: Fault, offset: int, *, severity: Severity, rule: str | None) -> Problem:
        place = self.text.place(offset)
        return Problem(
            place,
            self._starred(fault.message, fault.path),
            self._starred(fault.cure, fault.path),
            severity,
            self._shown(place),
            rule,
        )

    def _spot(self, path: KeyPath) -> Spot:
        while path:
            if spot := self.spots.get(path):
                return spot
            path = path[:-1]
        return Spot(0, 0, 0, 0)

    def _shown(self, place: Place) -> str:
        start, line = self.text.line(place.line)
        cut = min(
            (veil.start for veil in self.veils if veil.start < start + len(line) and veil.end > start),
            default=None,
        )
        if cut is None:
            return line
        return line[: cut - start] + "…" if cut > start and place.column - 1 <= cut - start else ""

    def _starred(self, text: str, path: KeyPath) -> str:
        for where, secret in self.secrets.items():
            if secret and (where[: len(path)] == path or path[: len(where)] == where):
                text = text.replace(secret, "•••")
        return text


def tables_of(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The `[[key]]` tables that there are; what is none is empty here, and said where the file's shape is checked."""
    tables = values.get(key)
    return [each if isinstance(each, dict) else {} for each in tables] if isinstance(tables, list) else []


def texts_of(values: object, *path: str) -> list[str]:
    """The list of texts at a path; empty where there is none or something else, which is said elsewhere, too."""
    for part in path:
        values = values.get(part) if isinstance(values, dict) else None
    if isinstance(values, list) and all(isinstance(each, str) for each in values):
        return values
    return []
