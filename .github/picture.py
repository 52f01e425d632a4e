"""Draws `demo.svg`, the README's picture, from a real run of the demo: `python .github/picture.py`.

The run prints a hundred lines or so: the picture shows how it begins and how it ends.
"""  # noqa: INP001 - a script of its own, no package

import asyncio
import io
import os
from pathlib import Path

from rich.console import Console
from rich.text import Text

from monitor import log
from monitor.cli.demo import run

WIDTH = 112
BEGINNING = 36
"""Lines: up to the first messages, copies and joined reports."""
END = 16
"""Lines: the last stories and the summary."""


class Screen(io.StringIO):
    """A terminal, as far as programs ask."""

    def isatty(self) -> bool:
        return True


def main() -> None:
    os.environ |= {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    log.set_up(level="WARNING", log_format="text", secrets=())
    lines = asyncio.run(_shown())
    picture = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, highlight=False)
    for line in [*lines[:BEGINNING], Text(), Text("  ⋮"), Text(), *lines[-END:]]:
        picture.print(line)
    picture.save_svg(str(Path(__file__).with_name("demo.svg")), title="monitor demo")


async def _shown() -> list[Text]:
    screen = Screen()
    await run(Console(file=screen, width=WIDTH, highlight=False, force_interactive=False))
    return list(Text.from_ansi(screen.getvalue()).split("\n"))


if __name__ == "__main__":
    main()
