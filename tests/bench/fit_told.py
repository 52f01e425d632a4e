"""Chooses what each signal of "is it told already?" counts, on the scenarios and the
cases of `data/told`; by hand:

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
from told_cases import cases

from monitor.core.stories.weights import Table

FAVOUR = 0.6
"""Added to the score: a message too many costs a glance, a story never told costs the reason to run this."""
CASE = 0.7
"""For how many entries of the scenarios one of the short cases counts."""


def told_table(rows: Sequence[Row]) -> Table:
    short = list(cases())
    return fit(
        [row.signals for row in rows] + [case.signals() for case in short],
        [row.wanted for row in rows] + [case.told for case in short],
        counts=[1.0] * len(rows) + [CASE] * len(short),
        shift=FAVOUR,
    )


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
