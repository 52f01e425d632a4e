"""A whole monitor in a folder: its config files, its database, and a clock that moves only when a test says so.

    house.feed("wire", server.on("/wire", reply(200, rss(item("Truce signed")))))
    house.rule("truce", "truce")
    async with house.daemon() as daemon:
        await daemon.run_once()
        house.clock.step(minutes=20)
    … house.entries() … house.alerts() … posted(server) …

Everything in it is real: files, loader, database, fetcher, parser processes, channels.
"""

import io
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import tomlkit
from databases import SqliteFiles
from servers.web import Request, WebServer
from sqlalchemy import Connection

from monitor import config
from monitor.channels import options_models
from monitor.config import Loaded
from monitor.config.watch import Watch
from monitor.daemon import Daemon
from monitor.feeds.fetch import Limits
from monitor.jobs.fleet import Fleet
from monitor.model import Alert, Decision, Delivery, Entry, FeedState
from monitor.store import Store, alerts, entries, feeds, outbox, stories
from monitor.store.entries import Wanted
from monitor.store.stories import Summary

SUMMIT = datetime(2026, 1, 6, 19, 0, tzinfo=UTC)
HURRY = Limits(host_pause_s=0.0)


@dataclass
class Clock:
    """Now, as the whole house sees it."""

    at: datetime = SUMMIT

    def __call__(self) -> datetime:
        return self.at

    def step(self, **length: float) -> None:
        self.at += timedelta(**length)


@dataclass
class House:
    """What `feed`, `rule`, `channel` and `settings` say is written down by `load`, as a user would write it."""

    root: Path
    clock: Clock = field(default_factory=Clock)
    settings: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "polling": {"allow_private": True, "interval": "15m", "min_interval": "1s"},
            "alerting": {"default": ["desk"], "zone": "Europe/Paris", "group_wait": "30s"},
        }
    )
    feeds: dict[str, dict[str, Any]] = field(default_factory=dict)
    rules: dict[str, dict[str, Any]] = field(default_factory=dict)
    channels: dict[str, dict[str, Any]] = field(default_factory=dict)
    screen: io.StringIO = field(default_factory=io.StringIO)
    """What the console channel wrote."""
    databases: Any = field(default_factory=SqliteFiles)
    """Where its database lies: `databases.py`."""
    slips: dict[str, Callable[[str], str]] = field(default_factory=dict)
    """What a person's slip makes of a file's text, by the file's name."""
    memory: Path | None = None
    """A folder outside the state folder, where the daemon remembers its newest poll."""

    @property
    def folder(self) -> Path:
        return self.root / "config"

    @property
    def state(self) -> Path:
        return self.root / "state"

    @property
    def database(self) -> Path:
        """The file, where it is one."""
        return self.state / "monitor.db"

    def feed(self, feed_id: str, url: str, **keys: Any) -> None:
        self.feeds[feed_id] = {"url": url, **keys}

    def rule(self, rule_id: str, query: str, **keys: Any) -> None:
        self.rules[rule_id] = {"query": query, **keys}

    def channel(self, channel_id: str, **keys: Any) -> None:
        self.channels[channel_id] = keys

    def write(self) -> None:
        """The config's files say what this house says."""
        (self.folder / "rules").mkdir(parents=True, exist_ok=True)
        if self.databases.kind != "sqlite":
            self.settings.setdefault("database", {"url": self.url})
        channels = [{"id": name, **keys} for name, keys in self.channels.items()]
        self._toml("monitor.toml", {**self.settings, "channel": channels})
        self._toml("feeds.toml", {"feed": [{"id": name, **keys} for name, keys in self.feeds.items()]})
        self._toml("rules/rules.toml", {"rule": [{"id": name, **keys} for name, keys in self.rules.items()]})

    def load(self) -> Loaded:
        self.write()
        return self.read()

    def read(self) -> Loaded:
        """What the files say, whoever wrote them."""
        return config.load(self.folder, state=self.state, environ={}, channel_types=options_models())

    @property
    def url(self) -> str:
        return self.databases.url(self.state)

    @cached_property
    def store(self) -> Store:
        return Store(self.url)

    def close(self) -> None:
        if "store" in self.__dict__:
            self.store.close()
            del self.store  # made anew when it is next asked for

    def back_up(self, name: str = "backup.db") -> None:
        """A copy of the database lies beside the state folder."""
        self.close()
        self.databases.back_up(self.state, self.root / name)

    def restore(self, name: str = "backup.db") -> None:
        """The copy stands in the database's place, as a person would put it there."""
        self.close()
        self.databases.restore(self.state, self.root / name)

    def back_up_state(self) -> None:
        """A copy of the whole state folder lies beside it, with all that the monitor remembers in it."""
        self.close()
        shutil.copytree(self.state, self.root / "state-backup", dirs_exist_ok=True)

    def restore_state(self) -> None:
        """The newer one is kept aside: no file of the older gets the number of one of its own."""
        self.close()
        self.state.rename(self.root / "state-aside")
        shutil.copytree(self.root / "state-backup", self.state)

    @asynccontextmanager
    async def daemon(self, *, limits: Limits = HURRY, fleet: Fleet | None = None) -> AsyncIterator[Daemon]:
        """One as the command line builds it, over this house's files, database and clock; without a fleet alone."""
        daemon = Daemon(
            loaded=self.load(),
            store=self.store,
            reload=self.load,
            watch=Watch(lambda: self.folder.rglob("*.toml")),
            now=self.clock,
            stream=self.screen,
            limits=limits,
            memory=self.memory,
        )
        daemon.fleet = fleet or daemon.fleet
        async with daemon:
            yield daemon

    # ── what it knows ──

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        with self.store.reading() as connection:
            yield connection

    def entries(self, **wanted: Any) -> list[Entry]:
        """Oldest first."""
        with self.reading() as connection:
            return entries.listed(connection, Wanted(**wanted))[::-1]

    def alerts(self) -> list[Alert]:
        """Oldest first."""
        with self.reading() as connection:
            return alerts.listed(connection)[::-1]

    def decisions(self) -> list[Decision]:
        """Of all entries, oldest first."""
        with self.reading() as connection:
            every = [entry.id for entry in entries.listed(connection, Wanted())]
            return alerts.decisions(connection, entry_ids=every)

    def deliveries(self) -> list[Delivery]:
        """Of all alerts, the first alert's first."""
        with self.reading() as connection:
            return [one for some in outbox.of_alerts(connection, None).values() for one in some]

    def stories(self) -> list[Summary]:
        with self.reading() as connection:
            return stories.summaries(connection)

    def feed_state(self, feed_id: str) -> FeedState:
        with self.reading() as connection:
            return feeds.states(connection, [feed_id])[feed_id]

    def _toml(self, name: str, document: dict[str, Any]) -> None:
        text = self.slips.get(name, str)(tomlkit.dumps(document))
        (self.folder / name).write_text(text, encoding="utf-8")


# ── feeds ──


def item(
    title: str,
    text: str = "",
    *,
    guid: str | None = None,
    link: str | None = None,
    published: datetime | None = SUMMIT,
) -> str:
    """One item of `rss`; its guid is made from the title where none is given."""
    parts = [
        f"<title>{escape(title)}</title>",
        f"<description>{escape(text)}</description>",
        f'<guid isPermaLink="false">{escape(title if guid is None else guid)}</guid>',
    ]
    if link is not None:
        parts.append(f"<link>{escape(link)}</link>")
    if published is not None:
        parts.append(f"<pubDate>{format_datetime(published)}</pubDate>")
    return f"<item>{''.join(parts)}</item>"


def rss(*items: str, title: str = "Wire", encoding: str = "utf-8", language: str = "") -> bytes:
    says = f"<language>{language}</language>" if language else ""
    document = (
        f'<?xml version="1.0" encoding="{encoding}"?><rss version="2.0"><channel><title>{escape(title)}</title>'
        f"<link>https://wire.example/</link><description>News</description>{says}{''.join(items)}</channel></rss>"
    )
    return document.encode(encoding)


# ── what the webhook's receiver got ──


def requests_to(server: WebServer, path: str) -> list[Request]:
    return [request for request in server.requests if request.target == path]


def posted(server: WebServer, path: str = "/hook") -> list[dict[str, Any]]:
    """The documents that were posted there, also those that the server refused."""
    return [json.loads(request.body) for request in requests_to(server, path)]
