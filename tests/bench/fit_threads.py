"""Chooses what each signal of "is it of this story?" counts, on the scenarios and the labelled
stories; by hand:

    python tests/bench/fit_threads.py [--write] [FILE.toml …]

`--write` puts the weights into `monitor/core/stories/weights.py`. `measure_scenarios.py --fit` judges them, each
scenario by weights that were chosen without it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fitting import fit, write
from grouped import demo, labelled, matching
from rows import Row, labelled_rows, rows_of
from scenarios import scenarios

from monitor.core.stories.weights import Table

FAVOUR = 0.2
"""Added to the score: what belongs to a thread and is not put into it is told twice."""
LABELLED = 0.7
"""For how many rows of the scenarios one of the labelled stories counts: they come in several orders."""


def placing_table(rows: Sequence[Row]) -> Table:
    stories = [*labelled_rows(matching(labelled())), *labelled_rows(matching(demo()))]
    return fit(
        [row.signals for row in rows] + [signals for signals, _ in stories],
        [row.wanted for row in rows] + [wanted for _, wanted in stories],
        counts=[1.0] * len(rows) + [LABELLED] * len(stories),
        shift=FAVOUR,
    )


def main(arguments: Sequence[str]) -> None:
    rows = rows_of(scenarios(Path(name) for name in arguments if not name.startswith("--"))).placing
    table = placing_table(rows)
    together = sum(row.wanted for row in rows)
    print(f"{len(rows)} entries and events, {together} of them together; bias {table.bias:+.3f}")
    for name, weight in sorted(table.weights.items(), key=lambda one: -abs(one[1])):
        print(f"  {weight:+.3f}  {name}")
    if "--write" in arguments:
        write("PLACING", table)


if __name__ == "__main__":
    main(sys.argv[1:])
