"""The border of what ticks: nothing that goes wrong in one tick keeps the next one from coming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger

from monitor.errors import DatabaseLost, StorageError


class Complaints:
    """What the database refuses, said once and not every second: least of all onto a full disk."""

    def __init__(self) -> None:
        self.last = ""
        """What it refused last; empty: it takes everything."""
        self._lost = self._damage = ""

    @property
    def lost(self) -> str:
        """Why the database is lost, and what helps; empty: it is not."""
        return self._damage or self._lost

    def hear(self, error: StorageError) -> None:
        """Logs it, unless it is what was said last."""
        self.notice_damage(error)
        self._say(error)

    def notice_damage(self, error: BaseException) -> None:
        """What was met by whoever wanted more of the database than a beat does; a good beat mends none of it."""
        if isinstance(error, DatabaseLost):
            self._damage = str(error)

    def of_the_beat(self, error: StorageError) -> None:
        """As `hear`; what the beat finds lost is found again as soon as a beat succeeds."""
        self._lost = str(error) if isinstance(error, DatabaseLost) else ""
        self._say(error)

    def settled(self) -> None:
        """The database took a beat: says so, where it had refused something."""
        if self.last and not self._damage:
            logger.info("the database takes everything again")
        self.last = self._lost = ""

    def _say(self, error: StorageError) -> None:
        if str(error) != self.last:
            logger.error("{}", error)
        self.last = str(error)


@contextmanager
def border(what: str, complaints: Complaints) -> Iterator[None]:
    """Lets out only what ends the task: what the database refuses is heard, the rest is logged as our own error."""
    try:
        yield
    except StorageError as error:
        complaints.hear(error)
    except Exception:  # noqa: BLE001 - the border of the tick
        logger.exception("{}: the monitor's own error", what)
