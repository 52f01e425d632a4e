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
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

from grouped import Score
from scenarios import Archive

from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.placing import place
from monitor.core.stories.report import Report, report_of
from monitor.model import FeedEntry

SEEN_AT = datetime(2026, 3, 1, tzinfo=UTC)

Titles = Sequence[tuple[Report, int]]
"""Each with the story that it tells."""


def main(arguments: Sequence[str]) -> None:
    every = list(titles(Path(arguments[0])))
    chosen_on = [one for one in every if one[1] % 2]
    judged_on = [one for one in every if not one[1] % 2]
    print(f"{len(every)} titles; judged on {len(judged_on)}, the centroid's threshold chosen on the others")
    scores = {at: b_cubed(chosen_on, by_centroid(chosen_on, at)) for at in (0.15, 0.2, 0.25, 0.3, 0.35)}
    best = max(scores, key=lambda at: scores[at].f1)
    _line(f"TF-IDF centroid from {best}", b_cubed(judged_on, by_centroid(judged_on, best)))
    started = process_time()
    found = b_cubed(judged_on, by_monitor(judged_on))
    _line("the monitor", found)
    print(f"  {1000 * (process_time() - started) / len(judged_on):.1f} ms of processor time a title")


def _line(name: str, score: Score) -> None:
    print(f"  {name:25s} {score.f1:.3f} ({score.precision:.2f}, {score.recall:.2f})")


def titles(path: Path) -> Iterator[tuple[Report, int]]:
    """In an order of chance, always the same: the file's order may be that of the stories."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    random.Random(3).shuffle(lines)
    for number, line in enumerate(lines):
        entry = FeedEntry(title=line["text"])
        report = report_of(
            entry,
            entry_id=number,
            feed_id=str(number),
            reported_at=SEEN_AT,
            language="en",
            rules=frozenset({"rule"}),
        )
        yield report, int(line["cluster"])


def by_monitor(entries: Titles) -> list[int]:
    reports, archive = OpenReports(), Archive(" ".join(report.folded) for report, _ in entries)
    found: list[int] = []
    for report, _ in entries:
        placed = place(report, reports, archive.rarity)
        story = report.entry_id if placed.story_id is None else placed.story_id
        for other in placed.merges:
            from_id, story = max(story, other), min(story, other)
            reports.merge(from_id, story)
            found = [story if one == from_id else one for one in found]
        found.append(story)
        reports.add(replace(report, story_id=story))
    return found


def by_centroid(entries: Titles, threshold: float) -> list[int]:
    """Joins the story whose summed TF-IDF vector is nearest by cosine; counts grow as it goes."""
    having: Counter[str] = Counter()
    centroids: list[Counter[str]] = []
    norms: list[float] = []
    naming: defaultdict[str, set[int]] = defaultdict(set)
    found = []
    for number, (report, _) in enumerate(entries, 1):
        words = {token for token in report.tokens if token[0] not in "~#"}
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
