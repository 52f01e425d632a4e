"""Copies and stories on the labelled stories, beside baselines that are given their best threshold; by hand:

    python tests/bench/measure_stories.py [--constants] [MORE.jsonl …]

on the dev half and on files of its shape, each the mean over several orders of arrival. `--constants` tries the
constants of `grouping` and `copies` around those that they have.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

import grouped
from grouped import Labelled, Score, across, b_cubed, copies_score, mean, orders, streamed, within

from monitor.core.stories import copies, grouping

Stories = Mapping[str, int]
THRESHOLDS = [step / 20 for step in range(1, 20)]


def main(arguments: Sequence[str]) -> None:
    files = [Path(name) for name in arguments if not name.startswith("--")]
    for path in files or [grouped.DEV_HALF]:
        entries = grouped.labelled(path)
        print(f"{path.name}: {len(entries)} entries, {len({one.story for one in entries})} stories")
        measure(entries)
        if "--constants" in arguments:
            try_constants(entries)


def measure(entries: Sequence[Labelled]) -> None:
    started = process_time()
    came = [streamed(order) for order in orders(entries)]
    each_ms = 1000 * (process_time() - started) / len(came) / len(entries)
    found = mean([copies_score(entries, one) for one in came])
    print(f"  copies: precision {found.precision:.3f}, recall {found.recall:.3f}; {each_ms:.1f} ms an entry")
    print("  stories, B-cubed:                       all (P, R)          within languages   across languages")
    _line("copies alone, by the labels", entries, [grouped.copies_alone(entries)])
    for name, baseline in (("title overlap", grouped.by_title), ("TF-IDF centroids", grouped.by_centroid)):
        threshold, stories = best(entries, baseline)
        _line(f"{name}, best from {threshold}", entries, stories)
    bare = grouped.without_rules(entries)
    _line("the monitor, rules unknown", entries, [streamed(order).stories for order in orders(bare)])
    _line("the monitor", entries, [one.stories for one in came])


def best(
    entries: Sequence[Labelled], baseline: Callable[[Sequence[Labelled], float], Stories]
) -> tuple[float, list[Stories]]:
    tried = [(at, [baseline(order, at) for order in orders(entries)]) for at in THRESHOLDS]
    return max(tried, key=lambda one: _mean(entries, one[1]).f1)


def try_constants(entries: Sequence[Labelled]) -> None:
    for module, names, values in (
        (grouping, ("ENOUGH", "DECAY_H"), product((1.2, 1.4, 1.6, 1.8, 2.0, 2.4), (4.0, 6.0, 9.0, 14.0))),
        (grouping, ("WITHIN", "SAME_RULES"), product((3.0, 6.0, 10.0, 15.0), (1.0, 1.25, 1.5, 2.0))),
        (copies, ("ENOUGH", "LEAD_ENOUGH"), product((0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7), (0.0, 0.3, 0.6))),
    ):
        kept = [getattr(module, name) for name in names]
        print(f"  {module.__name__.rpartition('.')[2]} {names}, kept {kept}: copies P, R; stories F1, P, R")
        for tried in values:
            _set(module, names, tried)
            came = [streamed(order) for order in orders(entries)]
            found = mean([copies_score(entries, one) for one in came])
            told = _mean(entries, [one.stories for one in came])
            print(
                f"    {tried}: {found.precision:.3f}, {found.recall:.3f}; "
                f"{told.f1:.3f}, {told.precision:.3f}, {told.recall:.3f}"
            )
        _set(module, names, kept)


def _set(module: object, names: Sequence[str], values: Sequence[float]) -> None:
    for name, value in zip(names, values, strict=True):
        setattr(module, name, value)


def _mean(entries: Sequence[Labelled], stories: Sequence[Stories]) -> Score:
    return mean([b_cubed(entries, one) for one in stories])


def _line(name: str, entries: Sequence[Labelled], stories: Sequence[Stories]) -> None:
    print(f"    {name:35s} {'  '.join(_figures(entries, stories))}")


def _figures(entries: Sequence[Labelled], stories: Sequence[Stories]) -> Iterator[str]:
    for counts in (lambda one, other: True, within, across):
        score = mean([b_cubed(entries, one, counts) for one in stories])
        yield f"{score.f1:.3f} ({score.precision:.2f}, {score.recall:.2f})"


if __name__ == "__main__":
    main(sys.argv[1:])
