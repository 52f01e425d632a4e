"""What the process may have, read at its start: work is cut to fit, and said, before anything fails for the want."""

from __future__ import annotations

import resource
from dataclasses import dataclass, replace
from typing import Final

from monitor.model import Polling

FILES_EACH: Final = 3
"""Open files of a poll that is fetched: its connection, a look-up, and what its channel or worker may want."""
FILES_OURS: Final = 64
"""The database, the workers' pipes, what listens, the log."""
FILES_TIGHT: Final = 40
"""Of those, what it cannot do without at the least concurrency."""
AMPLE, LEAST = 2**30, 2**29
"""Bytes of address space: below the first a worker cannot read a large feed, below the second none at all."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """What is too little, and what helps."""

    said: str
    cure: str

    def __str__(self) -> str:
        return f"{self.said}: {self.cure}"


def open_files() -> int | None:
    """How many files may be open, the soft limit raised as far as it goes; None: without a limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return None
    if hard == resource.RLIM_INFINITY or hard > soft:
        wanted = hard if hard != resource.RLIM_INFINITY else max(soft, 65_536)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(wanted, 65_536), hard))
        except (ValueError, OSError):
            return soft  # macOS bounds it lower than it says
        return min(wanted, 65_536)
    return soft


def files_wanted(concurrency: int) -> int:
    """Open files for so many polls at once."""
    return FILES_EACH * concurrency + FILES_OURS


def fitted(polling: Polling, files: int | None) -> tuple[Polling, Shortage | None]:
    """The settings with as many polls at once as there are files for, and what was too little."""
    wanted = files_wanted(polling.concurrency)
    if files is None or files >= wanted:
        return polling, None
    fits = max(1, min(polling.concurrency, (files - FILES_TIGHT) // FILES_EACH))
    said = f"{files} open files at most, {wanted} are wanted: {fits} feeds at once instead of {polling.concurrency}"
    cure = (
        f"ulimit -n {wanted} before it is started; LimitNOFILE={wanted} in the unit; or a lower concurrency"
    )
    return replace(polling, concurrency=fits), Shortage(said, cure)


def address_space() -> Shortage | None:
    """What is said where workers have too little to read with; None: there is enough."""
    space, _ = resource.getrlimit(resource.RLIMIT_AS)
    if space == resource.RLIM_INFINITY or space >= AMPLE:
        return None
    what = "no feed" if space < LEAST else "no large feed"
    said = f"{space >> 20} MiB of address space, {AMPLE >> 20} are wanted: {what} can be read"
    return Shortage(said, "ulimit -v unlimited; MemoryMax in the unit bounds memory better")
