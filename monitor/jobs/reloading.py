"""The config in force, and how another one takes its place: checked whole, swapped whole, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from loguru import logger

from monitor import metrics
from monitor.channels import OpenChannel, Surroundings, open_channel
from monitor.config import Loaded
from monitor.config.losses import losses
from monitor.core import polling
from monitor.errors import ConfigError, Severity, StorageError
from monitor.feeds.workers import Parsers, RuleTexts
from monitor.jobs.mistakes import remember, tell_mistakes, tell_refused
from monitor.store import Store, feeds

DOUBT: Final = timedelta(seconds=60)
"""How long a config that has lost a whole file of rules, all feeds or all channels is looked at before it counts."""
AGAIN: Final = timedelta(seconds=30)
"""After which a reload is tried again that the database refused."""


class ConfigInForce:
    """What is in force, with its channels open, and why what lies in the files is not."""

    def __init__(
        self,
        loaded: Loaded,
        *,
        store: Store,
        read: Callable[[], Loaded],
        parsers: Parsers,
        surroundings: Surroundings,
        now: Callable[[], datetime],
    ) -> None:
        """`read` reads the files anew, or raises ConfigError."""
        self.loaded = loaded
        self.channels: Mapping[str, OpenChannel] = {}
        """Open, by id."""
        self.mistake = ""
        """Why the config that lies there is not in force, for `status`; empty: it is."""
        self.mistaken_since = now()
        self._store, self._parsers, self._surroundings = store, parsers, surroundings
        self.read, self._now = read, now
        self._lost_since: datetime | None = None
        self._again_at: datetime | None = None

    def is_due_again(self) -> bool:
        """Whether a reload that was put off is to be tried now; true once."""
        if self._again_at is None or self._now() < self._again_at:
            return False
        self._again_at = None
        return True

    async def reload(self, why: str) -> bool:
        """Whether what the files say is in force now; a bad config is not, and the log and the operator hear why."""
        outcome = await self._reload(why)
        metrics.reloads.labels(outcome=outcome).inc()
        return outcome == "adopted"

    async def adopt(self, loaded: Loaded) -> None:
        """All of it, or, where the database or a channel refuses, nothing. Raises StorageError."""
        opened = {
            channel.id: open_channel(channel, self._surroundings)
            for channel in loaded.config.channels.values()
        }
        try:
            await asyncio.to_thread(self._register, loaded)
        except BaseException:
            await _close(opened)
            raise
        old, self.channels, self.loaded = self.channels, opened, loaded
        self._parsers.use(rule_texts(loaded))
        await _close(old)
        for problem in loaded.problems:
            if problem.rule not in loaded.broken:
                logger.warning("{}", problem.line)
        await asyncio.to_thread(tell_mistakes, self._store, loaded, self._now())

    async def close(self) -> None:
        """Closes the channels."""
        await _close(self.channels)

    async def _reload(self, why: str) -> str:
        """What became of it: as `metrics.reloads` counts it."""
        try:
            loaded = await asyncio.to_thread(self.read)
            kept = loaded.keeping(self.loaded.config.rules, self.loaded.config.lists)
            if doubted := self._doubted(kept):
                self._put_off(why, lost=" and ".join(doubted))
                return "doubted"
            await self.adopt(kept)
        except ConfigError as error:
            logger.error("config not reloaded ({}), the old one stays in force:\n{}", why, error)
            self._mistaken(next(one.line for one in error.problems if one.severity is Severity.ERROR))
            with suppress(StorageError):  # it is in the log, and `status` says it
                await asyncio.to_thread(tell_refused, self._store, self.loaded, error, self._now())
            return "rejected"
        except StorageError as error:
            self._again_at = self._now() + AGAIN
            logger.error(
                "config not reloaded ({}), the old one stays in force, and it is tried again: {}", why, error
            )
            return "rejected"
        self._mistaken("")
        logger.info("config reloaded ({})", why)
        return "adopted"

    def _doubted(self, loaded: Loaded) -> tuple[str, ...]:
        """What the config lost as a whole, where it has not been so for long."""
        on_purpose = loaded.published or self.loaded.published
        lost, now = () if on_purpose else losses(self.loaded, loaded), self._now()
        if not lost or (self._lost_since is not None and now - self._lost_since >= DOUBT):
            self._lost_since = self._again_at = None
            return ()
        self._lost_since = self._lost_since or now
        self._again_at = self._lost_since + DOUBT
        return lost

    def _put_off(self, why: str, *, lost: str) -> None:
        logger.warning(
            "config not reloaded ({}): it has lost {}; if it stays so for {:.0f} s that is what is wanted",
            why, lost, DOUBT.total_seconds(),
        )  # fmt: skip
        self._mistaken(f"it has lost {lost}, which is doubted for a minute")

    def _mistaken(self, mistake: str) -> None:
        if not self.mistake:
            self.mistaken_since = self._now()
        self.mistake = mistake

    def _register(self, loaded: Loaded) -> None:
        now = self._now()
        listed = [feed for feed in loaded.config.feeds.values() if feed.enabled]
        with self._store.writing() as connection:
            remember(connection, loaded, now)
            feeds.register(connection, {feed.id: feed.url for feed in listed}, now)
            states = feeds.stopped(connection)
            for feed in listed:
                state = states.get(feed.id)
                if state and (again := polling.resumed(state, feed=feed, now=now)):
                    feeds.save(connection, state, again)


def rule_texts(loaded: Loaded) -> RuleTexts:
    """What the workers need of a config."""
    config = loaded.config
    return RuleTexts(tuple(config.rules.values()), config.lists, loaded.rules.key)


async def _close(channels: Mapping[str, OpenChannel]) -> None:
    for channel in channels.values():
        await channel.close()
