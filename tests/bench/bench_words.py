"""What the word index costs on SQLite (FTS5) and on PostgreSQL (tsvector, GIN), side by side.

    python tests/bench/bench_words.py [--entries 20000] [--words 260]

Entries of made words, some as common as a language's commonest, filed 100 a transaction. The bytes are those of the
index alone; of PostgreSQL's the milliseconds are those of both processes.
"""

import argparse
import random
import sys
import tempfile
import time
from contextlib import closing
from functools import partial
from itertools import islice
from pathlib import Path

from sqlalchemy import text

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))
from servers.postgresql import new_server, remove

from monitor.core.text.filing import FiledWords
from monitor.core.text.seeking import Every, Phrase
from monitor.store import Store, words

VOCABULARY = 60_000
AT_ONCE = 100
SIZES = {
    "sqlite": "SELECT sum(pgsize) FROM dbstat WHERE name LIKE 'word%'",
    "postgresql": "SELECT pg_total_relation_size('word')",
}


def entries(count, length):
    """Zipf's law: the tenth word is a tenth as common as the first."""
    chance = random.Random(1)
    names = [
        "".join(chance.choices("aeiourtnslkmdp", k=2 + number.bit_length() // 2))
        for number in range(VOCABULARY)
    ]
    weights = [1 / (number + 1) for number in range(VOCABULARY)]
    sums = list(islice(_sums(weights), VOCABULARY))
    for number in range(1, count + 1):
        told = chance.choices(names, cum_weights=sums, k=length)
        yield (
            number,
            FiledWords(" ".join(told[:10]), " ".join(told[10:]), author="lea brun", url="wire example news"),
        )
    names_of.extend(names)


def _sums(weights):
    total = 0.0
    for weight in weights:
        total += weight
        yield total


names_of: list[str] = []


def cpu_s(server):
    return time.process_time() + (server.cpu_s() if server else 0.0)


def timed(server, what, call, *, times=1, each=1):
    """Prints what one of `each` costs; returns what the last call gave."""
    cost, took = cpu_s(server), time.perf_counter()
    for _ in range(times):
        found = call()
    cost, took = cpu_s(server) - cost, time.perf_counter() - took
    count = times * each
    print(f"{what:54}  {cost / count * 1000:8.3f} ms CPU  {took / count * 1000:8.3f} ms")
    return found


def measured(kind, url, server, given):
    half = len(given) // 2

    def filed(begin):
        for number in range(begin, begin + half, AT_ONCE):
            with store.writing() as connection:
                words.add(connection, given[number : number + AT_ONCE])

    with closing(Store(url)) as store:
        for begin in (0, half):
            timed(server, f"{kind}: an entry, from {begin} on", partial(filed, begin), each=half)
        with store.reading() as connection:
            size = connection.execute(text(SIZES[kind])).scalar()
            print(f"{kind}: {size / len(given):.0f} bytes an entry")
            find, count = partial(words.find, connection), partial(words.counts, connection)
            common, rare, rarest = (names_of[number] for number in (3, 300, 30_000))
            newest = len(given) - 5000
            for what, call in {
                "the newest 50 with a common word": partial(find, Phrase(common), most=50),
                "all with two words": partial(find, Every((Phrase(rare), Phrase(common)))),
                "all with a rare word": partial(find, Phrase(rarest)),
                "all with a phrase": partial(find, Phrase(f"{common} {rare}")),
                "all with a beginning": partial(find, Phrase(rarest[:5], begins=True)),
                "a common word counted in the newest 5 000": partial(count, [common], since=newest),
                "twenty words counted there": partial(count, names_of[500:520], since=newest),
            }.items():
                call()
                timed(server, f"{kind}: {what}", call, times=5)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--entries", type=int, default=20_000)
    options.add_argument("--words", type=int, default=260)
    options = options.parse_args()
    given = list(entries(options.entries, options.words))
    with tempfile.TemporaryDirectory() as folder:
        measured("sqlite", f"sqlite:///{folder}/words.db", None, given)
    server = new_server(fsync="on", full_page_writes="on", autovacuum="on")
    try:
        measured("postgresql", server.url(server.database()), server, given)
    finally:
        remove(server)


if __name__ == "__main__":
    main()
