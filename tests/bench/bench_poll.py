"""One poll cycle over many feeds: this monitor beside the loop that most people would write.

    python tests/bench/bench_poll.py [--feeds 1000] [--rounds 3]

Each feed has an address of its own on loopback (127.x.y.z: Linux), 30 entries and about 70 kB. "first" polls all for
the first time; "steady" polls them again: 90 % answer 304, 5 % the same body, 5 % have one or two new entries. Whole
processes, start-up and worker processes included; the contestants take turns, medians are printed, and ratios.
"""

import argparse
import asyncio
import ctypes
import hashlib
import itertools
import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Container
from pathlib import Path

import psutil

ENTRIES = 30
LIMIT_S = 600
"""What one contestant gets for one cycle."""
SYLLABLES = (
    "ka", "lo", "mi", "ne", "ru", "sta", "ver", "bo", "di", "fen", "gra",
    "hul", "jo", "pra", "quo", "sel", "tin", "una", "vol", "wex", "yor", "zet",
)  # fmt: skip
VOCABULARY = ["".join(parts) for parts in itertools.product(SYLLABLES, repeat=3)] + [*SYLLABLES]
WEIGHTS = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(VOCABULARY))))
"""Zipf's law: few words are everywhere, most are rare, as in the news."""


def address(number: int) -> str:
    return f"127.{1 + number // 62500}.{number // 250 % 250}.{1 + number % 250}"


def body(number: int, fresh: int) -> bytes:
    """The feed of that number with so many entries that were not there at first, newest on top."""
    entries = "".join(entry(number, index) for index in range(ENTRIES + fresh - 1, fresh - 1, -1))
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0"><channel><title>Outlet {number}</title><link>http://{address(number)}/</link>
<description>News of outlet {number}</description><language>en</language>{entries}</channel></rss>""".encode()


def entry(number: int, index: int) -> str:
    dice = random.Random(number * 1000 + index)
    text = " ".join(dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=250))
    published = time.strftime(
        "%a, %d %b %Y %H:%M:%S +0000", time.gmtime(time.time() - 3600 * (ENTRIES - index))
    )
    return (
        f"<item><title>{' '.join(dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=9)).title()}</title>"
        f"<link>http://{address(number)}/{index}</link><guid>http://{address(number)}/{index}</guid>"
        f"<pubDate>{published}</pubDate><description>&lt;p&gt;{text}&lt;/p&gt;</description></item>"
    )


def publish(port: int) -> None:
    """Serves until it is told to stop. `/steady` and `/first` on 127.0.0.1 switch between the two cycles."""
    bodies: dict[tuple[int, int], bytes] = {}
    steady = False

    def answer(head: bytes, host: str) -> bytes:
        nonlocal steady
        path = head.split(b" ", 2)[1]
        if path in {b"/steady", b"/first"}:
            steady = path == b"/steady"
            return b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n"
        parts = [int(part) for part in host.split(".")]
        number = (parts[1] - 1) * 62500 + parts[2] * 250 + parts[3] - 1
        kind = number % 20  # 0: new entries, 1: the same body again, the rest: not modified
        fresh = (1 + number // 20 % 2) if steady and kind == 0 else 0
        if (number, fresh) not in bodies:
            bodies[number, fresh] = body(number, fresh)
        text = bodies[number, fresh]
        etag = b'"' + hashlib.md5(text, usedforsecurity=False).hexdigest().encode() + b'"'
        if steady and kind > 1 and etag in head:
            return b"HTTP/1.1 304 Not Modified\r\nETag: " + etag + b"\r\nConnection: close\r\n\r\n"
        return (
            b"HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nConnection: close\r\nETag: "
            + etag
            + b"\r\nContent-Length: %d\r\n\r\n" % len(text)
            + text
        )

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            writer.write(answer(head, writer.get_extra_info("sockname")[0]))
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(meet, "0.0.0.0", port, backlog=1000)
        print(server.sockets[0].getsockname()[1], flush=True)
        await server.serve_forever()

    asyncio.run(serve())


def plain_loop(database: str, port: int, feeds: int) -> None:
    """httpx, feedparser, a select and an add for each entry, a commit for each feed."""
    from datetime import UTC, datetime  # noqa: PLC0415 - a contestant loads its own

    import feedparser  # noqa: PLC0415
    import httpx  # noqa: PLC0415
    from sqlmodel import Field, Session, SQLModel, create_engine, select  # noqa: PLC0415

    class Source(SQLModel, table=True):
        url: str = Field(primary_key=True)
        etag: str | None = None

    class Item(SQLModel, table=True):
        id: int | None = Field(default=None, primary_key=True)
        source: str = Field(index=True)
        guid: str = Field(index=True)
        title: str
        link: str
        summary: str
        published: datetime | None = None

    engine = create_engine(f"sqlite:///{database}")
    SQLModel.metadata.create_all(engine)

    async def poll(client: httpx.AsyncClient, url: str, gate: asyncio.Semaphore) -> None:
        async with gate:
            with Session(engine) as session:
                source = session.get(Source, url)
                headers = {"If-None-Match": source.etag} if source and source.etag else {}
            response = await client.get(url, headers=headers)
            if response.status_code == 304:
                return
            with Session(engine) as session:
                for item in feedparser.parse(response.text).entries:
                    query = select(Item).where(Item.source == url, Item.guid == item.id)
                    if session.exec(query).first() is None:
                        published = datetime(*item.published_parsed[:6], tzinfo=UTC)
                        session.add(
                            Item(
                                source=url, guid=item.id, title=item.title, link=item.link,
                                summary=item.summary, published=published,
                            )
                        )  # fmt: skip
                session.merge(Source(url=url, etag=response.headers.get("etag")))
                session.commit()

    async def cycle() -> None:
        gate = asyncio.Semaphore(100)
        async with httpx.AsyncClient(timeout=60) as client:
            urls = [f"http://{address(number)}:{port}/feed" for number in range(feeds)]
            await asyncio.gather(*(poll(client, url, gate) for url in urls))

    asyncio.run(cycle())


def write_config(folder: Path, port: int, feeds: int) -> None:
    (folder / "rules").mkdir(parents=True)
    (folder / "monitor.toml").write_text('[polling]\nallow_private = true\n[logging]\nlevel = "WARNING"\n')
    (folder / "feeds.toml").write_text(
        "".join(f'[[feed]]\nurl = "http://{address(number)}:{port}/feed"\n' for number in range(feeds))
    )
    (folder / "rules" / "rules.toml").write_text(
        '[[rule]]\nid = "one"\nquery = "(kalomi NEAR/3 neru) AND sta*"\n'
        '[[rule]]\nid = "two"\nquery = "paris declaration"\n'
    )


def adopt_orphans() -> None:
    """Processes whose parents end before them become this one's children: their processor time is counted, too."""
    pr_set_child_subreaper = 36
    if ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


def reap(*, but: Container[int]) -> None:
    """Waits for all children of this process but those."""
    for child in psutil.Process().children():
        if child.pid not in but:
            os.waitpid(child.pid, 0)


def measured(command: list[str], *, beside: Container[int]) -> dict[str, float]:
    """Wall and CPU seconds of a command and all that it started, and the most memory that they held together.

    `beside`: children of this process that have nothing to do with it.
    """
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began, peak = time.perf_counter(), 0
    complaint = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would stop the child
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=complaint)
    process = psutil.Process(child.pid)
    while child.poll() is None:
        if time.perf_counter() - began > LIMIT_S:
            child.kill()
        try:
            family = [process, *process.children(recursive=True)]
            peak = max(peak, sum(one.memory_full_info().pss for one in family))
        except psutil.Error:
            pass  # one of them ended while it was looked at
        time.sleep(0.05)
    took_s = time.perf_counter() - began
    reap(but=beside)
    with complaint:
        complaint.seek(0)
        if child.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{complaint.read()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"wall s": took_s, "CPU s": cpu, "peak MiB": peak / 2**20}


def switch(port: int, cycle: str) -> None:
    import urllib.request  # noqa: PLC0415

    urllib.request.urlopen(f"http://127.0.0.1:{port}/{cycle}").close()


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--feeds", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--publisher", action="store_true", help=argparse.SUPPRESS)
    arguments.add_argument("--plain", nargs=2, metavar=("DATABASE", "PORT"), help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.publisher:
        return publish(0)
    if given.plain:
        return plain_loop(given.plain[0], int(given.plain[1]), given.feeds)
    adopt_orphans()
    me = [sys.executable, __file__, "--feeds", str(given.feeds)]
    publisher = subprocess.Popen([*me, "--publisher"], stdout=subprocess.PIPE, text=True)
    results: dict[tuple[str, str], list[dict[str, float]]] = {}
    try:
        port = int(publisher.stdout.readline())
        for _ in range(given.rounds):
            with tempfile.TemporaryDirectory() as folder:
                config = Path(folder, "config")
                write_config(config, port, given.feeds)
                ours = [sys.executable, "-m", "monitor", "--config", str(config), "--state", f"{folder}/state",
                        "run", "--once", "--all"]  # fmt: skip
                commands = {
                    "plain loop": [*me, "--plain", f"{folder}/plain.db", str(port)],
                    "monitor": ours,
                }
                for cycle in ("first", "steady"):
                    switch(port, cycle)
                    for name, command in commands.items():
                        took = measured(command, beside={publisher.pid})
                        results.setdefault((cycle, name), []).append(took)
    finally:
        publisher.send_signal(signal.SIGTERM)
        publisher.wait()
    show(results, given.feeds)
    return None


def show(results: dict[tuple[str, str], list[dict[str, float]]], feeds: int) -> None:
    print(f"{feeds} feeds, medians of {len(next(iter(results.values())))} rounds, {os.cpu_count()} cores")
    print(f"{'':24}{'wall s':>10}{'CPU s':>10}{'peak MiB':>10}")
    medians = {
        key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        for key, runs in results.items()
    }
    for (cycle, name), row in medians.items():
        print(f"{cycle + ', ' + name:24}" + "".join(f"{value:10.1f}" for value in row.values()))
    for cycle in ("first", "steady"):
        plain, ours = medians[cycle, "plain loop"], medians[cycle, "monitor"]
        ratios = {name: round(plain[name] / ours[name], 2) for name in plain}
        print(f"{cycle}: plain loop / monitor = {json.dumps(ratios)}")


if __name__ == "__main__":
    main()
