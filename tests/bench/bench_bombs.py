"""What hostile servers and documents cost: CPU seconds, peak memory, and how long other feeds wait meanwhile.

    python tests/bench/bench_bombs.py [--mib 32] [--only WORD]

Each line is a process of its own. The first table fetches with the daemon's limits, and beside it asks a good feed
of another host again and again: "slowest" is the longest that it had to wait. The second reads documents of
32 MiB, as a worker does, who is killed after 20 s.
"""

import argparse
import asyncio
import multiprocessing
import resource
import sys
import time
import zlib
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count, repeat
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from servers.web import endless, raw, reply, silence, stream, web_server

from monitor.errors import FetchError, ParseError
from monitor.feeds.fetch import Fetcher, Limits
from monitor.feeds.large_bodies import PLACES
from monitor.feeds.parse import parse
from monitor.model import FetchRequest

WORKER_S = 20.0
"""What a worker gets (`feeds.workers`)."""
NOW = datetime(2026, 2, 1, tzinfo=UTC)
GOOD = b"<rss version='2.0'><channel><item><title>a</title></item></channel></rss>"

# ── documents: what stands before, what is repeated (%d: numbered), what stands behind ──

JSON = b'{"version": "https://jsonfeed.org/version/1", "items": ['
RSS = b'<rss version="2.0"><channel>', b"</channel></rss>"
ONE = b"<item><title>one</title></item>"
ITEM = RSS[0] + b"<item><title>", b"</title></item>" + RSS[1]
TEXT = RSS[0] + b"<item><description>", b"</description></item>" + RSS[1]
WIDE = RSS[0] + ONE + b"<item>", b"</item>" + ONE + RSS[1]
LEVELS = b"".join(b'<!ENTITY %c "%s">' % (98 + n, (b"&%c;" % (97 + n)) * 10) for n in range(9))
SHAPES = {
    "one long title": (ITEM[0], b"x", ITEM[1]),
    "one long text of words": (TEXT[0], b"word ", TEXT[1]),
    "escaped tags": (TEXT[0], b"&lt;b&gt;", TEXT[1]),
    "character references": (TEXT[0], b"&#x430;", TEXT[1]),
    "bad ampersands": (TEXT[0], b"& ", TEXT[1]),
    "unknown entities": (TEXT[0], b"&nope;", TEXT[1]),
    "entities in entities": (
        b'<!DOCTYPE x [<!ENTITY a "lol">' + LEVELS + b"]>" + ITEM[0],
        b"&j;",
        ITEM[1],
    ),
    "a million items": (RSS[0], b"<item><title>a</title></item>", RSS[1]),
    "empty items": (RSS[0], b"<item/>", RSS[1]),
    "equal categories in one entry": (WIDE[0], b"<category>a</category>", WIDE[1]),
    "categories in one entry": (WIDE[0], b"<category>%d</category>", WIDE[1]),
    "enclosures in one entry": (WIDE[0], b"<enclosure url='/%d'/>", WIDE[1]),
    "authors in one entry": (WIDE[0], b"<author>%d</author>", WIDE[1]),
    "categories, ill-formed": (WIDE[0] + b"&", b"<category>%d</category>", WIDE[1]),
    "categories of the feed": (RSS[0] + ONE, b"<category>%d</category>", RSS[1]),
    "40 elements in each entry": (
        RSS[0],
        b"<item>" + b"<category>%d</category>" * 40 + b"</item>",
        RSS[1],
    ),
    "open elements": (RSS[0], b"<a>", b""),
    "open elements in a title": (ITEM[0], b"<b>", ITEM[1]),
    "open items": (RSS[0], b"<item>", RSS[1]),
    "attributes without values": (RSS[0] + b"<item ", b"a ", b"/>" + RSS[1]),
    "attribute of megabytes": (RSS[0] + b"<item a='", b"x", b"'/>" + RSS[1]),
    "comments": (RSS[0], b"<!-- a -->", ONE + RSS[1]),
    "open comments": (RSS[0], b"<!--", RSS[1]),
    "open CDATA": (TEXT[0], b"<![CDATA[", TEXT[1]),
    "angle brackets": (RSS[0], b"<", ONE + RSS[1]),
    "sitemap pages": (b"<urlset>", b"<url><loc>a</loc><news><title>a</title></news></url>", b"</urlset>"),
    "JSON arrays": (JSON, b"[", b"]}"),
    "JSON items": (JSON, b'{"id": "1"},', b"{}]}"),
    "JSON tags in one item": (JSON + b'{"id": "1", "tags": [', b'"a",', b'"b"]}]}'),
    "a page of tags": (b"<html>", b"<div>", b""),
}


def body(shape, mib):
    before, repeated, behind = SHAPES[shape]
    numbered = repeated.count(b"%d")
    if not numbered:
        return before + repeated * (mib * 2**20 // len(repeated)) + behind
    pieces, size, number = [], 0, count()
    while size < mib * 2**20:
        pieces.append(repeated % tuple(next(number) for _ in range(numbered)))
        size += len(pieces[-1])
    return before + b"".join(pieces) + behind


def read(shape, mib, answer):
    document = body(shape, mib)
    before, began = peak_mib(), time.process_time()
    try:
        said = (
            f"{len(parse(document, content_type='', url='https://feeds.example/', now=NOW).entries)} entries"
        )
    except ParseError as error:
        said = str(error)[:60]
    except MemoryError:
        said = "out of memory"
    answer.send((f"{time.process_time() - began:6.1f} {max(peak_mib() - before, 0):6.0f}", said))


# ── servers ──


def squeezed(mib, window_bits):
    """So many MiB of nothing, in a thousandth of the bytes."""
    press = zlib.compressobj(9, wbits=window_bits)
    return b"".join([*(press.compress(bytes(2**20)) for _ in range(mib)), press.flush()])


def many_headers():
    lines = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
    return raw(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n" + GOOD)


BOMBS = {
    "gzip, 1 GiB in 1 MiB": lambda: reply(200, squeezed(1024, 31), Content_Encoding="gzip"),
    "deflate, 1 GiB in 1 MiB": lambda: reply(200, squeezed(1024, 15), Content_Encoding="deflate"),
    "deflate without wrapper": lambda: reply(200, squeezed(1024, -15), Content_Encoding="deflate"),
    "gzip in gzip": lambda: reply(200, zlib.compress(squeezed(1024, 31)), Content_Encoding="gzip, gzip"),
    "br, not asked for": lambda: reply(200, b"\x0b" * 1000, Content_Encoding="br"),
    "a body without end": lambda: endless(b"x" * 65_536),
    "gzip without end": lambda: endless(b"\0" * 65_536, Content_Encoding="gzip"),
    "10 000 headers": many_headers,
    "headers without end": lambda: raw(b"HTTP/1.1 200 OK\r\n" + b"X: " + b"x" * 12 * 2**20),
    "interim answers without end": lambda: raw(b"HTTP/1.1 100 Continue\r\n\r\n" * 500_000),
    "a redirect to itself": lambda: reply(302, Location="/bomb"),
    "a redirect of 1 MiB": lambda: reply(302, Location="/" + "x" * 2**20),
    "no answer": silence,
    "a byte a second": lambda: stream(repeat(b" "), every_s=1.0),
}


def serve(bomb, pipe):
    async def main():
        async with web_server() as bad, web_server() as good:
            pipe.send((bad.on("/bomb", BOMBS[bomb]()), good.on("/feed", reply(200, GOOD))))
            await asyncio.Event().wait()

    asyncio.run(main())


def fetch(bomb, _mib, answer):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(bomb, theirs), daemon=True)
    server.start()
    try:
        answer.send(asyncio.run(_fetch(*ours.recv())))
    finally:
        server.kill()


async def _fetch(bomb, good):
    limits = Limits(host_pause_s=0.0)
    async with Fetcher(user_agent="bench", now=lambda: datetime.now(UTC), limits=limits) as fetcher:
        request = FetchRequest(url=good, allow_private=True)
        await fetcher.fetch(request)
        before, cpu, began = peak_mib(), time.process_time(), time.monotonic()
        waiting = asyncio.create_task(fetcher.fetch(FetchRequest(url=bomb, allow_private=True)))
        waits = []
        while not waiting.done():
            asked = time.monotonic()
            await fetcher.fetch(request)
            waits.append(time.monotonic() - asked)
            await asyncio.sleep(0.05)
        try:
            said = f"{len((await waiting).body)} bytes"
        except FetchError as error:
            said = str(error)[:60]
        wall = time.monotonic() - began
        cpu = time.process_time() - cpu
    mib = max(peak_mib() - before, 0)
    return f"{cpu:6.1f} {wall:6.1f} {mib:6.0f} {max(waits) * 1000:8.0f} ms", said


# ── a crowd ──

CROWD = 100
CROWD_MIB = 31


def serve_crowd(pipe):
    async def main():
        async with AsyncExitStack() as stack:
            servers = [await stack.enter_async_context(web_server()) for _ in range(CROWD)]
            answer = reply(200, squeezed(CROWD_MIB, 31), Content_Encoding="gzip")
            pipe.send([server.on("/", answer) for server in servers])
            await asyncio.Event().wait()

    asyncio.run(main())


def crowd(places, _mib, answer):
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve_crowd, args=(theirs,), daemon=True)
    server.start()
    try:
        answer.send(asyncio.run(_crowd(ours.recv(), places)))
    finally:
        server.kill()


async def _crowd(urls, places):
    async with Fetcher(user_agent="bench", now=lambda: datetime.now(UTC)) as fetcher:
        fetcher._large_bodies = asyncio.Semaphore(places)
        before, cpu, began = peak_mib(), time.process_time(), time.monotonic()

        async def poll(url):
            with fetcher.room() as room:
                response = await fetcher.fetch(FetchRequest(url=url, allow_private=True), room)
                await asyncio.sleep(0.1)  # what a parser takes
                return len(response.body)

        bodies = await asyncio.gather(*(poll(url) for url in urls))
        wall, cpu = time.monotonic() - began, time.process_time() - cpu
    return f"{cpu:6.1f} {wall:6.1f} {peak_mib() - before:6.0f}", f"{len(bodies)} bodies of {CROWD_MIB} MiB"


# ── both ──


def peak_mib():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def table(job, names, mib, *, limit_s):
    context = multiprocessing.get_context("spawn")
    for name in names:
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=job, args=(name, mib, theirs))
        process.start()
        if ours.poll(limit_s):
            figures, said = ours.recv()
            print(f"{name:30} {figures}  {said}", flush=True)
        else:
            process.kill()
            print(f"{name:30} not done within {limit_s:g} s", flush=True)
        process.join()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mib", type=int, default=32)
    arguments.add_argument("--only", default="", help="names that contain this")
    given = arguments.parse_args()
    print(f"{'server':30} {'CPU s':>6} {'wall s':>6} {'+MiB':>6} {'slowest':>11}  says")
    table(fetch, [name for name in BOMBS if given.only in name], 0, limit_s=90)
    print(f"\n{'places for large bodies':30} {'CPU s':>6} {'wall s':>6} {'+MiB':>6}  says")
    table(crowd, [places for places in (PLACES, CROWD) if given.only in "crowd"], 0, limit_s=90)
    print(f"\n{f'document of {given.mib} MiB':30} {'CPU s':>6} {'+MiB':>6}  says")
    # It takes a while to make some of them.
    table(read, [name for name in SHAPES if given.only in name], given.mib, limit_s=WORKER_S + 15)


if __name__ == "__main__":
    sys.exit(main())
