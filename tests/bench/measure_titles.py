"""Stories on a large public set, beside a TF-IDF centroid; the thresholds are chosen on one half of the stories:

    python tests/bench/measure_titles.py FILE

FILE has a JSON document a line, {"text": …, "cluster": …}: `data/T` of the repository jackyin12/GSDMM has 11 109
titles of 152 stories in Google News on 27 November 2013, in small letters, without stop words. It names no licence,
so it is not in here. All are of one day and one language and without capitals: neither time nor names nor other
languages count, only the words.
"""

import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from math import log, sqrt
from pathlib import Path
from time import process_time

sys.path.insert(0, str(Path(__file__).parents[1]))

from grouped import Score

from monitor.core.stories import grouping
from monitor.core.stories.grouping import Joined, choose_story
from monitor.core.stories.keys import Kind, by_kind
from monitor.core.stories.traces import Neighbours, Trace, keys_to_find
from monitor.model import FeedEntry

SEEN_AT = datetime(2026, 3, 1, tzinfo=UTC)

Titles = Sequence[tuple[Trace, int]]
"""Each with the story that it tells."""


def main(arguments: Sequence[str]) -> None:
    every = list(titles(Path(arguments[0])))
    chosen_on = [one for one in every if one[1] % 2]
    judged_on = [one for one in every if not one[1] % 2]
    print(
        f"{len(every)} titles; thresholds chosen on {len(chosen_on)}, judged on the {len(judged_on)} of the others"
    )
    for name, group, thresholds in (
        ("TF-IDF centroid", by_centroid, [0.15, 0.2, 0.25, 0.3, 0.35]),
        ("the monitor", by_monitor, [1.0, 1.2, 1.4, 1.6, 1.8, 2.0]),
    ):
        scores = {at: b_cubed(chosen_on, group(chosen_on, at)) for at in thresholds}
        best = max(scores, key=lambda at: scores[at].f1)
        started = process_time()
        found = b_cubed(judged_on, group(judged_on, best))
        each_ms = 1000 * (process_time() - started) / len(judged_on)
        tried = ", ".join(f"{at}: {score.f1:.3f}" for at, score in scores.items())
        print(
            f"  {name:16s} from {best}: {found.f1:.3f} ({found.precision:.2f}, {found.recall:.2f}); {each_ms:.1f} ms"
        )
        print(f"    {tried}")
    kept = b_cubed(judged_on, by_monitor(judged_on, grouping.ENOUGH))
    print(
        f"  the monitor as it is, from {grouping.ENOUGH}: {kept.f1:.3f} ({kept.precision:.2f}, {kept.recall:.2f})"
    )


def titles(path: Path) -> Iterator[tuple[Trace, int]]:
    """In an order of chance, always the same: the file's order may be that of the stories."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    random.Random(3).shuffle(lines)
    for number, line in enumerate(lines):
        keys = keys_to_find(FeedEntry(title=line["text"]), language="en")
        yield (
            Trace(
                entry_id=number,
                feed_id=str(number),
                told_at=SEEN_AT,
                language="en",
                url=None,
                keys=keys,
            ),
            int(line["cluster"]),
        )


def by_monitor(entries: Titles, threshold: float) -> list[int]:
    kept, grouping.ENOUGH = grouping.ENOUGH, threshold  # type: ignore[misc]
    neighbours = Neighbours([], {}, total=len(entries))
    found = []
    for trace, _ in entries:
        chosen = choose_story(trace, neighbours, copy=None)
        found.append(chosen.story_id if isinstance(chosen, Joined) else trace.entry_id)
        neighbours.add(replace(trace, story_id=found[-1]))
    grouping.ENOUGH = kept  # type: ignore[misc]
    return found


def by_centroid(entries: Titles, threshold: float) -> list[int]:
    """Joins the story whose summed TF-IDF vector is nearest by cosine; counts grow as it goes."""
    having: Counter[int] = Counter()
    centroids: list[Counter[int]] = []
    norms: list[float] = []
    naming: defaultdict[int, set[int]] = defaultdict(set)
    found = []
    for number, (trace, _) in enumerate(entries, 1):
        words = by_kind(trace.keys)[Kind.WORD]
        having.update(words)
        weights = {word: log((number + 1) / having[word]) for word in words}
        own = sqrt(sum(weight**2 for weight in weights.values())) or 1.0
        near: Counter[int] = Counter()
        for word, weight in weights.items():
            for story in naming[word]:
                near[story] += weight * centroids[story][word]  # type: ignore[assignment]
        best = max(near, key=lambda story: near[story] / sqrt(norms[story] or 1.0), default=-1)
        if best < 0 or near[best] / sqrt(norms[best] or 1.0) / own < threshold:
            best = len(centroids)
            centroids.append(Counter())
            norms.append(0.0)
        for word, weight in weights.items():
            before = centroids[best][word]
            centroids[best][word] += weight  # type: ignore[assignment]
            norms[best] += (before + weight) ** 2 - before**2
            naming[word].add(best)
        found.append(best)
    return found


def b_cubed(entries: Titles, found: Sequence[int]) -> Score:
    """Bagga and Baldwin 1998, by counting."""
    right = Counter(story for _, story in entries)
    made = Counter(found)
    both = Counter(zip((story for _, story in entries), found, strict=True))
    every = len(entries)
    precision = sum(count**2 / made[group] for (_, group), count in both.items()) / every
    recall = sum(count**2 / right[story] for (story, _), count in both.items()) / every
    return Score(precision, recall)


if __name__ == "__main__":
    main(sys.argv[1:])
