"""Whether this worker runs on the config that all are to run on: published to them, or that of most of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final

from loguru import logger

from monitor.cluster.clock import boot_s
from monitor.cluster.life import Life
from monitor.config.watch import Watch
from monitor.daemon import Daemon

AGAIN_S: Final = 60.0
"""After which a published config is read again that could not be taken up."""


class Agreement:
    """As the life's last sign found it; a change is said once."""

    def __init__(self, life: Life) -> None:
        self._life = life
        self._said = ""

    def holds(self, running: Sequence[Daemon]) -> bool:
        """Whether the daemon that runs may poll."""
        if not running:
            return False
        own = running[0].in_force.loaded.version
        wanted = self._life.wanted
        other = wanted if wanted not in {own, ""} else ""
        if other != self._said:
            self._say(own, other)
        return not other

    def _say(self, own: str, other: str) -> None:
        self._said = other
        if not other:
            logger.info("this worker runs on config {}, as all do: it polls", own)
            return
        what = "was published" if self._life.published is not None else "most workers run on"
        logger.warning(
            "this worker runs on config {}, and {} {}: it polls nothing until it agrees", own, other, what
        )


class PublishedWatch(Watch):
    """Whether the files beside it were saved, or a config was published that it has not taken up."""

    def __init__(
        self, files: Callable[[], Iterable[Path]], *, published: Callable[[], str | None], life: Life
    ) -> None:
        """`published` returns the version that was read last; None: the files beside it."""
        super().__init__(files)
        self._published, self._life = published, life
        self._tried: tuple[str | None, float] | None = None

    def changed(self) -> bool:
        """As `Watch.changed`; what could not be taken up is tried again after a minute."""
        saved = super().changed()
        self.why = Watch.why
        wanted, now_s = self._life.published, boot_s()
        if wanted == self._published():
            self._tried = None
            return saved
        if self._tried is None or self._tried[0] != wanted or now_s - self._tried[1] >= AGAIN_S:
            self._tried = (wanted, now_s)
            self.why = "none is published any more" if wanted is None else f"{wanted} was published"
            return True
        return saved
