"""Four days of news in seconds: the real daemon, with a clock that jumps over the hours in which nothing appears.

Everything but the clock and the outlets is what `monitor run` uses: config files, fetching over HTTP, parser
processes, the database, the rules as they are shipped, the outbox, the console channel.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import TextIO

import tomlkit

from monitor.channels import options_models
from monitor.cli.demo.corpus import Outlet
from monitor.cli.demo.newsstand import Newsstand
from monitor.cli.demo.outcome import Arrival, Outcome, Round, outcome
from monitor.config import Loaded, load, shipped_folder
from monitor.config.watch import Watch
from monitor.core.alerts.holding import PAUSE
from monitor.daemon import Daemon
from monitor.errors import MonitorError
from monitor.feeds.fetch import Limits
from monitor.store import Store, alerts, entries, stories
from monitor.store.entries import Wanted

RULE_FILE = Path("rules", "paris-declaration.toml")
ZONE = "Europe/Paris"
BEGIN = datetime(2026, 1, 6, 6, tzinfo=UTC)
"""The first poll: what was printed before is the baseline."""
POLL_EVERY = "5m"
"""The shortest interval that the default config allows: politeness is part of what is shown."""
STEP = timedelta(minutes=6)
"""After so long every feed is due again: its interval, and the tenth that is added at most to spread polls."""


class ReplayFailed(MonitorError):  # noqa: N818 - named for what happened
    """The monitor could not read the demo's own feeds: something is wrong with it, the log says what."""


class Clock:
    """Shows the moment that it was set to, until it goes on by itself."""

    def __init__(self, at: datetime) -> None:
        self.at = at
        self._went_on_s: float | None = None

    def __call__(self) -> datetime:
        if self._went_on_s is None:
            return self.at
        return self.at + timedelta(seconds=monotonic() - self._went_on_s)

    def go_on(self) -> None:
        """From here on it goes as fast as time does."""
        self._went_on_s = monotonic()


def moments(outlets: Sequence[Outlet]) -> tuple[datetime, ...]:
    """When the daemon looks: at `BEGIN`, then at the first step of the clock at or after each new entry.

    At night too, when nothing comes: else it would take the night for a pause in which nobody polled.
    """
    printed = {entry.at for outlet in outlets for entry in outlet.entries if entry.at > BEGIN}
    looks = {BEGIN - (BEGIN - at) // STEP * STEP for at in printed}
    quiet = {BEGIN + number * PAUSE for number in range(1, (max(looks) - BEGIN) // PAUSE + 1)}
    return (BEGIN, *sorted(looks | quiet))


async def replay(
    outlets: Sequence[Outlet],
    folder: Path,
    *,
    stream: TextIO,
    show: Callable[[Round], Awaitable[None]],
    listen: str | None = None,
    stays: Callable[[Outcome], None] | None = None,
) -> Outcome:
    """What came of it all. Files go to `folder`, messages to `stream`; `show` is awaited after each round.

    `stays` is told what came of it, and then the daemon runs on, with its page on `listen`, until a signal ends it.
    Raises `ReplayFailed`.
    """
    clock = Clock(BEGIN)
    async with Newsstand(outlets, now=clock) as newsstand:
        loaded = _config(outlets, newsstand, folder, listen=listen)
        with closing(Store(loaded.config.database_url.get_secret_value())) as store:
            daemon = Daemon(
                loaded=loaded,
                store=store,
                reload=lambda: _load(folder),
                watch=Watch(lambda: folder.rglob("*.toml")),
                now=clock,
                stream=stream,
                limits=Limits(host_pause_s=0.0),  # the host is our own
            )
            async with daemon as running:
                for clock.at in moments(outlets):
                    if (await running.run_once()).failed:
                        raise ReplayFailed
                    await show(
                        Round(at=clock.at, first=clock.at == BEGIN, arrivals=_arrived(store, clock.at))
                    )
                if stays is not None:
                    stays(_outcome(store))
                    clock.go_on()
                    await running.run()
            return _outcome(store)


def _config(outlets: Sequence[Outlet], newsstand: Newsstand, folder: Path, *, listen: str | None) -> Loaded:
    """A config folder like any other, loaded like any other."""
    settings = {
        "polling": {"interval": POLL_EVERY, "allow_private": True},
        "alerting": {"zone": ZONE},
        **({"web": {"listen": listen}} if listen else {}),
    }
    feeds = {"feed": [{"id": outlet.id, "url": newsstand.url(outlet)} for outlet in outlets]}
    (folder / RULE_FILE).parent.mkdir()
    shutil.copyfile(shipped_folder() / RULE_FILE, folder / RULE_FILE)
    (folder / "monitor.toml").write_text(tomlkit.dumps(settings), encoding="utf-8")
    (folder / "feeds.toml").write_text(tomlkit.dumps(feeds), encoding="utf-8")
    return _load(folder)


def _load(folder: Path) -> Loaded:
    return load(folder, state=folder, environ={}, channel_types=options_models())


def _arrived(store: Store, at: datetime) -> tuple[Arrival, ...]:
    """The entries first seen at that moment, in the order in which they were printed."""
    with store.reading() as connection:
        seen = entries.listed(connection, Wanted(since=at))[::-1]
        decided = {
            one.entry_id: one for one in alerts.decisions(connection, entry_ids=[one.id for one in seen])
        }
    return tuple(Arrival(entry=entry, decision=decided.get(entry.id)) for entry in seen)


def _outcome(store: Store) -> Outcome:
    with store.reading() as connection:
        seen = entries.listed(connection, Wanted())
        return outcome(
            entries=seen,
            decisions=alerts.decisions(connection, entry_ids=[entry.id for entry in seen]),
            alerts=alerts.listed(connection),
            stories=stories.summaries(connection),
        )
