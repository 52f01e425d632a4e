"""The demo's press: invented outlets whose reports tell real events of 5–9 January 2026, one TOML file an outlet.

An entry appears `at` a moment; its `path` may also be another outlet's whole address. `story`, `copy` and
`looks_like` are a person's judgement: the replay shows `looks_like`, the tests hold the monitor against all three.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any
from urllib.parse import urljoin


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedEntry:
    """A report as its outlet prints it."""

    at: datetime
    url: str
    title: str
    summary: str
    content: str = ""
    story: str = ""
    """The event of the Paris Declaration days that it tells; empty: other news."""
    copy: bool = False
    """The same text, or the same page, as an earlier entry."""
    looks_like: str = ""
    """What makes it look like the story that it does not tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """An invented newspaper or agency with its feed."""

    id: str
    title: str
    home: str
    language: str
    format: str
    """One of `formats.FORMATS`."""
    entries: tuple[PrintedEntry, ...]
    """The oldest first."""


def outlets() -> tuple[Outlet, ...]:
    """All outlets of the corpus, by id."""
    found = [path for path in files(__package__).joinpath("corpus").iterdir() if path.name.endswith(".toml")]
    return tuple(
        _outlet(path.name.removesuffix(".toml"), tomllib.loads(path.read_text(encoding="utf-8")))
        for path in sorted(found, key=lambda path: path.name)
    )


def _outlet(outlet_id: str, table: Mapping[str, Any]) -> Outlet:
    home = table["home"]
    entries = [PrintedEntry(url=urljoin(home, entry.pop("path")), **entry) for entry in table["entry"]]
    return Outlet(
        id=outlet_id,
        title=table["title"],
        home=home,
        language=table["language"],
        format=table["format"],
        entries=tuple(sorted(entries, key=lambda entry: entry.at)),
    )
