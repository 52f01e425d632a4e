"""News told, quiet kept and threads right on the scenarios, played in process; by hand:

    python tests/bench/measure_scenarios.py [--fit [scenario|family|language]] [--show] [--only TEXT] [FILE.toml …]

With the weights that are in the code, or (`--fit`) each scenario with weights that were chosen without it: without
its eighth of the scenarios, without its family, without its language. `--show` prints every wrong decision with its
signals. Without the daemon, so within seconds; what it does beside (polls, identity, messages) is not in it.
"""

import sys
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from fit_weights import placing_table, told_table
from rows import rows_of
from scenarios import Figures, Scenario, Verdict, play, scenarios, verdicts

from monitor.core.stories import weights

PARTS = 8
BY: dict[str, Callable[[Scenario, int], str]] = {
    "scenario": lambda scenario, number: str(number % PARTS),
    "family": lambda scenario, number: scenario.family,
    "language": lambda scenario, number: scenario.language,
}


def main(arguments: Sequence[str]) -> None:
    options = [one for one in arguments if one.startswith("--")]
    values = [one for one in arguments if not one.startswith("--")]
    by = values.pop(0) if "--fit" in options and values and values[0] in BY else "scenario"
    only = values.pop(0) if "--only" in options else ""
    played = [one for one in scenarios(Path(name) for name in values) if only in one.id]
    found = [*(_fitted(played, BY[by]) if "--fit" in options else _played(played))]
    if "--show" in options:
        show(found)
    rows: defaultdict[str, Figures] = defaultdict(Figures)
    for verdict in found:
        for name in _rows(verdict.scenario):
            rows[name].count(verdict)
    print(f"{'':18}  news told      quiet kept     threads right")
    for name in sorted(rows, key=lambda name: (name.startswith("all"), name)):
        figures = rows[name]
        cells = (
            f"{counted[True]:4d}/{counted.total():<4d} {Figures.share(counted):.3f}"
            for counted in (figures.told, figures.quiet, figures.threads)
        )
        print(f"{name:18} {'  '.join(cells)}")


def _rows(scenario: Scenario) -> Iterator[str]:
    if scenario.hard:
        yield "hard"
        return
    yield scenario.family
    yield "in English" if scenario.language == "en" else "in others"
    yield "all but hard"


def _played(played: Sequence[Scenario]) -> Iterator[Verdict]:
    for scenario in played:
        yield from verdicts(scenario, play(scenario))


def _fitted(played: Sequence[Scenario], part: Callable[[Scenario, int], str]) -> Iterator[Verdict]:
    rows = rows_of(played)
    kept = weights.TOLD, weights.PLACING
    parts = {one.id: part(one, number) for number, one in enumerate(played)}
    for left_out in sorted(set(parts.values())):
        weights.TOLD = told_table([row for row in rows.told if parts[row.scenario.id] != left_out])
        weights.PLACING = placing_table([row for row in rows.placing if parts[row.scenario.id] != left_out])
        yield from _played([one for one in played if parts[one.id] == left_out])
    weights.TOLD, weights.PLACING = kept


def show(found: Sequence[Verdict]) -> None:
    for verdict in found:
        one = verdict.decided
        if verdict.right and verdict.in_thread is not False:
            continue
        wrong = (
            "wrong thread"
            if verdict.right
            else "told again"
            if verdict.want == "quiet"
            else "kept silent about"
        )
        raw = one.arrival.raw
        print(f"{verdict.scenario.id} {one.arrival.number}: {wrong} ({verdict.want}): {raw.get('title')}")
        print(f"    {raw.get('text', '')[:300]} ({raw.get('why', '')})")
        print(f"    story {one.story_id} ({one.placement.score:+.2f}): {one.placement.reason}")
        for rule_id, told in one.why.items():
            if told.nearest is not None:
                new = " ".join(told.new[:12])
                print(f"    {rule_id}: {told.score:+.2f}, nearest {told.nearest.entry_id}, new: {new}")
                signals = {name: value for name, value in told.signals.items() if value}
                print("    " + ", ".join(f"{name} {value:.2f}" for name, value in signals.items()))


if __name__ == "__main__":
    main(sys.argv[1:])
