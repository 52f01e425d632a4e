"""Labelled entries of four topics as a history, and a user who tunes a newcomer's rule on it.

The user labels what `misses` and `doubts` show, by the data, takes what is suggested, and looks at nothing else.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from monitor.core.text.document import read
from monitor.model import Entry, Rule
from monitor.tuning.closeness import in_letters
from monitor.tuning.history import PastEntry
from monitor.tuning.meaning import Meanings, meant, words_meant
from monitor.tuning.misses import Miss, doubtful, ranked
from monitor.tuning.rule_history import RuleHistory, of_texts
from monitor.tuning.suggestion import suggested

DATA = Path(__file__).parents[1] / "data"
LONG_AGO = datetime(2026, 3, 1, tzinfo=UTC)
Row = Mapping[str, Any]


def rows(path: Path = DATA / "topics/entries.dev.jsonl") -> list[Row]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def naive(path: Path = DATA / "rules/naive-topics.toml") -> dict[str, Rule]:
    """By topic, what a newcomer writes in three minutes."""
    tables = tomllib.loads(path.read_text("utf-8"))["rule"]
    return {table["id"][:2].upper(): Rule(**table) for table in tables}


def halves(all_rows: Sequence[Row], seed: int) -> tuple[list[Row], list[Row]]:
    """Two with the same share of each topic, label and language."""
    chance = random.Random(seed)
    groups = defaultdict(list)
    for row in all_rows:
        groups[row["topic"], row["label"], row["language"]].append(row)
    found: tuple[list[Row], list[Row]] = ([], [])
    for key in sorted(groups):
        chance.shuffle(groups[key])
        turn = chance.random() < 0.5
        for at, row in enumerate(groups[key]):
            found[(at + turn) % 2].append(row)
    return found


def stored(some: Sequence[Row]) -> dict[int, PastEntry]:
    """The rows as if a feed had brought them."""
    past = {}
    for number, row in enumerate(some, 1):
        entry = Entry(
            id=number,
            feed_id=row["outlet"],
            title=row["title"],
            summary=row["text"],
            url=row["url"],
            language=row["language"],
            fetched_at=LONG_AGO,
            first_seen_at=LONG_AGO,
        )
        document = read(
            title=entry.title, summary=entry.summary, language=entry.language, feed_id=entry.feed_id
        )
        past[number] = PastEntry(entry, document)
    return past


@dataclass
class User:
    """Who tunes a rule for a topic."""

    topic: str
    some: Sequence[Row]
    rule: Rule
    lists: Mapping[str, Any] = field(default_factory=dict)
    said: dict[int, bool] = field(default_factory=dict)
    true_of_ten: list[int] = field(default_factory=list)
    """How many of each round's lines were true."""
    doubts: bool = True
    """Whether what is found is labelled, too, and not only what is missed."""
    silent: frozenset[str] = frozenset()
    """Languages that the user does not read, and labels nothing of."""

    def __post_init__(self) -> None:
        self.past = stored(self.some)

    def history(self) -> RuleHistory:
        right = frozenset(number for number, is_right in self.said.items() if is_right)
        return of_texts(self.rule, self.lists, self.past, right=right, wrong=frozenset(self.said) - right)

    def round(self, read: Meanings | None = None) -> None:
        """Ten lines of misses and ten of doubts, labelled; the suggestion, taken. `read`: with what texts mean."""
        history = self.history()
        asked = (history.texts, history.known, history.subject, meant(history, read) if read else None)
        self.true_of_ten.append(sum(self.label(miss) for miss in self.read_of(ranked(*asked))))
        for doubt in self.read_of(doubtful(*asked)) if self.doubts else ():
            self.label(doubt)
        history = self.history()
        closeness = words_meant(history, read, in_letters).closeness if read else in_letters
        draft = suggested(history, closeness=closeness, every=True).draft
        self.rule, self.lists = draft.as_rule(), draft.lists

    def read_of(self, lines: Sequence[Miss]) -> Sequence[Miss]:
        """The first ten that the user can read."""
        return [one for one in lines if one.text.language not in self.silent][:10]

    def label(self, line: Miss) -> bool:
        """As the data has it."""
        row = self.some[line.text.entry_id - 1]
        right = row["topic"] == self.topic and bool(row["label"])
        self.said[line.text.entry_id] = right
        return right

    def figures(self, some: Sequence[Row]) -> tuple[int, int, int, int]:
        """Found rightly, of how many, falsely among the topic's entries, falsely elsewhere."""
        past = stored(some)
        history = of_texts(self.rule, self.lists, past, right=frozenset(), wrong=frozenset())
        found = [some[number - 1] for number in history.known.matched]
        own = [row for row in found if row["topic"] == self.topic]
        right = sum(bool(row["label"]) for row in own)
        wanted = sum(row["topic"] == self.topic and bool(row["label"]) for row in some)
        return right, wanted, len(own) - right, len(found) - len(own)
