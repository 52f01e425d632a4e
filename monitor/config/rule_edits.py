"""A rule's query, and lists, written otherwise in the files of `rules/`; all else in them stays as it was written.

As `edit` does for feeds, the text is cut and joined at the places that the scanner knows, and what comes of it is
read again before anything is written.
"""

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import unified_diff
from pathlib import Path
from typing import Any

import tomlkit

from monitor.config.document import Document
from monitor.config.edit import write_whole
from monitor.config.files import read_bytes
from monitor.config.rules import Home, RuleFiles
from monitor.config.spots import KeyPath
from monitor.errors import ConfigError, Place, Problem


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

    def new_list(self, name: str, rows: Mapping[str, Sequence[str]]) -> None:
        lines = [f"{row} = {_array(terms)}" for row, terms in rows.items()]
        self._end += "\n".join(["", f"[lists.{name}]", *lines, ""])
        self._values.setdefault("lists", {})[name] = {row: list(terms) for row, terms in rows.items()}

    def edit(self) -> FileEdit:
        before = self._document.text.text
        after = before
        for start, end, new in sorted(self._splices, reverse=True):
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
