"""CPU time of a 304 and of a feed with one new entry of thirty: ours beside what most people would write.

    python tests/bench/bench_fetch.py [--requests 300] [--rounds 5]

Every request is a new connection, 50 ports are 50 hosts, the server has a process of its own. The clients take turns,
so that a noisy machine disturbs all alike; medians of the rounds. A changed feed is fetched and read in this process:
by us without the entries that were seen, by the others whole. httpx-aiohttp takes part where it is installed.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import sys
import time
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import feedparser
import httpx
from house import SUMMIT, item, rss
from servers.web import reply, web_server

from monitor.feeds.fetch import Fetcher, Limits, user_agent
from monitor.feeds.parse import parse
from monitor.model import FetchRequest, NotModified, Response

PORTS = 50
AT_ONCE = 20
ENTRIES = 30
TEXT = "Thirty-five countries signed the declaration on security guarantees. " * 30
KNOWN = [
    item(f"Report {number}", TEXT, published=SUMMIT - timedelta(hours=number)) for number in range(1, ENTRIES)
]
BEFORE = rss(*KNOWN)
AFTER = rss(item("Report 0", TEXT), *KNOWN)
ETAG = '"1"'


def serve(pipe):
    async def main():
        servers = [web_server() for _ in range(PORTS)]
        started = [await server.__aenter__() for server in servers]
        for server in started:
            server.on("/same", reply(304, ETag=ETAG))
            server.on("/changed", reply(200, AFTER, ETag='"2"'))
        pipe.send([server.url("") for server in started])
        await asyncio.Event().wait()

    asyncio.run(main())


def now():
    return datetime.now(UTC)


def ours(fetcher):
    seen = parse(BEFORE, content_type="", url="", now=now()).entry_hashes

    async def ask(url):
        answer = await fetcher.fetch(FetchRequest(url=url, etag=ETAG, allow_private=True))
        if isinstance(answer, Response):
            fresh = parse(answer.body, content_type="", url="", now=now(), seen=seen)
            assert (len(fresh.entries), fresh.unchanged) == (1, ENTRIES - 1)
        else:
            assert isinstance(answer, NotModified)

    return ask


def theirs(client):
    async def ask(url):
        answer = await client.get(url, headers={"If-None-Match": ETAG, "Connection": "close"})
        if answer.status_code == 200:
            assert len(feedparser.parse(answer.content).entries) == ENTRIES
        else:
            assert answer.status_code == 304

    return ask


async def cpu_ms(ask, urls, requests):
    """Of one request, with `AT_ONCE` under way."""
    numbers = iter(range(requests))

    async def work():
        for number in numbers:
            await ask(urls[number % PORTS])

    began = time.process_time()
    await asyncio.gather(*(work() for _ in range(AT_ONCE)))
    return (time.process_time() - began) / requests * 1000


async def measure(bases, requests, rounds):
    limits = Limits(host_pause_s=0)
    async with (
        AsyncExitStack() as stack,
        Fetcher(user_agent=user_agent("0", ""), now=now, limits=limits) as fetcher,
        httpx.AsyncClient(limits=httpx.Limits(max_connections=100, max_keepalive_connections=0)) as client,
    ):
        clients = {"ours": ours(fetcher), "httpx": theirs(client)}
        if find_spec("httpx_aiohttp"):
            from httpx_aiohttp import HttpxAiohttpClient  # noqa: PLC0415 - no dependency, measured where it is there

            clients["httpx-aiohttp"] = theirs(await stack.enter_async_context(HttpxAiohttpClient()))
        for path, what in (("/same", "a 304"), ("/changed", "one new entry of thirty")):
            urls = [base + path for base in bases]
            taken = {name: [] for name in clients}
            for turn in range(rounds + 1):
                for name, ask in clients.items():
                    cost = await cpu_ms(ask, urls, requests if path == "/same" else requests // 5)
                    if turn:  # the first one warms up
                        taken[name].append(cost)
            base = statistics.median(taken["ours"])
            for name, costs in taken.items():
                middle = statistics.median(costs)
                print(f"{what:24} {name:14} {middle:7.2f} ms CPU  {middle / base:5.2f} × ours", flush=True)


if __name__ == "__main__":
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--requests", type=int, default=300)
    arguments.add_argument("--rounds", type=int, default=5)
    given = arguments.parse_args()
    ours_end, theirs_end = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs_end,), daemon=True)
    server.start()
    asyncio.run(measure(ours_end.recv(), given.requests, given.rounds))
    server.terminate()
