"""Plays a user who tunes a newcomer's rule: ten rounds of misses, labels for what was shown, a suggestion taken.

    python tests/bench/measure_tuning.py [--meaning] [--splits 2] [--rounds 10] [--topic T1] [--show]
        [--misses-only] [--languages-out 4] [--entries FILE.jsonl] [--rules FILE.toml]

The entries are cut in two: the rounds see one half, the rule is judged on it and on the other; then the halves change
places. The user labels what `misses` and `doubts` show, by the data, takes what `suggest` says, and looks at nothing
else. `--splits 0`: no cut, all entries are seen. `--languages-out N`: N languages are stored and never labelled,
others with each half, and only they are judged. `--misses-only`: what is found is not labelled, only what is missed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from tuning.topics import Row, User, halves, naive, rows

from monitor.store import Store
from monitor.tuning.meaning import Meanings

FIGURES = ("right", "wanted", "false", "elsewhere")


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("--meaning", action="store_true")
    ask.add_argument("--splits", type=int, default=2)
    ask.add_argument("--rounds", type=int, default=10)
    ask.add_argument("--topic")
    ask.add_argument("--show", action="store_true")
    ask.add_argument("--misses-only", action="store_true")
    ask.add_argument("--languages-out", type=int, default=0)
    ask.add_argument("--entries", type=Path)
    ask.add_argument("--rules", type=Path)
    given = ask.parse_args()
    every = rows(given.entries) if given.entries else rows()
    rules = naive(given.rules) if given.rules else naive()
    pairs = [pair for seed in range(given.splits) for pair in _both_ways(halves(every, seed))] or [
        (every, [])
    ]
    store = Store(f"sqlite:///{Path(tempfile.gettempdir()) / 'measure-tuning.db'}")  # meanings are read once
    totals: Counter[tuple[str, str]] = Counter()
    with Meanings(store, now=datetime.now(UTC)) as read:
        for topic in sorted(rules):
            if given.topic in {None, topic}:
                mine: Counter[tuple[str, str]] = Counter()
                for turn, (seen, unseen) in enumerate(pairs):
                    silent = _some_languages(every, turn, given.languages_out)
                    user = User(topic, seen, rules[topic], doubts=not given.misses_only, silent=silent)
                    mine += _played(seen, unseen, user, given, read)
                totals += mine
                print(_line(topic, mine), flush=True)
    print(_line("all", totals))


def _some_languages(every: list[Row], turn: int, number: int) -> frozenset[str]:
    """Others with each turn."""
    spoken = sorted({row["language"] for row in every})
    return frozenset(spoken[(turn * number + at) % len(spoken)] for at in range(number))


def _both_ways(pair: tuple[list[Row], list[Row]]) -> list[tuple[list[Row], list[Row]]]:
    return [pair, pair[::-1]]


def _played(
    seen: list[Row], unseen: list[Row], user: User, given: argparse.Namespace, read: Meanings
) -> Counter[tuple[str, str]]:
    figures: Counter[tuple[str, str]] = Counter()
    if user.silent:
        seen, unseen = ([row for row in some if row["language"] in user.silent] for some in (seen, unseen))
    for name, some in (("before", seen), ("unseen before", unseen)):
        figures.update({(name, what): n for what, n in zip(FIGURES, user.figures(some), strict=True)})
    for _ in range(given.rounds):
        user.round(read if given.meaning else None)
    for name, some in (("after", seen), ("unseen after", unseen)):
        figures.update({(name, what): n for what, n in zip(FIGURES, user.figures(some), strict=True)})
    figures["first", "ten"] += user.true_of_ten[0]
    figures["first", "times"] += 1
    if given.show:
        print(user.topic, user.true_of_ten, user.rule.query, user.rule.exclude, sep="\n  ")
        for name, listed in user.lists.items():
            print(f"  {name}: {listed}")
    return figures


def _line(topic: str, figures: Counter[tuple[str, str]]) -> str:
    parts = [f"{topic:4} first ten {figures['first', 'ten'] / max(figures['first', 'times'], 1):.1f}"]
    for name in ("before", "after", "unseen before", "unseen after"):
        right, wanted, false, elsewhere = (figures[name, what] for what in FIGURES)
        if wanted:
            found = right + false
            parts.append(
                f"{name} R {right / wanted:.2f} P {right / found if found else 1:.2f} (+{elsewhere})"
            )
    return " | ".join(parts)


if __name__ == "__main__":  # the reader of meanings is a process that begins with this file, too
    main()
