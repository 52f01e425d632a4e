"""What a new entry costs in an archive of 10 000, 100 000, a million entries; by hand:

    python tests/bench/bench_archive.py [--per-day 10000] [--polls 20] [SIZE …]

Entries of 60 words by Zipf's law from 300 feeds, so many a day up to now, stored through the store's own functions.
Then polls of three new entries each: examination, facts, plan and transaction. Printed: milliseconds of processor
time an entry, the database's size, peak memory.
"""

import argparse
import itertools
import random
import resource
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from bench_poll import VOCABULARY, WEIGHTS
from samples.news import config

from monitor.core.examine import examine
from monitor.core.facts import NextIds, Polled, StoredEntry
from monitor.core.plan import plan_poll
from monitor.core.rules import compile_rules
from monitor.core.stories.identity import identify, keys_of
from monitor.model import Entry, Feed, FeedEntry, Modified, ParsedFeed
from monitor.store import Store, entries, feeds, polls

NOW = datetime.now(UTC).replace(microsecond=0)
FEEDS, BATCH, AT_ONCE = 300, 2000, 3
TEXTS = 3000
"""Different texts of the archive."""
RULES, _ = compile_rules((), {})


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--per-day", type=int, default=10_000)
    arguments.add_argument("--polls", type=int, default=20)
    given = arguments.parse_args()
    for size in given.sizes:
        with TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{folder}/archive.db")
            fill(store, size, per_day=given.per_day)
            each_ms = sorted(measured(store, number) for number in range(given.polls))
            store.close()
            disk = sum(path.stat().st_size for path in Path(folder).iterdir())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:9d} entries: {each_ms[len(each_ms) // 2]:5.1f} ms a new entry (median of {given.polls} polls), "
            f"database {disk / 2**20:6.0f} MiB, peak so far {peak:4.0f} MiB",
            flush=True,
        )


def fill(store: Store, size: int, *, per_day: int) -> None:
    texts = list(itertools.islice(told(random.Random(1)), TEXTS))
    with store.writing() as connection:
        feeds.register(connection, {f"feed{n}": f"http://x.example/{n}" for n in range(FEEDS)}, NOW)
    between = timedelta(days=1) / per_day
    for start in range(1, size + 1, BATCH):
        many = [
            archived(number, texts[number % TEXTS], NOW - (size - number) * between)
            for number in range(start, min(start + BATCH, size + 1))
        ]
        with store.writing() as connection:
            entries.insert(connection, many)
    with store.writing() as connection:
        polls.save_next_ids(connection, NextIds(entry=size + 1, story=1, alert=1))


def told(dice: random.Random) -> Iterator[FeedEntry]:
    while True:
        words = dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=70)
        yield FeedEntry(title=" ".join(words[:9]).title(), summary=" ".join(words[9:]), language="en")


def archived(number: int, text: FeedEntry, seen: datetime) -> StoredEntry:
    """As much of an entry as is looked up; its address is its own."""
    url = f"http://x.example/{number}"
    entry = Entry(
        id=number,
        feed_id=f"feed{number % FEEDS}",
        title=text.title,
        summary=text.summary,
        url=url,
        guid=url,
        language="en",
        published_at=seen,
        fetched_at=seen,
        first_seen_at=seen,
    )
    own = keys_of(FeedEntry(title=f"{number}", guid=url, url=url))
    return StoredEntry(entry=entry, keys=own, told_at=seen)


def measured(store: Store, number: int) -> float:
    """Milliseconds for each entry of a poll, from what the feed gave to what is stored."""
    dice = random.Random(100 + number)
    feed = Feed(id=f"feed{number}", url=f"http://x.example/{number}")
    new = [
        FeedEntry(
            title=one.title, summary=one.summary, language="en", guid=f"new {number} {at}", published_at=NOW
        )
        for at, one in enumerate(itertools.islice(told(dice), AT_ONCE))
    ]
    parsed = ParsedFeed(language="en", entries=tuple(new))
    with store.reading() as connection:
        before = feeds.states(connection, [feed.id])[feed.id]
    started = process_time()
    with store.writing() as connection:
        known = entries.known(connection, feed.id, [keys_of(one) for one in new])
        identities = identify(new, known, seen_at=NOW)
        examined = examine(parsed, identities, stored={}, feed=feed, rules=RULES)
        polled = Polled(
            feed=feed,
            before=before,
            after=replace(before, fence=before.fence + 1, last_poll_at=NOW, last_success_at=NOW),
            outcome=Modified(feed=parsed, body_hash=f"{number}"),
            at=NOW,
            examined=examined,
        )
        polls.apply(
            connection, plan_poll(polled, polls.facts(connection, polled, store.opened), config=config())
        )
    return 1000 * (process_time() - started) / AT_ONCE


if __name__ == "__main__":
    main()
