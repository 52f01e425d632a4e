"""A daemon under load is killed again and again; then each receiver is asked for all that the feeds ever said.

    campaign = Campaign(folder, random, types=EVERY_TYPE)
    async with campaign.begun():
        await campaign.kill(RANDOM)
        outcome = await campaign.peace()

What a feed published counts, not what the monitor knows of it: an entry that it never stored is lost to everybody.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from random import Random

from databases import Databases
from house import Clock, House
from proof.accounts import names_of, told_words, untold
from proof.receivers import Receiver, receivers
from proof.wire import Wire, words
from servers.web import web_server

from monitor.model import DeliveryState
from monitor.store import outbox

HERE = Path(__file__).parent.parent
LIMIT_S = 60.0
"""For one life, which usually takes a second or two; for the peace at the end a second more for each story."""
BETWEEN_LIVES = timedelta(minutes=6)
"""By the monitor's clock: longer than a lease, so that the next life finds what the dead one held."""
RANDOM = ""
"""The point that is none: killed at some moment."""
SERVER = "server"
AT_REST = "at rest"
"""What is counted as such is a death of the database's server."""
AWAY_S = 1.0
"""A server that was killed is there again within so long, and the time that it takes to look at its log."""
LAST_WORDS_S = 0.05
"""For what a dead one had sent to arrive."""
FEEDS = 3
WORK_S = 1.0
"""Within so long of its first poll most of a life's work is done: there it is killed."""
START_S = 1.0
"""Within so long of its birth it opens the database, and sends what the last life left."""
EARLY = 0.25
"""The share of kills that hit the start."""


@dataclass
class Tally:
    """What arrived at one receiver."""

    expected: int = 0
    delivered: int = 0
    repeats: int | None = None
    """None where they cannot be told from what they repeat."""
    per_crash: int = 0
    """The most repeats that one crash led to."""
    strangers: int = 0
    """Messages whose id no delivery has."""

    @property
    def lost(self) -> int:
        return self.expected - self.delivered


@dataclass
class Outcome:
    kills: Counter[str] = field(default_factory=Counter)
    """By the point; `RANDOM` among them."""
    published: int = 0
    untold: list[str] = field(default_factory=list)
    """Stories that brought no alert, and why."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """By the receiver's name."""

    @property
    def broken(self) -> bool:
        """An alert was lost, came under another id, or came again more than once for each crash and recipient."""
        return any(tally.lost or tally.strangers or tally.per_crash > 1 for tally in self.tallies.values())

    def __str__(self) -> str:
        """The table of the tests' README."""
        lines = [
            f"{self.kills.total()} kills ({self.kills[RANDOM]} at random), {self.published} stories; "  # noqa: ISC004
            f"{self.kills[SERVER]} of them of the server",
            "",
            "receiver                     expected delivered  lost  repeats per crash strange",
        ]
        for name, tally in sorted(self.tallies.items()):
            repeats = "-" if tally.repeats is None else tally.repeats
            lines.append(
                f"{name:28}{tally.expected:9}{tally.delivered:10}{tally.lost:6}{repeats:>9}"
                f"{tally.per_crash:10}{tally.strangers:8}"
            )
        return "\n".join([*lines, *(f"untold: {one}" for one in self.untold)])


class Campaign:
    """The world around the daemon that dies: its feeds, its receivers, its folder, and the count of its deaths."""

    def __init__(
        self, folder: Path, random: Random, *, types: Sequence[str], databases: Databases | None = None
    ) -> None:
        """`databases` are those of a server, which is killed too where that is asked for; None: a file."""
        self._random, self._types = random, types
        self._kills: Counter[str] = Counter()
        self._ahead = timedelta(0)
        self.house = House(folder, clock=Clock(datetime.now(UTC)))
        self._server = databases.server if databases else None
        if databases:
            self.house.databases = databases
        self.wire = Wire(self._now)
        self._asked = asyncio.Event()
        self._receivers: list[Receiver] = []
        self._marks: dict[str, list[int]] = {}
        """By receiver: how many messages it had at each crash."""

    def _now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    @asynccontextmanager
    async def begun(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            web = await stack.enter_async_context(web_server())
            web.elsewhere = self._answer
            self._receivers = await stack.enter_async_context(receivers(self.house.root, self._types))
            self._settle(web.url(""))
            self._zygote = stack.enter_context(
                subprocess.Popen(  # noqa: ASYNC220 - in a moment, once; its lines are read in a thread
                    # Not as a script: every parser process would import that again.
                    [sys.executable, "-c", "from proof import lives; lives.main()"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env={**os.environ, "PYTHONPATH": os.pathsep.join([str(HERE), *sys.path])},
                )
            )
            stack.callback(self._zygote.stdin.close)
            try:
                yield
            finally:
                self.house.close()

    async def _answer(self, request, writer) -> None:
        self._asked.set()
        await self.wire(request, writer)

    def _settle(self, base: str) -> None:
        house = self.house
        house.settings["polling"] |= {"interval": "1s", "min_interval": "1s"}
        house.settings["alerting"] |= {
            "default": sorted({one.type for one in self._receivers}),
            "group_wait": "0s",
            "catch_up": "7d",  # many lives may end before the first poll is stored
            "max_per_hour": 1_000_000,  # what is held for a summary is no alert of its own
            "bursts": False,
            "lulls": False,
        }
        house.rule("paris", "declaration")
        for number in range(FEEDS):
            house.feed(f"wire-{number}", f"{base}/wire-{number}", interval="1s")
        for one in self._receivers:
            house.channel(one.type, type=one.type, **one.options)
        house.write()

    # ── lives ──

    async def kill(self, point: str = RANDOM, *, hasty: bool = False, server: bool = False) -> None:
        """One life, which ends at the point, or at some moment of its work; `server`: its database's dies before."""
        pid = await self._born(point, hasty=hasty)
        try:
            async with asyncio.timeout(LIMIT_S):
                ending = asyncio.create_task(self._line())
                if point == RANDOM:
                    await self._some_moment()
                    if server:
                        await asyncio.to_thread(self._kill_server)
                        await asyncio.sleep(self._random.uniform(0, WORK_S))
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)
                status = int(await ending)
        except TimeoutError as error:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            raise AssertionError(f"{point or 'its first poll'} never came: {self._log()}") from error
        # Whose server is away at its start ends, and is started again by whoever looks after services.
        assert status == -signal.SIGKILL or (server and status == 1), (
            f"it ended by itself, with {status}: {self._log()}"
        )
        await self._died(point)

    async def rest(self) -> None:
        """A life that ends once all is sent: else what waits would grow with every kill, and no end be seen."""
        most, self.wire.most = self.wire.most, 0
        pid = await self._born(RANDOM, hasty=False)
        ending = asyncio.create_task(self._line())
        try:
            await self._until_quiet()
        finally:
            os.kill(pid, signal.SIGKILL)
            await asyncio.wait_for(ending, LIMIT_S)
            self.wire.most = most
        await self._died(AT_REST)

    async def _died(self, point: str) -> None:
        self._kills[point] += 1
        await asyncio.sleep(LAST_WORDS_S)
        for one in self._receivers:
            self._marks.setdefault(one.name, []).append(len(one.arrived()))

    def _kill_server(self) -> None:
        """It is there again after a moment."""
        self._server.stop(how=signal.SIGKILL)
        time.sleep(self._random.uniform(0, AWAY_S))
        self._server.start()
        self._kills[SERVER] += 1

    async def peace(self) -> Outcome:
        """No more news, no more deaths: what arrived once everything was sent, or nothing more came of it."""
        self.wire.stop()
        for _ in range(2):  # the second finds what was leased when the last one died
            pid = await self._born(RANDOM, hasty=False)
            ending = asyncio.create_task(self._line())
            try:
                await self._until_quiet()
            finally:
                os.kill(pid, signal.SIGTERM)
                await asyncio.wait_for(ending, LIMIT_S)
        return self._outcome()

    async def _born(self, point: str, *, hasty: bool) -> int:
        self._ahead += BETWEEN_LIVES
        self._asked.clear()
        ahead_s = self._ahead.total_seconds()
        task = {"root": str(self.house.root), "ahead_s": ahead_s, "point": point, "hasty": hasty}
        self._zygote.stdin.write(json.dumps(task).encode() + b"\n")
        self._zygote.stdin.flush()
        return int(await self._line())

    async def _line(self) -> bytes:
        return await asyncio.to_thread(self._zygote.stdout.readline)

    async def _some_moment(self) -> None:
        if self._random.random() < EARLY:
            await asyncio.sleep(self._random.uniform(0, START_S))
        else:
            await self._asked.wait()
            await asyncio.sleep(self._random.uniform(0, WORK_S))

    async def _until_quiet(self) -> None:
        try:
            async with asyncio.timeout(LIMIT_S + len(self.wire.all_words)):
                while not self._quiet():  # noqa: ASYNC110 - another process works, which says nothing
                    await asyncio.sleep(0.2)
        except TimeoutError as error:
            raise AssertionError(f"it never came to rest: {self._restless()}") from error

    def _quiet(self) -> bool:
        """Everything published is stored, and everything stored is sent or marked as such."""
        if not self._asked.is_set():
            return False
        # First what costs little: the receivers live in this process, and wait for it.
        with self.house.reading() as connection:
            if set(outbox.counts(connection)) - {DeliveryState.SENT}:
                return False
        known = {word for entry in self.house.entries() for word in words(entry.title)}
        return known >= set(self.wire.all_words)

    def _restless(self) -> str:
        states = Counter(one.state for one in self.house.deliveries())
        return (
            f"{len(self.house.entries())} of {len(self.wire.all_words)} stored, {dict(states)}\n{self._log()}"
        )

    def _log(self) -> str:
        path = self.house.root / "log"
        return path.read_text()[-4000:] if path.exists() else "it logged nothing"

    # ── what came of it ──

    def _outcome(self) -> Outcome:
        told = told_words(self.house)
        published = self.wire.all_words
        outcome = Outcome(self._kills.copy(), len(published), untold(self.house, published, told))
        for one in self._receivers:
            names = names_of(one, self.house)
            outcome.tallies[one.name] = self._tally(
                one, {name: told[alert_id] for name, alert_id in names.items()}
            )
        return outcome

    def _tally(self, one: Receiver, names: dict[str, set[str]]) -> Tally:
        """`names` are what the receiver may have got, and each one's stories."""
        arrived = list(one.arrived())
        crashes = [0, *self._marks.get(one.name, []), len(arrived)]
        lives = [life for life, (start, end) in enumerate(pairwise(crashes)) for _ in range(end - start)]
        last: dict[str, int] = {}
        repeats = Counter[int]()
        for name, life in zip(arrived, lives, strict=True):
            if name in last:
                repeats[last[name]] += 1  # the death of whoever sent it before is why it came again
            last[name] = life
        return Tally(
            expected=len(self.wire.all_words),
            delivered=len(set().union(*(names[name] for name in last if name in names))),
            repeats=None if one.once else repeats.total(),
            per_crash=max(repeats.values(), default=0),
            strangers=len(last.keys() - names.keys()),
        )
