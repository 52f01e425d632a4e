"""The mark of a running daemon in its state folder: which config, which database; whoever asks finds it there.

It is locked as long as the daemon lives, so that what a dead one left is never believed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from monitor.errors import StorageError
from monitor.store.private import make_folder, open_private

FILE: Final = "running.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What runs on a state folder."""

    pid: int
    config: str
    database: str
    """As a person may see it: without a password."""


@contextmanager
def present(state: Path, presence: Presence) -> Iterator[None]:
    """It can be found within. Where the folder takes no file, the daemon runs all the same."""
    try:
        make_folder(state)
        file = os.fdopen(open_private(state / FILE), "r+")
    except (OSError, StorageError):
        yield
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another daemon's, on another database
            yield
            return
        with suppress(OSError):  # a full disk
            file.truncate(0)
            file.write(json.dumps(asdict(presence)))
            file.flush()
        yield
        with suppress(OSError):
            (state / FILE).unlink()


def found(state: Path) -> Presence | None:
    """The daemon that runs on this state folder; None: there is none."""
    try:
        with (state / FILE).open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return Presence(**json.loads(file.read()))
    except (OSError, ValueError, TypeError):
        pass
    return None
