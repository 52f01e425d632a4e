"""What an entry costs, stage by stage, in milliseconds of processor time; by hand:

    python tests/bench/profile_stages.py [--feeds 40] [--matching] [FILE …]

Made feeds of thirty entries of 250 words (`publisher`), or the given feed documents, go through the very functions
that a poll calls, in one process and one stage after the other: nothing waits, nothing overlaps. `--matching`: each
entry matches a rule, and tells one of some hundred stories.
"""

import argparse
import pickle
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import process_time
from typing import Any, TypeVar

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from publisher import body
from samples.news import config

from monitor.core.examine import ReadFeed, document_of, examine, language_of, read_feed
from monitor.core.plan import plan_poll
from monitor.core.poll_facts import Polled
from monitor.core.rules import compile_rules
from monitor.core.stories.identity import keys_of
from monitor.core.text.filing import filed_words
from monitor.feeds.parse import parse
from monitor.jobs.recognise import recognise
from monitor.model import Feed, Modified, Rule
from monitor.store import Store, feeds, polls, words

NOW = datetime.now(UTC).replace(microsecond=0)
T = TypeVar("T")


class Clock:
    """Adds up the processor time of each stage."""

    def __init__(self) -> None:
        self.spent_s: dict[str, float] = {}

    def timed(self, stage: str, work: Callable[..., T], *given: Any, **named: Any) -> T:
        began = process_time()
        done = work(*given, **named)
        self.spent_s[stage] = self.spent_s.get(stage, 0.0) + process_time() - began
        return done


def profiled(documents: Sequence[bytes], queries: Sequence[str]) -> tuple[Clock, int]:
    """What the entries cost, each document the first of its feed after a baseline; and how many they are."""
    rules, _ = compile_rules([Rule(id=f"r{number}", query=query) for number, query in enumerate(queries)], {})
    own = config(
        rules={f"r{number}": Rule(id=f"r{number}", query=query) for number, query in enumerate(queries)}
    )
    clock, count = Clock(), 0
    with TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/profile.db")
        for number, document in enumerate(documents):
            feed = Feed(id=f"feed{number}", url=f"http://x.example/{number}")
            with store.writing() as connection:
                feeds.register(connection, {feed.id: feed.url}, NOW)
                state = feeds.states(connection, [feed.id])[feed.id]
                state = replace(state, baseline_at=NOW)
            parsed = clock.timed("parse", parse, document, content_type="", url="http://x.example/", now=NOW)
            count += len(parsed.entries)
            in_stages(clock, parsed, feed, rules)
            read = read_feed(parsed, feed=feed, rules=rules)
            read = clock.timed("pickle", travelled, read)
            with store.reading() as connection:
                found = clock.timed("recognise", recognise, connection, read, state, now=NOW)
            examined = clock.timed(
                "examine", examine, read.entries, found.identities, stored={}, feed=feed, rules=rules
            )
            polled = Polled(
                feed=feed,
                before=state,
                after=replace(state, fence=state.fence + 1),
                outcome=Modified(feed=parsed, body_hash=""),
                at=NOW,
                examined=examined,
            )
            with store.writing() as connection:
                facts = clock.timed("facts", polls.facts, connection, polled, store.opened)
                plan = clock.timed("plan", plan_poll, polled, facts, config=own)
                clock.timed("apply", polls.apply, connection, plan, store.opened)
                filed = [(one.entry.id, one.words) for one in plan.new]
                words.remove(connection, filed)
                clock.timed("of which the index", words.add, connection, filed)
    return clock, count


def travelled(read: ReadFeed) -> ReadFeed:
    """As it comes out of the worker."""
    return pickle.loads(pickle.dumps(read))  # noqa: S301 - made here


def in_stages(clock, parsed, feed, rules) -> None:
    """`read_feed`, a stage after the other."""
    clock.timed("keys", lambda: [keys_of(entry) for entry in parsed.entries])
    languages = clock.timed(
        "language", lambda: [language_of(entry, parsed.language) for entry in parsed.entries]
    )
    documents = [
        document_of(entry, language, feed) for entry, language in zip(parsed.entries, languages, strict=True)
    ]
    clock.timed("match", lambda: [rules.match(document) for document in documents])
    clock.timed("file", lambda: [filed_words(document) for document in documents])


def main() -> None:
    arguments = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    arguments.add_argument("files", nargs="*", type=Path)
    arguments.add_argument("--feeds", type=int, default=40)
    arguments.add_argument("--matching", action="store_true")
    given = arguments.parse_args()
    documents = [file.read_bytes() for file in given.files] or [
        body(number, 0) for number in range(given.feeds)
    ]
    queries = ["kaka* OR lo*"] if given.matching else ["(kalomi NEAR/3 neru) AND sta*", "paris declaration"]
    profiled(documents[:2], queries)
    clock, count = profiled(documents, queries)
    for stage, spent_s in clock.spent_s.items():
        print(f"{stage:20}{spent_s * 1000 / count:8.3f} ms an entry")
    print(f"{'all':20}{sum(clock.spent_s.values()) * 1000 / count:8.3f} ms an entry, {count} entries")


if __name__ == "__main__":
    main()
