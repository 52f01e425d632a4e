"""A file of the config: its text, its values, and how what is wrong in it becomes a `Problem` with a place.

No problem shows a secret: what may be one is cut out of the line and starred in the message.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from monitor.config.spots import KeyPath, Spot, is_under, offset_in_source
from monitor.errors import Place, Problem, Severity

_TABLE = 2
"""Parts of a path that name one table: `("feed", 17)`, `("database", "url")`."""


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
        """Where a character stands: file, line, column."""
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
    """The secret values that were put in or stand here, none of them empty."""
    _by_table: dict[KeyPath, list[KeyPath]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        # Ten thousand feeds, each with a secret and a fault, would be compared each with each.
        tables: dict[KeyPath, list[KeyPath]] = {}
        for path in self.secrets:
            tables.setdefault(path[:_TABLE], []).append(path)
        object.__setattr__(self, "_by_table", tables)

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
        """The fault, with its place."""
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
        """The spot of the value, or of the nearest table around it; the file's beginning where there is none."""
        around = (path[:length] for length in range(len(path), 0, -1))
        return next((self.spots[each] for each in around if each in self.spots), Spot(0, 0, 0, 0))

    def _shown(self, place: Place) -> str:
        start, line = self.text.line(place.line)
        after = bisect_left(self.veils, start, key=lambda veil: veil.start)
        if after and self.veils[after - 1].end > start:
            return ""  # the line is inside a text that began above it
        cut = self.veils[after].start - start if after < len(self.veils) else len(line)
        if cut >= len(line):
            return line
        return f"{line[:cut]}…" if place.column - 1 <= cut else ""

    def _starred(self, text: str, path: KeyPath) -> str:
        for where in self._by_table.get(path[:_TABLE], ()) if len(path) >= _TABLE else self.secrets:
            if where[: len(path)] == path or path[: len(where)] == where:
                text = text.replace(self.secrets[where], "•••")
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
