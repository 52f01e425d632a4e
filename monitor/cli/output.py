"""What commands print: one JSON document, a table for a terminal, or tab-separated lines for a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.log import redactor

LONGEST_WHOLE = 16
"""Cells of a terminal: a column of instants (2026-01-06 19:40) or of anything shorter is never folded."""
LEAST_FOLDED = 8
"""Cells that any other column gets at least; where there are not so many, there is no table."""

_hide: Callable[[str], str] = str
"""What takes the config's secrets out of a text; see `hide`."""

Record = Mapping[str, Any]
Column = tuple[str, Callable[[Record], object]]
"""A heading, and what stands under it."""


def hide(secrets: Collection[str]) -> None:
    """From here on these stand as *** in whatever is printed: an address may hold one, or an error quote it."""
    global _hide  # noqa: PLW0603 - as the log: one for the process, set when the config is read
    _hide = redactor(secrets, patterns=())


def hidden(text: str) -> str:
    """The text without the config's secrets."""
    return _hide(text)


def shown(text: str) -> str:
    """The text for a terminal, which nothing in it can steer or turn around; its lines stay. Secrets are hidden."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in _hide(text))


def _escaped(char: str) -> str:
    """As JSON writes what no terminal shall see; a reader of the document finds the character itself."""
    return json.dumps(char)[1:-1]


def as_json(document: object) -> None:
    """One JSON document on standard output, nothing else. Instants are UTC with a Z."""
    written = json.dumps(_hidden(document), ensure_ascii=False, indent=2, default=_plain)
    print("".join(char if char.isprintable() or char == "\n" else _escaped(char) for char in written))


def as_table(records: Sequence[Record], columns: Sequence[Column], *, empty: str) -> None:
    """A table where a person looks, tab-separated lines under a heading elsewhere; `empty` where there is none."""
    if not records:
        print(empty, file=sys.stderr)
        return
    rows = [[_cell(value(record)) for _, value in columns] for record in records]
    headings = [heading for heading, _ in columns]
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            print("\t".join(row))
        return
    console = Console()
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    least = sum(width if width <= LONGEST_WHOLE else LEAST_FOLDED for width in widths) + 2 * (len(widths) - 1)
    if least > console.width:
        _one_below_the_other(headings, rows)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, overflow="fold", no_wrap=width <= LONGEST_WHOLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: brackets in a title are no markup
    console.print(table)


def _one_below_the_other(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """For a terminal that is too narrow for a table."""
    for number, row in enumerate(rows):
        if number:
            print()
        as_facts(list(zip(headings, row, strict=True)))


def as_facts(facts: Sequence[tuple[str, object]]) -> None:
    """One thing, a fact on each line."""
    width = max(len(name) for name, _ in facts)
    for name, value in facts:
        lines = _cell(value, one_line=False).splitlines() or [""]
        print(f"{name:<{width}}  {lines[0]}")
        for line in lines[1:]:
            print(f"{'':<{width}}  {line}")


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 feed`, `2 feeds`; `things` where an s is not enough."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def local(moment: datetime | None, zone: str) -> str:
    """An instant as people read it, in their zone; a dash where there is none."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if moment else "-"


def _hidden(value: object) -> object:
    match value:
        case str():
            return _hide(value)
        case Mapping():
            return {name: _hidden(one) for name, one in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_hidden(one) for one in (sorted(value) if isinstance(value, set | frozenset) else value)]
        case _:
            return value


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    raise TypeError(f"no JSON for {type(value).__name__}")


def _cell(value: object, *, one_line: bool = True) -> str:
    """Text that cannot steer a terminal, whatever a feed put into it."""
    if value is None:
        return "-"
    if isinstance(value, list | tuple | set | frozenset):
        value = ", ".join(map(str, value))
    text = shown(str(value))
    return text.replace("\n", " ") if one_line else text
