"""Logistic regression in a hundred lines, and where its weights are written."""

import re
import sys
from collections.abc import Mapping, Sequence
from math import exp, sqrt
from pathlib import Path

from monitor.core.stories import weights as tables
from monitor.core.stories.weights import Table

TABLES = Path(tables.__file__)
PENALTY = 3.0
"""Of the squares of the weights, in units of one row: the signals lean on each other, and the rows are few."""
STEPS = 12
Row = Mapping[str, float]


def fit(
    rows: Sequence[Row], wanted: Sequence[bool], *, counts: Sequence[float] | None = None, shift: float = 0.0
) -> Table:
    """The weights that best tell the rows that are wanted, by Newton's method; `shift` is added to the bias.

    `counts`: for how many rows each counts; one where nothing is said.
    """
    names = list(rows[0])
    means = [sum(row[name] for row in rows) / len(rows) for name in names]
    spreads = [
        sqrt(sum((row[name] - mean) ** 2 for row in rows) / len(rows)) or 1.0
        for name, mean in zip(names, means, strict=True)
    ]
    scaled = [
        [
            1.0,
            *((row[name] - mean) / spread for name, mean, spread in zip(names, means, spreads, strict=True)),
        ]
        for row in rows
    ]
    found = _newton(scaled, [float(one) for one in wanted], counts or [1.0] * len(rows))
    weights = [weight / spread for weight, spread in zip(found[1:], spreads, strict=True)]
    bias = found[0] - sum(weight * mean for weight, mean in zip(weights, means, strict=True))
    return Table(bias=bias + shift, weights=dict(zip(names, weights, strict=True)))


def _newton(rows: Sequence[Sequence[float]], wanted: Sequence[float], counts: Sequence[float]) -> list[float]:
    size = len(rows[0])
    found = [0.0] * size
    for _ in range(STEPS):
        slope = [-PENALTY * weight * bool(index) for index, weight in enumerate(found)]
        curve = [[PENALTY * (i == j and i > 0) for j in range(size)] for i in range(size)]
        for row, want, count in zip(rows, wanted, counts, strict=True):
            z = sum(weight * value for weight, value in zip(found, row, strict=True))
            likely = 1 / (1 + exp(-max(-30.0, min(30.0, z))))
            sure = count * max(likely * (1 - likely), 1e-9)
            for i, value in enumerate(row):
                if value:
                    slope[i] += count * (want - likely) * value
                    line, by = curve[i], sure * value
                    for j in range(i + 1):
                        line[j] += by * row[j]
        for i in range(size):
            for j in range(i):
                curve[j][i] = curve[i][j]
        step = _solved(curve, slope)
        found = [weight + by for weight, by in zip(found, step, strict=True)]
        if max(map(abs, step)) < 1e-6:
            break
    return found


def _solved(matrix: list[list[float]], right: list[float]) -> list[float]:
    """Gauss, with pivots."""
    size = len(right)
    lines = [[*line, value] for line, value in zip(matrix, right, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda row: abs(lines[row][column]))
        lines[column], lines[pivot] = lines[pivot], lines[column]
        for row in range(column + 1, size):
            by = lines[row][column] / lines[column][column]
            if by:
                lines[row] = [one - by * other for one, other in zip(lines[row], lines[column], strict=True)]
    found = [0.0] * size
    for row in reversed(range(size)):
        rest = sum(lines[row][k] * found[k] for k in range(row + 1, size))
        found[row] = (lines[row][size] - rest) / lines[row][row]
    return found


def write(name: str, table: Table) -> None:
    """Puts a table in the place of the one of this name."""
    lines = "".join(f'        "{signal}": {weight:.3f},\n' for signal, weight in table.weights.items())
    made = f"{name}: Final = Table(\n    bias={table.bias:.3f},\n    weights={{\n{lines}    }},\n)\n"
    old = TABLES.read_text(encoding="utf-8")
    new, times = re.subn(
        rf"^{name}: Final = Table\(\n.*?^\)\n", lambda _: made, old, flags=re.MULTILINE | re.DOTALL
    )
    if times != 1:
        sys.exit(f"{TABLES} has no table {name}")
    TABLES.write_text(new, encoding="utf-8")
