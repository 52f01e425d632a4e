"""The mark of a running daemon in its state folder: which config, which database; whoever asks finds it there.

It is locked as long as the daemon lives, so that what a dead one left is never believed.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
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
    ailments: Sequence[str] = ()
    """Why it does not do its work: also what a database that is lost cannot tell."""


@contextmanager
def present(state: Path, presence: Presence) -> Iterator[Callable[[Sequence[str]], None]]:
    """It can be found within, with the ailments that are given to what this yields.

    Where the folder takes no file, the daemon runs all the same.
    """
    try:
        make_folder(state)
        file = os.fdopen(open_private(state / FILE), "r+")
    except (OSError, StorageError):
        yield _nowhere
        return
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:  # another daemon's, on another database
            yield _nowhere
            return

        def show(ailments: Sequence[str]) -> None:
            with suppress(OSError):  # a full disk
                file.seek(0)
                file.truncate()
                file.write(json.dumps(asdict(replace(presence, ailments=tuple(ailments)))))
                file.flush()

        show(presence.ailments)
        yield show
        with suppress(OSError):
            (state / FILE).unlink()


def _nowhere(_ailments: Sequence[str]) -> None:
    return


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
