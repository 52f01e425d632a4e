"""How long each page takes, and what open pages cost, with many entries stored:

    python tests/bench/bench_page.py [--entries 100000] [--open 20] [--folder FOLDER]

Milliseconds from the request to the last byte over loopback, the median of nine; the first look apart. Then the share
of a core that so many open pages cost while a story goes on every five seconds, each fetching itself anew.
"""

import argparse
import asyncio
import random
import statistics
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

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


async def measure(store: Store, folder: Path, *, open_: int) -> None:
    loaded = load(folder, state=folder, environ={}, channel_types=options_models())
    page = PageContext(store=store, setup=lambda: loaded, now=lambda: NOW, read_config=lambda: loaded)
    async with (
        page,
        serving(site(page, listen="127.0.0.1:0"), listen="127.0.0.1:0") as (host, port),
        httpx.AsyncClient(base_url=f"http://{host}:{port}", timeout=60) as client,
    ):
        print(f"{'':28} {'first ms':>9} {'median ms':>10}")
        for path in PAGES:
            times = [await timed(client.get(path)) for _ in range(10)]
            print(f"{path:28} {times[0]:9.0f} {statistics.median(times[1:]):10.0f}", flush=True)
        draft = {"id": "truce", "query": "truce OR harbour", "exclude": ""}
        own = {"Origin": str(client.base_url).rstrip("/")}
        times = [await timed(client.post("/preview", data=draft, headers=own)) for _ in range(5)]
        print(f"{'a preview':28} {times[0]:9.0f} {statistics.median(times[1:]):10.0f}")
        await stay_open(client, store, number=open_)


async def timed(asking) -> float:
    began = perf_counter()
    answer = await asking
    assert answer.status_code == 200, answer.text
    return 1000 * (perf_counter() - began)


async def stay_open(client: httpx.AsyncClient, store: Store, *, number: int) -> None:
    """The browsers' half runs in this process and is counted with the page's."""
    asked = 0

    async def looks() -> None:
        nonlocal asked
        async with client.stream("GET", "/live") as events:
            async for line in events.aiter_lines():
                if line.startswith("data:"):
                    await client.get("/")
                    asked += 1

    open_pages = [asyncio.create_task(looks()) for _ in range(number)]
    await asyncio.sleep(2)
    began, cpu, before = perf_counter(), process_time(), asked
    for turn in range(5):
        with store.writing() as connection:
            stories.touch(connection, {1: NOW + timedelta(seconds=turn)})
        await asyncio.sleep(5)
    took = perf_counter() - began
    print(
        f"{number} open pages: {100 * (process_time() - cpu) / took:.1f} % of a core, {asked - before} looks"
    )
    for one in open_pages:
        one.cancel()


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--entries", type=int, default=100_000)
    arguments.add_argument("--open", type=int, default=20)
    arguments.add_argument("--folder", type=Path)
    given = arguments.parse_args()
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
        asyncio.run(measure(store, folder, open_=given.open))
        store.close()


if __name__ == "__main__":
    main()
