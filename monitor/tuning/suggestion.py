"""An edit of a rule that its labels ask for, held against what is stored. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from monitor.tuning.closeness import Closeness
from monitor.tuning.drafts import Draft
from monitor.tuning.rule_history import RuleHistory, kept_back
from monitor.tuning.suggest import Suggester


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggestion:
    """An edit of a rule, and what it would do among the stored entries, as the rule engine says."""

    draft: Draft
    right_before: int
    right_after: int
    """Of what was labelled as right or missed, how much is found; so for wrong."""
    wrong_before: int
    wrong_after: int
    missed: int
    """Of what was labelled as right or missed, what is not found afterwards."""
    unsaid: tuple[int, ...]
    """Entries that it finds anew and that nobody judged, the newest first."""
    lost: tuple[int, ...]
    """Entries that it finds no more and that nobody judged."""
    kept: tuple[int, int] = (0, 0)
    """Labels that it was not made from, right and wrong; of them are found before and after:"""
    kept_before: tuple[int, int] = (0, 0)
    kept_after: tuple[int, int] = (0, 0)


def suggested(history: RuleHistory, *, closeness: Closeness, every: bool) -> Suggestion:
    """The edit that the labels ask for. `every`: none is kept back to check it by."""
    kept = frozenset[int]() if every else kept_back(history.known)
    draft = Suggester(history, closeness=closeness, without=kept).suggest()
    before = history.known.matched
    rules = draft.compiled()
    after = frozenset(text.entry_id for text in history.texts if rules.match_every(text.document))
    right, wrong = history.known.right, history.known.wrong

    def of(found: frozenset[int]) -> tuple[int, int]:
        return len(found & right & kept), len(found & wrong & kept)

    unsaid = [text.entry_id for text in history.texts if text.entry_id in after - before - history.known.said]
    lost = [text.entry_id for text in history.texts if text.entry_id in before - after - history.known.said]
    return Suggestion(
        draft=draft,
        right_before=len(before & right),
        right_after=len(after & right),
        wrong_before=len(before & wrong),
        wrong_after=len(after & wrong),
        missed=len(right - after),
        unsaid=tuple(unsaid),
        lost=tuple(lost),
        kept=(len(right & kept), len(wrong & kept)),
        kept_before=of(before),
        kept_after=of(after),
    )
