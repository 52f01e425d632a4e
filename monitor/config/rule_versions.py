"""What a rule said before it was last saved from the page: so that the version before is one click away."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from monitor.config.edit import write_whole

FOLDER: Final = "rule-versions"
KEPT: Final = 30


@dataclass(frozen=True, slots=True)
class RuleVersion:
    """The texts of a rule that an edit replaced, and when."""

    query: str
    exclude: str
    until_at: datetime
    edit: str = ""
    """By which the edit that replaced it can be taken back whole (`undo`)."""


def listed(state: Path, rule_id: str) -> list[RuleVersion]:
    """The newest first; none where nothing was kept, or it cannot be read any more."""
    found = []
    with suppress(OSError):
        for line in _path(state, rule_id).read_text(encoding="utf-8").splitlines():
            with suppress(ValueError, KeyError, TypeError, AttributeError):
                said = json.loads(line)
                at = datetime.fromisoformat(said["until_at"]).astimezone(UTC)
                edit = str(said.get("edit", ""))
                found.append(RuleVersion(str(said["query"]), str(said["exclude"]), at, edit))
    return found[::-1]


def keep(state: Path, rule_id: str, version: RuleVersion) -> None:
    """Raises OSError."""
    path = _path(state, rule_id)
    path.parent.mkdir(parents=True, exist_ok=True)
    every = [*listed(state, rule_id)[::-1], version][-KEPT:]
    lines = [
        json.dumps(
            {
                "query": one.query,
                "exclude": one.exclude,
                "until_at": one.until_at.isoformat(),
                "edit": one.edit,
            },
            ensure_ascii=False,
        )
        for one in every
    ]
    write_whole(path, "".join(f"{line}\n" for line in lines).encode("utf-8", "replace"))


def _path(state: Path, rule_id: str) -> Path:
    """An id has no slash, and does not begin with a dot (`values.an_id`)."""
    return state / FOLDER / f"{rule_id}.jsonl"
