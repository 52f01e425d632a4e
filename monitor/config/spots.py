"""Where in a TOML text each key and value stands, which tomllib does not say.

The scanner walks a text that tomllib has accepted, so it judges nothing and only finds.
(tree-sitter-toml would save it a third of its lines for two compiled dependencies; tomlkit keeps no positions, and
adding up its rendered parts goes wrong where tables of one name stand apart.)
"""

import re
import tomllib
from collections.abc import Container
from dataclasses import dataclass

import regex

KeyPath = tuple[str | int, ...]
"""From the top of a file: `("feed", 2, "tags", 0)` is the first tag of the third feed."""

# `regex`: possessive groups that match in several ways are wrong in the `re` of Python before 3.11.5 (gh-106052).
_BLANK = regex.compile(r"(?:[ \t\n]|#[^\n]*)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE_KEY = re.compile(r"[^ \t.=\]\"']++")
_SCALAR = re.compile(r"[^,\]}#\n]*+")
# A closing """ may follow one or two quotes that still belong to the text.
_STRING = regex.compile(
    r'"""(?:[^"\\]|\\.|"(?!""))*+"{3,5}' r"|'''(?:[^']|'(?!''))*+'{3,5}" r'|"(?:[^"\\]|\\.)*+"' r"|'[^']*+'",
    regex.DOTALL,
)
_UNIT = re.compile(
    r"(?P<nothing>\\[ \t]*\n[ \t\n]*)|\\u[0-9A-Fa-f]{4}|\\U[0-9A-Fa-f]{8}|\\x[0-9A-Fa-f]{2}|\\?.", re.DOTALL
)


def is_under(path: KeyPath, places: Container[KeyPath]) -> bool:
    """True where one of the places is `path`, or a table or list around it."""
    return any(path[:length] in places for length in range(len(path) + 1))


@dataclass(frozen=True, slots=True)
class Spot:
    """Offsets of a key and of its value; the ends are exclusive.

    The value of a table with a header of its own is that header. The key of a list's element is the element.
    """

    key: int
    key_end: int
    start: int
    end: int


def scan(text: str) -> dict[KeyPath, Spot]:
    """The spot of every key and value of `text`, which tomllib accepts and whose lines end in a newline alone."""
    scanner = _Scanner(text)
    scanner.document()
    return scanner.spots


def offset_in_source(source: str, offset: int) -> int:
    """Where in a TOML string's source (quotes included) the character `offset` of its value begins.

    Its closing quotes where `offset` is the value's length or more.
    """
    quotes = source[:3] if source.startswith(('"""', "'''")) else source[:1]
    start, end = len(quotes), len(source) - len(quotes)
    if len(quotes) == 3 and source.startswith("\n", start):
        start += 1  # TOML v1.0.0: a newline immediately following the opening delimiter will be trimmed
    if quotes.startswith("'"):
        return min(start + offset, end)
    for unit in _UNIT.finditer(source, start, end):
        if unit["nothing"] is not None:
            continue
        if offset <= 0:
            return unit.start()
        offset -= 1
    return end


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.spots: dict[KeyPath, Spot] = {}
        self._lengths: dict[KeyPath, int] = {}
        """How many `[[tables]]` of a name there are so far."""

    def document(self) -> None:
        table: KeyPath = ()
        self._skip(_BLANK)
        while self.at < len(self.text):
            if self.text.startswith("[", self.at):
                table = self._header()
            else:
                self._pair(table)
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        start = self.at
        brackets = 2 if self.text.startswith("[[", start) else 1
        self.at += brackets
        keys = self._keys()
        self.at += brackets
        path: KeyPath = ()
        for number, (name, key, key_end) in enumerate(keys, 1):
            path = (*path, name)
            self.spots.setdefault(path, Spot(key, key_end, start, self.at))
            if brackets == 2 and number == len(keys):
                self._lengths[path] = self._lengths.get(path, 0) + 1
            if path in self._lengths:
                path = (*path, self._lengths[path] - 1)
                self.spots.setdefault(path, Spot(key, key_end, start, self.at))
        return path

    def _pair(self, table: KeyPath) -> None:
        path, key, key_end = table, self.at, self.at
        for name, key, key_end in self._keys():
            path = (*path, name)
            self.spots.setdefault(path, Spot(key, key_end, key, key_end))
        self.at += 1
        self._skip(_SPACE)
        start, end = self._value(path)
        self.spots[path] = Spot(key, key_end, start, end)

    def _keys(self) -> list[tuple[str, int, int]]:
        """The parts of a dotted key, each with its offsets; stops at what follows the last."""
        keys = []
        while True:
            self._skip(_SPACE)
            start = self.at
            self._skip(_STRING if self.text[start] in "\"'" else _BARE_KEY)
            part = self.text[start : self.at]
            keys.append((_unquoted(part), start, self.at))
            self._skip(_SPACE)
            if not self.text.startswith(".", self.at):
                return keys
            self.at += 1

    def _value(self, path: KeyPath) -> tuple[int, int]:
        start = self.at
        match self.text[start]:
            case '"' | "'":
                self._skip(_STRING)
            case "[":
                self._array(path)
            case "{":
                self._inline_table(path)
            case _:
                self._skip(_SCALAR)
                self.at = start + len(self.text[start : self.at].rstrip())
        return start, self.at

    def _array(self, path: KeyPath) -> None:
        index = 0
        self.at += 1
        self._skip(_BLANK)
        while not self.text.startswith("]", self.at):
            start, end = self._value((*path, index))
            self.spots[(*path, index)] = Spot(start, end, start, end)
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline_table(self, path: KeyPath) -> None:
        self.at += 1
        self._skip(_BLANK)
        while not self.text.startswith("}", self.at):
            self._pair(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        self._skip(_BLANK)
        if self.text.startswith(",", self.at):
            self.at += 1
            self._skip(_BLANK)

    def _skip(self, pattern: re.Pattern[str] | regex.Pattern[str]) -> None:
        found = pattern.match(self.text, self.at)
        if found is None:
            raise ValueError(f"no {pattern.pattern} at {self.at}: tomllib has not accepted this text")
        self.at = found.end()


def _unquoted(key: str) -> str:
    if not key.startswith(('"', "'")):
        return key
    name: str = tomllib.loads(f"name = {key}")["name"]
    return name
