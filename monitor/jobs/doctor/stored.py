"""What is stored: the database, the daemon that beats in it, the feeds, the outbox."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path

from monitor import __version__
from monitor.config import Loaded
from monitor.errors import MonitorError
from monitor.jobs.doctor.finding import Finding, Level, some
from monitor.model import DeliveryState
from monitor.store import Store, daemon, feeds, outbox
from monitor.store.database import sqlite_path

LATER = timedelta(seconds=60)


def stored(loaded: Loaded, opened: Callable[[], Store], now: datetime) -> list[Finding]:
    """What the database shows: itself, the daemon, feeds, the outbox."""
    path = sqlite_path(loaded.config.database_url.get_secret_value())
    if path is not None and not path.exists():
        return [Finding("database", Level.DOUBT, f"{path} is not there yet", "`monitor run` makes it")]
    try:
        store = opened()
    except MonitorError as error:
        return [Finding("database", Level.ILL, str(error), "put a backup in its place")]
    try:
        return [
            *_database(store, path),
            *_daemon(store, now),
            *_feeds(loaded, store, now),
            *_outbox(store),
        ]
    except MonitorError as error:
        return [Finding("database", Level.ILL, str(error), "put a backup in its place")]
    finally:
        store.close()


def _database(store: Store, path: Path | None) -> Iterable[Finding]:
    if path is None:
        yield Finding("database", Level.WELL, "it answers")
        return
    with store.reading() as connection:
        wrong = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar_one()
    size = path.stat().st_size
    if wrong == "ok":
        yield Finding("database", Level.WELL, f"{path}, {size / 2**20:.0f} MiB, undamaged")
    else:
        yield Finding(
            "database",
            Level.ILL,
            f"{path} is damaged: {wrong}",
            "stop the monitor and put a backup in its place",
        )


def _daemon(store: Store, now: datetime) -> Iterable[Finding]:
    with store.reading() as connection:
        beat = daemon.load(connection)
    if beat is None or not daemon.is_running(beat, now):
        yield Finding("daemon", Level.DOUBT, "it is not running", "`monitor run`, or systemctl start monitor")
    elif beat.version != __version__:
        said = f"it runs version {beat.version}, this is {__version__}"
        yield Finding("daemon", Level.DOUBT, said, "restart it: systemctl restart monitor")
    else:
        yield Finding("daemon", Level.WELL, f"running (process {beat.pid})")
    if beat is not None and beat.beat_at - now > LATER:
        cure = "set the clock (timedatectl set-ntp true)"
        yield Finding(
            "clock",
            Level.ILL,
            f"what is stored is from {beat.beat_at:%Y-%m-%d %H:%M} UTC, later than now",
            cure,
        )


def _feeds(loaded: Loaded, store: Store, now: datetime) -> Iterable[Finding]:
    with store.reading() as connection:
        states = feeds.states(connection, list(loaded.config.feeds)).values()
    polled = [state for state in states if state.counts.polls]
    failing = [state for state in polled if state.failures]
    stopped = [state.feed_id for state in polled if state.stopped_reason]
    if stopped:
        cure = "`monitor feeds show ID` says why; a new address, or out of the config"
        yield Finding("feeds", Level.DOUBT, f"stopped: {some(stopped)}", cure)
    broken = [
        state.feed_id
        for state in failing
        if state.last_success_at is None or now - state.last_success_at > timedelta(days=1)
    ]
    if polled and len(failing) * 2 > len(polled) and len(polled) > 1:
        cure = "is this machine online? the next lines say what can be reached"
        yield Finding("feeds", Level.ILL, f"{len(failing)} of {len(polled)} failed at their last poll", cure)
    elif broken:
        yield Finding(
            "feeds",
            Level.DOUBT,
            f"nothing but errors for a day: {some(broken)}",
            "`monitor feeds list --failing`",
        )
    else:
        yield Finding(
            "feeds", Level.WELL, f"{len(loaded.config.feeds)}, {len(failing)} failed at their last poll"
        )


def _outbox(store: Store) -> Iterable[Finding]:
    with store.reading() as connection:
        counts = outbox.counts(connection)
    dead = counts.get(DeliveryState.DEAD, 0)
    if dead:
        cure = "`monitor alerts list`, then `monitor alerts retry ID` or `drop ID`"
        yield Finding("outbox", Level.DOUBT, f"{dead} deliveries were given up", cure)
    else:
        yield Finding(
            "outbox", Level.WELL, ", ".join(f"{count} {state}" for state, count in counts.items()) or "empty"
        )
