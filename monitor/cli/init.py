"""`monitor init`: a config to start from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

import typer

from monitor.cli.context import NotFound
from monitor.config import shipped_folder


def init(folder: Annotated[Path, typer.Argument(metavar="DIR")]) -> None:
    """Write a starting config into a folder: the shipped feeds and rules, every setting with its comment."""
    if folder.exists() and any(folder.iterdir()):
        raise NotFound(f"{folder} is not empty: nothing was written; name another folder")
    try:
        shutil.copytree(shipped_folder(), folder, dirs_exist_ok=True)
    except OSError as error:
        raise NotFound(f"cannot write {folder}: {error}") from error
    print(f"{folder} written: look at feeds.toml and rules/, then `monitor check --config {folder}`")
