"""One poll cycle over many feeds: this monitor beside the loop that most people would write.

    python tests/bench/bench_poll.py [--feeds 1000] [--rounds 3] [--cycles N] [--postgresql] [--peers [PYTHON]]
        [--real FILE…]

Each feed has an address of its own on loopback (127.x.y.z: Linux), 30 entries and about 70 kB. "first" polls all for
the first time; "steady" polls them again: 90 % answer 304, 5 % the same body, 5 % have one or two new entries. Whole
processes, start-up and worker processes included; the contestants take turns, medians are printed, and ratios. Rules
match some of the entries, which go on to copies, stories and alerts: it is said how many. A contestant that does not
ask every feed in a cycle ends the run. How many entries each has stored stands beside: who stored fewer (documents
that it refused, entries without an identifier; newsboat, what several feeds have under one identifier) did less for
its time.

--cycles N: then, `monitor run` and the loop stay up for N steady cycles, one after the other (`staying.py`); with
    --rounds 0 only that.
--peers: beside reader, rss2email, newsboat and sfeed, too (`peers.py`), where the machine has them:
        apt-get install newsboat sfeed
        python -m venv /tmp/peers && /tmp/peers/bin/pip install reader rss2email
        python tests/bench/bench_poll.py --peers /tmp/peers/bin/python
    PYTHON is an interpreter that has the first two; by default the one that runs this.
    reader 3.26 wants sgmllib3k besides, where nothing else has brought it.
--postgresql: the monitor on a PostgreSQL server, too, started for it as a server is (durable): its processor time is
    counted, its memory is not.
--real FILE…: each feed serves one of these documents, in turn, instead of a made one; new entries are made of its
    first one. Documents without entries are left out. Feeds as publishers wrote them, HTML and all, are in the tests
    of other parsers:
        npm pack rss-parser@3.7.0 && tar xf rss-parser-3.7.0.tgz
        python tests/bench/bench_poll.py --real package/test/input/*
    Those of feedparser (`compare_parsers.py` says how to get them) are many, but most have one entry of a line.
"""

import argparse
import asyncio
import ctypes
import functools
import json
import os
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Container, Iterable
from pathlib import Path

import documents
import psutil
import staying
from peers import Contestant, peers, rows
from publisher import urls

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from servers.postgresql import PostgreSQL, new_server, remove

ON_SERVER = "monitor, PostgreSQL"
LIMIT_S = 600
"""What one contestant gets for one cycle."""


def plain_loop(database: str, feeds: list[str], *, stays: bool) -> None:
    """httpx, feedparser, a select and an add for each entry, a commit for each feed.

    `stays`: a cycle for each line that it reads, each answered when it is done; else one cycle.
    """
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
                    title, link = item.get("title", ""), item.get("link", "")
                    guid = item.get("id") or link or title
                    query = select(Item).where(Item.source == url, Item.guid == guid)
                    if session.exec(query).first() is None:
                        date = item.get("published_parsed") or item.get("updated_parsed")
                        published = datetime(*date[:6], tzinfo=UTC) if date else None
                        session.add(
                            Item(
                                source=url, guid=guid, title=title, link=link,
                                summary=item.get("summary", ""), published=published,
                            )
                        )  # fmt: skip
                session.merge(Source(url=url, etag=response.headers.get("etag")))
                session.commit()

    async def cycle(client: httpx.AsyncClient) -> None:
        gate = asyncio.Semaphore(100)
        await asyncio.gather(*(poll(client, url, gate) for url in feeds))

    async def live() -> None:
        async with httpx.AsyncClient(timeout=60) as client:
            if not stays:
                await cycle(client)
            while stays and await asyncio.to_thread(sys.stdin.readline):
                await cycle(client)
                print("done", flush=True)

    asyncio.run(live())


def write_config(folder: Path, feeds: list[str], *, polling: str = "") -> None:
    (folder / "rules").mkdir(parents=True)
    (folder / "monitor.toml").write_text(
        f'[polling]\nallow_private = true\n{polling}[logging]\nlevel = "WARNING"\n'
    )
    (folder / "feeds.toml").write_text("".join(f'[[feed]]\nurl = "{url}"\n' for url in feeds))
    (folder / "rules" / "rules.toml").write_text(
        '[[rule]]\nid = "made"\nquery = "(kalomi NEAR/3 kaloka) AND sta*"\n'
        '[[rule]]\nid = "real"\nquery = "(government OR court) AND (NOT sport)"\n'
        '[[rule]]\nid = "rare"\nquery = "paris declaration"\n'
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


def measured(contestant: Contestant, *, beside: Container[int]) -> dict[str, float]:
    """Wall and CPU seconds of a cycle's command and all that it started, and the most memory that they held together.

    `beside`: children of this process that have nothing to do with it.
    """
    before, served = resource.getrusage(resource.RUSAGE_CHILDREN), contestant.served_s()
    began, peak = time.perf_counter(), 0
    complaint = tempfile.TemporaryFile("w+")  # noqa: SIM115 - a pipe that nobody reads would stop the child
    command, env = contestant.command, {**os.environ, **contestant.env}
    child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=complaint, env=env)
    process = psutil.Process(child.pid)
    while child.poll() is None:
        if time.perf_counter() - began > LIMIT_S:
            child.kill()
        peak = max(peak, staying.memory(staying.family(process)))
        time.sleep(0.05)
    took_s = time.perf_counter() - began
    reap(but=beside)
    with complaint:
        complaint.seek(0)
        if child.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{complaint.read()}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    cpu += contestant.served_s() - served
    return {"wall s": took_s, "CPU s": cpu, "peak MiB": peak / 2**20, "entries": contestant.entries()}


def say(port: int, path: str) -> int:
    """How many feeds were asked in the cycle that is, or that this one ends."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/{path}") as answer:
        return int(answer.read())


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--feeds", type=int, default=1000)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--cycles", type=int, default=0, metavar="N")
    arguments.add_argument("--peers", nargs="?", const=sys.executable, metavar="PYTHON")
    arguments.add_argument("--postgresql", action="store_true")
    arguments.add_argument("--real", nargs="+", default=[], metavar="FILE")
    arguments.add_argument("--plain", nargs=2, metavar=("DATABASE", "PORT"), help=argparse.SUPPRESS)
    arguments.add_argument("--stays", action="store_true", help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.plain:
        return plain_loop(given.plain[0], urls(int(given.plain[1]), given.feeds), stays=given.stays)
    if given.real:
        usable = len(documents.readable(given.real))
        if not usable:
            sys.exit("none of the documents has an entry")
        print(f"{usable} of {len(given.real)} documents have entries")
    adopt_orphans()
    with subprocess.Popen(
        [sys.executable, str(Path(__file__).with_name("publisher.py")), str(given.feeds), *given.real],
        stdout=subprocess.PIPE,
        text=True,
    ) as publisher:
        server = new_server(fsync="on", full_page_writes="on", autovacuum="on") if given.postgresql else None
        try:
            port = int(publisher.stdout.readline())
            run(given, port, publisher.pid, server)
        finally:
            if server:
                remove(server)
            publisher.send_signal(signal.SIGTERM)
    return None


def run(given: argparse.Namespace, port: int, publisher: int, server: PostgreSQL | None) -> None:
    results: dict[tuple[str, str], list[dict[str, float]]] = {}
    for number in range(given.rounds):
        with tempfile.TemporaryDirectory() as folder:
            contestants = set_up(Path(folder), given, port, server, says_missing=number == 0)
            beside = {publisher, server.process.pid} if server else {publisher}
            for cycle, name in enumerate(("first", "steady")):
                for contestant in contestants:
                    say(port, f"cycle/{cycle}")
                    took = measured(contestant, beside=beside)
                    if (asked := say(port, "asked")) != given.feeds:
                        sys.exit(f"{contestant.name}: asked {asked} of {given.feeds} feeds")
                    results.setdefault((name, contestant.name), []).append(took)
            if number == 0:
                print(staying.stored(Path(folder, "state")))
    if results:
        show(results, given.feeds)
    if given.cycles:
        with tempfile.TemporaryDirectory() as folder:
            config = Path(folder, "config")
            write_config(config, urls(port, given.feeds), polling=staying.POLLING)
            state = Path(folder, "state")
            staying.compare(
                monitor=[*monitor(config, state), "run"],
                plain=[*plain(Path(folder), given.feeds, port), "--stays"],
                state=state,
                feeds=given.feeds,
                cycles=given.cycles,
                say=functools.partial(say, port),
                publisher=publisher,
            )


def set_up(
    folder: Path, given: argparse.Namespace, port: int, server: PostgreSQL | None, *, says_missing: bool
) -> list[Contestant]:
    feeds = urls(port, given.feeds)
    write_config(folder / "config", feeds)
    once = [*monitor(folder / "config", folder / "state"), "run", "--once", "--all"]
    ours = [
        Contestant("plain loop", plain(folder, given.feeds, port), lambda: rows(folder / "plain.db", "item")),
        Contestant("monitor", once, lambda: rows(folder / "state" / "monitor.db", "entry")),
    ]
    if server:
        ours.append(on_server(folder / "server", feeds, server))
    if given.peers is None:
        return ours
    there, missing = peers(folder / "peers", feeds, given.peers)
    if missing and says_missing:
        print(f"not on this machine, left out: {', '.join(missing)}")
    return [*ours, *there]


def on_server(folder: Path, feeds: list[str], server: PostgreSQL) -> Contestant:
    database = server.database()
    write_config(folder / "config", feeds)
    with (folder / "config" / "monitor.toml").open("a") as file:
        file.write(f'[database]\nurl = "{server.url(database)}"\n')

    def entries() -> int:
        with server.connect(database) as session:
            return session.execute("SELECT count(*) FROM entry").fetchone()[0]

    once = [*monitor(folder / "config", folder / "state"), "run", "--once", "--all"]
    return Contestant(ON_SERVER, once, entries, served_s=server.cpu_s)


def plain(folder: Path, feeds: int, port: int) -> list[str]:
    me = [sys.executable, __file__, "--feeds", str(feeds)]
    return [*me, "--plain", str(folder / "plain.db"), str(port)]


def monitor(config: Path, state: Path) -> list[str]:
    return [sys.executable, "-m", "monitor", "--config", str(config), "--state", str(state)]


def show(results: dict[tuple[str, str], list[dict[str, float]]], feeds: int) -> None:
    print(f"{feeds} feeds, medians of {len(next(iter(results.values())))} rounds, {os.cpu_count()} cores")
    print(f"{'':24}{'wall s':>10}{'CPU s':>10}{'peak MiB':>10}{'entries':>10}")
    medians = {
        key: {name: statistics.median(run[name] for run in runs) for name in runs[0]}
        for key, runs in results.items()
    }
    for (cycle, name), row in medians.items():
        *figures, entries = row.values()
        print(
            f"{cycle + ', ' + name:24}" + "".join(f"{value:10.2f}" for value in figures) + f"{entries:10.0f}"
        )
    for cycle in ("first", "steady"):
        names = {name for which, name in medians if which == cycle}
        others = names - {"plain loop", "monitor", ON_SERVER}
        show_ratios(cycle, medians[cycle, "plain loop"], medians[cycle, "monitor"], "plain loop")
        if ON_SERVER in names:
            figures = medians[cycle, ON_SERVER]
            show_ratios(cycle, medians[cycle, "monitor"], figures, "itself on SQLite", which=ON_SERVER)
        if others:
            least = best(medians[cycle, name] for name in others)
            show_ratios(cycle, least, medians[cycle, "monitor"], "the best peer in each")


def best(rows: Iterable[dict[str, float]]) -> dict[str, float]:
    """The least of each figure, whoever has it."""
    rows = list(rows)
    return {name: min(row[name] for row in rows) for name in rows[0]}


def show_ratios(
    cycle: str, theirs: dict[str, float], ours: dict[str, float], who: str, *, which: str = "monitor"
) -> None:
    ratios = {name: round(ours[name] / theirs[name], 2) for name in theirs if name != "entries"}
    print(f"{cycle}: {which} / {who} = {json.dumps(ratios)}")


if __name__ == "__main__":
    main()
