"""A rule's query, its tests, and lists, written otherwise in the files of `rules/`; all else stays as it was written.

As `edit` does for feeds, the text is cut and joined at the places that the scanner knows, and what comes of it is
read again before anything is written.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any, Final, Literal

import tomlkit

from monitor.config.document import Document
from monitor.config.edit import write_whole
from monitor.config.files import read_bytes
from monitor.config.rules import Home, RuleFiles
from monitor.config.spots import KeyPath, Spot
from monitor.errors import ConfigError, Place, Problem
from monitor.model import Example

_COMMA: Final = re.compile(r"[ \t]*,")


@dataclass(frozen=True, slots=True)
class FileEdit:
    """A file, as it is and as it is to be."""

    path: Path
    before: str
    after: str

    @property
    def diff(self) -> str:
        """What changes, as `diff -u` says it."""
        lines = unified_diff(
            self.before.splitlines(),
            self.after.splitlines(),
            str(self.path),
            str(self.path),
            n=1,
            lineterm="",
        )
        return "\n".join(lines)

    def write(self) -> None:
        """The file whole or not at all. Raises `ConfigError`."""
        text = self.after
        try:
            if b"\r\n" in read_bytes(self.path):
                text = text.replace("\n", "\r\n")
            write_whole(self.path, text.encode())
        except OSError as error:
            cure = "make it writable, or paste what is shown above into it by hand"
            raise ConfigError(
                [Problem(Place(str(self.path)), f"it cannot be written: {error.strerror}", cure)]
            ) from error


Added = Mapping[str, Mapping[str, Sequence[str]]]
"""By list and row, the terms that it gets."""


def edited(files: RuleFiles, rule_id: str, *, query: str, exclude: str, added: Added) -> list[FileEdit]:
    """What is to be written so that the rule has this query and exclude, and lists have these terms more.

    The rule's own file is the last one. Raises `ConfigError` where a file's way to write it cannot be kept.
    """
    home = files.rule_homes[rule_id]
    changes: dict[str, _Change] = {}

    def change(document: Document) -> _Change:
        return changes.setdefault(document.text.file, _Change(document))

    own = change(home.document)
    own.text_at(home.path, "query", query)
    own.text_at(home.path, "exclude", exclude)
    for name, rows in added.items():
        there: Home | None = files.list_homes.get(name)
        if there:
            change(there.document).more_terms(there.path, rows)
        else:
            own.new_list(name, rows)
    done = [one.edit() for one in (*(each for each in changes.values() if each is not own), own)]
    return [one for one in done if one.before != one.after]


Kind = Literal["must_match", "must_not_match"]


def with_example(files: RuleFiles, rule_id: str, kind: Kind, example: Example) -> FileEdit:
    """The rule's file with one more test at the end of the rule's `kind`; unchanged where it has that test.

    Raises `ConfigError` where the file's way to write it cannot be kept.
    """
    home = files.rule_homes[rule_id]
    change = _Change(home.document)
    change.one_more(home.path, kind, written(example), _as_value(example))
    return change.edit()


def written(example: Example) -> str:
    """A test as a person would write it: a headline in quotes, or a table on one line."""
    value = _as_value(example)
    if isinstance(value, str):
        return _quoted(value)
    return "{ " + ", ".join(f"{key} = {_quoted(text)}" for key, text in value.items()) + " }"


def _as_value(example: Example) -> str | dict[str, str]:
    parts = {
        "title": example.title,
        "summary": example.summary,
        "content": example.content,
        "lang": example.language or "",
    }
    given = {key: text for key, text in parts.items() if text}
    return given["title"] if given.keys() == {"title"} else given


def _quoted(text: str) -> str:
    return tomlkit.string(text).as_string()


class _Change:
    """The changes of one file: of its text, and of its values, which the new text must say."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._values: Any = tomlkit.parse(document.text.text).unwrap()
        self._splices: list[tuple[int, int, str]] = []
        self._end = ""

    def text_at(self, table: KeyPath, key: str, value: str) -> None:
        held = self._at(table)
        if held.get(key, "") == value:
            return
        spot = self._document.spots.get((*table, key))
        if spot:
            self._splices.append((spot.start, spot.end, _text(value)))
        else:
            # Behind the query, or the id: right below what it belongs to.
            above = self._document.spots.get((*table, "query")) or self._document.spots[(*table, "id")]
            self._line_behind(above.end, f"{key} = {_text(value)}")
        held[key] = value

    def more_terms(self, path: KeyPath, rows: Mapping[str, Sequence[str]]) -> None:
        held = self._at(path)
        if isinstance(held, list):
            self._append(path, held, [term for terms in rows.values() for term in terms])
            return
        for row, terms in rows.items():
            if row in held:
                self._append((*path, row), held[row], terms)
            else:
                self._line_behind(self._document.spots[path].end, f"{row} = {_array(terms)}")
                held[row] = list(terms)

    def one_more(self, table: KeyPath, key: str, text: str, value: Any) -> None:
        """An element at the end of a list of the table: on a line of its own where the last one has one."""
        held = self._at(table)
        there = held.setdefault(key, [])
        if value in there:
            return
        if (*table, key) not in self._document.spots:
            self._line_behind(self._last_of(table), f"{key} = [\n  {text},\n]")
        elif not there:
            start = self._document.spots[(*table, key)].start + 1
            self._splices.append((start, start, text))
        else:
            self._splice_behind(self._document.spots[(*table, key, len(there) - 1)], text)
        there.append(value)

    def _splice_behind(self, last: Spot, text: str) -> None:
        source = self._document.text.text
        before = source[source.rfind("\n", 0, last.key) + 1 : last.key]
        if before.strip():
            self._splices.append((last.end, last.end, f", {text}"))
            return
        follows = _COMMA.match(source, last.end)
        line_end = source.find("\n", follows.end() if follows else last.end)
        if not follows:
            self._splices.append((last.end, last.end, ","))
        self._splices.append((line_end, line_end, f"\n{before}{text},"))

    def _last_of(self, table: KeyPath) -> int:
        """Where the last of the table's own keys ends, those of tables inside it aside."""
        below = [
            spot.end
            for path, spot in self._document.spots.items()
            if path[:-1] == table and not isinstance(self._at(path), dict)
        ]
        return max(below)

    def new_list(self, name: str, rows: Mapping[str, Sequence[str]]) -> None:
        lines = [f"{row} = {_array(terms)}" for row, terms in rows.items()]
        self._end += "\n".join(["", f"[lists.{name}]", *lines, ""])
        self._values.setdefault("lists", {})[name] = {row: list(terms) for row, terms in rows.items()}

    def edit(self) -> FileEdit:
        before = self._document.text.text
        after = before
        for start, end, new in sorted(self._splices, key=lambda one: one[:2], reverse=True):
            after = after[:start] + new + after[end:]
        if self._end:
            after = after.rstrip("\n") + "\n" + self._end
        try:
            says_it = tomllib.loads(after) == self._values
        except tomllib.TOMLDecodeError:
            says_it = False
        path = self._document.text.file
        if not says_it:
            cure = "write the rule as a [[rule]] and its lists as [lists.NAME], each key on a line of its own"
            raise ConfigError([Problem(Place(path), "this file can only be changed by hand", cure)])
        return FileEdit(Path(path), before, after)

    def _at(self, path: KeyPath) -> Any:
        held = self._values
        for part in path:
            held = held[part]
        return held

    def _append(self, path: KeyPath, held: list[str], terms: Sequence[str]) -> None:
        new = [term for term in terms if term not in held]
        if not new:
            return
        added = _array(new)[1:-1]
        if held:
            end = self._document.spots[(*path, len(held) - 1)].end
            self._splices.append((end, end, f", {added}"))
        else:
            start = self._document.spots[path].start + 1
            self._splices.append((start, start, added))
        held.extend(new)

    def _line_behind(self, offset: int, line: str) -> None:
        end = self._document.text.text.find("\n", offset)
        at = len(self._document.text.text) if end < 0 else end
        self._splices.append((at, at, f"\n{line}"))


def _text(value: str) -> str:
    """As a person would write it: in single quotes, which leave those of phrases alone, where that can be."""
    if "\n" in value:
        return (
            f"'''{value}'''"
            if "'''" not in value and value[:1] != "\n"
            else tomlkit.string(value).as_string()
        )
    return f"'{value}'" if "'" not in value else tomlkit.string(value).as_string()


def _array(terms: Sequence[str]) -> str:
    return "[" + ", ".join(tomlkit.string(term).as_string() for term in terms) + "]"
