"""How much memory the worker processes may have: what the service was granted, less the daemon's own, divided."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

MIB = 2**20
OURS_BYTES = 640 * MIB
"""The daemon's own at its highest: itself, 256 MiB of large bodies and 100 of small ones (`feeds.large_bodies`)."""
LEAST_BYTES = 256 * MIB
"""Of address space for a worker, 110 MiB of which are there before it reads: a feed of 30 MiB takes 240 in all."""
MOST_BYTES = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Share:
    """What one worker may have."""

    workers: int
    bytes_each: int


def share(workers: int, *, granted_bytes: int | None) -> Share:
    """As many of the workers as there is memory for, at least one, and what each of them may have."""
    if granted_bytes is None:
        return Share(workers, MOST_BYTES)
    left = granted_bytes - OURS_BYTES
    workers = max(1, min(workers, left // LEAST_BYTES))
    return Share(workers, min(max(left // workers, LEAST_BYTES), MOST_BYTES))


def granted_bytes(
    *, cgroup: Path = Path("/proc/self/cgroup"), tree: Path = Path("/sys/fs/cgroup")
) -> int | None:
    """What the machine has, or less where a control group (systemd's `MemoryHigh` and `MemoryMax`) grants less."""
    limits = list(_limits(cgroup, tree))
    with suppress(ValueError, OSError):  # not every system knows the names
        limits.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    return min(limits, default=None)


def _limits(cgroup: Path, tree: Path) -> Iterator[int]:
    """Of the process's own group and those above it."""
    try:
        lines = cgroup.read_text().splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        own = Path(path.lstrip("/"))
        groups = (own, *own.parents)
        if not controllers:
            yield from _numbers(
                tree / group / name for group in groups for name in ("memory.high", "memory.max")
            )
        elif "memory" in controllers.split(","):
            yield from _numbers(tree / "memory" / group / "memory.limit_in_bytes" for group in groups)


def _numbers(files: Iterator[Path]) -> Iterator[int]:
    for file in files:
        with suppress(OSError, ValueError):  # no such group here; "max" is no limit
            yield int(file.read_text())
