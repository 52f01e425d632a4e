"""CPU time of one poll that brings nothing (a 304 over a new connection), of the fetcher alone.

    python tests/bench/bench_fetch.py [REQUESTS]

The server runs in a process of its own; 50 ports are 50 hosts.
"""

import asyncio
import multiprocessing
import resource
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from servers.web import reply, web_server

from monitor.feeds.fetch import Fetcher, Limits, user_agent
from monitor.model import FetchRequest, NotModified

PORTS = 50


def serve(pipe):
    async def main():
        servers = [web_server() for _ in range(PORTS)]
        started = [await server.__aenter__() for server in servers]
        for server in started:
            server.on("/feed", reply(304, ETag='"1"'))
        pipe.send([server.url("/feed") for server in started])
        await asyncio.Event().wait()

    asyncio.run(main())


async def measure(urls, requests):
    limits = Limits(host_pause_s=0)
    async with Fetcher(
        user_agent=user_agent("0", ""), now=lambda: datetime.now(UTC), limits=limits
    ) as fetcher:

        async def one(number):
            request = FetchRequest(url=urls[number % PORTS], etag='"1"', allow_private=True)
            assert isinstance(await fetcher.fetch(request), NotModified)

        await asyncio.gather(*(one(number) for number in range(PORTS)))
        began, cpu = time.perf_counter(), time.process_time()
        await asyncio.gather(*(one(number) for number in range(requests)))
        wall, cpu = time.perf_counter() - began, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{requests} requests: {cpu / requests * 1000:.2f} ms CPU each, {requests / wall:.0f}/s, peak {peak:.0f} MiB"
    )


if __name__ == "__main__":
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.get_context("spawn").Process(target=serve, args=(theirs,), daemon=True)
    server.start()
    asyncio.run(measure(ours.recv(), int(sys.argv[1]) if len(sys.argv) > 1 else 2000))
    server.terminate()
