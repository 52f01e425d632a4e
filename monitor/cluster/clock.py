"""The database's time, in a process whose own clock may be minutes wrong."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Final

_BOOT: Final = getattr(time, "CLOCK_BOOTTIME", None)


def boot_s() -> float:
    """Seconds that nobody sets, those in which the machine sleeps among them where it counts them."""
    return time.monotonic() if _BOOT is None else time.clock_gettime(_BOOT)


class DatabaseClock:
    """Now, as the database last said it, and what has passed since by a clock that nobody sets."""

    def __init__(self) -> None:
        """Until it is set it goes by the machine's."""
        self._said, self._at_s = datetime.now(UTC), boot_s()

    def __call__(self) -> datetime:
        return self._said + timedelta(seconds=boot_s() - self._at_s)

    def is_set(self, said: datetime, *, asked_s: float, answered_s: float) -> None:
        """The database said this, at some moment between these two."""
        self._said, self._at_s = said.astimezone(UTC), (asked_s + answered_s) / 2
