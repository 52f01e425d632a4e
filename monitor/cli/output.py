"""What commands print: one JSON document, a table for a terminal, or tab-separated lines for a pipe."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from monitor.log import redactor

LISTED = 100
"""What a person is shown of a list who does not say how much."""
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


def column(name: str) -> Column:
    """What each record has under this name, as it is."""
    return name, itemgetter(name)


def as_table(
    records: Sequence[Record],
    columns: Sequence[Column],
    *,
    empty: str,
    main: str = "",
    spare: Sequence[str] = (),
    most: int | None = None,
) -> None:
    """A table where a person looks, tab-separated lines under a heading elsewhere; `empty` where there is none.

    Where the terminal is narrow, the column `main` gets the room: those of `spare`, the first of them first, stand
    below its text instead of beside it. Where a person looks, a column of `spare` in which nothing stands is left
    out. Of more records than `most` it says that there are more.
    """
    if most is not None and len(records) > most:
        as_table(records[:most], columns, empty=empty, main=main, spare=spare)
        print(f"the first {most}; --limit 0 shows all, --limit N so many", file=sys.stderr)
        return
    if not records:
        print(empty, file=sys.stderr)
        return
    rows = [[_cell(value(record)) for _, value in columns] for record in records]
    headings = [heading for heading, _ in columns]
    if not sys.stdout.isatty():
        for row in (headings, *rows):
            print("\t".join(row))
        return
    from monitor.cli.tables import as_it_fits  # noqa: PLC0415 - rich, for people at a terminal

    if not as_it_fits(headings, rows, main=main, spare=spare):
        _one_below_the_other(headings, rows)


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


def most(limit: int | None, *, json: bool) -> int | None:
    """How many a list shows, None: all. Unless it was said, a person gets the first `LISTED`, a program all."""
    if limit is None:
        return None if json or not sys.stdout.isatty() else LISTED
    return limit or None


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 feed`, `2 feeds`; `things` where an s is not enough."""
    return f"{number} {thing if number == 1 else things or thing + 's'}"


def local(moment: datetime | None, zone: str) -> str:
    """An instant as people read it, in their zone; a dash where there is none."""
    return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}" if moment else "-"


def listed(moment: datetime | None, zone: str) -> str:
    """An instant in a list: short where a person looks (`9 Jan 16:48`, of another year `2025-01-09`), else whole."""
    if moment is None or not sys.stdout.isatty():
        return local(moment, zone)
    there = moment.astimezone(ZoneInfo(zone))
    this_year = datetime.now(UTC).astimezone(ZoneInfo(zone)).year
    return f"{there.day:>2} {there:%b %H:%M}" if there.year == this_year else f"{there:%Y-%m-%d}"


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
