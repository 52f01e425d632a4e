"""What a new entry costs in an archive of 10 000, 100 000, a million entries; by hand:

    python tests/bench/bench_archive.py [--per-day 10000] [--polls 40] [--open 700] [SIZE …]

Entries of 70 words by Zipf's law from 300 feeds, so many a day up to now, stored through the store's own functions;
then so many that a rule matches, over the last week, each through a whole poll. Then polls of three new entries each,
that no rule matches and that one matches, from the entry as its feed gave it to what is stored. Printed: milliseconds
of processor time an entry, the database's size by its text, peak memory.
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
from statistics import median
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from publisher import VOCABULARY, WEIGHTS
from samples.news import config

from monitor.core.examine import examine, read_feed
from monitor.core.plan import plan_poll
from monitor.core.poll_facts import NextIds, Polled, StoredEntry
from monitor.core.rules import compile_rules
from monitor.core.stories.identity import keys_of
from monitor.core.text.filing import FiledWords, words_of
from monitor.jobs.recognise import recognise
from monitor.model import Entry, Feed, FeedEntry, Modified, ParsedFeed, Rule
from monitor.store import Store, entries, feeds, polls

NOW = datetime.now(UTC).replace(microsecond=0)
FEEDS, BATCH, AT_ONCE = 300, 2000, 3
TEXTS = 3000
"""Different texts of the archive."""
RULE = Rule(id="matching", query="watchedfor")
RULES, _ = compile_rules((RULE,), {})


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--per-day", type=int, default=10_000)
    arguments.add_argument("--polls", type=int, default=40)
    arguments.add_argument("--open", type=int, default=700)
    given = arguments.parse_args()
    for size in given.sizes:
        with TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{folder}/archive.db")
            began = process_time()
            text_bytes = fill(store, size, per_day=given.per_day)
            filled_ms = 1000 * (process_time() - began) / size
            for number in range(given.open // AT_ONCE):
                polled(
                    store, number, matching=True, age=timedelta(days=7) * (1 - number * AT_ONCE / given.open)
                )
            each_ms = {
                matching: median(
                    polled(store, 10_000 * (1 + matching) + number, matching=matching)
                    for number in range(given.polls)
                )
                for matching in (False, True)
            }
            store.close()
            disk = Path(folder, "archive.db").stat().st_size
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{size:9d} entries (filled at {filled_ms:.2f} ms each): a new entry {each_ms[False]:.2f} ms, "
            f"one that matches {each_ms[True]:.2f} ms (medians of {given.polls} polls of {AT_ONCE}); "
            f"database {disk / 2**20:.0f} MiB, {disk / size:.0f} bytes an entry for {text_bytes / size:.0f} of text; "
            f"peak so far {peak:.0f} MiB",
            flush=True,
        )


def fill(store: Store, size: int, *, per_day: int) -> int:
    """The bytes of text that are stored."""
    texts = [(text, words_of(text)) for text in itertools.islice(told(random.Random(1)), TEXTS)]
    with store.writing() as connection:
        feeds.register(connection, {f"feed{n}": f"http://x.example/{n}" for n in range(FEEDS)}, NOW)
    between = timedelta(days=1) / per_day
    for start in range(1, size + 1, BATCH):
        many = [
            archived(number, *texts[number % TEXTS], NOW - (size - number) * between)
            for number in range(start, min(start + BATCH, size + 1))
        ]
        with store.writing() as connection:
            entries.insert(connection, many)
    with store.writing() as connection:
        polls.save_next_ids(connection, NextIds(entry=size + 1, story=1, alert=1))
    each = sum(len(f"{text.title}{text.summary}".encode()) for text, _ in texts) / TEXTS
    return round(each * size)


def told(dice: random.Random) -> Iterator[FeedEntry]:
    while True:
        words = dice.choices(VOCABULARY, cum_weights=WEIGHTS, k=70)
        yield FeedEntry(title=" ".join(words[:9]).title(), summary=" ".join(words[9:]), language="en")


def archived(number: int, text: FeedEntry, filed: FiledWords, seen: datetime) -> StoredEntry:
    """An entry as a poll stores it; its address is its own."""
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
    words = replace(filed, url=f"http x example {number}")
    return StoredEntry(entry=entry, keys=own, words=words, reported_at=seen)


def polled(store: Store, number: int, *, matching: bool, age: timedelta = timedelta(0)) -> float:
    """Milliseconds for each entry of a poll, from what the feed gave to what is stored."""
    feed = Feed(id=f"feed{number % FEEDS}", url=f"http://x.example/{number % FEEDS}")
    now = NOW - age
    new = tuple(
        replace(
            one,
            title=f"Watchedfor {one.title}" if matching else one.title,
            guid=f"new {number} {at}",
            url=f"http://x.example/new/{number}/{at}",
            published_at=now,
        )
        for at, one in enumerate(itertools.islice(told(random.Random(100 + number)), AT_ONCE))
    )
    parsed = ParsedFeed(language="en", entries=new, keys=tuple(map(keys_of, new)))
    with store.reading() as connection:
        before = replace(feeds.states(connection, [feed.id])[feed.id], baseline_at=now - timedelta(days=30))
    started = process_time()
    with store.writing() as connection:
        read = read_feed(parsed, feed=feed, rules=RULES)
        found = recognise(connection, read, before, now=now)
        brought = Polled(
            feed=feed,
            before=before,
            after=replace(before, fence=before.fence + 1, last_poll_at=now, last_success_at=now),
            outcome=Modified(feed=parsed, body_hash=f"{number}"),
            at=now,
            examined=examine(read.entries, found.identities, stored={}, feed=feed, rules=RULES),
        )
        facts = polls.facts(connection, brought, store.opened)
        polls.apply(connection, plan_poll(brought, facts, config=config(rules={RULE.id: RULE})), store.opened)
    return 1000 * (process_time() - started) / AT_ONCE


if __name__ == "__main__":
    main()
