"""What a query costs over a history of 10 000, 100 000, a million entries; by hand, with `pip install wordfreq`:

    python tests/bench/bench_history.py [--database URL] [--folder FOLDER] [--only NAME] [SIZE …]

Entries of 200 words in five languages, drawn by the words' real frequencies, as they would be stored. For each query:
how many entries it finds, how many of them were evaluated, seconds to the first result and to the last, processor
seconds in all, and those that evaluating every one of the newest entries would cost for all of them; at last the peak
of memory. Before it, what filing their words costs, and how much of the database is the index. What was made in
`--folder` is there the next time.
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
from time import perf_counter, process_time

import wordfreq

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from tuning.past import NO_KEYS

from monitor.channels import options_models
from monitor.config import load, shipped_folder
from monitor.core.poll_facts import StoredEntry
from monitor.core.rules import RuleSet
from monitor.core.text.filing import FiledWords, words_of
from monitor.model import Entry
from monitor.store import Store, entries, words
from monitor.tuning.history import History, chosen, typed

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PER_DAY = 10_000
TEXTS, BATCH = 20_000, 1000
SHARES = {"en": 50, "fr": 15, "de": 15, "es": 10, "ru": 10}
"""Of a hundred entries."""
TITLE, SUMMARY, CONTENT = 10, 40, 150
"""Words."""

QUERIES = {
    "a rare word": "lighthouse",
    "a frequent word": "government",
    "a very frequent word": "said",
    "a phrase": '"prime minister"',
    "AND of two frequent": "government AND president",
    "AND of two very frequent": "people AND time",
    "NEAR of two frequent": "government NEAR/5 president",
    "a prefix": "sanction*",
    "a common prefix": "govern*",
    "a beginning wildcard": "*hafen",
    "forms of a word": "minister~",
    "a field": "title:government",
    "2 OF four": "2 OF (port, strike, docks, union)",
    "NOT": "government AND NOT president",
    "a regular expression": "/governm\\w+ of .{1,9}president/",
    "one without letters": "/20[0-9][0-9]/",
    "one beside a word": "president AND /govern\\w+/",
    "a language and a regular expression": "lang:de AND /hafen\\w+/",
}


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("sizes", nargs="*", type=int, default=[10_000, 100_000])
    arguments.add_argument("--database", help="of PostgreSQL, empty or made by this before")
    arguments.add_argument("--folder", type=Path)
    arguments.add_argument("--only", default="", help="queries with this in their name")
    arguments.add_argument("--sample", type=int, default=2000, help="entries that are all evaluated")
    given = arguments.parse_args()
    for size in given.sizes:
        with TemporaryDirectory() as folder:
            store = Store(given.database or f"sqlite:///{given.folder or folder}/history-{size}.db")
            fill(store, size)
            print_share(store)
            measure(store, size, only=given.only, sample=given.sample)
            store.close()


# ── the entries ──


def fill(store: Store, size: int) -> None:
    with store.reading() as connection:
        there = entries.count(connection)
    if there:
        assert there == size, f"{there} entries are there, not {size}"
        return
    whole = filing_words = 0.0
    texts = list(itertools.islice(told(random.Random(1)), TEXTS))
    for start in range(1, size + 1, BATCH):
        many = [
            stored(number, *texts[number % TEXTS], NOW - (size - number) * timedelta(days=1) / PER_DAY)
            for number in range(start, min(start + BATCH, size + 1))
        ]
        began = process_time()
        with store.writing() as connection:
            filing = words.Filing(connection)
            entries.insert(connection, many, filing)
            filed = process_time()
            filing.end()
            filing_words += process_time() - filed
        whole += process_time() - began
    each = 1000 / size
    print(
        f"{size} entries at {each * whole:.2f} ms each, {each * filing_words:.2f} of them to file its words"
    )


def print_share(store: Store) -> None:
    """How much of the database is the word index, with its vocabulary."""
    with store.reading() as connection:
        if connection.dialect.name == "sqlite":
            index, whole = connection.exec_driver_sql(
                "SELECT sum(pgsize) FILTER (WHERE name LIKE 'word%' OR name = 'vocabulary'), sum(pgsize) FROM dbstat"
            ).one()
        else:
            index, whole = connection.exec_driver_sql(
                "SELECT pg_total_relation_size('word') + pg_total_relation_size('vocabulary'),"
                " pg_database_size(current_database())"
            ).one()
    print(
        f"the database has {whole / 1e6:.0f} MB, {100 * index / whole:.0f} % of them the word index",
        flush=True,
    )


def told(dice: random.Random) -> Iterator[tuple[Entry, FiledWords]]:
    tables = {
        language: (list(found), list(itertools.accumulate(found.values())))
        for language in SHARES
        for found in [wordfreq.get_frequency_dict(language)]
    }
    languages = [language for language, share in SHARES.items() for _ in range(share)]
    while True:
        language = dice.choice(languages)
        known, weights = tables[language]
        drawn = dice.choices(known, cum_weights=weights, k=TITLE + SUMMARY + CONTENT)
        text = Entry(
            id=0,
            feed_id="",
            title=" ".join(drawn[:TITLE]).title(),
            summary=sentences(drawn[TITLE : TITLE + SUMMARY]),
            content=sentences(drawn[TITLE + SUMMARY :]),
            language=language,
            fetched_at=NOW,
            first_seen_at=NOW,
        )
        yield text, words_of(text)


def sentences(words: list[str]) -> str:
    """Of twelve words each."""
    return " ".join(" ".join(words[at : at + 12]).capitalize() + "." for at in range(0, len(words), 12))


def stored(number: int, text: Entry, filed: FiledWords, seen: datetime) -> StoredEntry:
    entry = replace(
        text,
        id=number,
        feed_id=f"feed{number % 300}",
        url=f"https://www.outlet{number % 300}.example/{number}",
        published_at=seen,
        fetched_at=seen,
        first_seen_at=seen,
    )
    its = replace(filed, url=f"https www outlet{number % 300} example {number}")
    return StoredEntry(entry=entry, keys=NO_KEYS, words=its, reported_at=seen)


# ── the queries ──


def measure(store: Store, size: int, *, only: str, sample: int) -> None:
    history = History(store, {})
    asked: dict[str, RuleSet] = {}
    for name, query in QUERIES.items():
        rules, problems = typed(query, {})
        assert rules, problems
        asked[name] = rules
    shipped = load(shipped_folder(), state=Path(), environ={}, channel_types=options_models()).rules
    asked |= {f"shipped: {rule_id}": chosen(shipped, rule_id) for rule_id in shipped.read}
    print(f"{'':36} {'found':>7} {'evaluated':>9} {'first s':>8} {'last s':>7} {'CPU s':>6} {'every one':>9}")
    for name, rules in asked.items():
        if only not in name:
            continue
        began, cpu = perf_counter(), process_time()
        first, step = None, None
        for step in history.search(rules):
            if first is None and step.found:
                first = perf_counter() - began
        last, cpu = perf_counter() - began, process_time() - cpu
        assert step is not None
        since = NOW - sample * timedelta(days=1) / PER_DAY
        began = process_time()
        for _ in history.search(rules, since=since, with_index=False):
            pass
        every = (process_time() - began) * size / sample
        print(
            f"{name:36} {step.progress.found:7d} {step.progress.asked:9d} "
            f"{first if first is not None else last:8.3f} {last:7.2f} {cpu:6.2f} {every:9.1f}",
            flush=True,
        )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"peak {peak:.0f} MiB")


if __name__ == "__main__":
    main()
