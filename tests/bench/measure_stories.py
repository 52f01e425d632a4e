"""Copies and stories on the labelled stories, beside baselines that are given their best threshold; by hand:

    python tests/bench/measure_stories.py [--constants] [MORE.jsonl …]

on the dev half, or on files of its shape, and on the demo's reports, which were written apart from it (whose copies
are not labelled, so count for nothing); each the mean over several orders of arrival. `--constants` tries each
constant around the value that it has.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from time import process_time
from types import ModuleType
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import grouped
from grouped import Labelled, Score, across, b_cubed, copies_score, mean, orders, streamed, within

from monitor.core.stories import placing

Stories = Mapping[str, int]
HOUR = timedelta(hours=1)
TRIED: Sequence[tuple[ModuleType, str, Sequence[Any]]] = (
    (placing, "SOON_H", (3.0, 4.5, 9.0, 12.0)),
    (placing, "WITHIN", (3.0, 4.5, 8.0, 10.0)),
    (placing, "BEST_ACROSS", (1, 3, 5, 24)),
    (placing, "STORIES", (4, 8, 24)),
    (placing, "MERGED_FROM", (1.0, 3.0, 4.0, 99.0)),
    (placing, "SAME_TEXT", (0.1, 0.2, 0.3, 0.5, 0.6, 0.7)),
    (placing, "SAME_LEAD", (0.0, 0.15, 0.45, 0.6)),
    (placing, "SAME_TITLE", (0.5, 0.65, 0.95)),
    (placing, "TEMPLATE", (0.2, 0.6, 0.8)),
    (placing, "HEADED", (0.0, 0.1, 0.3, 0.4)),
    (placing, "FEW_PAIRS", (4, 6, 12)),
    (placing, "SOON", (3 * HOUR, 6 * HOUR, 24 * HOUR)),
)
"""Constants, and what to try in their place. What the signals count is chosen by `fit_weights.py`, on these too."""
THRESHOLDS = [step / 20 for step in range(1, 20)]


def main(arguments: Sequence[str]) -> None:
    files = [Path(name) for name in arguments if not name.startswith("--")]
    sets = {path.name: grouped.labelled(path) for path in files or [grouped.DEV_HALF]}
    for name, every in (sets | {"the demo's reports": grouped.demo()}).items():
        entries = grouped.matching(every)
        stories = len({one.story for one in entries})
        print(f"{name}: {len(entries)} of {len(every)} entries, those that a rule matches; {stories} stories")
        measure(entries)
        if "--constants" in arguments:
            try_constants(entries)


def measure(entries: Sequence[Labelled]) -> None:
    started = process_time()
    came = [streamed(order) for order in orders(entries)]
    each_ms = 1000 * (process_time() - started) / len(came) / len(entries)
    found = mean([copies_score(entries, one) for one in came])
    if any(one.copy_of for one in entries):
        print(f"  copies: precision {found.precision:.3f}, recall {found.recall:.3f}")
    print(f"  {each_ms:.1f} ms of processor time an entry")
    print("  stories, B-cubed:                       all (P, R)          within languages   across languages")
    _line("copies alone, by the labels", entries, [grouped.copies_alone(entries)])
    for name, baseline in (("title overlap", grouped.by_title), ("TF-IDF centroids", grouped.by_centroid)):
        threshold, stories = best(entries, baseline)
        _line(f"{name}, best from {threshold}", entries, stories)
    _line("the monitor", entries, [one.stories for one in came])


def best(
    entries: Sequence[Labelled], baseline: Callable[[Sequence[Labelled], float], Stories]
) -> tuple[float, list[Stories]]:
    tried = [(at, [baseline(order, at) for order in orders(entries)]) for at in THRESHOLDS]
    return max(tried, key=lambda one: _mean(entries, one[1]).f1)


def try_constants(entries: Sequence[Labelled]) -> None:
    """Each of `TRIED` alone, around its value: stories and copies."""
    for module, name, values in TRIED:
        kept = getattr(module, name)
        print(f"  {module.__name__.rpartition('.')[2]}.{name}, kept {kept}: stories F1, P, R; copies P, R")
        for value in sorted({*values, kept}):
            setattr(module, name, value)
            came = [streamed(order) for order in orders(entries)]
            told = _mean(entries, [one.stories for one in came])
            found = mean([copies_score(entries, one) for one in came])
            print(
                f"    {value!s:>16}: {told.f1:.3f}, {told.precision:.3f}, {told.recall:.3f}; "
                f"{found.precision:.3f}, {found.recall:.3f}"
            )
        setattr(module, name, kept)


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
