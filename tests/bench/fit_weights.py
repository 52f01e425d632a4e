"""Chooses what each signal counts in the decisions of `monitor/core/stories/weights.py`; by hand:

    python tests/bench/fit_weights.py [told|placing …] [--write] [FILE.toml …]

"Is it told already?" (`sameness`) on the scenarios and the cases of `data/told`; "is it of this story?" (`placing`)
on the scenarios and the labelled stories. `--write` puts the weights into the code. `measure_scenarios.py --fit`
judges them, each scenario by weights that were chosen without it.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fitting import fit, write
from grouped import demo, labelled, matching
from rows import Row, Rows, labelled_rows, rows_of
from scenarios import scenarios
from told_cases import cases

from monitor.core.stories.weights import Table

NEWS = 0.3
"""Added to the score of "is it news?": a message too many costs a glance, a story never told costs the reason to run
this."""
CASE = 0.7
"""For how many entries of the scenarios one of the short cases counts."""
TOGETHER = 0.2
"""Added to the score of "is it of this story?": what belongs to a thread and is not put into it is told twice."""
LABELLED = 1.5
"""For how many rows of the scenarios one of the labelled stories counts: they come in several orders."""


def told_table(rows: Sequence[Row]) -> Table:
    short = list(cases())
    return fit(
        [row.signals for row in rows] + [case.signals() for case in short],
        [row.wanted for row in rows] + [case.told for case in short],
        counts=[1.0] * len(rows) + [CASE] * len(short),
        shift=NEWS,
    )


def placing_table(rows: Sequence[Row]) -> Table:
    stories = [*labelled_rows(matching(labelled())), *labelled_rows(matching(demo()))]
    return fit(
        [row.signals for row in rows] + [signals for signals, _ in stories],
        [row.wanted for row in rows] + [wanted for _, wanted in stories],
        counts=[1.0] * len(rows) + [LABELLED] * len(stories),
        shift=TOGETHER,
    )


def main(arguments: Sequence[str]) -> None:
    decisions = [one for one in ("told", "placing") if one in arguments] or ["told", "placing"]
    files = [Path(one) for one in arguments if one.endswith(".toml")]
    rows = rows_of(scenarios(files))
    for decision in decisions:
        table = _chosen(decision, rows)
        if "--write" in arguments:
            write(decision.upper(), table)


def _chosen(decision: str, rows: Rows) -> Table:
    judged, made = (rows.told, told_table) if decision == "told" else (rows.placing, placing_table)
    table = made(judged)
    print(f"{decision}: {len(judged)} rows, {sum(row.wanted for row in judged)} yes; bias {table.bias:+.3f}")
    for name, weight in sorted(table.weights.items(), key=lambda one: -abs(one[1])):
        print(f"  {weight:+.3f}  {name}")
    return table


if __name__ == "__main__":
    main(sys.argv[1:])
