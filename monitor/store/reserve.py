"""Room on the disk that is kept for sending: a file beside the database that goes when the disk is full.

Promise: while the file is missing nothing may be stored but what sending needs, and it is made anew as soon as
there is room for it and as much again.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from monitor.store.private import open_private

RESERVE_BYTES: Final = 16 * 1024 * 1024
"""Some 100 000 leases and marks of what was sent, with the log of the database that they go through."""
SUFFIX: Final = ".reserve"
_PIECE: Final = b"\0" * (1 << 20)


class Reserve:
    """The reserve of the database at `path`. A crash leaves it as it is; the next process finds it so."""

    def __init__(self, path: Path, *, size_bytes: int = RESERVE_BYTES) -> None:
        self.path = path.with_name(path.name + SUFFIX)
        self.size_bytes = size_bytes

    @property
    def is_whole(self) -> bool:
        """Whether it still holds its room."""
        try:
            return self.path.stat().st_size >= self.size_bytes
        except OSError:
            return False

    def release(self) -> bool:
        """Gives the room to the database; whether there was any to give."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True

    def restore(self) -> bool:
        """Whether it is whole now. It is made where the disk has twice its size: else it would go again at once."""
        if self.is_whole:
            return True
        try:
            if self._free_bytes() < 2 * self.size_bytes:
                return False
            self._make()
        except OSError:  # filled by somebody else meanwhile, a quota, or a disk that is ill
            with suppress(OSError):
                self.path.with_name(self.path.name + ".new").unlink()
            return False
        return True

    def _free_bytes(self) -> int:
        disk = os.statvfs(self.path.parent)
        return disk.f_bavail * disk.f_frsize

    def _make(self) -> None:
        """Whole or not at all. Raises OSError."""
        made = self.path.with_name(self.path.name + ".new")
        made.unlink(missing_ok=True)
        with os.fdopen(open_private(made, os.O_WRONLY | os.O_EXCL), "wb", buffering=0) as file:
            if hasattr(os, "posix_fallocate"):  # macOS has none
                os.posix_fallocate(file.fileno(), 0, self.size_bytes)
            else:
                for _ in range(0, self.size_bytes, len(_PIECE)):
                    file.write(_PIECE)
        made.replace(self.path)
