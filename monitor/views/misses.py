"""What a rule probably missed, as the command and the page give it: each with the clause that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from monitor.core.rules import Explained, explain
from monitor.model import Feed, ListTerms, Rule
from monitor.store import Store
from monitor.tuning import misses as missing
from monitor.tuning.closeness import in_letters
from monitor.tuning.misses import Miss
from monitor.tuning.rule_history import RuleHistory, read_history
from monitor.tuning.suggest import Suggester
from monitor.tuning.suggestion import suggested

WORDS: Final = 4
"""That are named of an entry."""
ANEW: Final = 8
"""Headlines of what a proposal would find anew."""


def about(one: Miss, history: RuleHistory) -> dict[str, Any]:
    """The entry, and how like the rule's subject it is."""
    entry = history.past[one.text.entry_id].entry
    return {
        "entry": entry.id,
        "title": entry.title,
        "url": entry.url,
        "feed": entry.feed_id,
        "language": entry.language,
        "published_at": entry.published_at,
        "likeness": round(one.points, 3),
        "same_story": one.same_story,
    }


def document(one: Miss, history: RuleHistory, words: Suggester) -> dict[str, Any]:
    """The same, with what it lacks and by which words it would be found."""
    explanation = explain(history.rules, history.rule.id, one.text.document)
    return {
        **about(one, history),
        "lacks": explanation.out_of_scope
        or "; ".join(_failed(explanation.query))
        or _shut_out(explanation.exclude),
        "words": words.telling(one.text)[:WORDS],
    }


def _failed(clause: Explained | None) -> list[str]:
    """The parts that did not hold, each with how near it came."""
    if clause is None or clause.held:
        return []
    parts = [text for part in clause.parts for text in _failed(part)]
    if clause.note and not clause.parts:
        return [f"{clause.text}: {clause.note}"]
    failed = [part for part in clause.parts if not part.held]
    if len(failed) == len(clause.parts) and len(parts) > 2:
        return [f"{clause.text}" + (f": {clause.note}" if clause.note else "")]
    return parts or [clause.text]


def _shut_out(clause: Explained | None) -> str:
    return f"shut out by {clause.text}" if clause and clause.held else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An edit that the labels ask for, and what it would do."""

    query: str
    exclude: str
    added: dict[str, dict[str, list[str]]]
    """By list and row, the terms that it gets."""
    right: tuple[int, int]
    """Of what was labelled as right or missed, how much is found before and after; so for wrong."""
    wrong: tuple[int, int]
    anew: tuple[tuple[int, str], ...]
    """What it finds anew and nobody judged, the newest first: entry and title."""
    anew_in_all: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lacking:
    misses: tuple[dict[str, Any], ...]
    """The likeliest first, as `document` gives them."""
    labelled: int
    proposal: Proposal | None
    """None: nobody said enough yet, or no word is worth adding."""


def lacking(
    store: Store, feeds: Mapping[str, Feed], rule: Rule, lists: Mapping[str, ListTerms], *, most: int = 10
) -> Lacking:
    """What a rule that can be read lacks, by words alone. Takes seconds: for a process of its own."""
    history = read_history(store, feeds, rule, lists)
    if not history.texts:
        return Lacking(misses=(), labelled=0, proposal=None)
    telling = Suggester(history, closeness=in_letters)
    found = missing.ranked(history.texts, history.known, history.subject)[:most]
    return Lacking(
        misses=tuple(document(one, history, telling) for one in found),
        labelled=len(history.known.said),
        proposal=_proposal(history) if history.known.right or history.known.wrong else None,
    )


def _proposal(history: RuleHistory) -> Proposal | None:
    found = suggested(history, closeness=in_letters, every=False)
    if not found.draft.added:
        return None
    return Proposal(
        query=found.draft.query,
        exclude=found.draft.exclude,
        added={
            name: {row: list(terms) for row, terms in rows.items()}
            for name, rows in found.draft.added.items()
        },
        right=(found.right_before, found.right_after),
        wrong=(found.wrong_before, found.wrong_after),
        anew=tuple((one, history.past[one].entry.title) for one in found.unsaid[:ANEW]),
        anew_in_all=len(found.unsaid),
    )
