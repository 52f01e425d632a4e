"""What a monitor stores over the years, within the default bounds; by hand:

    python tests/bench/simulate_retention.py [--per-day 3000] [--years 2] [--scale 50]

300 feeds bring so many entries a day, and three more that are told through a whole poll. A model of that: the feeds
and the bounds of all together are divided by `--scale`, and what is printed is multiplied by it, but for stories and
nights. Each simulated night is pruned by the daemon's own function. In the end it is asked whether all that was told
is there yet, and whether it is news when its feeds bring it again.
"""

import argparse
import itertools
import random
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from bench_archive import FEEDS, NOW, TEXTS, archived, polled, told
from sqlalchemy import func, select

from monitor.core.poll_facts import StoredEntry
from monitor.core.text.filing import words_of
from monitor.model import Retention
from monitor.store import Store, copies, entries, feeds, polls, retention
from monitor.store.sql import table
from monitor.store.tables import EntryRow, MatchRow, ToldRow, TombstoneRow

DAY = timedelta(days=1)


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("--per-day", type=int, default=3_000)
    arguments.add_argument("--years", type=int, default=2)
    arguments.add_argument("--scale", type=int, default=50)
    given = arguments.parse_args()
    defaults, scale = Retention(), given.scale
    limits = replace(
        defaults,
        entries=defaults.entries // scale,
        bytes=defaults.bytes // scale,
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "grown.db")
        store = Store(f"sqlite:///{path}")
        texts = [(text, words_of(text)) for text in itertools.islice(told(random.Random(1)), TEXTS)]
        start = NOW - given.years * 365 * DAY
        with store.writing() as connection:
            feeds.register(connection, {f"feed{n}": f"http://x.example/{n}" for n in range(FEEDS)}, start)
        retention.PAUSE_S = 0.0  # type: ignore[misc]  # nobody else waits here
        each_day, few = given.per_day // scale, max(1, FEEDS // scale)
        stored, nights = 0, []
        for day in range(given.years * 365):
            now = start + (day + 1) * DAY
            first = next_id(store)
            with store.writing() as connection:
                many = [
                    of_feed(
                        (stored + n) % few,
                        archived(first + n, *texts[(stored + n) % TEXTS], now - DAY * (1 - n / each_day)),
                    )
                    for n in range(each_day)
                ]
                entries.insert(connection, many)
                polls.save_next_ids(connection, replace(polls.next_ids(connection), entry=first + each_day))
            stored += each_day
            polled(store, number_of(day, few), matching=True, age=NOW - now)
            wall, cpu = perf_counter(), process_time()
            pruned = retention.prune(store, limits, now=now)
            wall, cpu = perf_counter() - wall, process_time() - cpu
            if day % 365 == 0:
                nights = []
            nights.append((wall, cpu, pruned.entries))
            if day % 365 == 364:
                report(store, path, nights, scale, year=day // 365 + 1)
        check(store, [number_of(day, few) for day in range(given.years * 365)])
        store.close()
        before, after = copies.vacuum(path)
        print(f"db vacuum: {before * scale / 2**20:.0f} MiB → {after * scale / 2**20:.0f} MiB")


def of_feed(number: int, one: StoredEntry) -> StoredEntry:
    return replace(one, entry=replace(one.entry, feed_id=f"feed{number}"))


def number_of(day: int, few: int) -> int:
    """Of a poll of the day: each feed in its turn."""
    return day // few * FEEDS + day % few


def next_id(store: Store) -> int:
    with store.reading() as connection:
        return polls.next_ids(connection).entry


def report(
    store: Store, path: Path, nights: list[tuple[float, float, int]], scale: int, *, year: int
) -> None:
    with store.reading() as connection:
        left, buried, told_ = (
            connection.execute(select(func.count()).select_from(table(row))).scalar_one()
            for row in (EntryRow, TombstoneRow, ToldRow)
        )
        pages, free, size = (
            connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("page_count", "freelist_count", "page_size")
        )
    gone = sum(count for _, _, count in nights)
    cpu = sum(cpu for _, cpu, _ in nights)
    print(
        f"year {year}: {left * scale} entries, {buried * scale} tombstones, {told_} stories told; "
        f"file {pages * size * scale / 2**20:.0f} MiB, of it free {free * size * scale / 2**20:.0f}; "
        f"{gone * scale} pruned in the year, {1000 * cpu / max(1, gone):.2f} ms of processor time each; "
        f"a night of this scale: median {median(wall for wall, _, _ in nights):.2f} s, "
        f"longest {max(wall for wall, _, _ in nights):.2f} s",
        flush=True,
    )


def check(store: Store, polls_made: Sequence[int]) -> None:
    """All that was told is there, and nothing that comes again is news."""
    match, entry, told_ = table(MatchRow), table(EntryRow), table(ToldRow)
    with store.reading() as connection:
        was_told = set(
            connection.execute(select(match.c.entry_id).where(match.c.alert_id.is_not(None))).scalars()
        )
        there = set(connection.execute(select(entry.c.id).where(entry.c.id.in_(was_told))).scalars())
        before = connection.execute(select(func.count()).select_from(told_)).scalar_one()
        last = polls.next_ids(connection)
    for number in polls_made:
        polled(store, number, matching=True)
    with store.reading() as connection:
        after = connection.execute(select(func.count()).select_from(told_)).scalar_one()
        now = polls.next_ids(connection)
    print(
        f"entries in alerts: {len(was_told)}, of them stored yet: {len(there)}; all polls made again: "
        f"{now.entry - last.entry} new entries, {now.alert - last.alert} alerts, {after - before} stories told anew"
    )


if __name__ == "__main__":
    main()
