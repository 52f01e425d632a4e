"""Further reports of a told story that no rule matched: how many are found, and how many that are none; by hand:

    python tests/bench/measure_related.py [MORE.jsonl …]

on the dev half of the labelled stories, or on files of its shape, and on the demo's reports. Their rule finds every
report, so a narrower one is played: of what it found, by time, every second report counts as one that no rule
matched, and in a second run the others; by the scenarios' texts the archive is no empty one. A report that no rule
matched is to be found where its story has a matched one by then, a copy too; it is right if the story that it joins
began with a report of its own story.
"""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[1] / "support"))

import grouped
from grouped import Labelled, orders
from scenarios import Archive, scenarios

from monitor.core.stories.open_reports import OpenReports
from monitor.core.stories.placing import place
from monitor.core.text.words import folded_words


@dataclass
class Found:
    """Of reports that no rule matched: how many joined a story, rightly, and how many a told one has."""

    joined: int = 0
    right: int = 0
    wanted: int = 0
    wrong: Counter[str] = field(default_factory=Counter)

    def line(self) -> str:
        return (
            f"precision {self.right / (self.joined or 1):.3f}, recall {self.right / (self.wanted or 1):.3f} "
            f"({self.joined} joined a story, {self.right} of {self.wanted} theirs)"
        )


def main(arguments: Sequence[str]) -> None:
    files = [Path(one) for one in arguments if not one.startswith("--")]
    sets = {path.name: grouped.labelled(path) for path in files} or {
        grouped.DEV_HALF.name: grouped.labelled(),
        "the demo's reports": grouped.demo(),
    }
    texts = [f"{raw.get('title')}\n{raw.get('text', '')}" for one in scenarios() for raw in one.entries]
    for name, entries in sets.items():
        found = Found()
        for order in orders(entries):
            for hidden in _hidden(order):
                count(order, hidden, Archive(texts), found)
        print(f"{name}: {found.line()}")
        for wrong, times in found.wrong.most_common(8 if "--show" in arguments else 0):
            print(f"    {times} × {wrong}")


def _hidden(entries: Sequence[Labelled]) -> Iterator[frozenset[str]]:
    """The reports that the narrower rule does not find."""
    matched = [
        one.name for one in sorted(entries, key=lambda one: one.report.reported_at) if one.report.rules
    ]
    yield frozenset(matched[::2])
    yield frozenset(matched[1::2])


def count(entries: Sequence[Labelled], hidden: frozenset[str], archive: Archive, found: Found) -> None:
    reports, began, told = OpenReports(), dict[int, str](), set[str]()
    for one in entries:
        archive.add(one.text)
        matches = bool(one.report.rules) and one.name not in hidden
        if not matches:
            found.wanted += one.story in told
            if not reports.resembles(set(folded_words(one.text)), archive.rarity):
                continue
        report = replace(one.report, rules=one.report.rules if matches else frozenset())
        placed = place(report, reports, archive.rarity)
        if not matches:
            if placed.story_id is None:
                continue
            found.joined += 1
            found.right += began[placed.story_id] == one.story
            if began[placed.story_id] != one.story:
                found.wrong[f"{one.story} → {began[placed.story_id]}"] += 1
        else:
            told.add(one.story)
        story_id = report.entry_id if placed.story_id is None else placed.story_id
        began.setdefault(story_id, one.story)
        for other in placed.merges:
            reports.merge(max(story_id, other), min(story_id, other))
            story_id = min(story_id, other)
        reports.add(replace(report, story_id=story_id, copy_of=placed.copy_of))


if __name__ == "__main__":
    main(sys.argv[1:])
