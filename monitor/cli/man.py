"""`monitor man`: the manual page, made from the commands themselves."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import typer

from monitor import __version__


def man(context: typer.Context) -> None:
    """Print the manual page: `monitor man | man -l -`, or into /usr/local/share/man/man1/monitor.1."""
    root = context.find_root()
    print("\n".join(_page(root.command, root)))


def _page(program: Any, context: Any) -> Iterator[str]:
    yield f'.TH MONITOR 1 "" "news-monitor {__version__}" "User Commands"'
    yield from (
        ".SH NAME",
        r"monitor \- polls feeds, finds the stories that keyword rules describe, tells each once",
    )
    yield from (".SH SYNOPSIS", r".B monitor", r"[\fIOPTIONS\fR] \fICOMMAND\fR [\fIARGS\fR]")
    yield from (".SH DESCRIPTION", _plain(program.help), ".SH OPTIONS", *_options(program, context))
    yield ".SH COMMANDS"
    yield from _commands(program, context, named="monitor")
    yield from (
        ".SH EXIT STATUS",
        "0: done. 1: something is not there, not well, or failed. 2: a wrong argument or config.",
    )
    yield from (
        ".SH FILES",
        r"\fImonitor.toml\fR, \fIfeeds.toml\fR, \fIrules/*.toml\fR in the config folder.",
    )


def _commands(group: Any, context: Any, *, named: str) -> Iterator[str]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if hasattr(command, "list_commands"):
            yield from _commands(command, context, named=f"{named} {name}")
            continue
        arguments = " ".join(
            _plain(one.metavar or one.name.upper())
            for one in command.params
            if one.param_type_name == "argument"
        )
        yield f".SS {_plain(f'{named} {name}')} {arguments}".rstrip()
        yield _plain(command.help)
        yield from _options(command, context)


def _options(command: Any, context: Any) -> Iterator[str]:
    for one in command.params:
        record = one.get_help_record(context) if one.param_type_name == "option" else None
        if record:
            yield from (".TP", rf"\fB{_plain(record[0])}\fR", _plain(record[1]))


def _plain(text: str | None) -> str:
    """Text as roff takes it: no control at the start of a line, dashes that can be searched for."""
    paragraphs = textwrap.dedent(text or "").strip().split("\n\n")
    joined = [
        " ".join(paragraph.split()).replace("\\", r"\e").replace("-", r"\-") for paragraph in paragraphs
    ]
    safe = "\n.PP\n".join(rf"\&{one}" if one[:1] in {".", "'"} else one for one in joined)
    return "".join(char if char.isascii() else f"\\[u{ord(char):04X}]" for char in safe)
