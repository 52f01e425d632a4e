"""Plays a user who tunes a naive rule: ten rounds of misses, labels for what was shown, a suggestion that is taken.

    python tests/bench/measure_tuning.py TOPICS [--meaning] [--seeds 3] [--topic T1] [--whole]

TOPICS holds `entries.*.jsonl` and `naive.toml`. The entries are split in two: the rounds see one half, the rule is
judged on both. The user labels what `misses` shows, by the data, and looks at nothing else. `--whole`: no split.
"""

from __future__ import annotations

import random
from collections import defaultdict

from monitor.core.rules import compile_rules
from monitor.core.text.document import read
from monitor.model import Rule
from monitor.tuning.texts import Text

ROUNDS, SHOWN = 10, 10


def split(rows: list[dict], seed: int) -> tuple[list[dict], list[dict]]:
    """Halves with the same share of each topic, label and language."""
    chance = random.Random(seed)
    groups = defaultdict(list)
    for row in rows:
        groups[row["topic"], row["label"], row["language"]].append(row)
    halves: tuple[list[dict], list[dict]] = ([], [])
    for key in sorted(groups):
        chance.shuffle(groups[key])
        turn = chance.random() < 0.5
        for at, row in enumerate(groups[key]):
            halves[(at + turn) % 2].append(row)
    return halves


class History:
    """Entries that a user could have stored."""

    def __init__(self, rows: list[dict]) -> None:
        self.rows = dict(enumerate(rows, 1))
        self.texts = [
            Text(
                number, row["title"], read(title=row["title"], summary=row["text"], language=row["language"])
            )
            for number, row in self.rows.items()
        ]

    def matched(self, rule: Rule, lists: dict) -> set[int]:
        rules, problems = compile_rules([rule], lists)
        assert not [one for one in problems if one.severity.name == "ERROR"], problems
        return {text.entry_id for text in self.texts if rules.match_every(text.document)}

    def right(self, topic: str) -> set[int]:
        return {number for number, row in self.rows.items() if row["topic"] == topic and row["label"]}

    def of(self, topic: str) -> set[int]:
        return {number for number, row in self.rows.items() if row["topic"] == topic}
