"""From the feed's answer to the channel's acknowledgement; by hand:

    python tests/bench/bench_latency.py [--stories 30] [--at-once 200]

A real daemon with the real clock, a feed and a webhook on loopback, `group_wait` 0: one story at a time, then many in
one answer. Seconds from the feed's last byte to the webhook's 200: median, 99th percentile, most. What `group_wait`
says comes on top; so does the time until the feed is asked.
"""

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from house import House, item, rss
from loguru import logger
from servers.web import Request, WebServer, reply, web_server

WORDS = (
    "harbour",
    "school",
    "river",
    "museum",
    "railway",
    "hospital",
    "stadium",
    "library",
    "airport",
    "theatre",
)
LIMIT_S = 120.0


class Newsstand:
    """A feed that says what it is told to, and a receiver; both look at one stopwatch."""

    def __init__(self, server: WebServer) -> None:
        self._waiting: list[bytes] = []
        self._shown: list[bytes] = []
        self._expected: set[str] = set()
        self._answered: dict[str, float] = {}
        self.seconds: list[float] = []
        self.all_came = asyncio.Event()
        self.feed = server.on("/feed", self._tell)
        server.on("/hook", self._take)
        self.hook = server.url("/hook")

    def publish(self, first: int, count: int) -> None:
        titles = [title(number) for number in range(first, first + count)]
        now = datetime.now(UTC)
        self._waiting = [item(one, f"{one}, says {one[::-1]}.", published=now) for one in titles]
        self._expected, self.seconds = set(titles), []
        self.all_came.clear()

    async def _tell(self, request: Request, writer: asyncio.StreamWriter) -> None:
        new, self._waiting = self._waiting, []
        self._shown = [*new, *self._shown][:400]
        await reply(200, rss(*self._shown))(request, writer)
        if new:
            self._answered = dict.fromkeys(self._expected, time.perf_counter())

    async def _take(self, request: Request, writer: asyncio.StreamWriter) -> None:
        await reply(200)(request, writer)
        for report in json.loads(request.body)["data"]["reports"]:
            if report["title"] in self._expected:
                self._expected.discard(report["title"])
                self.seconds.append(time.perf_counter() - self._answered[report["title"]])
        if not self._expected:
            self.all_came.set()


def title(number: int) -> str:
    """Of a story of its own."""
    place = "".join(chr(97 + int(digit) * 2) for digit in str(number * 7919 + 1_000_003))
    return f"Declaration {place} {place[::-1]} {WORDS[number % len(WORDS)]}"


async def measure(folder: Path, *, stories: int, at_once: int) -> None:
    house = House(folder)
    async with web_server() as server:
        stand = Newsstand(server)
        house.settings["alerting"] |= {"group_wait": "0s", "max_per_hour": 1_000_000, "bursts": False}
        house.rule("declared", "declaration")
        house.channel("desk", type="webhook", url=stand.hook)
        house.feed("wire", stand.feed, interval="1s")
        house.clock = lambda: datetime.now(UTC)
        async with house.daemon() as daemon:
            await daemon.run_once()
            running = asyncio.create_task(daemon.run())
            alone = []
            for number in range(stories):
                alone += await told(stand, number, 1)
            show("one at a time", alone)
            show(f"{at_once} at once", await told(stand, stories, at_once))
            daemon.stop()
            await running
    house.close()


async def told(stand: Newsstand, first: int, count: int) -> Sequence[float]:
    stand.publish(first, count)
    await asyncio.wait_for(stand.all_came.wait(), LIMIT_S)
    return stand.seconds


def show(what: str, seconds: Sequence[float]) -> None:
    percentile = quantiles(seconds, n=100, method="inclusive")[98]
    print(f"{what:16}median {median(seconds):5.2f} s   99 % {percentile:5.2f} s   most {max(seconds):5.2f} s")


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--stories", type=int, default=30)
    arguments.add_argument("--at-once", type=int, default=200)
    given = arguments.parse_args()
    logger.remove()
    with TemporaryDirectory() as folder:
        asyncio.run(measure(Path(folder), stories=given.stories, at_once=given.at_once))


if __name__ == "__main__":
    main()
