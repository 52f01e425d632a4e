"""Chooses what each signal of "is it told already?" counts, on the scenarios; by hand:

    python tests/bench/fit_told.py [--write] [FILE.toml …]

`--write` puts the weights into `monitor/core/stories/weights.py`. `measure_scenarios.py --fit` judges them, each
scenario by weights that were chosen without it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from fitting import fit, write
from rows import Row, rows_of
from scenarios import scenarios

from monitor.core.stories.weights import Table

FAVOUR = 0.7
"""Added to the score: a message too many costs a glance, a story never told costs the reason to run this."""


def told_table(rows: Sequence[Row]) -> Table:
    return fit([row.signals for row in rows], [row.wanted for row in rows], shift=FAVOUR)


def main(arguments: Sequence[str]) -> None:
    rows = rows_of(scenarios(Path(name) for name in arguments if not name.startswith("--"))).told
    table = told_table(rows)
    print(f"{len(rows)} entries, {sum(row.wanted for row in rows)} of them news; bias {table.bias:+.3f}")
    for name, weight in sorted(table.weights.items(), key=lambda one: -abs(one[1])):
        print(f"  {weight:+.3f}  {name}")
    if "--write" in arguments:
        write("TOLD", table)


if __name__ == "__main__":
    main(sys.argv[1:])
