"""Documentation as its tests read it: fenced blocks, tables, links, and the commands that are named."""

import re
import sys
from pathlib import Path

import typer
from typer.core import TyperGroup as Group

from monitor.cli.app import app

MONITOR = Path(sys.executable).parent / "monitor"


def blocks(page: str, language: str) -> list[str]:
    """What stands in the page's fenced blocks of that language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def tables(page: str) -> list[list[dict[str, str]]]:
    """The page's tables, each row by the names of its columns."""
    found = re.findall(r"(?:^\|.*\|\n)+", page, re.MULTILINE)
    return [_rows([_cells(line) for line in table.splitlines()]) for table in found]


def _rows(lines: list[list[str]]) -> list[dict[str, str]]:
    head, _, *rows = lines
    return [dict(zip(head, row, strict=True)) for row in rows]


def _cells(line: str) -> list[str]:
    return [cell.strip().replace(r"\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def named_commands(page: str) -> list[list[str]]:
    """The commands that the page names in its sentences, without their arguments: ["rules", "list"]."""
    named = re.findall(r"`(?:\.venv/bin/)?monitor ([a-z](?:[a-z ]|(?<=[a-z])-(?=[a-z]))*)", page)
    return [list(words) for words in sorted({tuple(command.split()) for command in named})]


def exists(command: list[str]) -> bool:
    """Whether the monitor knows the command; what stands behind it are its arguments."""
    known = typer.main.get_command(app)
    for word in command:
        if not isinstance(known, Group):
            break
        if (known := known.commands.get(word)) is None:
            return False
    return True


def dead_links(page: str, folder: Path) -> list[str]:
    """The page's links that lead to no file beside it in `folder` and to no heading of its own."""
    prose = re.sub(r"^```.*?^```$", "", page, flags=re.MULTILINE | re.DOTALL)
    headings = {f"#{_slug(heading)}" for heading in re.findall(r"^#+ (.*)$", prose, re.MULTILINE)}
    targets = re.findall(r"\]\(([^):]+)\)", page)
    return [target for target in targets if target not in headings and not (folder / target).exists()]


def _slug(heading: str) -> str:
    """A heading's address as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")
