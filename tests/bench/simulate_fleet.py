"""A fleet that asks a million feeds every quarter of an hour: what it takes, by measured costs and the real planner.

    python tests/bench/simulate_fleet.py [--feeds 10000] [--hours 4] [--of 1000000] [--places 300] [--seed 1]
        [--poll-ms 1.6] [--server-share 0.15] [--wal 1172] [--entry-ms 1.5] [--match-ms 7.9] [--reread-ms 200]

A sample of the feeds is polled by `core.polling.state.after`, host by host, as workers do: one connection to a host,
a second between two, `--places` fetches under way in the whole fleet. Hosts are of every size: most have one feed,
a few have hundreds. Figures of the sample are multiplied. The costs are given: what `bench_fleet.py` (a poll, the
server's share of it, bytes of its log) and `bench_archive.py` (an entry, a match) printed last. A day's entries, and
how many match, are assumed, and printed with what follows from them.
"""

import argparse
import heapq
import math
import random
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from monitor.core.polling.state import Poll, after
from monitor.errors import FetchReason
from monitor.model import Failed, Feed, FeedState, FetchRequest, Modified, NotModified, ParsedFeed, Polling

START = datetime(2026, 1, 5, tzinfo=UTC)
INTERVAL = timedelta(minutes=15)
SETTINGS = Polling(interval=INTERVAL, min_interval=timedelta(minutes=5))
REST_S = 1.0
"""`Limits.host_pause_s`."""
ENTRY_BYTES = 1332
"""Of the database, at a million stored entries of 562 bytes of text (`bench_archive.py`)."""
MOST_OF_A_HOST = 1000
ENTRIES_A_DAY, MATCHED = 8.0, 0.002
"""Assumed: of a feed; and the share of entries that a rule matches."""


@dataclass
class Host:
    feeds: int
    waiting: deque[int] = field(default_factory=deque)
    is_asked: bool = False


@dataclass
class Fleet:
    """Events in order of time, seconds since the start."""

    rng: random.Random
    hosts: list[Host]
    host_of: list[int]
    places: int
    states: list[FeedState]
    now_s: float = 0.0
    under_way: int = 0
    events: list[tuple[float, int, int]] = field(default_factory=list)
    """When, 0 for a feed that is due, 1 for a fetch that ends, 2 for a host that has rested; and of which."""
    ready: deque[int] = field(default_factory=deque)
    """Hosts that may be asked and have somebody waiting."""
    late_s: list[float] = field(default_factory=list)
    places_used: list[int] = field(default_factory=list)
    asked_at: dict[int, float] = field(default_factory=dict)

    def run(self, until_s: float, *, counted_from_s: float) -> None:
        while self.events and self.events[0][0] < until_s:
            self.now_s, kind, which = heapq.heappop(self.events)
            if kind == 0:
                self.hosts[self.host_of[which]].waiting.append(which)
                self._offer(self.host_of[which])
            elif kind == 1:
                self._ended(which)
            else:
                self.hosts[which].is_asked = False
                self._offer(which)
            self._begin(counted=self.now_s >= counted_from_s)

    def _offer(self, host: int) -> None:
        if self.hosts[host].waiting and not self.hosts[host].is_asked:
            self.hosts[host].is_asked = True
            self.ready.append(host)

    def _begin(self, *, counted: bool) -> None:
        while self.ready and self.under_way < self.places:
            feed = self.hosts[self.ready.popleft()].waiting.popleft()
            self.under_way += 1
            due_s = (self.states[feed].next_poll_at - START).total_seconds()
            if counted:
                self.late_s.append(self.now_s - due_s)
                self.places_used.append(self.under_way)
            self.asked_at[feed] = self.now_s
            heapq.heappush(self.events, (self.now_s + self._fetch_s(), 1, feed))

    def _fetch_s(self) -> float:
        """Half within 0.4 s, one in fifty answers nothing for 20 s."""
        return 20.0 if self.rng.random() < 0.02 else min(self.rng.lognormvariate(math.log(0.4), 0.8), 20.0)

    def _ended(self, feed: int) -> None:
        self.under_way -= 1
        took_s = self.now_s - self.asked_at.pop(feed)
        at = START + timedelta(seconds=self.now_s)
        poll = Poll(asked=FetchRequest(url=""), outcome=self._outcome(took_s), at=at)
        one = Feed(id="", url="", interval=INTERVAL)
        state = after(self.states[feed], poll, feed=one, settings=SETTINGS, jitter=self.rng.random())
        self.states[feed] = state
        heapq.heappush(self.events, ((state.next_poll_at - START).total_seconds(), 0, feed))
        heapq.heappush(self.events, (self.now_s + REST_S, 2, self.host_of[feed]))

    def _outcome(self, took_s: float) -> Modified | NotModified | Failed:
        if took_s >= 20.0:
            return Failed(reason=FetchReason.TIMEOUT, message="no answer")
        if self.rng.random() < ENTRIES_A_DAY * INTERVAL.total_seconds() / 86_400:
            return Modified(feed=ParsedFeed(), body_hash="")
        return NotModified()


def made(rng: random.Random, feeds: int, places: int) -> Fleet:
    """Hosts of every size, by a Pareto law: their sizes are those of the whole fleet, not a sample's."""
    hosts, host_of = [], []
    while len(host_of) < feeds:
        size = min(int(rng.paretovariate(1.2)), MOST_OF_A_HOST, feeds - len(host_of))
        host_of += [len(hosts)] * size
        hosts.append(Host(size))
    states, events = [], []
    for number in range(feeds):
        due_s = rng.random() * INTERVAL.total_seconds()
        states.append(FeedState(feed_id="", url="", next_poll_at=START + timedelta(seconds=due_s)))
        events.append((due_s, 0, number))
    heapq.heapify(events)
    return Fleet(rng, hosts, host_of, places, states, events=events)


def at(ranked: list[float], share: float) -> float:
    return ranked[min(int(len(ranked) * share), len(ranked) - 1)]


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--feeds", type=int, default=10_000)
    ask.add_argument("--hours", type=float, default=4.0)
    ask.add_argument("--of", type=int, default=1_000_000)
    ask.add_argument("--places", type=int, default=300, help="of the sample: fetches under way at once")
    ask.add_argument("--seed", type=int, default=1)
    ask.add_argument("--poll-ms", type=float, default=1.6)
    ask.add_argument("--server-share", type=float, default=0.15)
    ask.add_argument("--wal", type=float, default=1172.0)
    ask.add_argument("--entry-ms", type=float, default=1.5)
    ask.add_argument("--match-ms", type=float, default=7.9)
    ask.add_argument("--reread-ms", type=float, default=200.0)
    given = ask.parse_args()
    fleet = made(random.Random(given.seed), given.feeds, given.places)
    until_s, from_s = given.hours * 3600, min(3600.0, given.hours * 1800)
    fleet.run(until_s, counted_from_s=from_s)
    times = given.of / given.feeds
    polls_s = len(fleet.late_s) / (until_s - from_s) * times
    late, used = sorted(fleet.late_s), sorted(fleet.places_used)
    entries_s = given.of * ENTRIES_A_DAY / 86_400
    matches_s = entries_s * MATCHED
    worker_cores = (polls_s * given.poll_ms * (1 - given.server_share) + entries_s * given.entry_ms) / 1000
    server_cores = polls_s * given.poll_ms * given.server_share / 1000
    largest = max(host.feeds for host in fleet.hosts)
    print(
        f"{given.feeds} feeds of {len(fleet.hosts)} hosts (largest {largest}), {given.hours:g} h, times {times:g}"
    )
    for name, value in [
        ("polls a second", f"{polls_s:.0f}"),
        ("late, median / 95 % / most", f"{at(late, 0.5):.1f} / {at(late, 0.95):.1f} / {late[-1]:.0f} s"),
        ("late for a minute and more", f"{sum(one >= 60 for one in late) / len(late):.1%} of the polls"),
        ("fetches under way, median / most", f"{at(used, 0.5) * times:.0f} / {used[-1] * times:.0f}"),
        ("new entries a second, matches a second", f"{entries_s:.0f}, {matches_s:.2f} (assumed)"),
        ("cores of workers / of PostgreSQL", f"{worker_cores:.1f} / {server_cores:.1f}"),
        ("WAL a day, of polls", f"{polls_s * given.wal * 86_400 / 2**30:.0f} GiB"),
        ("entries a month", f"{entries_s * 86_400 * 30 * ENTRY_BYTES / 2**30:.0f} GiB"),
        ("one lock of stories: matches a second at most", f"{1000 / given.match_ms:.0f}"),
        ("each worker reads again what others told", f"{matches_s * given.reread_ms / 1000:.0%} of a core"),
    ]:
        print(f"  {name:<48}{value}")


if __name__ == "__main__":
    main()
