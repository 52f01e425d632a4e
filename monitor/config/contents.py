"""The files of a config as one thing, named by what stands in them: to be sent elsewhere, and laid out there.

What only names a secret goes along; the secret itself does not.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import Any, Final
from urllib.parse import quote

from monitor.config.credentials import Sources
from monitor.config.edit import write_whole
from monitor.config.files import read_text
from monitor.config.load import written_secrets
from monitor.config.settings import ChannelTypes
from monitor.config.templates import template_files
from monitor.errors import ConfigError, Place, Problem
from monitor.folders import FEEDS_FILE, MAIN_FILE, RULES_FOLDER

VERSION_DIGITS: Final = 12
"""Of a version's hash: two configs of one fleet never share so many."""


@dataclass(frozen=True, slots=True)
class Contents:
    """By the path within the folder, with slashes: each file's text."""

    files: Mapping[str, str]

    @property
    def version(self) -> str:
        """The same for the same files, wherever they lie."""
        digest = sha256()
        for name, text in sorted(self.files.items()):
            for part in (name, text):
                raw = part.encode()
                digest.update(len(raw).to_bytes(8, "big") + raw)
        return digest.hexdigest()[:VERSION_DIGITS]


def read_contents(folder: Path) -> Contents:
    """What a config that can be loaded is read from. Raises ConfigError where a file lies outside the folder."""
    return Contents({_name(folder, path): read_text(path).text for path in _files(folder)})


def lay_out(contents: Contents, folder: Path) -> None:
    """The folder holds these files and no others; for this user alone. Raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, text in contents.files.items():
        path = folder / _safe(name)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, text.encode())
        path.chmod(0o600)
    for path in list(_files(folder)):
        if path.relative_to(folder).as_posix() not in contents.files:
            path.unlink()


def refuse_secrets(folder: Path, contents: Contents, *, channel_types: ChannelTypes) -> None:
    """Raises ConfigError with the place of every secret that stands in the files instead of being named."""
    secrets = written_secrets(folder, Sources({}, folder, reads_files=False), channel_types=channel_types)
    problems = [
        Problem(
            Place(str(folder / name), number),
            "a secret stands here: everybody who can read the database would have it",
            'write "${NAME}", { file = "…" } or { credential = "…" } in its place; each machine fills that in',
        )
        for name, text in contents.files.items()
        for number, line in enumerate(text.splitlines(), 1)
        if any(spelling in line for secret in secrets for spelling in _spellings(secret))
    ]
    if secrets and not problems:  # spelled with escapes, or over several lines
        message = "a secret stands in this config, in a spelling of its own"
        problems = [Problem(Place(str(folder)), message, 'write "${NAME}" or { file = "…" } in its place')]
    if problems:
        raise ConfigError(problems)


def _spellings(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote(secret)}


def _files(folder: Path) -> Iterator[Path]:
    for name in (MAIN_FILE, FEEDS_FILE):
        if (folder / name).exists():
            yield folder / name
    yield from sorted((folder / RULES_FOLDER).glob("*.toml"))
    yield from template_files(folder)
    yield from (folder / name for name in _lists(folder / FEEDS_FILE))


def _lists(path: Path) -> list[str]:
    """The files of feeds that `feeds.toml` names."""
    if not path.exists():
        return []
    values: dict[str, Any] = tomllib.loads(read_text(path).text)
    return [str(name) for name in values.get("opml", [])]


def _name(folder: Path, path: Path) -> str:
    inside = path.resolve()
    if not inside.is_relative_to(folder.resolve()):
        cure = f"put it into {folder}: what is published is that folder"
        raise ConfigError([Problem(Place(str(path)), "this file lies outside the config's folder", cure)])
    return path.absolute().relative_to(folder.absolute()).as_posix()


def _safe(name: str) -> PurePosixPath:
    """The path of a file. Raises ValueError where it leads out of its folder: a database may have been written to."""
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(f"{name!r} is no path within a folder")
    return path
