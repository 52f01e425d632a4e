"""The daemon: what ticks, what runs side by side, and how it begins, reloads and ends.

The schedule is not in here: due times lie in the database, and a tick asks what is due (`jobs.dispatch`).
"""

from __future__ import annotations

import asyncio
import logging
import os
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from loguru import logger
from sqlalchemy import Connection

from monitor import __version__, channels, metrics
from monitor.channels import OpenChannel, Surroundings, open_channel
from monitor.config import Loaded
from monitor.config.losses import losses
from monitor.config.watch import Watch
from monitor.core import polling
from monitor.core.alerts.holding import PAUSE, Pause
from monitor.core.plan import PollPlan
from monitor.errors import ConfigError, DatabaseLost, FetchError, FetchReason, Severity, StorageError
from monitor.feeds.fetch import ACCEPT_PAGES, Fetcher, Limits, user_agent
from monitor.feeds.rate_limit import HostLimits
from monitor.feeds.workers import Parsers, RuleTexts
from monitor.jobs.broken import tell_broken, tell_outages
from monitor.jobs.bursts import look
from monitor.jobs.deliver import Deliverer
from monitor.jobs.digest import WITH_A_PASS, notice_pause, release
from monitor.jobs.due import to_poll
from monitor.jobs.health import PING_S, Heartbeat, take_stock
from monitor.jobs.mistakes import remember, tell_mistakes, tell_refused, with_rules_that_ran
from monitor.jobs.notes import note
from monitor.jobs.pages import PAGES, PageReader
from monitor.jobs.poll import Poller
from monitor.jobs.prune import keep_within
from monitor.jobs.scheduler import WAITING, Scheduler
from monitor.jobs.story_updates import tell_news
from monitor.jobs.threads import Threads
from monitor.jobs.ticks import Every
from monitor.jobs.websub import Subscriber
from monitor.model import Feed, FeedState
from monitor.store import Store, backups, clock, feeds, outbox, summaries
from monitor.store import daemon as beats
from monitor.systemd import Notifier

TICK_S = 1
"""How often is asked what is due: half of it is what a poll or an alert loses on average."""
BEAT_S = 5
LOOK_S = 60
"""How often bursts and lulls are looked for."""
PRUNE_S = 600
"""How often is asked whether it is time to prune."""
SUBSCRIBE_S = 60
"""How often hubs are asked that are to be asked."""
STALLED_S = 10.0
"""Without a tick for so long, by a clock that nobody sets, the scheduler is woken."""
DRAIN_S = 6.0
"""What messages under way get to finish at the end: it ends within 10 s, whatever is under way."""
RELOAD_S = 2.0
"""What a reload under way gets to finish at the end."""
OVERDUE_SANE = timedelta(minutes=10)
"""A feed overdue for longer means that polling hangs: the watchdog is not fed any more."""
BEAT_SANE_S = 600.0
"""Without the end of a beat for longer, the database hangs: longer than other programs lock it."""
DOUBT = timedelta(seconds=60)
"""How long a config that has lost a whole file of rules, all feeds or all channels is looked at before it counts."""
AGAIN = timedelta(seconds=30)
"""After which a reload is tried again that the database refused."""
SET_BACK = timedelta(seconds=10)
"""A clock that goes back further was set: what waits is moved with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What one pass over the feeds brought."""

    polled: int
    failed: int
    new: int
    matched: int
    alerts: int
    pages: int = 0
    """Of entries, that were read."""

    def with_poll(self, plan: PollPlan | None) -> Round:
        """The same with what a poll changed; None: it could not be stored."""
        if plan is None:
            return replace(self, failed=self.failed + 1)
        return replace(
            self,
            failed=self.failed + (plan.state.failures > 0),
            new=self.new + len(plan.new),
            matched=self.matched + len({decision.entry_id for decision in plan.decisions}),
            alerts=self.alerts + len(plan.alerts),
        )


class Daemon:
    """Everything that runs, wired together. Used within `async with`."""

    _surroundings: Surroundings
    _parsers: Parsers
    _poller: Poller
    _deliverer: Deliverer
    _reader: PageReader
    _subscriber: Subscriber
    _hosts: HostLimits
    _dispatch: Scheduler

    def __init__(
        self,
        *,
        loaded: Loaded,
        store: Store,
        reload: Callable[[], Loaded],
        watch: Watch,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        stream: TextIO | None = None,
        limits: Limits | None = None,
        memory: Path | None = None,
    ) -> None:
        """`reload` reads the config anew, or raises ConfigError; `watch` sees when its files are saved.

        `memory` is a folder outside the state folder, which shows when that is restored; None: there is none.
        `limits` are those of a fetch, None: the usual ones; how many run at once is the config's to say.
        """
        self._loaded, self._store = loaded, store
        self._reload, self._watch, self._now = reload, watch, now
        self._stream = sys.stdout if stream is None else stream
        self._limits, self._memory = limits or Limits(), memory
        self._notifier = Notifier()
        self._channels: dict[str, OpenChannel] = {}
        self._reloads: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()
        self._lost_since: datetime | None = None
        self._again_at: datetime | None = None
        self._mistake, self._mistaken_since = "", now()
        self._started_at = now()
        self._last_tick_s = 0.0
        self._ticked_at: datetime | None = None
        self._in_time_since = now()
        self._late = timedelta(0)
        self._last_beat_s = 0.0
        self._had_room = True
        self._last_complaint, self._database_lost = "", False
        self._stop = asyncio.Event()
        self._stop_pruning = threading.Event()
        self._stack = AsyncExitStack()
        self._listens_on = ""

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_default_executor(Threads())
        self._loaded = await asyncio.to_thread(with_rules_that_ran, self._store, self._loaded)
        config = self._loaded.config
        agent = user_agent(__version__, config.polling.contact)
        enter = self._stack.enter_async_context
        limits = replace(self._limits, concurrency=config.polling.concurrency)
        hosts = self._hosts = HostLimits(pause_s=limits.host_pause_s, now=self._now)
        fetcher = await enter(Fetcher(user_agent=agent, now=self._now, limits=limits, hosts=hosts))
        page_fetcher = await enter(
            Fetcher(
                user_agent=agent,
                now=self._now,
                limits=_of_pages(limits),
                accept=ACCEPT_PAGES,
                hosts=hosts,
            )
        )
        for host, until in (await asyncio.to_thread(self._held)).items():
            fetcher.pause_host(host, until)
        self._parsers = parsers = await enter(Parsers(now=self._now, rules=_texts(self._loaded)))
        self._surroundings = await enter(
            channels.surroundings(
                user_agent=agent, clock=self._now, stream=self._stream, state=Path(config.state)
            )
        )
        self._poller = await enter(
            Poller(
                store=self._store,
                fetcher=fetcher,
                parsers=parsers,
                setup=lambda: self._loaded,
                now=self._now,
                random=random.random,
            )
        )
        self._deliverer = Deliverer(
            store=self._store,
            channels=lambda: self._channels,
            setup=lambda: self._loaded,
            now=self._now,
            random=random.random,
        )
        self._reader = PageReader(
            store=self._store,
            fetcher=page_fetcher,
            workers=parsers,
            setup=lambda: self._loaded,
            now=self._now,
        )
        self._subscriber = await enter(
            Subscriber(
                store=self._store,
                fetcher=fetcher,
                poller=self._poller,
                setup=lambda: self._loaded,
                now=self._now,
            )
        )
        self._dispatch = Scheduler(
            store=self._store,
            poller=self._poller,
            deliverer=self._deliverer,
            reader=self._reader,
            setup=lambda: self._loaded,
            now=self._now,
            pause_host=fetcher.pause_host,
        )
        await self._adopt(self._loaded)
        await asyncio.to_thread(self._note_backup)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for channel in self._channels.values():
            await channel.close()
        await self._stack.aclose()
        with suppress(StorageError):
            await asyncio.to_thread(backups.remember, self._store, self._memory)

    # ── once ──

    async def run_once(self, *, every: bool = False, done: Callable[[int, int], None] | None = None) -> Round:
        """Polls each due feed (or `every` feed) once, sends, reads the pages that are due, sends again, and returns.

        `done` is told how many polls have ended and how many there are.
        """
        await asyncio.to_thread(notice_pause, self._store, self._now())
        wanted = await asyncio.to_thread(self._wanted, every=every)
        hosts: dict[str, list[tuple[Feed, FeedState]]] = {}
        for feed, state in wanted:
            hosts.setdefault(feeds.host_of(feed.url, feed.id), []).append((feed, state))
        gate = asyncio.Semaphore(self._loaded.config.polling.concurrency * WAITING)
        done_all = Round(polled=len(wanted), failed=0, new=0, matched=0, alerts=0)
        ended = 0

        async def ask(its_feeds: Sequence[tuple[Feed, FeedState]]) -> None:
            nonlocal done_all, ended
            for feed, state in its_feeds:
                async with gate:
                    plan = await self._poll_safely(feed, state)
                done_all = done_all.with_poll(plan)  # not in one with the await: others end meanwhile
                ended += 1
                if done is not None:
                    done(ended, len(wanted))

        try:
            async with asyncio.TaskGroup() as group:
                for its_feeds in hosts.values():
                    group.create_task(ask(its_feeds))
        except BaseExceptionGroup as errors:
            first = errors.exceptions[0]  # what ended it; the others are its echo
            if isinstance(first, StorageError):
                await self._send_all()  # what cannot be stored keeps nothing from being sent
            raise first from errors
        await self._look()
        await self._send_all()  # no alert waits for a page
        pages = await self._reader.read_due()
        if pages.alerts:
            await self._send_all()
        return replace(done_all, alerts=done_all.alerts + pages.alerts, pages=pages.read)

    async def _send_all(self) -> None:
        """Everything that waits, but for quiet hours and digests: those have times of their own."""
        await asyncio.to_thread(self._close_group_wait)
        await self._deliverer.deliver()

    async def _poll_safely(self, feed: Feed, state: FeedState) -> PollPlan | None:
        """None where the poll could not be stored: that is one feed's affair. Raises StorageError."""
        try:
            return await self._poller.poll(feed, state)
        except StorageError:
            raise
        except Exception:  # noqa: BLE001 - the border of one feed's poll
            logger.exception("feed {}: the monitor's own error", feed.id)
            return None

    async def poll_one(self, feed_id: str, *, dry_run: bool) -> PollPlan | None:
        """Polls the feed now, due or not; a dry run stores nothing. None where another poll came first.

        Raises FetchError where its publisher asked for a pause, or it is stopped: that holds for everybody. So it
        does where the config disables it.
        """
        feed = self._loaded.config.feeds[feed_id]
        if not feed.enabled:
            raise FetchError(
                f"feed {feed_id} is disabled: take out its `enabled = false`", reason=FetchReason.HELD
            )
        with self._store.reading() as connection:
            state = feeds.states(connection, [feed_id])[feed_id]
        if refusal := polling.may_ask(state, now=self._now()):
            raise FetchError(f"feed {feed_id} is not asked: {refusal}", reason=FetchReason.HELD)
        if dry_run:
            return await self._poller.preview(feed, state)
        return await self._poller.poll(feed, state)

    def _wanted(self, *, every: bool) -> list[tuple[Feed, FeedState]]:
        now = self._now()
        with self._store.reading() as connection:
            listed = [feed.id for feed in self._loaded.config.feeds.values() if feed.enabled]
            known = feeds.states(connection, listed).values()
        wanted = [
            state
            for state in known
            if not polling.may_ask(state, now=now) and (every or state.next_poll_at <= now)
        ]
        if not every:
            wanted = to_poll(self._store, wanted, now)
        wanted.sort(
            key=lambda state: state.next_poll_at
        )  # a host that grants a few grants them to the longest due
        return [(self._loaded.config.feeds[state.feed_id], state) for state in wanted]

    def _close_group_wait(self) -> None:
        config, now = self._loaded.config, self._now()
        with self._store.writing() as connection:
            outbox.close_group_wait(connection, now)
        while tell_news(self._store, config, now, until=now + config.alerting.group_wait):
            pass  # what was told is not due any more
        release(self._store, config, now, ended=WITH_A_PASS)

    def _note_backup(self) -> None:
        """A database that was put in place of a newer one tells nothing of what the newer one may have told."""
        with self._store.writing() as connection:
            until = backups.missing_since(self._store, connection, self._memory)
            if until is None:
                if backups.is_a_copy(self._store):
                    self._note_copy(connection)
                return
            backups.mark_told_until(connection, until)
            metrics.floods.labels(cause="restored").inc()
            text = (
                f"An older copy of the database was restored: what was published until {until:%Y-%m-%d %H:%M} UTC "
                "may have been told, and is stored and matched only."
            )
            logger.warning("{}", text)
            note(connection, text, key=f"restored {until}", config=self._loaded.config, now=self._now())

    def _note_copy(self, connection: Connection) -> None:
        """What a copied database does not know may have been told: what it finds now is told all at once."""
        now = self._now()
        since = summaries.last_sign_of_life(connection)
        if since is None:
            return
        summaries.save_pause(connection, Pause(since=since, until=now))
        metrics.floods.labels(cause="copied").inc()
        text = (
            "The database lies in another file than the one that was written last: it was moved, copied or restored "
            f"from a backup. What came since {since:%Y-%m-%d %H:%M} UTC may have been told, and comes as one summary."
        )
        logger.warning("{}", text)
        note(connection, text, key=f"copied {since}", config=self._loaded.config, now=now)

    # ── as a service ──

    async def run(self, *, asked_to_reload: bool = False) -> None:
        """Runs until `stop`, SIGTERM or SIGINT; SIGHUP or a saved config file reloads.

        `asked_to_reload`: a SIGHUP came before anybody could hear it.
        """
        loop = asyncio.get_running_loop()
        before = {
            number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
        }
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._begin_reload("SIGHUP"))
        if asked_to_reload:
            self._begin_reload("SIGHUP, while it started")
        scheduler = AsyncIOScheduler(timezone=UTC)
        logging.getLogger("apscheduler.executors.default").addFilter(_is_a_fault)
        every = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        scheduler.add_job(self._tick, Every(TICK_S), id="tick", **every)
        scheduler.add_job(self._beat, Every(BEAT_S), id="beat", **every)
        scheduler.add_job(self._look, Every(LOOK_S), id="look", **every)
        scheduler.add_job(self._prune, Every(PRUNE_S), id="prune", **every)
        heartbeat = Heartbeat(
            self._surroundings.http,
            url=lambda: self._loaded.config.alerting.ping_url or "",
            is_well=lambda: not self._ailments(),
        )
        scheduler.add_job(heartbeat.beat, Every(PING_S), id="ping", next_run_time=datetime.now(UTC), **every)
        at_once = datetime.now(UTC)
        scheduler.add_job(self.subscribe, Every(SUBSCRIBE_S), id="subscribe", next_run_time=at_once, **every)
        listening = AsyncExitStack()
        try:
            await listening.enter_async_context(self.listening())
            await self._tick()
            await self._beat()
            self._feed_watchdog()
            scheduler.start()
            config = self._loaded.config
            counts = ((len(config.feeds), "feed"), (len(config.rules), "rule"))
            said = ", ".join(f"{count} {one}{'' if count == 1 else 's'}" for count, one in counts)
            logger.info("running: {}", said)
            self._notifier.ready(self._status())
            await self._watch_ticks(scheduler)
        finally:
            self._notifier.stopping()
            if scheduler.running:
                scheduler.shutdown(wait=False)
            await listening.aclose()
            await self._dispatch.drain(DRAIN_S)
            if self._reloads:
                await asyncio.wait(self._reloads, timeout=RELOAD_S)
            await asyncio.to_thread(self._say_stopped)
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
            logger.info("stopped")

    def stop(self) -> None:
        """Ends `run`: nothing new is begun, what is under way is finished."""
        self._stop_pruning.set()
        self._stop.set()

    async def _watch_ticks(self, scheduler: AsyncIOScheduler) -> None:
        """APScheduler 3 sleeps by the wall clock: after a step of −1 h it would sleep an hour."""
        loop = asyncio.get_running_loop()
        fed_s = loop.time()
        while not self._stop.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_S):
                    await self._stop.wait()
            if loop.time() - fed_s >= BEAT_S:
                fed_s = loop.time()
                self._feed_watchdog()
            if loop.time() - self._last_tick_s > STALLED_S:
                logger.warning("no tick for {:.0f} s: the clock was set; waking the scheduler", STALLED_S)
                self._last_tick_s = loop.time()
                for job in scheduler.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    async def _tick(self) -> None:
        self._last_tick_s = asyncio.get_running_loop().time()
        if self._stop.is_set():
            return
        try:
            await self._notice_clock()
            await self._dispatch.begin()
        except StorageError as error:
            self._complain(error)
        except Exception:  # noqa: BLE001 - the border of the tick
            logger.exception("tick: the monitor's own error")

    async def _notice_clock(self) -> None:
        """At the start, where the whole machine slept, and where the clock was set: before anything is polled."""
        now, before = self._now(), self._ticked_at
        if before is None:
            before = await asyncio.to_thread(self._last_beat) or now
            await asyncio.to_thread(notice_pause, self._store, now)
        elif now - before > PAUSE:
            await asyncio.to_thread(notice_pause, self._store, now)
        if abs(now - before) > SET_BACK:
            self._in_time_since = now  # what is overdue since then is no fault of ours
        if before - now > SET_BACK:
            await asyncio.to_thread(self._set_back, now, before - now)
        self._ticked_at = now

    def _last_beat(self) -> datetime | None:
        with self._store.reading() as connection:
            return clock.last_beat(connection)

    def _set_back(self, now: datetime, by: timedelta) -> None:
        with self._store.writing() as connection:
            moved = clock.set_back(connection, now, by=by)
        self._hosts.set_back(by)
        self._dispatch.set_back(by)
        logger.warning("the clock was set back by {}: {} waits end as much sooner", by, moved)

    async def _look(self) -> None:
        """Tells bursts, lulls, and which feeds are broken."""
        try:
            await asyncio.to_thread(look, self._store, self._loaded, self._now())
            await asyncio.to_thread(tell_broken, self._store, self._loaded, self._now())
            self._poller.settle_log()
            await asyncio.to_thread(tell_outages, self._store, self._loaded, self._now())
        except StorageError as error:
            self._complain(error)
        except Exception:  # noqa: BLE001 - the border of the tick
            logger.exception("look: the monitor's own error")

    async def _prune(self) -> None:
        """Brings what is stored within its bounds, once a night."""
        config, stop = self._loaded.config, self._stop_pruning
        try:
            await asyncio.to_thread(keep_within, self._store, config, self._now(), stop=stop)
        except StorageError as error:
            self._complain(error)
        except Exception:  # noqa: BLE001 - the border of the tick
            logger.exception("prune: the monitor's own error")

    # ── hubs ──

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Whoever asks is answered within, where the config wants it. Raises MonitorError where it cannot listen."""
        web = self._loaded.config.web
        if web.callback_url is None:
            await self._subscriber.forget()
        if web.listen is None:
            yield
            return
        from monitor.web import callback, health  # noqa: PLC0415 - a tenth of a second, for those who listen
        from monitor.web.server import app, serving  # noqa: PLC0415

        routes = health.routes(take_stock=self._take_stock, ailments=self._ailments)
        if web.callback_url is not None:
            routes += callback.routes(self._subscriber)
        async with serving(app(routes), listen=web.listen):
            self._listens_on = web.listen
            try:
                yield
            finally:
                self._listens_on = ""

    async def pushes_read(self) -> None:
        """Returns when no push waits any more."""
        await self._subscriber.all_read()

    async def subscribe(self) -> None:
        """Asks the hubs that are to be asked."""
        if not self._listens_on or self._loaded.config.web.callback_url is None:
            return
        try:
            await self._subscriber.keep()
        except StorageError as error:
            self._complain(error)
        except Exception:  # noqa: BLE001 - the border of the tick
            logger.exception("subscribe: the monitor's own error")

    # ── signs of life ──

    async def _beat(self) -> None:
        try:
            await self._keep_room()
            overdue = await asyncio.to_thread(self._save_beat)
        except StorageError as error:
            self._database_lost = isinstance(error, DatabaseLost)
            self._complain(error)
        else:
            if self._last_complaint:
                logger.info("the database takes everything again")
            self._last_complaint, self._database_lost = "", False
            since = max(overdue.since, self._in_time_since) if overdue else self._now()
            self._late = self._now() - since
            metrics.feeds_overdue.set(self._late.total_seconds())
        self._last_beat_s = asyncio.get_running_loop().time()
        self._notifier.status(self._status())
        if self._watch.changed():
            self._begin_reload("a file was saved")
        elif self._again_at is not None and self._now() >= self._again_at:
            self._again_at = None
            self._begin_reload("looked at again")

    def _complain(self, error: StorageError) -> None:
        """Not every second, least of all onto a full disk."""
        if str(error) != self._last_complaint:
            logger.error("{}", error)
        self._last_complaint = str(error)

    def _feed_watchdog(self) -> None:
        """Where the loop, polling and the database go on. A full or locked database is no case for a restart.

        One that is gone or damaged is: the restart says so, and goes on as soon as somebody has mended it.
        """
        if not self._ailments():
            self._notifier.watchdog()

    def _ailments(self) -> list[str]:
        """Why it does not do its work; empty where it does."""
        if self._database_lost:
            return [self._last_complaint]
        silent_s = asyncio.get_running_loop().time() - self._last_beat_s
        found = [f"the database has not answered for {silent_s:.0f} s"] if silent_s >= BEAT_SANE_S else []
        if self._late >= OVERDUE_SANE and not self._dispatch.paused:
            found.append(f"a feed has been due for {self._late.total_seconds():.0f} s")
        return found

    async def _take_stock(self) -> None:
        await self._store.read(take_stock, self._store, self._loaded, self._now())

    async def _keep_room(self) -> None:
        """Says once that the disk is full, and once that it has room again."""
        has_room = await asyncio.to_thread(self._store.keep_room)
        if has_room == self._had_room:
            return
        self._had_room = has_room
        if has_room:
            self._dispatch.resume()
            logger.info("the disk has room again: polling goes on")
            return
        text = f"The disk of the database is full: {self._store.when_full}. Make room; nothing need be restarted."
        logger.error("{}", text)
        await asyncio.to_thread(self._note_full, text)

    def _note_full(self, text: str) -> None:
        now = self._now()
        with self._store.writing() as connection:
            note(connection, text, key=f"disk full {now:%Y-%m-%d}", config=self._loaded.config, now=now)

    def _status(self) -> str:
        if self._database_lost:
            return self._last_complaint
        return f"{len(self._loaded.config.feeds)} feeds, {self._dispatch.polls} polls under way"

    def _save_beat(self) -> beats.Overdue | None:
        self._store.check_file()
        beat = beats.Beat(
            pid=os.getpid(),
            version=__version__,
            started_at=self._started_at,
            beat_at=self._now(),
            config=self._loaded.config.folder,
            mistake=self._mistake,
            mistaken_since=self._mistaken_since if self._mistake else None,
        )
        with self._store.writing() as connection:
            beats.save(connection, beat)
            overdue = beats.oldest_overdue(connection, self._now())
        backups.remember(self._store, self._memory)
        return overdue

    def _say_stopped(self) -> None:
        with suppress(StorageError), self._store.writing() as connection:
            beats.stopped(connection, self._now())

    # ── config ──

    def _begin_reload(self, why: str) -> None:
        if self._stop.is_set() or len(self._reloads) > 1:
            return  # the one that waits for the one under way will read what is saved by now
        task = asyncio.create_task(self.reload(why), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def reload(self, why: str) -> None:
        """Checked whole, swapped whole; a bad one leaves the old one in force and says so. One at a time."""
        async with self._reloading:
            if self._stop.is_set():
                return
            self._notifier.reloading()
            try:
                outcome = await self._reloaded(why)
            finally:
                self._notifier.ready(self._status())
            metrics.reloads.labels(outcome=outcome).inc()

    async def _reloaded(self, why: str) -> str:
        """What became of it: as `metrics.reloads` counts it."""
        try:
            loaded = await asyncio.to_thread(self._reload)
            kept = loaded.keeping(self._loaded.config.rules, self._loaded.config.lists)
            if doubted := self._doubted(kept):
                lost = " and ".join(doubted)
                logger.warning(
                    "config not reloaded ({}): it has lost {}; if it stays so for {:.0f} s that is what is wanted",
                    why, lost, DOUBT.total_seconds(),
                )  # fmt: skip
                self._mistaken(f"it has lost {lost}, which is doubted for a minute")
                return "doubted"
            await self._adopt(kept)
        except ConfigError as error:
            logger.error("config not reloaded ({}), the old one stays in force:\n{}", why, error)
            self._mistaken(next(one.line for one in error.problems if one.severity is Severity.ERROR))
            with suppress(StorageError):  # it is in the log, and `status` says it
                await asyncio.to_thread(tell_refused, self._store, self._loaded, error, self._now())
            return "rejected"
        except StorageError as error:
            self._again_at = self._now() + AGAIN
            logger.error(
                "config not reloaded ({}), the old one stays in force, and it is tried again: {}", why, error
            )
            return "rejected"
        self._mistaken("")
        self._note_listen()
        logger.info("config reloaded ({})", why)
        return "adopted"

    def _doubted(self, loaded: Loaded) -> tuple[str, ...]:
        """What the config lost as a whole, where it has not been so for long."""
        lost, now = losses(self._loaded, loaded), self._now()
        if not lost or (self._lost_since is not None and now - self._lost_since >= DOUBT):
            self._lost_since = self._again_at = None
            return ()
        self._lost_since = self._lost_since or now
        self._again_at = self._lost_since + DOUBT
        return lost

    def _note_listen(self) -> None:
        web = self._loaded.config.web
        if (web.listen or "") != self._listens_on:
            logger.warning(
                "it listens on {} from the next start on: [web] is read then", web.listen or "nothing"
            )

    def _mistaken(self, mistake: str) -> None:
        """Why the config that lies there is not in force, for `status`; empty: it is."""
        if not self._mistake:
            self._mistaken_since = self._now()
        self._mistake = mistake

    async def _adopt(self, loaded: Loaded) -> None:
        """All of it, or, where the database or a channel refuses, nothing. Raises StorageError."""
        config = loaded.config
        opened = {
            channel.id: open_channel(channel, self._surroundings) for channel in config.channels.values()
        }
        try:
            await asyncio.to_thread(self._register, loaded)
        except BaseException:
            await _closed(opened)
            raise
        old, self._channels, self._loaded = self._channels, opened, loaded
        self._parsers.use(_texts(loaded))
        await _closed(old)
        for problem in loaded.problems:
            if problem.rule not in loaded.broken:
                logger.warning("{}", problem.line)
        await asyncio.to_thread(tell_mistakes, self._store, loaded, self._now())

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

    def _held(self) -> dict[str, datetime]:
        with self._store.writing() as connection:
            feeds.drop_old_pauses(connection, self._now())
            return feeds.held(connection, self._now())


def _is_a_fault(record: logging.LogRecord) -> bool:
    """False for the tick that the end came upon: the scheduler cancels it, and would say so with a traceback."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, asyncio.CancelledError)


async def _closed(channels: Mapping[str, OpenChannel]) -> None:
    for channel in channels.values():
        await channel.close()


def _texts(loaded: Loaded) -> RuleTexts:
    config = loaded.config
    return RuleTexts(tuple(config.rules.values()), config.lists, loaded.rules.key)


def _of_pages(limits: Limits) -> Limits:
    """Narrower than a feed's: the longest article takes a tenth of these."""
    return replace(limits, wire_bytes=4 * 2**20, body_bytes=8 * 2**20, total_s=30.0, concurrency=PAGES)
