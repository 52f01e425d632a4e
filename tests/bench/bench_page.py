"""How long each page takes, and what open pages cost, with many entries stored:

    python tests/bench/bench_page.py [--entries 100000] [--open 20] [--folder FOLDER]

The page runs in a process of its own. Milliseconds from the request to the last byte over loopback, the median of
nine, the first look apart (`cold`: of a process that has answered nothing yet), and the processor time of the page's
process in milliseconds. Then the share of a core that so many open pages cost it while a story goes on: each page
hears of it and fetches itself anew; when all have, the story goes on again.
"""

import argparse
import asyncio
import os
import random
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE, Popen
from tempfile import TemporaryDirectory
from time import perf_counter

import httpx

sys.path.insert(0, str(Path(__file__).parents[1]))
from tuning.past import NO_KEYS

from monitor.channels import options_models
from monitor.config import load
from monitor.core.poll_facts import StoredEntry
from monitor.core.text.filing import words_of
from monitor.model import (
    Alert,
    AlertKind,
    Decision,
    Delivery,
    DeliveryState,
    Entry,
    Field,
    Match,
    Span,
    Story,
    Verdict,
)  # fmt: skip
from monitor.store import Store, alerts, entries, outbox, stories
from monitor.web.context import PageContext
from monitor.web.server import serving
from monitor.web.site import site

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PER_DAY, MATCHING, OF_A_STORY = 10_000, 50, 4
"""Entries a day; one of so many matches; so many matching ones are one story."""
CONFIG = """
[[rule]]
id = "truce"
query = "truce OR ceasefire"
"""
PAGES = (
    "/", "/?rule=truce", "/stories/1", "/entries/50", "/rules", "/rules/truce", "/rules/truce/edit", "/feeds",
    "/feeds/feed7", "/alerts", "/alerts?state=dead", "/search?q=truce", "/search?q=harbour+strike", "/search",
    "/api/entries", "/matches.atom",
)  # fmt: skip
COLD = (
    "/",
    "/stories/1",
    "/entries/50",
    "/rules",
    "/rules/truce/edit",
    "/feeds",
    "/alerts",
    "/search?q=truce",
)


def fill(store: Store, size: int) -> None:
    dice = random.Random(1)
    vocabulary = [
        "".join(dice.choices("abcdefghijklmnoprstuvw", k=dice.randint(3, 10))) for _ in range(30_000)
    ]
    vocabulary += ["harbour", "strike"]
    for start in range(1, size + 1, 1000):
        many, decided, told, alert, sent = [], [], [], [], []
        for number in range(start, min(start + 1000, size + 1)):
            seen = NOW - (size - number) * timedelta(days=1) / PER_DAY
            words = dice.choices(vocabulary, k=150)
            matches = number % MATCHING == 0
            turn = number // MATCHING
            story = (turn - 1) // OF_A_STORY + 1 if matches else None
            if matches:
                words[3] = "truce"
            entry = Entry(
                id=number, feed_id=f"feed{number % 300}", url=f"https://outlet{number % 300}.example/{number}",
                title=" ".join(words[:10]), summary=" ".join(words[10:50]), content=" ".join(words[50:]),
                language="en", published_at=seen, fetched_at=seen, first_seen_at=seen, story_id=story,
            )  # fmt: skip
            many.append(StoredEntry(entry=entry, keys=NO_KEYS, words=words_of(entry), reported_at=seen))
            if story is None:
                continue
            begin = entry.title.index("truce")
            match = Match(
                rule_id="truce", rule_version="1", spans=(Span(Field.TITLE, begin, begin + 5),), score=None
            )
            first = (turn - 1) % OF_A_STORY == 0
            verdict = Verdict.ALERTED if first else Verdict.JOINED_STORY
            decided.append(
                (
                    seen,
                    Decision(
                        entry_id=number,
                        match=match,
                        verdict=verdict,
                        reason="",
                        alert_id=story if first else None,
                    ),
                )
            )
            if first:
                told.append(Story(id=story, title=entry.title, first_seen_at=seen, last_seen_at=seen))
                alert.append(
                    Alert(id=story, kind=AlertKind.NEW, rules=("truce",), story_id=story, entry_id=number,
                          reason="first", created_at=seen, send_at=seen, text="", occasion=None, note_key=None)
                )  # fmt: skip
                sent.append(
                    Delivery(id=f"d{story}", alert_id=story, channel="console", recipient="",
                             state=DeliveryState.SENT if story % 50 else DeliveryState.DEAD, attempts=1,
                             next_attempt_at=seen, sent_at=seen)
                )  # fmt: skip
        with store.writing() as connection:
            entries.insert(connection, many)
            stories.insert(connection, told)
            for seen, one in decided:
                alerts.decide(connection, [one], seen)
            alerts.insert(connection, alert)
            outbox.enqueue(connection, sent)


@contextmanager
def page_on(folder: Path) -> Iterator[tuple[int, str]]:
    """A page in a process of its own, that has answered nothing yet: its pid and address."""
    with Popen(
        [sys.executable, __file__, "--serve", str(folder)], stdin=PIPE, stdout=PIPE, text=True
    ) as page:
        try:
            yield page.pid, page.stdout.readline().strip()
        finally:
            page.communicate("")  # it ends where its standard input does


async def serve(folder: Path) -> None:
    loaded = load(folder, state=folder, environ={}, channel_types=options_models())
    store = Store(f"sqlite:///{folder}/monitor.db")
    context = PageContext(store=store, setup=lambda: loaded, now=lambda: NOW, read_config=lambda: loaded)
    async with (
        context,
        serving(site(context, listen="127.0.0.1:0"), listen="127.0.0.1:0") as (host, port),
    ):
        await context.warmed()
        print(f"http://{host}:{port}", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    store.close()


def cpu_s(pid: int) -> float:
    """Of the process and its ended children."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


async def measure(folder: Path, *, open_: int) -> None:
    print(f"{'':28} {'cold ms':>9} {'first ms':>9} {'median ms':>10} {'cpu ms':>8}")
    with page_on(folder) as (pid, root):
        async with httpx.AsyncClient(base_url=root, timeout=60) as client:
            for path in PAGES:
                cold = "-"
                if path in COLD:
                    with page_on(folder) as (_, fresh):
                        async with httpx.AsyncClient(base_url=fresh, timeout=60) as other:
                            cold = f"{await timed(other.get(path)):.0f}"
                first = await timed(client.get(path))
                before = cpu_s(pid)
                times = [await timed(client.get(path)) for _ in range(9)]
                cpu = 1000 * (cpu_s(pid) - before) / 9
                middle = statistics.median(times)
                print(f"{path:28} {cold:>9} {first:9.0f} {middle:10.0f} {cpu:8.0f}", flush=True)
            draft = {"id": "truce", "query": "truce OR harbour", "exclude": ""}
            own = {"Origin": root}
            times = [await timed(client.post("/preview", data=draft, headers=own)) for _ in range(5)]
            print(f"{'a preview':28} {'-':>9} {times[0]:9.0f} {statistics.median(times[1:]):10.0f}")
        await stay_open(folder, pid, root, number=open_)


async def timed(asking) -> float:
    began = perf_counter()
    answer = await asking
    assert answer.status_code == 200, answer.text
    return 1000 * (perf_counter() - began)


async def stay_open(folder: Path, pid: int, root: str, *, number: int, turns: int = 6) -> None:
    """Only the page's process is counted: the browsers' half runs here."""
    asked: asyncio.Queue[int] = asyncio.Queue()
    store = Store(f"sqlite:///{folder}/monitor.db")

    async def looks() -> None:
        while True:  # the page lets a connection go after a while, as a browser's
            async with (
                httpx.AsyncClient(base_url=root, timeout=60) as client,
                client.stream("GET", "/live") as events,
            ):
                async for line in events.aiter_lines():
                    if line.startswith("data:"):
                        await client.get("/")
                        asked.put_nowait(1)

    open_pages = [asyncio.create_task(looks()) for _ in range(number)]
    for _ in range(number):
        await asked.get()
    began, cpu, looked = perf_counter(), cpu_s(pid), 0
    for turn in range(turns):
        with store.writing() as connection:
            stories.touch(connection, {1: NOW + timedelta(seconds=turn)})
        for _ in range(number):
            looked += await asked.get()
    share = (cpu_s(pid) - cpu) / (perf_counter() - began)
    print(
        f"{number} open pages: {100 * share:.1f} % of a core, {looked} looks in {perf_counter() - began:.0f} s"
    )
    for one in open_pages:
        one.cancel()
    await asyncio.gather(*open_pages, return_exceptions=True)
    store.close()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=100_000)
    arguments.add_argument("--open", type=int, default=20)
    arguments.add_argument("--folder", type=Path, help="kept between two runs")
    arguments.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    given = arguments.parse_args()
    if given.serve:
        asyncio.run(serve(given.serve))
        return
    with TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        (folder / "rules").mkdir(parents=True, exist_ok=True)
        (folder / "monitor.toml").write_text("")
        (folder / "rules" / "rules.toml").write_text(CONFIG)
        feeds = (f'[[feed]]\nid = "feed{n}"\nurl = "https://outlet{n}.example/feed"\n' for n in range(300))
        (folder / "feeds.toml").write_text("\n".join(feeds))
        there = (folder / "monitor.db").exists()
        store = Store(f"sqlite:///{folder}/monitor.db")
        if not there:
            fill(store, given.entries)
        store.close()
        asyncio.run(measure(folder, open_=given.open))


if __name__ == "__main__":
    main()
