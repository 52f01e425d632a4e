"""What a fleet does on this machine: polls a second with 1, 2 and 4 workers, beside one `monitor run` on SQLite.

    python tests/bench/bench_fleet.py [--hosts 300] [--seconds 20] [--workers 1 2 4] [--new 0.1]

Each host is a loopback address with one feed, due all the time, that answers 304 or, in a share of its polls, one new
entry. What a poll costs is PostgreSQL's own count: transactions, rows, bytes of its log (WAL).
"""

import argparse
import asyncio
import multiprocessing
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
sys.path.insert(0, str(Path(__file__).parents[1]))

import psutil
from databases import Databases, SqliteFiles
from house import House, item, rss
from servers.postgresql import new_server, remove
from servers.web import read_request, reply
from sqlalchemy import text

from monitor.store import daemon

SHOWN = 30
"""Entries of a feed."""
WARM_UP = 1.2
"""Polls of each feed before it counts: the first ones store what stood in it."""
LIMIT_S = 300


@dataclass
class Figures:
    polls: int
    seconds: float
    workers_s: float
    """Of processors."""
    server_s: float
    transactions: float
    rows: float
    wal_bytes: float

    def __str__(self) -> str:
        each = max(self.polls, 1)
        whole = self.workers_s + self.server_s
        return (
            f"{self.polls / self.seconds:9.0f}{whole / each * 1000:12.2f}{self.server_s / whole:12.0%}"
            f"{self.transactions / each:14.2f}{self.rows / each:8.2f}{self.wal_bytes / each:10.0f}"
        )


def publish(port: "multiprocessing.Queue[int]", new: float) -> None:
    """A process that answers for every loopback address."""
    bodies: dict[str, tuple[int, bytes]] = {}

    def fresh(host: str, count: int) -> bytes:
        told = [
            item(f"{host} reports {number}", f"Rain in {host} on day {number}.") for number in range(count)
        ]
        return rss(*told[: -SHOWN - 1 : -1])

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            request = await read_request(reader, writer.get_extra_info("peername"))
            host = request.header("Host") or ""
            count, body = bodies.get(host) or (SHOWN, fresh(host, SHOWN))
            if request.header("If-None-Match") and random.random() < new:
                count += 1
                body = fresh(host, count)
            bodies[host] = count, body
            if request.header("If-None-Match") == f'"{count}"':
                await reply(304, ETag=f'"{count}"')(request, writer)
            else:
                await reply(200, body, ETag=f'"{count}"', Content_Type="application/rss+xml")(request, writer)
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(meet, "0.0.0.0", 0, backlog=1000)
        port.put(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


def settle(house: House, port: int, hosts: int) -> None:
    house.settings["polling"] |= {"interval": "1s", "min_interval": "1s"}
    house.settings["alerting"]["default"] = ["console"]
    house.rule("rare", "zeppelin")
    for number in range(hosts):
        address = f"127.1.{number // 250}.{number % 250 + 1}"
        house.feed(f"feed-{number}", f"http://{address}:{port}/feed", interval="1s")
    house.write()


def polled(house: House) -> int:
    with house.reading() as connection:
        return daemon.polls(connection)


def cpu_s(processes: list[subprocess.Popen]) -> float:
    total = 0.0
    for one in processes:
        whole = psutil.Process(one.pid)
        for each in [whole, *whole.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                total += sum(each.cpu_times()[:4])
    return total


def server_counts(house: House) -> tuple[float, float, float]:
    """Transactions, rows written, bytes of the log."""
    if house.databases.kind == "sqlite":
        return 0.0, 0.0, 0.0
    with house.reading() as connection:
        found = connection.execute(
            text(
                "SELECT xact_commit, tup_inserted + tup_updated + tup_deleted, "
                "pg_current_wal_insert_lsn() - '0/0' FROM pg_stat_database WHERE datname = current_database()"
            )
        ).one()
    return float(found[0]), float(found[1]), float(found[2])


def measure(house: House, command: list[str], count: int, *, seconds: float, hosts: int) -> Figures:
    server = getattr(house.databases, "server", None)
    with ExitStack() as stack:
        processes = []
        for number in range(count):
            state = house.root / "state" if server is None else house.root / f"state-{number}"
            log = stack.enter_context((house.root / f"log-{count}-{number}").open("ab"))
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "monitor", "--config", house.folder, "--state", state, *command],
                    stdout=log,
                    stderr=log,
                    env=os.environ | {"XDG_CACHE_HOME": str(state)},
                )
            )
        try:
            begun, end = polled(house), time.monotonic() + LIMIT_S
            while polled(house) < begun + hosts * WARM_UP and time.monotonic() < end:
                time.sleep(0.5)
            before = polled(house), time.monotonic(), cpu_s(processes), server.cpu_s() if server else 0.0
            counts = server_counts(house)
            time.sleep(seconds)
            after = polled(house), time.monotonic(), cpu_s(processes), server.cpu_s() if server else 0.0
            polls, lasted, used, served = (new - old for old, new in zip(before, after, strict=True))
            done = (new - old for old, new in zip(counts, server_counts(house), strict=True))
            return Figures(int(polls), lasted, used, served, *done)
        finally:
            for one in processes:
                one.send_signal(signal.SIGTERM)
            for one in processes:
                one.wait(60)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hosts", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4])
    parser.add_argument("--new", type=float, default=0.1, help="the share of polls that bring an entry")
    options = parser.parse_args()
    port: multiprocessing.Queue[int] = multiprocessing.Queue()
    publisher = multiprocessing.Process(target=publish, args=(port, options.new), daemon=True)
    publisher.start()
    number = port.get()
    print(
        "                     polls/s   ms CPU/poll  PostgreSQL  transactions    rows  WAL bytes", flush=True
    )
    with TemporaryDirectory() as folder:
        house = House(Path(folder), databases=SqliteFiles())
        settle(house, number, options.hosts)
        house.state.mkdir(exist_ok=True)
        found = measure(house, ["run"], 1, seconds=options.seconds, hosts=options.hosts)
        print(f"run, SQLite     {found}", flush=True)
        house.close()
    for count in options.workers:
        server = new_server(max_connections="200")
        with TemporaryDirectory() as folder:
            house = House(Path(folder), databases=Databases(server))
            settle(house, number, options.hosts)
            found = measure(house, ["cluster", "worker"], count, seconds=options.seconds, hosts=options.hosts)
            print(f"{count} worker(s)     {found}", flush=True)
            house.close()
        remove(server)
    publisher.terminate()


if __name__ == "__main__":
    main()
