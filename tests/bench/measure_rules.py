"""Recall and precision of the shipped rule for the Paris Declaration; run by hand:

    python tests/bench/measure_rules.py [MORE.jsonl …]

on the dev half of the labelled stories, on the demo's corpus, on further reports in 37 languages, and on files
of the same shape as the dev half.
"""

import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from labelled import Judged, Labelled, demo_corpus, dev_half, further_reports, judged, shipped_rules

RULE = "paris-declaration"


def main(more: Sequence[str]) -> None:
    with TemporaryDirectory() as state:
        rules = shipped_rules(Path(state))
    sets = {
        "dev half": dev_half(),
        "demo": demo_corpus(),
        "further": further_reports(),
        **{name: dev_half(Path(name)) for name in more},
    }
    for name, entries in sets.items():
        came = judged(entries, rules, RULE)
        print(f"{name}: {len(entries)} entries, recall {came.recall:.3f}, precision {came.precision:.3f}")
        for language in sorted({entry.language for entry in entries}):
            print(f"  {language}: {_line(came, language)}")
        _list("missed", came.missed)
        _list("false alarm", came.false_alarms)


def _line(came: Judged, language: str) -> str:
    found, missed, false = (
        sum(entry.language == language for entry in entries)
        for entries in (came.found, came.missed, came.false_alarms)
    )
    return f"found {found} of {found + missed}, false alarms {false}"


def _list(word: str, entries: Sequence[Labelled]) -> None:
    for entry in entries:
        print(f"  {word}: {entry.id}: {entry.title} | {entry.summary[:150]}")


if __name__ == "__main__":
    main(sys.argv[1:])
