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
        self.database_lost = False
        """Gone or damaged, as far as the last beat saw: nothing but a restart helps."""

    def hear(self, error: StorageError) -> None:
        """Logs it, unless it is what was said last."""
        if str(error) != self.last:
            logger.error("{}", error)
        self.last = str(error)

    def of_the_beat(self, error: StorageError) -> None:
        """As `hear`; the beat is what notices that the database is lost."""
        self.database_lost = isinstance(error, DatabaseLost)
        self.hear(error)

    def settled(self) -> None:
        """The database took a beat: says so, where it had refused something."""
        if self.last:
            logger.info("the database takes everything again")
        self.last, self.database_lost = "", False


@contextmanager
def border(what: str, complaints: Complaints) -> Iterator[None]:
    """Lets out only what ends the task: what the database refuses is heard, the rest is logged as our own error."""
    try:
        yield
    except StorageError as error:
        complaints.hear(error)
    except Exception:  # noqa: BLE001 - the border of the tick
        logger.exception("{}: the monitor's own error", what)
