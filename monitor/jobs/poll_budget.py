"""What a request costs at present: `core.polling.budget` over all feeds, looked up now and then."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from monitor.config import Loaded
from monitor.core.polling import budget, rhythm
from monitor.store import Store, feeds

HOLDS = timedelta(minutes=10)
"""A rhythm changes over days; looking at ten thousand feeds takes a second."""


class PollBudget:
    """How many polls a feed may have, learned from what its own cost."""

    def __init__(self, *, store: Store, setup: Callable[[], Loaded], now: Callable[[], datetime]) -> None:
        self._store, self._setup, self._now = store, setup, now
        self._price: float | None = None
        self._known_at: datetime | None = None
        self._for: Loaded | None = None

    def price(self) -> float | None:
        """`budget.price` of the feeds that are polled by their rhythm. Raises StorageError."""
        if not self.is_known:
            now, setup = self._now(), self._setup()
            self._price = budget.price(self._pulls(setup), settings=setup.config.polling)
            self._known_at, self._for = now, setup
        return self._price

    @property
    def is_known(self) -> bool:
        """`price` need not ask the database."""
        if self._known_at is None or self._setup() is not self._for:
            return False
        return abs(self._now() - self._known_at) < HOLDS

    def _pulls(self, setup: Loaded) -> list[float]:
        adaptive = [feed.id for feed in setup.config.feeds.values() if feed.enabled and feed.interval is None]
        with self._store.reading() as connection:
            states = feeds.states(connection, adaptive)
        pulls = (rhythm.pull(state) for state in states.values() if not state.stopped_reason)
        return [pull for pull in pulls if pull is not None]
