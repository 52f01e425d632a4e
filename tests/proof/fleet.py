"""Workers on one database are killed, stopped, woken, added and taken away, and its server is restarted.

    fleet = Fleet(folder, random, types=("webhook",), databases=databases)
    async with fleet.begun(3):
        await fleet.kill()
        await fleet.stop(for_s=5.0)
        await fleet.restart_server()
        outcome = await fleet.peace()

What the hosts published and saw counts, and what arrived; not what the workers say.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import psutil
from databases import Databases
from house import House
from proof.accounts import Crash, names_of, told_twice, told_words, unexplained, untold
from proof.newsroom import Newsroom
from proof.receivers import Receiver, receivers
from proof.wire import words

from monitor.model import DeliveryState
from monitor.store import outbox

HERE = Path(__file__).parent.parent
LIMIT_S = 60.0
"""For one thing to come about; for the peace at the end a second more for each story."""
LEASE_S = 4.0
"""Who is silent for so long is given up: a fifth of what it is outside of tests."""
LAST_WORDS_S = 0.05
"""For what a dead one had sent to arrive."""
AWAY_S = 2.0
"""A server that is restarted is away for so long at most."""
START_S = 15.0
"""Whose start found no server ends within so long of its return."""
KILLED, STOPPED, ADDED, REMOVED = "killed", "stopped", "added", "removed"
RESTARTED, ENDED = "server restarted", "ended since it was away at their start"


@dataclass(eq=False)
class Worker:
    """A process, seen from outside."""

    number: int
    pid: int
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    is_stopped: bool = False
    is_ending: bool = False
    """It was asked to, or killed."""


@dataclass
class Tally:
    """What arrived at one receiver."""

    expected: int
    delivered: int
    repeats: int
    unexplained: int
    """Repeats for which there is no crash, each of which explains one."""
    strangers: int
    """Messages whose id no delivery has."""
    twice: int
    """Stories that came under two ids."""

    @property
    def lost(self) -> int:
        return self.expected - self.delivered


@dataclass
class Outcome:
    done: Counter[str]
    """What was done to the workers and their server, and how often."""
    published: int
    polls: int
    offences: Counter[str]
    """What hosts saw that they may not."""
    twice: list[str]
    """Stories of which two alerts were made."""
    untold: list[str]
    """Stories that are in no alert, and why."""
    by_themselves: list[str]
    """Workers that ended without being asked to, and what they said last."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """By the receiver's name."""

    @property
    def broken(self) -> bool:
        return bool(
            self.offences
            or self.twice
            or self.untold
            or self.by_themselves
            or any(one.lost or one.unexplained or one.strangers or one.twice for one in self.tallies.values())
        )

    def __str__(self) -> str:
        done = ", ".join(f"{count} {what}" for what, count in sorted(self.done.items()))
        seen = ", ".join(f"{count} × {what}" for what, count in self.offences.items()) or "nothing amiss"
        lines = [
            f"{done}; {self.polls} requests, {self.published} stories; the hosts saw {seen}",
            "",
            "receiver                     expected delivered  lost  repeats unexplained strange twice",
        ]
        for name, one in sorted(self.tallies.items()):
            lines.append(
                f"{name:28}{one.expected:9}{one.delivered:10}{one.lost:6}{one.repeats:9}{one.unexplained:12}"
                f"{one.strangers:8}{one.twice:6}"
            )
        return "\n".join(
            [
                *lines,
                *(f"untold: {one}" for one in self.untold),
                *(f"two alerts: {one}" for one in self.twice),
                *self.by_themselves,
            ]
        )


class Fleet:
    """The world around the workers: their hosts, their receivers, their database, and what was done to them."""

    def __init__(
        self,
        folder: Path,
        random: Random,
        *,
        types: Sequence[str],
        databases: Databases,
        lease_s: float = LEASE_S,
        hasty: bool = False,
    ) -> None:
        """`hasty` workers mark before they send, which must be found out."""
        self._random, self._types = random, types
        self.lease_s = lease_s
        self._hasty = hasty
        self.house = House(folder, databases=databases)
        self._server = databases.server
        self.newsroom = Newsroom(random, is_stopped=self._is_held_by_stopped)
        self._receivers: list[Receiver] = []
        self.workers: list[Worker] = []
        """Those that live, the stopped among them."""
        self._born = 0
        self._server_back_at = float("-inf")
        self._restarts: list[asyncio.Future[Worker]] = []
        """Workers whose start found no server, as whoever looks after services begins them again."""
        self._done: Counter[str] = Counter()
        self._by_themselves: list[str] = []
        self._crashes: list[list[Crash]] = []
        """For each receiver."""

    @asynccontextmanager
    async def begun(self, workers: int) -> AsyncIterator[None]:
        """So many are at work within."""
        async with AsyncExitStack() as stack:
            stack.callback(self.house.close)
            await stack.enter_async_context(self.newsroom.open())
            self._receivers = await stack.enter_async_context(receivers(self.house.root, self._types))
            self._crashes = [[] for _ in self._receivers]
            self._settle()
            self._zygote = stack.enter_context(
                subprocess.Popen(  # noqa: ASYNC220 - in a moment, once; its lines are read in a thread
                    [sys.executable, "-c", "from proof import workers; workers.main()"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
                )
            )
            stack.callback(self._zygote.stdin.close)
            stack.push_async_callback(self._end_all)
            for _ in range(workers):
                await self.add()
            self._done.clear()  # those it began with were not added
            yield

    def _settle(self) -> None:
        house = self.house
        house.settings["polling"] |= {"interval": "1s", "min_interval": "1s"}
        house.settings["alerting"] |= {
            "default": sorted({one.type for one in self._receivers}),
            "group_wait": "0s",
            "catch_up": "7d",
            "max_per_hour": 1_000_000,  # what is held for a summary is no alert of its own
            "bursts": False,
            "lulls": False,
        }
        house.rule("paris", "declaration", updates="none")
        for feed_id, url in self.newsroom.urls.items():
            house.feed(feed_id, url, interval="1s")
        for one in self._receivers:
            house.channel(one.type, type=one.type, **one.options)
        house.write()

    # ── what is done to them ──

    async def add(self) -> Worker:
        self._born += 1
        self._done[ADDED] += 1
        task = {
            "root": str(self.house.root),
            "number": self._born,
            "lease_s": self.lease_s,
            "hasty": self._hasty,
        }
        self._zygote.stdin.write(json.dumps(task).encode() + b"\n")
        self._zygote.stdin.flush()
        pid = int(await asyncio.to_thread(self._zygote.stdout.readline))
        worker = Worker(self._born, pid)
        self._watch(worker)
        self.workers.append(worker)
        return worker

    async def kill(self, worker: Worker | None = None) -> None:
        """SIGKILL, to that one or to any; another begins in its place."""
        worker = worker or self._any()
        async with self._crash(KILLED):
            await self._end(worker, signal.SIGKILL)
        await self.add()

    async def remove(self, worker: Worker | None = None) -> None:
        """SIGTERM: what it was doing it finishes or gives back."""
        self._done[REMOVED] += 1
        await self._end(worker or self._any(), signal.SIGTERM)

    async def stop(self, *, for_s: float, worker: Worker | None = None) -> None:
        """SIGSTOP, and after so long SIGCONT."""
        worker = worker or self._any()
        async with self._crash(STOPPED):
            worker.is_stopped = True
            os.kill(worker.pid, signal.SIGSTOP)
        await asyncio.sleep(for_s)
        os.kill(worker.pid, signal.SIGCONT)
        worker.is_stopped = False

    async def restart_server(self) -> None:
        """The database's, in one of three ways."""
        self._server_back_at = float("inf")
        how = self._random.choice((signal.SIGINT, signal.SIGQUIT, signal.SIGKILL))
        async with self._crash(RESTARTED):  # what was sent and could not be marked comes again
            await asyncio.to_thread(self._server.stop, how=how)
            await asyncio.sleep(self._random.uniform(0, AWAY_S))
            await asyncio.to_thread(self._server.start)
        self._server_back_at = asyncio.get_running_loop().time()

    async def polled(self, requests: int = 1) -> None:
        """Returns once the hosts were asked so often again."""
        for _ in range(requests):
            self.newsroom.asked.clear()
            await asyncio.wait_for(self.newsroom.asked.wait(), LIMIT_S)

    async def peace(self) -> Outcome:
        """No more news, no more deaths: what arrived once everything was sent, or nothing more came of it."""
        self.newsroom.stop()
        await self._until_quiet()
        await self._end_all()
        return self._outcome()

    def _any(self) -> Worker:
        return self._random.choice([one for one in self.workers if not one.is_stopped and not one.is_ending])

    @asynccontextmanager
    async def _crash(self, kind: str) -> AsyncIterator[None]:
        before = [len(one.arrived()) for one in self._receivers]
        yield
        await asyncio.sleep(LAST_WORDS_S)
        for crashes, one, so_far in zip(self._crashes, self._receivers, before, strict=True):
            crashes.append(Crash(so_far, len(one.arrived())))
        self._done[kind] += 1

    # ── processes ──

    def _watch(self, worker: Worker) -> None:
        handle = os.pidfd_open(worker.pid)
        loop = asyncio.get_running_loop()

        def over() -> None:
            loop.remove_reader(handle)
            os.close(handle)
            worker.ended.set()
            self.workers.remove(worker)
            if worker.is_ending:
                return
            if loop.time() - self._server_back_at < START_S:
                self._done[ENDED] += 1
                self._restarts.append(asyncio.ensure_future(self.add()))
                return
            self._by_themselves.append(f"worker {worker.number} ended by itself: {self._log(worker)}")

        loop.add_reader(handle, over)

    async def _end(self, worker: Worker, how: signal.Signals) -> None:
        worker.is_ending = True
        with suppress(ProcessLookupError):
            os.kill(worker.pid, how)
            os.kill(worker.pid, signal.SIGCONT)
        try:
            await asyncio.wait_for(worker.ended.wait(), LIMIT_S)
        except TimeoutError:
            os.kill(worker.pid, signal.SIGKILL)
            raise AssertionError(f"worker {worker.number} did not end: {self._log(worker)}") from None

    async def _end_all(self) -> None:
        await asyncio.gather(*(self._end(one, signal.SIGTERM) for one in list(self.workers)))

    def _is_held_by_stopped(self, port: int) -> bool:
        """Whose kernel keeps a connection open that it would have closed long ago."""
        for worker in self.workers:
            if worker.is_stopped:
                with suppress(psutil.Error):
                    connections = psutil.Process(worker.pid).net_connections("tcp4")
                    if any(one.laddr.port == port for one in connections):
                        return True
        return False

    def _log(self, worker: Worker) -> str:
        path = self.house.root / f"log-{worker.number}"
        return path.read_text()[-3000:] if path.exists() else "it logged nothing"

    # ── what came of it ──

    async def _until_quiet(self) -> None:
        limit_s = LIMIT_S + len(self.newsroom.all_words)
        try:
            async with asyncio.timeout(limit_s):
                await self.polled(len(self.newsroom.urls))
                while not self._quiet():  # noqa: ASYNC110 - other processes work, which say nothing
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise AssertionError(f"it never came to rest: {self._restless()}") from error

    def _quiet(self) -> bool:
        """Everything published is stored, and everything stored is sent or marked as such."""
        with self.house.reading() as connection:
            if set(outbox.counts(connection)) - {DeliveryState.SENT}:
                return False
        known = {word for entry in self.house.entries() for word in words(entry.title)}
        return known >= set(self.newsroom.all_words)

    def _restless(self) -> str:
        states = Counter(one.state for one in self.house.deliveries())
        logs = "\n".join(f"── {one.number} ──\n{self._log(one)}" for one in self.workers)
        stored = {word for entry in self.house.entries() for word in words(entry.title)}
        return f"{len(stored)} of {len(self.newsroom.all_words)} stored, {dict(states)}\n{logs}"

    def _outcome(self) -> Outcome:
        told, published = told_words(self.house), self.newsroom.all_words
        return Outcome(
            done=self._done,
            published=len(published),
            polls=self.newsroom.requests,
            offences=self.newsroom.offences,
            twice=told_twice(self.house),
            untold=untold(self.house, published, told),
            by_themselves=self._by_themselves,
            tallies={
                one.name: self._tally(one, told, crashes)
                for one, crashes in zip(self._receivers, self._crashes, strict=True)
            },
        )

    def _tally(self, one: Receiver, told: dict[int, set[str]], crashes: list[Crash]) -> Tally:
        arrived, names = list(one.arrived()), names_of(one, self.house)
        known = [told[names[name]] for name in dict.fromkeys(arrived) if name in names]
        came = Counter(word for some in known for word in some)
        return Tally(
            expected=len(self.newsroom.all_words),
            delivered=len(came),
            repeats=len(arrived) - len(set(arrived)),
            unexplained=len(unexplained(arrived, crashes)),
            strangers=len(set(arrived) - names.keys()),
            twice=sum(count > 1 for count in came.values()),
        )
