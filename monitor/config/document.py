"""A file of the config: its text, its values, and how what is wrong in it becomes a `Problem` with a place.

No problem shows a secret: what may be one is cut out of the line and starred in the message.
"""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from monitor.config.spots import KeyPath, Spot, offset_in_source, scan
from monitor.errors import ConfigError, Place, Problem, Severity

MAX_BYTES = 32 * 1024 * 1024
"""Of one file: fifty times a list of ten thousand feeds, and it still fits in memory many times."""

MayShow = Callable[[Mapping[str, Any], KeyPath], bool]
"""Of a file's values and a path: is what stands there certainly no secret?"""

_CREDENTIALS_IN_URL = re.compile(r"://[^/\s\"']*@")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY_AT_START = re.compile(r"\s*(?:([A-Za-z0-9_-]+)\s*=|\[|#)")
_TOML_CURES = {
    "Cannot overwrite a value": "the same key stands twice: keep one",
    "Cannot declare": "the same table stands twice: keep one",
    "Illegal character '\\n'": "close the text with the quotes it began with",
    "Unescaped '\\'": "write \\\\ for a backslash, or the text in 'single quotes'",
    "Expected '=' after a key": "write key = value",
    "Invalid value": 'text stands in quotes: key = "value"',
    "Expected newline or end of document": 'one key on each line, text in quotes: key = "value"',
    "Unclosed array": "close the list with ]",
    "Invalid initial character for a key": "a key is made of letters, digits, - and _",
}


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
        rest = (fault for fault in more if not any(fault.path[: len(cause)] == cause for cause in causes))
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


def empty_document(file: str) -> Document:
    """A file that is not there: all its keys have their defaults."""
    return Document(Text(file, ""), {}, {})


def tables_of(values: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """The `[[key]]` tables that there are; what is none is empty here, and said where the file's shape is checked."""
    tables = values.get(key)
    return [each if isinstance(each, dict) else {} for each in tables] if isinstance(tables, list) else []


def read_text(path: Path) -> Text:
    """A file's text, its lines ended by newlines alone. Raises `ConfigError` where it is none."""
    raw = read_bytes(path)
    try:
        text = raw.decode("utf-8-sig")  # Windows editors put a byte order mark, which tomllib refuses
    except UnicodeDecodeError as error:
        before = raw[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode("utf-8", "replace")) + 1
        place = Place(str(path), before.count(b"\n") + 1, column)
        raise ConfigError(
            [Problem(place, "this is not UTF-8 text", "save the file in the encoding UTF-8")]
        ) from error
    return Text(str(path), text.replace("\r\n", "\n"))


def read_bytes(path: Path) -> bytes:
    """A file's bytes. Raises `ConfigError` where it cannot be read or is larger than `MAX_BYTES`."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise ConfigError([Problem(Place(str(path)), f"it cannot be read: {error.strerror}")]) from error
    if len(raw) > MAX_BYTES:
        raise ConfigError([Problem(Place(str(path)), f"it is larger than {MAX_BYTES // 1024 // 1024} MiB")])
    return raw


def read_document(path: Path, *, may_show: MayShow, open_keys: frozenset[str] | None) -> Document:
    """The TOML file at `path`. Raises `ConfigError` where it is none.

    A value may be shown in problems where `may_show` says so, and, where the syntax is broken, only lines
    whose key is in `open_keys`.
    """
    text = read_text(path)
    try:
        values = tomllib.loads(text.text)
        spots = scan(text.text)
    except RecursionError as error:
        raise ConfigError([Problem(Place(text.file), "lists or tables are nested too deep")]) from error
    except ValueError as error:  # tomllib.TOMLDecodeError, and int() of thousands of digits
        raise ConfigError([_syntax_problem(text, str(error), open_keys)]) from error
    hidden = {path for path in spots if not may_show(values, path)}
    veils = (
        spot
        for path, spot in spots.items()
        if _is_veiled(text.text[spot.start : spot.end], shown=path not in hidden)
    )
    return Document(
        text=text,
        values=values,
        spots=spots,
        veils=tuple(sorted(veils, key=lambda spot: spot.start)),
        secrets={path: leaf for path, leaf in _texts(values, ()) if path in hidden},
    )


def _syntax_problem(text: Text, complaint: str, open_keys: frozenset[str] | None) -> Problem:
    found = _TOML_PLACE.search(complaint)
    message = complaint[: found.start()] if found else complaint
    cure = next((cure for start, cure in _TOML_CURES.items() if message.startswith(start)), "")
    message = f"this is not TOML: {message[:1].lower()}{message[1:]}"
    if found is None:
        return Problem(Place(text.file), message, cure)
    if found[1] is None:
        place = text.place(len(text.text))
        return Problem(place, message, cure)
    place = Place(text.file, int(found[1]), int(found[2]))
    line = text.line(place.line)[1]
    key = _KEY_AT_START.match(line)
    harmless = open_keys is None or (key and (key[1] is None or key[1] in open_keys))
    shown = harmless and not _CREDENTIALS_IN_URL.search(line)
    return Problem(place, message, cure, source_line=line if shown else "")


def _is_veiled(source: str, *, shown: bool) -> bool:
    if source.startswith(("[", "{")):
        return False  # its parts are judged one by one
    return not shown or bool(_CREDENTIALS_IN_URL.search(source))


def _texts(value: object, path: KeyPath) -> Iterator[tuple[KeyPath, str]]:
    match value:
        case str() if value:
            yield path, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, (*path, key))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, (*path, index))
