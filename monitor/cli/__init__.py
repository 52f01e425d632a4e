"""The command line: `monitor`. Commands gather what they show from the store and print it; they decide nothing.

Exit codes: 0 done, 1 it failed, 2 the config or the arguments are wrong.
"""

from __future__ import annotations

import errno
import gc
import sys
from collections.abc import Sequence
from io import TextIOWrapper

from monitor.cli import signals
from monitor.errors import ConfigError, MonitorError

EVERYWHERE = ("--config", "--state", "--log-format", "--log-level")
"""Options that may stand before or after the command."""

NOT_OURS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENXIO})
"""Faults of the machine that a person can mend; any other is a fault of ours, and shows where."""

GARBAGE = 50_000
"""Objects that are made before the youngest are looked through; Python's own 700 is for small programs. None are
before the command begins (`app.options`): an eighth of a start went into looks at what was just imported."""

STAYING = ({"run"}, {"cluster", "worker"})
"""Words of the commands that a service manager starts: they hear its signals while they start, too."""

HTTPX_COMMAND = "httpx._main"
"""httpx's own command, which it does without where there is none: Click, Rich and Pygments, 30 ms and 4 MiB."""


def main() -> None:
    """Runs the command that the arguments name, and exits."""
    gc.disable()
    gc.set_threshold(GARBAGE, 20, 20)
    sys.modules.setdefault(HTTPX_COMMAND, None)  # type: ignore[arg-type]  # Python's word for: not to be imported
    if any(words <= {*sys.argv} for words in STAYING):
        signals.listen()
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # feeds write what not every terminal can show
    sys.exit(exit_code(sys.argv[1:]))


def exit_code(arguments: Sequence[str]) -> int:
    """The exit code of the command. Prints errors as one fact each, with its place and cure."""
    from monitor.cli.app import app  # noqa: PLC0415 - typer takes a tenth of a second, in which signals come

    try:
        app(hoisted(arguments), prog_name="monitor")
    except ConfigError as error:
        _warn(*map(str, error.problems))
        return 2
    except MonitorError as error:
        _warn(f"monitor: {error}")
        return 1
    except OSError as error:
        if error.errno not in NOT_OURS:
            raise
        _warn(f"monitor: {error.filename or 'the output'} cannot be read or written: {error.strerror}")
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


def _warn(*facts: str) -> None:
    from monitor.cli.context import warn  # noqa: PLC0415 - `--help` and `--version` do without

    for fact in facts:
        warn(fact)


def hoisted(arguments: Sequence[str]) -> list[str]:
    """The arguments with the options of `EVERYWHERE` moved before the command."""
    front: list[str] = []
    rest: list[str] = []
    remaining = iter(arguments)
    for argument in remaining:
        if argument == "--":
            return [*front, *rest, argument, *remaining]
        if argument in EVERYWHERE:
            front += [argument, *([value] if (value := next(remaining, None)) is not None else [])]
        elif argument.startswith(tuple(f"{option}=" for option in EVERYWHERE)):
            front.append(argument)
        else:
            rest.append(argument)
    return [*front, *rest]
