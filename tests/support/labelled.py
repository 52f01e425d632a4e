"""Entries that a person has labelled, and what the shipped rules make of them."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from monitor.channels import options_models
from monitor.cli.demo.corpus import outlets
from monitor.config import load, shipped_folder
from monitor.core.rules import RuleSet
from monitor.core.text.document import read
from monitor.core.text.html import to_text
from monitor.core.text.languages import detect

DEV_HALF = Path(__file__).parents[1] / "data/stories/entries.dev.jsonl"
FURTHER = Path(__file__).parents[1] / "data/rules/further-reports.jsonl"
"""Reports and look-alikes in 37 languages, written after the rule was: at first it reached 0.93 recall, 0.98
precision on them; then it learnt "the French capital" and "the allies of Kyiv"."""


@dataclass(frozen=True)
class Labelled:
    id: str
    language: str
    title: str
    summary: str
    content: str
    wanted: bool


@dataclass(frozen=True)
class Judged:
    """Entries by label and by what the rule said."""

    found: tuple[Labelled, ...]
    missed: tuple[Labelled, ...]
    false_alarms: tuple[Labelled, ...]

    @property
    def recall(self) -> float:
        return len(self.found) / (len(self.found) + len(self.missed))

    @property
    def precision(self) -> float:
        return len(self.found) / (len(self.found) + len(self.false_alarms))


def dev_half(path: Path = DEV_HALF) -> list[Labelled]:
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Labelled(
            id=one["id"],
            language=one["lang"],
            title=to_text(one["title"]),
            summary=to_text(one["summary"] or ""),
            content=to_text(one["content"] or ""),
            wanted=one["match"],
        )
        for one in lines
    ]


def further_reports() -> list[Labelled]:
    return dev_half(FURTHER)


def demo_corpus() -> list[Labelled]:
    """What the demo prints: written apart from the dev half, in other words."""
    return [
        Labelled(
            id=entry.url,
            language=outlet.language,
            title=entry.title,
            summary=entry.summary,
            content=entry.content,
            wanted=bool(entry.story),
        )
        for outlet in outlets()
        for entry in outlet.entries
    ]


def shipped_rules(state: Path) -> RuleSet:
    return load(shipped_folder(), state=state, environ={}, channel_types=options_models()).rules


def judged(entries: Iterable[Labelled], rules: RuleSet, rule_id: str) -> Judged:
    found, missed, false_alarms = [], [], []
    for entry in entries:
        says = rule_id in matching(entry, rules)
        if entry.wanted:
            (found if says else missed).append(entry)
        elif says:
            false_alarms.append(entry)
    return Judged(tuple(found), tuple(missed), tuple(false_alarms))


def matching(entry: Labelled, rules: RuleSet) -> set[str]:
    text = f"{entry.title}\n{entry.summary}\n{entry.content}"
    language = detect(text, prior=entry.language)
    document = read(title=entry.title, summary=entry.summary, content=entry.content, language=language)
    return {match.rule_id for match in rules.match(document)}
