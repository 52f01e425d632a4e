"""Edits of the config's files that can be taken back whole: as long as nobody changed the files since."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from secrets import token_hex
from typing import Final

from monitor.config.edit import write_whole
from monitor.config.files import read_bytes
from monitor.config.rule_edits import FileEdit
from monitor.errors import ConfigError

FILE: Final = "rule-versions/edits.jsonl"
KEPT: Final = 30
"""Of all rules together; a version whose edit is older is taken back field by field."""


def remember(state: Path, edits: Sequence[FileEdit]) -> str:
    """The name by which `undone` knows them. Raises OSError."""
    name = token_hex(8)
    path = state / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    files = [{"path": str(one.path), "before": one.before, "after": one.after} for one in edits]
    lines = [*_lines(state), json.dumps({"name": name, "files": files}, ensure_ascii=False)][-KEPT:]
    write_whole(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))
    return name


def undone(state: Path, name: str) -> list[FileEdit] | None:
    """What is to be written so that it never was; None: not known, or a file was changed or taken away since."""
    for line in _lines(state):
        with suppress(ValueError, KeyError, TypeError, ConfigError):
            said = json.loads(line)
            if said["name"] != name:
                continue
            back = [FileEdit(Path(one["path"]), one["after"], one["before"]) for one in said["files"]]
            return back if all(_text(one.path) == one.before for one in back) else None
    return None


def _text(path: Path) -> str:
    return read_bytes(path).decode("utf-8").replace("\r\n", "\n")


def _lines(state: Path) -> list[str]:
    with suppress(OSError):
        return (state / FILE).read_text(encoding="utf-8").split("\n")[:-1]
    return []
