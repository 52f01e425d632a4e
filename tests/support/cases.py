"""Tables of cases: TSV files in `data/`, one case a line, whose `\\uXXXX` stand for characters that nobody sees."""

import re
from pathlib import Path

DATA = Path(__file__).parents[1] / "data"


def cases(name: str) -> list[dict[str, str]]:
    """The lines of a table, by the names in its first; lines that begin with # are comments."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    head, *rows = (line.split("\t") for line in lines if line and not line.startswith("#"))
    return [dict(zip(head, map(_unescaped, row), strict=True)) for row in rows]


def _unescaped(cell: str) -> str:
    return re.sub(r"\\u([0-9a-f]{4})", lambda found: chr(int(found[1], 16)), cell)
