"""The whole config, checked. The defaults of its keys stand here and nowhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import time, timedelta
from typing import TYPE_CHECKING, Literal

from monitor.model.feed import Feed, FeedRetention
from monitor.model.message import Channel
from monitor.model.rule import ListTerms, Rule

if TYPE_CHECKING:
    from pydantic import SecretStr


@dataclass(frozen=True, slots=True, kw_only=True)
class QuietHours:
    """`[alerting.quiet_hours]`."""

    start: time
    end: time
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Polling:
    """`[polling]`."""

    interval: timedelta = timedelta(minutes=15)
    min_interval: timedelta = timedelta(minutes=5)
    contact: str = ""
    concurrency: int = 100
    allow_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Alerting:
    """`[alerting]`."""

    default: tuple[str, ...] = ("console",)
    operator: tuple[str, ...] = ()
    zone: str = "UTC"
    max_age: timedelta = timedelta(days=7)
    group_wait: timedelta = timedelta(seconds=30)
    update_interval: timedelta = timedelta(hours=1)
    catch_up: timedelta = timedelta(0)
    max_per_hour: int = 30
    quiet_hours: QuietHours | None = None
    bursts: bool = True
    lulls: bool = True
    ping_url: str | None = None
    """Asked every minute while all is well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """`[web]`."""

    listen: str | None = None
    """Address and port; None: nothing listens."""
    public_url: str | None = None
    callback_url: str | None = None
    """By which hubs reach `listen`; None: they are not asked."""
    token: SecretStr | None = None
    """What opens the page; None: it is shown on this machine alone."""
    hosts: frozenset[str] = frozenset()
    """Further names by which the page is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long and how much is stored; 0: without a bound. What was told stays, whatever it says."""

    age: timedelta = timedelta(days=365)
    entries: int = 1_000_000
    bytes: int = 4 * 2**30
    """Of texts, with 1 KiB an entry."""
    feed_entries: int = 20_000
    feed_bytes: int = 256 * 2**20
    remembered: timedelta = timedelta(days=365)
    """How long what went is known when its feed brings it again, at least."""

    def of(self, own: FeedRetention) -> Retention:
        """The bounds of a feed that has some of its own."""
        return replace(
            self,
            age=self.age if own.age is None else own.age,
            feed_entries=self.feed_entries if own.entries is None else own.entries,
            feed_bytes=self.feed_bytes if own.bytes is None else own.bytes,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Logging:
    """`[logging]`."""

    level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"] = "INFO"


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The whole config folder, checked."""

    folder: str
    state: str = ""
    """The folder of the database and of the files that channels write; empty: the working folder."""
    database_url: SecretStr
    """`sqlite:///…` with an absolute path, or `postgresql://…`; secret: it may hold a password."""
    polling: Polling
    alerting: Alerting
    web: Web
    logging: Logging
    retention: Retention = Retention()
    feeds: Mapping[str, Feed]
    channels: Mapping[str, Channel]
    rules: Mapping[str, Rule]
    """Every rule that is enabled and understood."""
    lists: Mapping[str, ListTerms]
    templates: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Of messages: the user's own, by name; each was tried."""
    secrets: frozenset[str] = field(repr=False)
    """Every secret value that was read, for the log to hide."""
