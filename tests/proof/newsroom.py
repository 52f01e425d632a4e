"""Hosts that publish, each at a loopback address of its own, and keep an eye on who asks them.

    newsroom = Newsroom(random, hosts=3, feeds=2)
    async with newsroom.open():
        … newsroom.urls …  newsroom.all_words …  newsroom.offences …

Each story has a word of its own, and is told by up to three feeds of different hosts in the same moment: one word
for word as another, one in words of its own. Whoever polls at the same time sees the same story.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from random import Random

from house import item, rss
from proof.wire import spelled
from servers.web import Request, read_request, reply

WINDOW = 200
"""Entries that a feed shows: what no worker stored is there at the next poll."""
PER_S = 2.0
"""New stories a second, over all feeds."""
THINKS_S = 0.15
"""How long a host takes for an answer at most: requests of two workers would meet within it."""
RETRY_AFTER_S = 2
REFUSES = 0.01
"""The share of requests that are answered by 429: its Retry-After is meant for whoever asks next."""
EARLY_S = 0.05
"""What a request may be before its time: the header's seconds begin when the answer is on its way."""


@dataclass
class Host:
    """A publisher at an address of its own."""

    address: str
    answer: Callable[[Request, asyncio.StreamWriter], object]
    is_stopped: Callable[[int], bool]
    """Whether the process that holds this port cannot do anything, as it was stopped."""
    offences: Counter[str]
    random: Random
    refuses: float
    port: int = 0
    requests: int = 0
    held_until: float = 0.0
    _open: dict[int, bool] = field(default_factory=dict)
    """By the other side's port, for those that were not answered yet: whether a request came."""

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        port = writer.get_extra_info("peername")[1]
        if any(not self.is_stopped(other) for other in self._open):
            self.offences["two connections"] += 1
        self._open[port] = False
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await read_request(reader, writer.get_extra_info("peername"))
            self._ask(port)
            gone = asyncio.ensure_future(reader.read())
            await asyncio.wait({gone}, timeout=self.random.uniform(0, THINKS_S))
            # Before the last byte is on its way: who has it may come again.
            self._open.pop(port)
            if not gone.done():
                await self._reply(request, writer)
            gone.cancel()
            await asyncio.gather(gone, return_exceptions=True)
        self._open.pop(port, None)
        writer.close()

    def _ask(self, port: int) -> None:
        if any(asked for other, asked in self._open.items() if other != port):
            self.offences["two requests at once"] += 1
        if time.monotonic() < self.held_until - EARLY_S:
            self.offences["asked before Retry-After"] += 1
        self._open[port] = True
        self.requests += 1

    async def _reply(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if self.random.random() < self.refuses:
            self.held_until = time.monotonic() + RETRY_AFTER_S
            await reply(429, Retry_After=str(RETRY_AFTER_S))(request, writer)
        else:
            await self.answer(request, writer)


@dataclass
class Newsroom:
    random: Random
    hosts: int = 3
    feeds: int = 2
    """Of each host."""
    per_s: float = PER_S
    refuses: float = REFUSES
    is_stopped: Callable[[int], bool] = lambda _port: False
    offences: Counter[str] = field(default_factory=Counter)
    """What no host may see, and how often one did."""
    all_words: list[str] = field(default_factory=list)
    """Each is a story's, in the order in which they were first told."""
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with each request."""
    _hosts: list[Host] = field(default_factory=list)
    _items: dict[str, list[str]] = field(default_factory=dict)
    _owed: float = 0.0
    _looked_at: float = field(default_factory=time.monotonic)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for number in range(self.hosts):
                host = Host(
                    f"127.0.0.{number + 2}",
                    self._answer,
                    self._is_stopped,
                    self.offences,
                    self.random,
                    self.refuses,
                )
                listener = await asyncio.start_server(host.meet, host.address, 0)
                stack.callback(listener.close)
                host.port = listener.sockets[0].getsockname()[1]
                self._hosts.append(host)
            yield

    @property
    def urls(self) -> dict[str, str]:
        """By the feed's id."""
        return {
            f"wire-{number}-{feed}": f"http://{host.address}:{host.port}/wire-{number}-{feed}"
            for number, host in enumerate(self._hosts)
            for feed in range(self.feeds)
        }

    @property
    def requests(self) -> int:
        return sum(host.requests for host in self._hosts)

    def stop(self) -> None:
        """There is no more news."""
        self.per_s = 0.0

    def _is_stopped(self, port: int) -> bool:
        return self.is_stopped(port)

    async def _answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        self.asked.set()
        now = time.monotonic()
        self._owed = min(self._owed + (now - self._looked_at) * self.per_s, self.per_s)
        self._looked_at = now
        while self._owed >= 1:
            self._owed -= 1
            self._break_news(request.target)
        newest = self._items.get(request.target, [])[: -WINDOW - 1 : -1]
        await reply(200, rss(*newest, title=request.target, language="en"))(request, writer)

    def _break_news(self, first: str) -> None:
        """A story, told at once by this feed and by some of other hosts."""
        word = spelled(f"story {len(self.all_words)}")
        self.all_words.append(word)
        own = [spelled(f"{word} {number}")[:-4] for number in range(12)]
        title = f"Declaration of {word} and the {own[0]}, with the {own[1]} {own[2]} of {own[3]}"
        published = datetime.now(UTC)
        telling = [first, *self._elsewhere(first)]
        texts = [own[4:8], own[4:8], own[8:12]]
        self.random.shuffle(texts)
        for path, text in zip(telling, texts, strict=False):
            report = item(title, _sentence(text), guid=f"{word} {path}", published=published)
            self._items.setdefault(path, []).append(report)

    def _elsewhere(self, first: str) -> list[str]:
        others = [number for number in range(self.hosts) if not first.startswith(f"/wire-{number}-")]
        chosen = self.random.sample(others, self.random.randint(0, min(2, len(others))))
        return [f"/wire-{number}-{self.random.randrange(self.feeds)}" for number in chosen]


def _sentence(names: list[str]) -> str:
    """In English: letters at random look like many languages."""
    first, second, third, fourth = names
    return (
        f"They said that it was the {first} of the {second}, and there will be a {third} with the {fourth}."
    )
