"""Whether the files of a config were saved since it was read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path


class Watch:
    """Looks at the files when asked; a save that is still going on is seen again at its end."""

    why = "a file was saved"
    """What was seen last."""

    def __init__(self, files: Callable[[], Iterable[Path]]) -> None:
        """`files` are asked for at every look: one may come or go."""
        self._files = files
        self._stamps = self._look()

    def changed(self) -> bool:
        """Whether anything is other than at the last look."""
        before, self._stamps = self._stamps, self._look()
        return before != self._stamps

    def _look(self) -> Mapping[Path, tuple[int, int]]:
        stamps = {}
        for path in self._files():
            with suppress(OSError):  # gone between the listing and the look
                stat = path.stat()
                stamps[path] = (stat.st_mtime_ns, stat.st_size)
        return stamps
