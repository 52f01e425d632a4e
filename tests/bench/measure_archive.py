"""The labelled stories in the midst of a large archive: do they still come together, and nothing else? By hand:

    python tests/bench/measure_archive.py [ENTRIES …]

The archive is made: its names, places, numbers and words are as unevenly spread as in the news, and those of the
labelled stories are among the commonest. Every labelled entry is looked up in a real database, as a poll does it.
"""

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import grouped
from grouped import Grouped, Labelled
from sqlalchemy import Connection

from monitor.core.facts import StoredEntry
from monitor.core.stories.copies import find_copy
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.identity import EntryKeys
from monitor.core.stories.keys import Kind, key, prominent
from monitor.core.stories.names import skeleton
from monitor.core.stories.traces import Neighbours, Trace
from monitor.core.text.fold import fold
from monitor.model import Entry
from monitor.store import Store, entries, polls

BEGIN, END = datetime(2025, 12, 30, tzinfo=UTC), datetime(2026, 1, 17, tzinfo=UTC)
LANGUAGES = [
    "en",
    "en",
    "en",
    "fr",
    "fr",
    "de",
    "de",
    "es",
    "it",
    "pl",
    "ru",
    "uk",
    "pt",
    "tr",
    "ar",
    "ja",
    "zh",
]
KNOWN = (
    "Trump",
    "Macron",
    "Zelensky",
    "Putin",
    "Starmer",
    "Merz",
    "Tusk",
    "Meloni",
    "Rutte",
    "Paris",
    "Kyiv",
)
NAMES = [skeleton(fold(name)) for name in KNOWN] + [f"n{number}" for number in range(50_000)]
PLACES = [
    "US",
    "UA",
    "FR",
    "RU",
    "GB",
    "DE",
    "IL",
    "CN",
    "IR",
    "IT",
    "ES",
    "PL",
    "JP",
    "SY",
    "GL",
    "DK",
    "BR",
    "IN",
]
NUMBERS = [*map(str, range(2026, 2019, -1)), *map(str, range(10, 2000))]
NO_KEYS = EntryKeys(guid=None, alias=None, url=None, fingerprint=None, content_hash="00")


def main(arguments: Sequence[str]) -> None:
    labelled = sorted(grouped.labelled(), key=lambda one: one.trace.told_at)
    for size in map(int, arguments or ["0", "5000", "20000"]):
        with TemporaryDirectory() as folder:
            store = Store(f"sqlite:///{folder}/archive.db")
            with store.writing() as connection:
                fill(connection, size)
                started = process_time()
                came = streamed(connection, labelled, first_id=size + 1)
                each_ms = 1000 * (process_time() - started) / len(labelled)
        figures = "  ".join(
            f"{name} {score.f1:.3f} ({score.precision:.2f}, {score.recall:.2f})"
            for name, score in (
                ("all", grouped.b_cubed(labelled, came.stories)),
                ("within languages", grouped.b_cubed(labelled, came.stories, grouped.within)),
                ("across", grouped.b_cubed(labelled, came.stories, grouped.across)),
            )
        )
        print(f"{size:7d} others: {figures}; {each_ms:.1f} ms an entry")


def fill(connection: Connection, size: int) -> None:
    dice = random.Random(7)
    step = (END - BEGIN) / max(size, 1)
    texts = texts_of(dice)
    for start in range(1, size + 1, 1000):
        entries.insert(
            connection,
            [
                stored(
                    Trace(
                        entry_id=number,
                        feed_id=f"feed{number % 300}",
                        told_at=BEGIN + number * step,
                        language=dice.choice(LANGUAGES),
                        url=None,
                        keys=next(texts),
                        story_id=number,
                    )
                )
                for number in range(start, min(start + 1000, size + 1))
            ],
        )


def texts_of(dice: random.Random) -> Iterator[frozenset[int]]:
    """Keys as a feed text has them; what is named n-th in rank occurs in 1/n of the entries that name the first."""
    spread = {
        Kind.NAME: [key(Kind.NAME, name) for name in NAMES],
        Kind.PLACE: [key(Kind.PLACE, code) for code in PLACES],
        Kind.NUMBER: [key(Kind.NUMBER, number) for number in NUMBERS],
        Kind.WORD: [key(Kind.WORD, f"word{number}") for number in range(20_000)],
    }
    weights = {
        kind: list(accumulate(1 / (rank + 5) for rank in range(len(found)))) for kind, found in spread.items()
    }
    many = {Kind.NAME: 5, Kind.PLACE: 2, Kind.NUMBER: 2, Kind.WORD: 20}
    while True:
        said = {
            one
            for kind, found in spread.items()
            for one in dice.choices(found, cum_weights=weights[kind], k=many[kind])
        }
        pairs = {key(Kind.PAIR, str(dice.random())) for _ in range(30)}
        yield frozenset(said | {prominent(one) for one in list(said)[:8]} | pairs)


def streamed(connection: Connection, labelled: Sequence[Labelled], *, first_id: int) -> Grouped:
    """In the order of time, each as a poll of its own."""
    names: dict[int, str] = {}
    stories: dict[str, int] = {}
    copies: dict[str, str | None] = {}
    for number, one in enumerate(labelled, first_id):
        trace = replace(one.trace, entry_id=number)
        neighbours = around(connection, trace, next_id=number)
        copy = find_copy(trace, neighbours)
        chosen = choose_story(trace, neighbours, copy=copy)
        story = chosen.story_id if isinstance(chosen, Joined) else number
        names[number], stories[one.name] = one.name, story
        copies[one.name] = names.get(copy.of, "another") if copy else None
        entries.insert(
            connection, [stored(replace(trace, story_id=story, copy_of=copy.of if copy else None))]
        )
    return Grouped(stories, copies)


def around(connection: Connection, trace: Trace, *, next_id: int) -> Neighbours:
    found = polls.near(connection, [trace], now=trace.told_at + timedelta(minutes=5), next_id=next_id)
    return Neighbours(found.traces, found.frequency, total=found.total)


def stored(trace: Trace) -> StoredEntry:
    assert trace.story_id is not None
    entry = Entry(
        id=trace.entry_id,
        feed_id=trace.feed_id,
        title="",
        language=trace.language,
        fetched_at=trace.told_at,
        first_seen_at=trace.told_at,
        copy_of=trace.copy_of,
        story_id=trace.story_id,
    )
    return StoredEntry(entry=entry, keys=NO_KEYS, trace=trace)


if __name__ == "__main__":
    main(sys.argv[1:])
