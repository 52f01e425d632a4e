"""One hostile feed among honest ones: how much later do the alerts of the others come? By hand:

    python tests/bench/bench_hostile.py [--honest 50] [--seconds 40] [--only WORD]

A real daemon (`monitor run`) with the real clock; a process of its own serves all feeds, as their proxy, and takes
the alerts. Every honest feed has news again and again, and each is asked every five seconds. Seconds from the moment
a story could be had to its webhook: median, 95th percentile, most, and the ratio to a run without the hostile feed;
the same for stories that only their page tells. "late" did not come within a minute.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from itertools import count, cycle, repeat
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from bench_bombs import body, squeezed
from house import House, item
from servers.web import Answer, Request, reply, stream, web_server

INTERVAL_S = 5
"""Of every feed."""
EVERY_S = 10.0
"""An honest feed's next story."""
PAGES = 5
"""Honest feeds whose rule is met by the page alone."""
PATIENCE_S = 60.0
"""For what is still on its way at the end."""
TARPITS = 64
WEEK = 604_800
SYLLABLES = ("ba", "de", "fi", "go", "ku", "la", "me", "ni", "po", "ru", "sa", "te", "vi", "wo", "zu", "cha")


def name(number: int) -> str:
    """A word that no other number has."""
    word = ""
    while True:
        number, digit = divmod(number, len(SYLLABLES))
        word += SYLLABLES[digit]
        if not number:
            return word.capitalize()


def story(number: int) -> str:
    """A title that shares no word with another's."""
    return f"{name(number * 7919)} {name(number * 104_729 + 5)}, {name(number * 3571 + 11)}"


def feed(*items: str, older: str = "") -> bytes:
    link = f'<atom:link rel="prev-archive" href="{older}"/>' if older else ""
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>'
        f"<title>Wire</title>{link}{''.join(items)}</channel></rss>"
    ).encode()


# ── what the hostile feed does ──


def numbered(numbers: Iterator[int], many: int, *, says: str = "fills the list", site: str = "") -> list[str]:
    now = datetime.now(UTC)
    return [
        item(
            f"{name(number)} {name(number * 31 + 7)} {says}",
            f"{name(number * 17)} said so.",
            link=site and f"http://{site.format(number)}/{number}",
            published=now,
        )
        for number in (next(numbers) for _ in range(many))
    ]


Hostile = Callable[[], Answer]


def many_entries() -> Answer:
    """20 000 new ones each time, in a document of 5 000 and its older pages."""
    numbers = count(1)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        older = f"http://mole.example/feed?{next(numbers)}"
        await reply(200, feed(*numbered(numbers, 5_000), older=older))(request, writer)

    return answer


def one_document() -> Answer:
    """20 000 new ones each time, in one document."""
    numbers = count(1)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await reply(200, feed(*numbered(numbers, 20_000)))(request, writer)

    return answer


def stories_that_match() -> Answer:
    numbers = count(1)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await reply(200, feed(*numbered(numbers, 2_000, says="calls a conference")))(request, writer)

    return answer


def growing() -> Answer:
    """500 more each time, and every one of them changed."""
    size = count(500, 500)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        many = min(next(size), 5_000)
        now, turn = datetime.now(UTC), time.time_ns()
        items = [
            item(f"{name(number)} at {turn}", f"Changed at {turn}", guid=f"{number}", published=now)
            for number in range(many)
        ]
        await reply(200, feed(*items))(request, writer)

    return answer


def tarpits() -> Answer:
    """64 new entries each time, whose pages come a byte a second, each from a site of its own."""
    numbers = count(1)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await reply(200, feed(*numbered(numbers, TARPITS, site="tarpit-{}.example")))(request, writer)

    return answer


def strangers_pages() -> Answer:
    """64 new entries each time, whose pages lie at the honest sites."""
    numbers = count(1)

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        items = [one for site in range(PAGES) for one in numbered(numbers, 13, site=f"paper-{site}.example")]
        await reply(200, feed(*items))(request, writer)

    return answer


def limits() -> Answer:
    """Sends on to an honest host, each time another, where a 429 asks for a week of peace."""
    host = cycle(range(10))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        where = f"http://paper-{next(host)}.example/limited"
        await reply(302, Location=where)(request, writer)

    return answer


def bombs() -> Answer:
    """By turns, what is large when it is unpacked and what is long to read."""
    packed = squeezed(1024, 31)
    longest = body("bad ampersands", 9)
    answers = cycle((reply(200, packed, Content_Encoding="gzip"), reply(200, longest)))

    async def answer(request: Request, writer: asyncio.StreamWriter) -> None:
        await next(answers)(request, writer)

    return answer


def drip() -> Answer:
    return stream(repeat(b" "), every_s=1.0)


ATTACKS: dict[str, Hostile] = {
    "20 000 entries in pages": many_entries,
    "20 000 entries at once": one_document,
    "2 000 matching entries": stories_that_match,
    "growing and changing": growing,
    "64 tarpits": tarpits,
    "pages of honest sites": strangers_pages,
    "redirects to a 429": limits,
    "bombs": bombs,
    "a byte a second": drip,
}


# ── the newsstand ──


class Newsstand:
    """All feeds and the receiver, by the clock of one process."""

    def __init__(self, honest: int, hostile: Answer | None) -> None:
        self._honest, self._hostile = honest, hostile
        self._began = float("inf")
        self._ended = float("inf")
        self.waits: dict[str, float] = {}
        self._polled: set[int] = set()
        self.all_polled, self.all_came = asyncio.Event(), asyncio.Event()

    def begin(self) -> None:
        self._began = time.monotonic()

    def end(self) -> None:
        self._ended = time.monotonic()

    def published(self, paper: int) -> dict[str, float]:
        """Its stories with when each could be had."""
        first = self._began + EVERY_S * paper / self._honest
        now = min(time.monotonic(), self._ended)
        if now < first:
            return {}
        turns = range(int((now - first) / EVERY_S) + 1)
        return {story(turn * self._honest + paper): first + turn * EVERY_S for turn in turns}

    def missing(self) -> list[tuple[int, str]]:
        return [
            (paper, one)
            for paper in range(self._honest)
            for one in self.published(paper)
            if one not in self.waits
        ]

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        address = urlsplit(request.target)
        host = (address.hostname or "").partition(".")[0]
        what, _, number = host.partition("-")
        if request.target == "/hook":
            await reply(200)(request, writer)
            self._take(json.loads(request.body))
        elif address.path == "/robots.txt":
            await reply(404)(request, writer)
        elif what == "paper" and address.path == "/feed":
            await reply(200, self._paper(int(number)))(request, writer)
            self._polled.add(int(number))
            if len(self._polled) == self._honest:
                self.all_polled.set()
        elif what == "paper" and address.path == "/limited":
            await reply(429, Retry_After=str(WEEK))(request, writer)
        elif what == "paper":
            await reply(200, _page(address.query), Content_Type="text/html")(request, writer)
        elif what == "mole" and self._hostile is not None:
            await self._hostile(request, writer)
        else:
            await drip()(request, writer)

    def _paper(self, paper: int) -> bytes:
        now = datetime.now(UTC)
        says = "" if paper < PAGES else " the treaty of today"
        items = [
            item(
                one + says,
                f"{story(len(one) + hash(one) % 10**9)}.",
                guid=one,
                link=f"http://paper-{paper}.example/a?{one}",
                published=now,
            )
            for one in [*self.published(paper)][-20:]
        ]
        old = item(f"Weather {paper}", "Rain.", published=datetime(2026, 1, 1, tzinfo=UTC))
        return feed(*reversed(items), old)

    def _take(self, document: dict) -> None:  # type: ignore[type-arg]
        now = time.monotonic()
        for report in document["data"].get("reports", ()):
            one = report["title"].removesuffix(" the treaty of today")
            for paper in range(self._honest):
                if one not in self.waits and one in (published := self.published(paper)):
                    self.waits[one] = now - published[one]
        if self._ended < now and not self.missing():
            self.all_came.set()


def _page(title: str) -> bytes:
    text = f"<p>{title}: {title.swapcase()}, the treaty of today.</p>" * 9
    return f"<html><body><article><h1>{title}</h1>{text}</article></body></html>".encode()


def serve(honest: int, attack: str, pipe: Connection) -> None:
    async def main() -> None:
        stand = Newsstand(honest, ATTACKS[attack]() if attack else None)
        async with web_server() as server:
            server.elsewhere = stand.answer
            pipe.send(server.url("/"))
            await stand.all_polled.wait()
            stand.begin()
            await asyncio.to_thread(pipe.recv)
            stand.end()
            with suppress(TimeoutError):
                await asyncio.wait_for(stand.all_came.wait(), PATIENCE_S)
            pages = {one for paper in range(PAGES) for one in stand.published(paper)}
            usual = [wait for one, wait in stand.waits.items() if one not in pages]
            paged = [wait for one, wait in stand.waits.items() if one in pages]
            late = [paper < PAGES for paper, _ in stand.missing()]
            pipe.send((usual, paged, late.count(False), late.count(True)))

    asyncio.run(main())


# ── the monitor ──


def house(folder: Path, proxy: str, honest: int, attack: str) -> House:
    made = House(folder)
    made.settings["polling"]["min_interval"] = "1s"
    made.settings["alerting"] |= {"group_wait": "0s", "bursts": False}
    made.rule("conference", "conference")
    made.channel("desk", type="webhook", url=f"{proxy}hook")
    usual = {"proxy": proxy, "interval": f"{INTERVAL_S}s"}
    for paper in range(honest):
        made.rule(f"treaty-{paper}", "treaty", feeds=[f"paper-{paper}"])  # each may tell 30 an hour
        made.feed(
            f"paper-{paper}",
            f"http://paper-{paper}.example/feed",
            **usual,
            fulltext="always" if paper < PAGES else "never",
        )
    if attack:
        made.feed("mole", "http://mole.example/feed", **usual, fulltext="always")
    made.write()
    return made


def measure(
    attack: str, *, honest: int, seconds: float, logs: Path | None
) -> tuple[list[float], list[float], int, int, str]:
    """The waits of usual stories and of those that only pages tell, how many of either did not come, what it cost."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=serve, args=(honest, attack, theirs), daemon=True)
    server.start()
    with TemporaryDirectory() as folder:
        made = house(Path(folder), ours.recv(), honest, attack)
        command = [sys.executable, "-m", "monitor", "run", "--config", made.folder, "--state", made.state]
        began = os.times()
        with Path(logs or folder, attack.replace(" ", "-") or "none").open("wb") as log:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            time.sleep(seconds + 5)
            ours.send("end")
            usual, paged, late, late_pages = ours.recv()
            peak = peak_mib(daemon.pid)
        finally:
            daemon.send_signal(signal.SIGTERM)
            daemon.wait(60)
            server.kill()
    now = os.times()
    cpu = now.children_user + now.children_system - began.children_user - began.children_system
    return usual, paged, late, late_pages, f"{cpu:6.1f} {peak:6.0f}"


def peak_mib(pid: int) -> float:
    [most] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmHWM")]
    return int(most.split()[1]) / 1024


def figures(waits: list[float], beside: list[float] | None) -> str:
    if len(waits) < 2:
        return f"{'-':>6} {'-':>6} {'-':>6} {'':14}"
    high = quantiles(waits, n=20, method="inclusive")[18]
    said = f"{median(waits):6.2f} {high:6.2f} {max(waits):6.2f}"
    if not beside:
        return f"{said} {'':14}"
    before = quantiles(beside, n=20, method="inclusive")[18]
    return f"{said} ({median(waits) / median(beside):5.2f} {high / before:5.2f})"


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--honest", type=int, default=50)
    arguments.add_argument("--seconds", type=float, default=40.0)
    arguments.add_argument("--only", default="", help="attacks that contain this")
    arguments.add_argument("--logs", type=Path, help="a folder for the daemon's logs")
    given = arguments.parse_args()
    print(
        f"{'attack':25}  {'alerts: median, 95 %, most (ratios)':34} {'late':>9}"
        f"  {'those of pages':34} {'late':>9}  CPU s    MiB"
    )
    before: tuple[list[float], list[float]] | None = None
    for attack in ("", *(one for one in ATTACKS if given.only in one)):
        usual, paged, late, late_pages, cost = measure(
            attack, honest=given.honest, seconds=given.seconds, logs=given.logs
        )
        beside = before or (None, None)
        print(
            f"{attack or 'none':25}  {figures(usual, beside[0])} {late:4}/{len(usual) + late:<4}"
            f"  {figures(paged, beside[1])} {late_pages:4}/{len(paged) + late_pages:<4} {cost}",
            flush=True,
        )
        before = before or (usual, paged)


if __name__ == "__main__":
    main()
