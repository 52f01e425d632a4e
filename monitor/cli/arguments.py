"""Options that several commands share."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any

import typer

Json = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]

UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def duration(text: str) -> timedelta:
    """`90s`, `15m`, `2h`, `7d`, as in the config."""
    found = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if found is None:
        raise typer.BadParameter(f'"{text}" is no length of time: write 90s, 15m, 2h or 7d')
    return timedelta(**{UNITS[found[2]]: int(found[1])})


Since: Any = Annotated[
    timedelta | None,
    typer.Option(
        parser=duration, metavar="LENGTH", help="Only what was first seen within: 90s, 15m, 2h, 7d."
    ),
]
