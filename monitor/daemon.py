"""The daemon: everything that runs, wired together; what ticks; how it begins and ends.

What it does stands in `jobs`: the schedule (due times lie in the database, a tick asks what is due), one pass, the
config in force, the guard of the clock, the signs of life.
"""

from __future__ import annotations

import asyncio
import logging
import random
import signal
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self, TextIO

from loguru import logger

from monitor import __version__, channels
from monitor.channels import Surroundings
from monitor.config import Loaded
from monitor.config.watch import Watch
from monitor.core.plan import PollPlan
from monitor.errors import StorageError
from monitor.feeds.fetch import ACCEPT_PAGES, Fetcher, Limits, user_agent
from monitor.feeds.workers import Parsers
from monitor.jobs.border import Complaints, border
from monitor.jobs.broken import tell_broken, tell_outages
from monitor.jobs.bursts import look
from monitor.jobs.clock_guard import ClockGuard
from monitor.jobs.deliver import Deliverer
from monitor.jobs.fleet import Alone, Fleet
from monitor.jobs.health import PING_S, Heartbeat, take_stock
from monitor.jobs.last_words import LastWords
from monitor.jobs.limits import address_space, fitted, open_files
from monitor.jobs.mistakes import with_rules_that_ran
from monitor.jobs.one_pass import OnePass, Round
from monitor.jobs.pages import PAGES, PageReader
from monitor.jobs.poll import Poller
from monitor.jobs.prune import keep_within
from monitor.jobs.reloading import ConfigInForce, rule_texts
from monitor.jobs.restored import notice_restored
from monitor.jobs.scheduler import Scheduler
from monitor.jobs.threads import Threads
from monitor.jobs.vitals import Vitals, Watched
from monitor.jobs.websub import Subscriber
from monitor.model import Polling
from monitor.store import Store, backups, feeds
from monitor.store import daemon as beats
from monitor.systemd import Notifier

if TYPE_CHECKING:
    from apscheduler.schedulers.asyncio import AsyncIOScheduler

TICK_S: Final = 1
"""How often is asked what is due: half of it is what a poll or an alert loses on average."""
BEAT_S: Final = 5
LOOK_S: Final = 60
"""How often bursts and lulls are looked for."""
PRUNE_S: Final = 600
"""How often is asked whether it is time to prune."""
SUBSCRIBE_S: Final = 60
"""How often hubs are asked that are to be asked."""
STALLED_S: Final = 10.0
"""Without a tick for so long, by a clock that nobody sets, the scheduler is woken."""
DRAIN_S: Final = 6.0
"""What messages under way get to finish at the end: it ends within 10 s, whatever is under way."""
RELOAD_S: Final = 2.0
"""What a reload under way gets to finish at the end."""
ENDING: Final = (signal.SIGTERM, signal.SIGINT)


class Daemon:
    """Everything that runs. Used within `async with`."""

    in_force: ConfigInForce
    poller: Poller
    deliverer: Deliverer
    _surroundings: Surroundings
    _subscriber: Subscriber
    scheduler: Scheduler
    clock: ClockGuard
    _pass: OnePass
    vitals: Vitals

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
        self.fleet: Fleet = Alone(store)
        """Who else works on the database. To be set before it is entered."""
        self._begin_with, self._store = loaded, store
        self._read, self._watch, self._now = reload, watch, now
        self._stream = sys.stdout if stream is None else stream
        self._limits, self._memory = limits or Limits(), memory
        self.show: Callable[[Sequence[str]], None] = lambda _ailments: None
        """Is told what ails it whenever that has changed, so that `status` knows it without the database."""
        self._ailing: Sequence[str] = []
        self._notifier = Notifier()
        self.complaints = Complaints()
        self._reloads: set[asyncio.Task[None]] = set()
        self._reloading = asyncio.Lock()
        self._last_tick_s = 0.0
        self._stop = asyncio.Event()
        self._stop_pruning = threading.Event()
        self._stack = AsyncExitStack()
        self._listens_on = ""

    async def __aenter__(self) -> Self:
        asyncio.get_running_loop().set_default_executor(Threads())
        loaded = await asyncio.to_thread(with_rules_that_ran, self._store, self._begin_with)
        settings, now, enter = loaded.config, self._now, self._stack.enter_async_context
        agent = user_agent(__version__, settings.polling.contact)
        limits = replace(self._limits, concurrency=_fitted(settings.polling).concurrency)
        hosts = self.fleet.limits(pause_s=limits.host_pause_s, now=now)
        fetcher = await enter(Fetcher(user_agent=agent, now=now, limits=limits, hosts=hosts))
        page_fetcher = await enter(
            Fetcher(user_agent=agent, now=now, limits=_of_pages(limits), accept=ACCEPT_PAGES, hosts=hosts)
        )
        for host, until in (await asyncio.to_thread(self._paused_hosts)).items():
            fetcher.pause_host(host, until)
        parsers = await enter(Parsers(now=now, rules=rule_texts(loaded)))
        self._surroundings = await enter(
            channels.surroundings(
                user_agent=agent, clock=now, stream=self._stream, state=Path(settings.state)
            )
        )
        self.in_force = ConfigInForce(
            loaded,
            store=self._store,
            read=self._read,
            parsers=parsers,
            surroundings=self._surroundings,
            now=now,
        )
        shared: dict[str, Any] = {"store": self._store, "setup": lambda: self.in_force.loaded, "now": now}
        self.poller = await enter(Poller(fetcher=fetcher, parsers=parsers, random=random.random, **shared))
        self.deliverer = Deliverer(
            channels=lambda: self.in_force.channels, random=random.random, fleet=self.fleet, **shared
        )
        reader = PageReader(fetcher=page_fetcher, workers=parsers, **shared)
        self._subscriber = await enter(Subscriber(fetcher=fetcher, poller=self.poller, **shared))
        workers: dict[str, Any] = {"poller": self.poller, "deliverer": self.deliverer, "reader": reader}
        self._pass = OnePass(**workers, **shared)
        self.scheduler = Scheduler(complaints=self.complaints, fleet=self.fleet, **workers, **shared)
        self.clock = ClockGuard(
            store=self._store, hosts=hosts, scheduler=self.scheduler, fleet=self.fleet, now=now
        )
        watched = Watched(
            store=self._store,
            scheduler=self.scheduler,
            clock=self.clock,
            in_force=self.in_force,
            complaints=self.complaints,
            fleet=self.fleet,
            memory=self._memory,
        )
        self.vitals = Vitals(watched, now=now)
        self._last_words = LastWords(
            channels=lambda: self.in_force.channels, config=lambda: self.in_force.loaded.config, now=now
        )
        await self.in_force.adopt(loaded)
        settings = self.in_force.loaded.config
        await asyncio.to_thread(notice_restored, self._store, settings, now(), memory=self._memory)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.in_force.close()
        await self._stack.aclose()
        with suppress(StorageError):
            await asyncio.to_thread(backups.remember, self._store, self._memory)

    def _paused_hosts(self) -> dict[str, datetime]:
        with self._store.writing() as connection:
            feeds.drop_old_pauses(connection, self._now())
            return feeds.held(connection, self._now())

    # ── once ──

    async def run_once(self, *, every: bool = False, done: Callable[[int, int], None] | None = None) -> Round:
        """As `OnePass.run`."""
        return await self._pass.run(every=every, look=self.look, done=done)

    async def poll_one(self, feed_id: str, *, dry_run: bool) -> PollPlan | None:
        """As `OnePass.poll_one`."""
        return await self._pass.poll_one(feed_id, dry_run=dry_run)

    # ── as a service ──

    async def run(self, *, asked_to_reload: bool = False) -> None:
        """Runs until `stop`, SIGTERM or SIGINT; SIGHUP or a saved config file reloads.

        `asked_to_reload`: a SIGHUP came before anybody could hear it.
        """
        ticks = self._ticks()
        listening = AsyncExitStack()
        with self._signals():
            if asked_to_reload:
                self._begin_reload("SIGHUP, while it started")
            try:
                await listening.enter_async_context(self.listening())
                await self.tick()
                await self.beat()
                self._feed_watchdog()
                ticks.start()
                await self._say_running()
                self._notifier.ready(self.vitals.status())
                await self._watch_ticks(ticks)
            finally:
                self._notifier.stopping()
                if ticks.running:
                    ticks.shutdown(wait=False)
                await listening.aclose()
                await self.scheduler.drain(DRAIN_S)
                self.poller.settle_log()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._last_words.said(), RELOAD_S)
                if self._reloads:
                    await asyncio.wait(self._reloads, timeout=RELOAD_S)
                await asyncio.to_thread(self._say_stopped)
        logger.info("stopped")

    def stop(self) -> None:
        """Ends `run`: nothing new is begun, what is under way is finished."""
        self._stop_pruning.set()
        self._stop.set()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in (*ENDING, signal.SIGHUP)}
        for number in ENDING:
            loop.add_signal_handler(number, self.stop)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._begin_reload("SIGHUP"))
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

    def _ticks(self) -> AsyncIOScheduler:
        """What is done again and again; APScheduler ticks, and decides nothing."""
        from apscheduler.schedulers.asyncio import AsyncIOScheduler  # noqa: PLC0415 - one pass does without

        from monitor.jobs.ticks import Every  # noqa: PLC0415

        ticks = AsyncIOScheduler(timezone=UTC)
        logging.getLogger("apscheduler.executors.default").addFilter(_is_a_fault)
        every: dict[str, Any] = {"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        ticks.add_job(self.tick, Every(TICK_S), id="tick", **every)
        ticks.add_job(self.beat, Every(BEAT_S), id="beat", **every)
        ticks.add_job(self.look, Every(LOOK_S), id="look", **every)
        ticks.add_job(self._prune, Every(PRUNE_S), id="prune", **every)
        heartbeat = Heartbeat(
            self._surroundings.http,
            url=lambda: self.in_force.loaded.config.alerting.ping_url or "",
            is_well=lambda: not self.vitals.ailments(),
        )
        every["next_run_time"] = datetime.now(UTC)  # at once, and then every minute
        ticks.add_job(heartbeat.beat, Every(PING_S), id="ping", **every)
        ticks.add_job(self.subscribe, Every(SUBSCRIBE_S), id="subscribe", **every)
        return ticks

    async def _watch_ticks(self, ticks: AsyncIOScheduler) -> None:
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
                for job in ticks.get_jobs():
                    job.modify(next_run_time=datetime.now(UTC))

    def _feed_watchdog(self) -> None:
        """Where the loop, polling and the database go on."""
        if not self.vitals.ailments():
            self._notifier.watchdog()

    async def _say_running(self) -> None:
        """Feeds that fail since before are said here or nowhere: of each only the first failure is a line."""
        config = self.in_force.loaded.config
        counts = ((len(config.feeds), "feed"), (len(config.rules), "rule"))
        said = ", ".join(f"{count} {one}{'' if count == 1 else 's'}" for count, one in counts)
        with suppress(StorageError):  # the tick says so
            if failing := await self._store.read(_failing, self._store):
                said += f"; {failing} could not be had when last asked: `monitor feeds list --failing`"
        logger.info("running: {}", said)

    def _say_stopped(self) -> None:
        if not self.fleet.keeps:
            return
        with suppress(StorageError), self._store.writing() as connection:
            beats.stopped(connection, self._now())

    # ── what ticks ──

    async def tick(self) -> None:
        """Begins whatever is due."""
        self._last_tick_s = asyncio.get_running_loop().time()
        if self._stop.is_set():
            return
        with border("tick", self.complaints):
            await self.clock.notice()
            await self.scheduler.begin()

    async def beat(self) -> None:
        """Stores and shows that it lives; reloads where a file was saved."""
        await self.vitals.beat()
        self._notifier.status(self.vitals.status())
        if lost := self.complaints.lost:
            self._last_words.say(lost)
        if (ailments := self.vitals.ailments()) != self._ailing:
            self._ailing = ailments
            await asyncio.to_thread(self.show, ailments)
        if self._watch.changed():
            self._begin_reload(self._watch.why)
        elif self.in_force.is_due_again():
            self._begin_reload("looked at again")

    async def look(self) -> None:
        """Tells bursts, lulls, and which feeds are broken."""
        self.poller.settle_log()
        if not self.fleet.keeps:
            return
        with border("look", self.complaints):
            loaded = self.in_force.loaded
            await asyncio.to_thread(look, self._store, loaded, self._now())
            await asyncio.to_thread(tell_broken, self._store, loaded, self._now())
            await asyncio.to_thread(tell_outages, self._store, loaded, self._now())

    async def _prune(self) -> None:
        """Brings what is stored within its bounds, once a night."""
        config, stop = self.in_force.loaded.config, self._stop_pruning
        if not self.fleet.keeps:
            return
        with border("prune", self.complaints):
            await asyncio.to_thread(keep_within, self._store, config, self._now(), stop=stop)

    # ── what answers ──

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        """Whoever asks is answered within, where the config wants it. Raises MonitorError where it cannot listen."""
        web = self.in_force.loaded.config.web
        if web.callback_url is None:
            await self._subscriber.forget()
        if web.listen is None:
            yield
            return
        from monitor.web import callback, health  # noqa: PLC0415 - a third of a second, for those who listen
        from monitor.web.context import PageContext  # noqa: PLC0415
        from monitor.web.server import serving  # noqa: PLC0415
        from monitor.web.site import say_where, site  # noqa: PLC0415

        beside = health.routes(
            take_stock=self._take_stock,
            ailments=self.vitals.ailments,
            tells_all=lambda: self.in_force.loaded.config.web.token is None,
        )
        if web.callback_url is not None:
            beside += callback.routes(self._subscriber)
        context = PageContext(
            store=self._store,
            setup=lambda: self.in_force.loaded,
            now=self._now,
            read_config=self._read,
            ailments=self.vitals.ailments,
            reload=self.reload,
        )
        async with context, serving(site(context, listen=web.listen, beside=beside), listen=web.listen):
            say_where(web, listen=web.listen)
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
        if (
            not self._listens_on
            or self.in_force.loaded.config.web.callback_url is None
            or not self.fleet.keeps
        ):
            return
        with border("subscribe", self.complaints):
            await self._subscriber.keep()

    async def _take_stock(self) -> None:
        await self._store.read(take_stock, self._store, self.in_force.loaded, self._now())

    # ── the config ──

    def _begin_reload(self, why: str) -> None:
        if self._stop.is_set() or len(self._reloads) > 1:
            return  # the one that waits for the one under way will read what is saved by now
        task = asyncio.create_task(self.reload(why), name="reload")
        self._reloads.add(task)
        task.add_done_callback(self._reloads.discard)

    async def reload(self, why: str) -> None:
        """As `ConfigInForce.reload`, one at a time; the service manager is told of it."""
        async with self._reloading:
            if self._stop.is_set():
                return
            self._notifier.reloading()
            try:
                if await self.in_force.reload(why):
                    self._note_listen()
            finally:
                self._notifier.ready(self.vitals.status())

    def _note_listen(self) -> None:
        web = self.in_force.loaded.config.web
        if (web.listen or "") != self._listens_on:
            logger.warning(
                "it listens on {} from the next start on: [web] is read then", web.listen or "nothing"
            )


def _fitted(settings: Polling) -> Polling:
    """The settings as far as the process has room for them; says where that is not all."""
    polling, shortage = fitted(settings, open_files())
    if shortage is not None:
        logger.warning("{}", shortage)
    if (shortage := address_space()) is not None:
        logger.error("{}", shortage)
    return polling


def _is_a_fault(record: logging.LogRecord) -> bool:
    """False for the tick that the end came upon: the scheduler cancels it, and would say so with a traceback."""
    kind = record.exc_info[0] if record.exc_info else None
    return kind is None or not issubclass(kind, asyncio.CancelledError)


def _of_pages(limits: Limits) -> Limits:
    """Narrower than a feed's: the longest article takes a tenth of these."""
    return replace(limits, wire_bytes=4 * 2**20, body_bytes=8 * 2**20, total_s=30.0, concurrency=PAGES)


def _failing(store: Store) -> int:
    with store.reading() as connection:
        return feeds.failing(connection)
