"""Files of the config → documents: bounded, decoded, read by tomllib, their secrets veiled."""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from monitor.config.document import Document, Text
from monitor.config.slips import Slip, slips
from monitor.config.spots import KeyPath, scan
from monitor.errors import ConfigError, Place, Problem

MAX_BYTES = 32 * 1024 * 1024
"""Of one file: fifty times a list of ten thousand feeds, and it still fits in memory many times."""

MayShow = Callable[[Mapping[str, Any], KeyPath], bool]
"""Of a file's values and a path: is what stands there certainly no secret?"""
OpenKeys = Callable[[], frozenset[str]]
"""Asked only where the syntax is broken: they stand in the models of every channel type."""

_CREDENTIALS_IN_URL = re.compile(r"://[^/\s\"']*@")
_TOML_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
_KEY_AT_START = re.compile(r"\s*(?:([A-Za-z0-9_-]+)\s*=|\[|#)")
_IN_WORDS = {
    "Cannot overwrite": ("this key stands twice", "keep one"),
    "Cannot declare": ("this table stands twice", "keep one, or write [[…]] where there may be several"),
    "Illegal character '\\n'": (
        "the text does not end on its line",
        "close it with the quotes it began with",
    ),
    "Illegal character": ("there is a control character here", "take it out"),
    "Unescaped '\\'": ("a lone backslash in a text", "write \\\\, or the text in 'single quotes'"),
    "Expected '=' after a key": ("a = is missing behind the key", "write key = value"),
    "Invalid value": ("this is no value", 'text stands in straight quotes: key = "value"'),
    "Expected newline": (
        "the value ended before this",
        'one key on each line, text in quotes: key = "value"',
    ),
    "Expected ']": ("the bracket is not closed", "write ] behind the name, ]] where it began with [["),
    "Unclosed array": ("the list does not end", "close it with ]"),
    "Unclosed inline table": ("the table does not end", "close it with }, on the same line"),
    "Unterminated string": ("the text does not end", 'close it with """'),
    "Expected \"'''\"": ("the text does not end", "close it with '''"),
    "Duplicate inline table key": ("this key stands twice", "keep one"),
    "Cannot mutate": ("this table was closed with its }", "write all of its keys inside"),
    "Cannot redefine": ("this table stands twice", "keep one"),
    "Invalid date": ("there is no such date", "text stands in quotes"),
    "Invalid hex": (
        "this escape is not complete",
        "write \\\\u and four digits, or the text in 'single quotes'",
    ),
    "Invalid initial character for a key": ("no key begins with this", "letters, digits, - and _ make a key"),
    "Invalid statement": ("this is neither a key nor a table", "write key = value or [table]"),
}
"""What tomllib says first, what people are told, and the cure."""


def empty_document(file: str) -> Document:
    """A file that is not there: all its keys have their defaults."""
    return Document(Text(file, ""), {}, {})


def read_if_there(
    path: Path, *, may_show: MayShow, open_keys: OpenKeys | None
) -> tuple[Document | None, list[Problem]]:
    """The TOML file at `path`, an empty one where there is none; None where it cannot be read.

    Where parts of it are not TOML, an error for each, and the document without them.
    """
    if not path.exists():
        return empty_document(str(path)), []
    try:
        text = read_text(path)
    except ConfigError as error:
        return None, list(error.problems)
    try:
        return _document(text, may_show=may_show, open_keys=open_keys), []
    except ConfigError as error:
        [first] = error.problems
    if not first.place.line:
        return None, [first]
    return _without_slips(text, first, may_show, open_keys)


def _without_slips(
    text: Text, first: Problem, may_show: MayShow, open_keys: OpenKeys | None
) -> tuple[Document | None, list[Problem]]:
    broken, rest = slips(text.text)
    if broken:
        with suppress(ConfigError):
            document = _document(Text(text.file, rest), may_show=may_show, open_keys=open_keys)
            return document, _of_slips(text.file, first, broken, open_keys)
    return None, [first]


def _of_slips(file: str, first: Problem, broken: Iterable[Slip], open_keys: OpenKeys | None) -> list[Problem]:
    """One for each part, the whole file's own words about the part that it stumbled over."""
    problems = []
    for slip in broken:
        text = Text(file, slip.text)
        found = _syntax_problem(text, slip.complaint, open_keys)
        begins = len(slip.text) - len(slip.text.lstrip("\n"))
        if begins < first.place.line <= slip.text.count("\n") + 1:
            found = first
        problems.append(replace(found, rule=slip.rule))
    return problems


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


def read_bytes(path: Path, *, at_most: int = MAX_BYTES) -> bytes:
    """A file's bytes. Raises `ConfigError`, with one problem, where it cannot be read or is larger."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):  # a pipe would hold whoever opens it
            raise ConfigError(
                [Problem(Place(str(path)), "it is no regular file", "take it out of the config")]
            )
        with path.open("rb") as file:
            raw = file.read(at_most + 1)
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise ConfigError([Problem(Place(str(path)), f"it cannot be read: {reason}")]) from error
    if len(raw) > at_most:
        raise ConfigError([Problem(Place(str(path)), f"it is larger than {at_most // 1024} KiB")])
    return raw


def read_document(path: Path, *, may_show: MayShow, open_keys: OpenKeys | None) -> Document:
    """The TOML file at `path`. Raises `ConfigError` where it is none.

    A value may be shown in problems where `may_show` says so, and, where the syntax is broken, only lines
    whose key is in `open_keys`; None: all.
    """
    return _document(read_text(path), may_show=may_show, open_keys=open_keys)


def _document(text: Text, *, may_show: MayShow, open_keys: OpenKeys | None) -> Document:
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


def _syntax_problem(text: Text, complaint: str, open_keys: OpenKeys | None) -> Problem:
    found = _TOML_PLACE.search(complaint)
    if found is None:
        # A whole number of thousands of digits: int() refuses it, and does not know where it stands.
        return Problem(Place(text.file), "this is not TOML: a number is too long")
    said = complaint[: found.start()]
    known = (words for start, words in _IN_WORDS.items() if said.startswith(start))
    message, cure = next(known, (f"{said[:1].lower()}{said[1:]}", ""))
    place = Place(text.file, int(found[1]), int(found[2])) if found[1] else text.place(len(text.text))
    line = text.line(place.line)[1]
    if said.startswith("Unclosed array") and _VALUE.match(line, place.column - 1):
        message, cure = "a comma is missing before this", "write it behind the value before: [1, 2]"
    key = _KEY_AT_START.match(line)
    harmless = open_keys is None or (key and (key[1] is None or key[1] in open_keys()))
    shown = harmless and not _CREDENTIALS_IN_URL.search(line)
    return Problem(place, f"this is not TOML: {message}", cure, source_line=line if shown else "")


_VALUE = re.compile(r"[\"'\[{]|[\w.+-]++(?!\s*=)")


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
