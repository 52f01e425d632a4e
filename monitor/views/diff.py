"""What two versions of a rule make of the history, as the command, the page and the API give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from monitor.core.rules.deciding import Kind
from monitor.tuning.backtest import Backtest
from monitor.tuning.diff import Difference, Turned
from monitor.tuning.score import Figures


def document(found: Difference) -> dict[str, Any]:
    return {
        "rule": found.rule_id,
        "gained": _turned(found.gained, GAINED),
        "lost": _turned(found.lost, LOST),
        "unchanged": found.kept,
        "before": _version(found.before, found.labelled_before),
        "after": _version(found.after, found.labelled_after),
    }


GAINED: Final = {
    Kind.TERMS: "by {}",
    Kind.EXCLUDED: "no longer excluded by {}",
    Kind.FAILED: "no longer asks for {}",
    Kind.SCOPE: "before: {}",
    Kind.SCORE: "before: score {}",
    Kind.GONE: "by {}",
}
LOST: Final = {
    Kind.TERMS: "no longer by {}",
    Kind.EXCLUDED: "now excluded by {}",
    Kind.FAILED: "now asks for {}",
    Kind.SCOPE: "now: {}",
    Kind.SCORE: "now: score {}",
    Kind.GONE: "no longer by {}",
}


def share(part: float | None) -> str:
    """`0.83`, or a dash where it is of nothing."""
    return "-" if part is None else f"{part:.2f}"


def _turned(turned: Sequence[Turned], words: Mapping[Kind, str]) -> list[dict[str, Any]]:
    return [
        {
            "id": one.entry.id,
            "feed": one.entry.feed_id,
            "title": one.entry.title,
            "url": one.entry.url,
            "language": one.entry.language,
            "first_seen_at": one.entry.first_seen_at,
            "why": words[one.by.kind].format(one.by.text),
            "kind": one.by.kind,
            "clause": one.by.text,
        }
        for one in turned
    ]


def _version(found: Backtest | None, labelled: Figures) -> dict[str, Any] | None:
    """None where there is no such rule."""
    if found is None:
        return None
    return {
        "found": len(found.found),
        "told": len(found.told),
        "told_a_day": round(found.told_a_day, 2),
        "labelled": labelled.labelled,
        "precision": labelled.precision,
        "recall": labelled.recall,
    }
