"""Tables for people: as wide as the terminal is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

LONGEST_WHOLE = 16
"""Cells of a terminal: a column of instants (2026-01-06 19:40) or of anything shorter is never folded."""
LEAST_FOLDED = 8
"""Cells that any other column gets at least; where there are not so many, there is no table."""

LEAST_MAIN = 44
"""Cells that the main column of a table gets before others stand below its text."""
WIDEST = 28
"""Cells of any other column of such a table; more is cut off, and stands in the `show` of that thing."""


def as_it_fits(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, main: str, spare: Sequence[str]
) -> bool:
    """Whether the terminal has room for a table; it is printed where it has. The rest as `output.as_table` says."""
    console = Console()
    if main:
        wide = _with_main(headings, rows, main=main, spare=spare, width=console.width)
        if wide is None:
            return False
        console.print(wide)
        return True
    widths = [max(map(cell_len, column)) for column in zip(headings, *rows, strict=True)]
    least = sum(width if width <= LONGEST_WHOLE else LEAST_FOLDED for width in widths) + 2 * (len(widths) - 1)
    if least > console.width:
        return False
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading, width in zip(headings, widths, strict=True):
        table.add_column(heading, overflow="fold", no_wrap=width <= LONGEST_WHOLE)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # Text: brackets in a title are no markup
    console.print(table)
    return True


def _with_main(
    headings: Sequence[str], rows: Sequence[Sequence[str]], *, main: str, spare: Sequence[str], width: int
) -> Table | None:
    """The table that gives the column `main` most of the width; None where it would have next to none."""
    cells = dict(zip(headings, zip(*rows, strict=True), strict=True))
    cells = {name: some for name, some in cells.items() if name not in spare or any(map(_says, some))}
    whole = {name: max(map(cell_len, (name, *some))) for name, some in cells.items()}
    widths = {name: min(width, WIDEST) for name, width in whole.items() if name != main}
    below: list[str] = []
    for name in spare:
        if width - _beside(widths) >= min(LEAST_MAIN, whole[main]):
            break
        if widths.pop(name, None) is not None:
            below.insert(0, name)
    spread = max(0, width - _beside(widths) - whole[main])
    for name, taken in widths.items():
        widths[name] = min(whole[name], taken + spread)
        spread -= widths[name] - taken
    room = width - _beside(widths)
    if room < min(LONGEST_WHOLE, whole[main]):
        return None
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in (one for one in cells if one not in below):
        folds = name == main
        table.add_column(
            name, overflow="fold" if folds else "ellipsis", no_wrap=not folds, width=widths.get(name, room)
        )
    for row in range(len(rows)):
        shown = {name: Text(some[row]) for name, some in cells.items() if name not in below}
        more = Text(
            " · ".join(_named(name, cells[name][row]) for name in below if _says(cells[name][row])), "dim"
        )
        if more:
            more.truncate(room, overflow="ellipsis")
            shown[main] = Text("\n").join([shown[main], more])
        table.add_row(*shown.values())  # Text: brackets in a title are no markup
    return table


def _named(heading: str, cell: str) -> str:
    """A number or a code says nothing without its heading."""
    return cell if len(cell) > len("12345") else f"{heading} {cell}"


def _beside(widths: Mapping[str, int]) -> int:
    """Cells that these columns take, with the gaps that part them from each other and from the main one."""
    return sum(widths.values()) + 2 * len(widths)


def _says(cell: str) -> bool:
    return cell not in {"", "-"}
